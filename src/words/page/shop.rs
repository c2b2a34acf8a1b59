//! What the place Shop says: phones, people, numbers, notices, screens and the first steps. Both languages stand side by
//! side.

use crate::routing::plan::Language;

/// The labels of a page in both languages, and which is asked for.
macro_rules! said {
    ($($name:ident: $en:literal, $es:literal;)+) => {
        labels! { in EN, ES; $($name),+ }

        const EN: Labels = Labels { $($name: $en),+ };
        const ES: Labels = Labels { $($name: $es),+ };
    };
}

pub mod people;
pub mod phones;
pub mod start;

said! {
    shop: "Shop", "Tienda";
    phones: "Phones", "Teléfonos";
    people: "People", "Personas";
    number: "Number and carrier", "Número y operador";
    notices: "Notices", "Avisos";
    greeting: "Greeting", "Saludo";
    figures: "Figures", "Cifras";
    basics: "Name and place", "Nombre y lugar";
    screens: "Counter screen", "Pantalla del mostrador";
    screens_hint: "A tablet beside the till that shows the call that is ringing, large, and nothing else.",
        "Una tableta junto a la caja que muestra en grande la llamada que suena, y nada más.";
    drill: "Ring each phone once", "Hacer sonar cada teléfono una vez";
    start: "Set-up, step by step", "Puesta en marcha, paso a paso";
    to_shop: "Back to the shop", "Volver a la tienda";
    no_numbers: "None is set: every number that is called is this shop's.",
        "No hay ninguno: todo número al que llamen es de esta tienda.";
    numbers_hint: "Without any, every number that is called is this shop's.",
        "Sin ninguno, todo número al que llamen es de esta tienda.";
    numbers_field: "Your numbers, one a line, as +34911234567", "Tus números, uno por línea, como +34911234567";
    not_numbers: "One of these is no telephone number. Write each as +34911234567, one a line.",
        "Alguno de estos no es un número de teléfono. Escríbelos como +34911234567, uno por línea.";
    number_twice: "One of these numbers is another shop's already.", "Uno de estos números ya es de otra tienda.";
    carrier_hint: "Your carrier brings the calls of these numbers here. What it needs is written into the file \
         that ringall is configured by, on the machine that it runs on, for example:",
        "Tu operador trae aquí las llamadas de estos números. Lo que necesita se escribe en el archivo con que se \
         configura ringall, en la máquina donde funciona, por ejemplo:";
    carriers: "Carriers in the file", "Operadores en el archivo";
    no_carriers: "None yet: no call can come in from outside.", "Ninguno todavía: no puede entrar ninguna llamada de fuera.";
    notify_field: "Where notices go, one a line: mailto:you@example.com, or an https:// address that takes text",
        "Adónde van los avisos, uno por línea: mailto:tu@example.com o una dirección https:// que acepte texto";
    notify_hint: "You hear when a caller got the busy tone, when no phone can be reached, and when it is well again.",
        "Te avisamos cuando alguien llama y oye el tono de ocupado, cuando no se puede contactar con ningún teléfono y \
         cuando todo vuelve a ir bien.";
    notify_none: "Nobody is told when something is wrong.", "No se avisa a nadie cuando algo va mal.";
    not_an_address: "One of these is no address. Write mailto:NAME@HOST or https://…, one a line.",
        "Alguna de estas no es una dirección. Escribe mailto:NOMBRE@DOMINIO o https://…, una por línea.";
    name: "The shop's name", "El nombre de la tienda";
    time_zone: "Time zone", "Zona horaria";
    country: "Country, by its two letters", "País, con sus dos letras";
    speaks: "What callers hear", "Lo que oyen quienes llaman";
    not_a_name: "Write a name of at most 100 characters.", "Escribe un nombre de como mucho 100 caracteres.";
    not_a_zone: "There is no such time zone. Write one such as Europe/Madrid.",
        "No existe esa zona horaria. Escribe una como Europe/Madrid.";
    not_a_country: "There is no such country. Write two letters, such as ES.", "No existe ese país. Escribe dos letras, como ES.";
    name_taken: "Another shop has this name.", "Ya hay otra tienda con este nombre.";
    other_country: "The hours name holidays that this country does not have. Change the hours first.",
        "El horario nombra festivos que este país no tiene. Cambia antes el horario.";
    pair: "Pair a tablet", "Enlazar una tableta";
    pair_how: "Scan this with the tablet, or open the address there. It is good for a quarter of an hour, for one tablet.",
        "Escanéalo con la tableta o abre allí la dirección. Vale durante un cuarto de hora y para una sola tableta.";
    pair_now: "Show calls on this screen", "Mostrar las llamadas en esta pantalla";
    pair_no: "This link was used already, or is too old. Make another under Shop, Counter screen.",
        "Este enlace ya se usó o es demasiado viejo. Haz otro en Tienda, Pantalla del mostrador.";
    pair_code: "QR code that pairs a tablet", "Código QR que enlaza una tableta";
    waits: "A link waits for its tablet.", "Un enlace espera a su tableta.";
    no_screens: "No tablet is paired.", "No hay ninguna tableta enlazada.";
    end_screen: "Take it away", "Quitarla";
    unpaired: "This screen is not paired any more.", "Esta pantalla ya no está enlazada.";
    quiet: "Nobody is calling.", "No llama nadie.";
    in_the_open: "This page comes without https: whoever is in the same network can read along. Use it inside the shop alone, or set \
         a certificate under [web].",
        "Esta página llega sin https: quien esté en la misma red puede leerla. Úsala solo dentro de la tienda o pon un certificado \
         en [web].";
    owners_only: "Only an owner can do this", "Esto solo lo puede hacer un propietario";
}

/// How many phones there are: "3 phones".
pub fn count_phones(n: usize, language: Language) -> String {
    match (language, n) {
        (Language::En, 0) => "No phone yet.".to_owned(),
        (Language::En, 1) => "1 phone".to_owned(),
        (Language::En, n) => format!("{n} phones"),
        (Language::Es, 0) => "Todavía no hay teléfonos.".to_owned(),
        (Language::Es, 1) => "1 teléfono".to_owned(),
        (Language::Es, n) => format!("{n} teléfonos"),
    }
}

/// How many people there are: "2 people".
pub fn count_people(n: usize, language: Language) -> String {
    match (language, n) {
        (Language::En, 1) => "1 person".to_owned(),
        (Language::En, n) => format!("{n} people"),
        (Language::Es, 1) => "1 persona".to_owned(),
        (Language::Es, n) => format!("{n} personas"),
    }
}

/// Since when a screen is paired, and when it was last here.
pub fn screen(paired: &str, seen: &str, language: Language) -> String {
    match language {
        Language::En => format!("Paired {paired}; last here {seen}."),
        Language::Es => format!("Enlazada {paired}; vista por última vez {seen}."),
    }
}

/// Who may do what was refused.
pub fn ask_an_owner(owners: &[&str], language: Language) -> String {
    match (language, owners) {
        (Language::En, []) => "Nothing was changed. Ask whoever runs ringall.".to_owned(),
        (Language::Es, []) => "No se ha cambiado nada. Pregunta a quien se encarga de ringall.".to_owned(),
        (Language::En, owners) => format!("Nothing was changed. Ask {}.", super::list(owners, "or")),
        (Language::Es, owners) => {
            let last = owners.last().copied().unwrap_or_default();
            let or = if last.to_lowercase().starts_with(['o', 'ó']) { "u" } else { "o" };
            format!("No se ha cambiado nada. Pregunta a {}.", super::list(owners, or))
        }
    }
}
