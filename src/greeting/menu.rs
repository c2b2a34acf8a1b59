//! A greeting that offers a menu is refused: nobody who calls this shop is to press keys.

/// Whether what is said asks the caller to press a key, in English or Spanish.
pub fn offers_a_menu(words: &str) -> bool {
    let plain: String = words.to_lowercase().chars().map(plain).collect();
    let words: Vec<&str> = plain.split(|c: char| !c.is_alphanumeric() && !"*#".contains(c)).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    (0..words.len()).any(|at| {
        let near = &words[at + 1..(at + 1 + WITHIN).min(words.len())];
        PRESS.contains(&words[at]) && near.iter().any(|word| is_key(word))
    })
}

/// Words between "press" and the key: "press the number one", "pulse la tecla 2".
const WITHIN: usize = 4;

const PRESS: &[&str] = &[
    "press", "pressing", "push", "dial", "enter", "hit", "option", "choose", "select", "pulse", "pulsa", "pulsando",
    "pulsar", "marque", "marca", "marcando", "oprima", "oprime", "presione", "presiona", "teclee", "teclea", "opcion",
    "elija", "elige", "digite",
];

const KEYS: &[&str] = &[
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "zero",
    "star",
    "pound",
    "hash",
    "key",
    "extension",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "cero",
    "asterisco",
    "almohadilla",
    "tecla",
    "extension",
    "*",
    "#",
];

/// A telephone number may be told, a key may not: one or two digits are a key.
fn is_key(word: &str) -> bool {
    let is_digit = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    is_digit || KEYS.contains(&word)
}

fn plain(letter: char) -> char {
    match letter {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' => 'u',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_is_known_by_its_keys() {
        for menu in [
            "For sales, press 1.",
            "Press one for sales",
            "To speak with Ann press the star key",
            "Dial 2 for the workshop",
            "Para ventas, pulse 1",
            "Pulsa la tecla dos",
            "Marque el uno para pedidos.",
            "Elija la opción 3",
            "OPRIMA ASTERISCO",
            "if you know the extension, enter the extension now",
        ] {
            assert!(offers_a_menu(menu), "{menu}");
        }
    }

    #[test]
    fn what_a_shop_says_of_itself_is_no_menu() {
        for words in [
            "Miller Hardware. We are closed.",
            "Ferretería Ruiz, en la calle Mayor 7. Ahora estamos cerrados.",
            "In a hurry? Call 600 123 123.",
            "Si es urgente, marque el 600123123.",
            "We are the one by the market, number 12 on Key Street.",
            "Pulse Cycles. We are closed.",
            "",
        ] {
            assert!(!offers_a_menu(words), "{words}");
        }
    }
}
