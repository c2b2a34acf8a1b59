//! A day's hours as people type them: "9-2, 4:30-8", "9:00-14:00 16:30-20:00", "de 9 a 14 y de 16:30 a 20", "9am-5pm",
//! "18-2", "closed", "24 h". What is read is shown back in full, so nobody need know the rules:
//!
//! - A leading zero, an hour of 13 and above, and two hours of two digits with minutes are the clock of 24 hours.
//! - Else an opening from one to five is in the afternoon, and one before the last closing is after it.
//! - Else a closing is the first time after the opening at which a clock shows it; there is none after an opening
//!   written in 24 hours, and then it is on the next day.

use super::{DAY_MIN, Span, clock};

/// Why a day cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedError {
    /// It has something that is no time, or times that do not go in pairs.
    NotUnderstood,
    /// It opens and closes at the same time.
    SameTwice,
    /// It is open already when it opens.
    Overlap,
    /// Of times at which it opens.
    TooMany,
}

/// Times at which a day opens: with all days like that, the expression is still no longer than hours may be.
pub const MOST_SPANS: usize = 4;
/// Of a day: the longest way to write four spans is below half of it.
const MOST_TYPED: usize = 120;
const HALF_DAY: u16 = 12 * 60;

/// Words as they are typed, in both languages of the page: whoever speaks Spanish may type "closed".
const CLOSED: &[&str] = &["", "-", "–", "—", "off", "closed", "close", "shut", "no", "cerrado", "cerrada", "cerramos"];
const WHOLE_DAY: &[&str] = &[
    "24h",
    "24 h",
    "24/7",
    "24 hours",
    "24 horas",
    "24hs",
    "24 hs",
    "all day",
    "day and night",
    "open",
    "todo el día",
    "todo el dia",
    "día y noche",
    "dia y noche",
    "abierto",
    "00-24",
    "0-24",
];
const SAME: &[&str] = &["\"", "''", "”", "″", "〃", "same", "ditto", "igual", "ídem", "idem"];
const BETWEEN: &[&str] = &["-", "–", "—", "to", "till", "til", "until", "a", "al", "hasta"];
const NEXT: &[&str] = &[",", ";", "/", "&", "+", "and", "y", "e", "then", "luego"];
const BEFORE: &[&str] = &["from", "de", "desde", "las", "la", "los"];
const NOON: &[&str] = &["noon", "midday", "mediodía", "mediodia"];
const MIDNIGHT: &[&str] = &["midnight", "medianoche"];

/// Whether this says that a day is as the one above it.
pub fn is_same_as_above(text: &str) -> bool {
    SAME.contains(&text.trim().trim_end_matches('.').to_lowercase().as_str())
}

/// The spans of a day, in their order; none: closed.
///
/// # Errors
/// See [`TypedError`].
pub fn read_day(text: &str) -> Result<Vec<Span>, TypedError> {
    let text = text.trim().trim_end_matches('.').to_lowercase();
    if text.chars().count() > MOST_TYPED {
        return Err(TypedError::NotUnderstood);
    }
    if CLOSED.contains(&text.as_str()) {
        return Ok(Vec::new());
    }
    if WHOLE_DAY.contains(&text.as_str()) {
        return Ok(vec![Span { from: 0, to: DAY_MIN }]);
    }
    let mut spans: Vec<Span> = Vec::new();
    let mut words = words(&text).into_iter().peekable();
    loop {
        let from = time(words.next())?;
        if words.next() != Some(Word::Between) {
            return Err(TypedError::NotUnderstood);
        }
        let to = time(words.next())?;
        spans.push(span(from, to, spans.last())?);
        while words.next_if_eq(&Word::Next).is_some() {}
        if words.peek().is_none() {
            return in_order(spans);
        }
    }
}

/// A day as [`read_day`] reads it again: "09:00-14:00, 16:30-20:00". Empty for a closed one.
pub fn write_day(spans: &[Span]) -> String {
    match spans {
        [Span { from: 0, to: DAY_MIN }] => "24 h".to_owned(),
        spans => {
            let span = |span: &Span| format!("{}-{}", clock(span.from), clock(span.to));
            spans.iter().map(span).collect::<Vec<_>>().join(", ")
        }
    }
}

fn in_order(mut spans: Vec<Span>) -> Result<Vec<Span>, TypedError> {
    if spans.len() > MOST_SPANS {
        return Err(TypedError::TooMany);
    }
    spans.sort_unstable_by_key(|span| span.from);
    let ends = |span: &Span| if span.to <= span.from { span.to + DAY_MIN } else { span.to };
    let overlap = spans.windows(2).any(|pair| ends(&pair[0]) > pair[1].from);
    if overlap { Err(TypedError::Overlap) } else { Ok(spans) }
}

/// A time as it is written, before it is known which half of the day is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Typed {
    minutes: u16,
    says: Says,
    /// Two digits of an hour and two of minutes.
    in_full: bool,
}

/// How much a time says of the half of the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    /// Nothing: "9", "4:30".
    Nothing,
    /// "9am", "noon".
    Half,
    /// Written in 24 hours: "16:30", "09:00", "0".
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Time(Typed),
    Between,
    Next,
    Unknown,
}

fn time(word: Option<Word>) -> Result<Typed, TypedError> {
    match word {
        Some(Word::Time(time)) => Ok(time),
        Some(Word::Between | Word::Next | Word::Unknown) | None => Err(TypedError::NotUnderstood),
    }
}

fn span(from: Typed, to: Typed, last: Option<&Span>) -> Result<Span, TypedError> {
    let both_in_full = from.in_full && to.in_full;
    let afternoon = from.minutes % HALF_DAY + HALF_DAY;
    let opens = if from.says != Says::Nothing || both_in_full {
        from.minutes % DAY_MIN
    } else {
        let is_early = (60..6 * 60).contains(&from.minutes);
        let is_past_the_last = last.is_some_and(|last| from.minutes < last.to && last.to <= afternoon);
        // "6-9pm" is an evening, "8-9pm" a long day.
        let is_like_its_end = to.says == Says::Half && to.minutes > afternoon && from.minutes / 60 == 6;
        if is_early || is_past_the_last || is_like_its_end { afternoon } else { from.minutes }
    };
    // Whoever writes 18 for an opening writes 20 for eight in the evening.
    let in_24_hours = from.says == Says::All && from.minutes > HALF_DAY;
    let closes = if to.says != Says::Nothing || both_in_full {
        to.minutes
    } else if to.is_bare_twelve() {
        if opens < HALF_DAY { HALF_DAY } else { DAY_MIN }
    } else if in_24_hours {
        to.minutes
    } else {
        let halves = [to.minutes, to.minutes % HALF_DAY + HALF_DAY];
        halves.into_iter().find(|closes| *closes > opens).unwrap_or(to.minutes)
    };
    let closes = if closes == 0 { DAY_MIN } else { closes };
    if opens == closes % DAY_MIN && opens != 0 || closes == DAY_MIN && opens == DAY_MIN {
        return Err(TypedError::SameTwice);
    }
    Ok(Span { from: opens, to: closes })
}

impl Typed {
    /// Who closes at "12" in the evening means midnight.
    fn is_bare_twelve(self) -> bool {
        self.minutes == HALF_DAY && !self.in_full
    }
}

/// The text in words and signs; "a. m." is one with its time.
fn words(text: &str) -> Vec<Word> {
    let text = HALVES.iter().fold(text.to_owned(), |text, (written, short)| text.replace(written, short));
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || first.is_ascii_digit() && ":.'".contains(c);
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len()).max(first.len_utf8());
        let (word, after) = rest.split_at(end);
        rest = after.trim_start();
        if first.is_ascii_digit() {
            // "9 pm", "9 h": what follows the number says more of it.
            let suffix = rest.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
            let is_suffix = SUFFIXES.contains(&suffix);
            let word = word.trim_end_matches(['.', ':']);
            words.push(read_time(word, if is_suffix { suffix } else { "" }).map_or(Word::Unknown, Word::Time));
            rest = if is_suffix { rest[suffix.len()..].trim_start_matches('.').trim_start() } else { rest };
        } else if !BEFORE.contains(&word) {
            words.push(word_of(word));
        }
    }
    words
}

/// How halves of the day are written, the longer first.
const HALVES: [(&str, &str); 8] = [
    ("a. m.", "am"),
    ("p. m.", "pm"),
    ("a. m", "am"),
    ("p. m", "pm"),
    ("a.m.", "am"),
    ("p.m.", "pm"),
    ("a.m", "am"),
    ("p.m", "pm"),
];
/// What may stand apart behind a number.
const SUFFIXES: [&str; 7] = ["am", "pm", "h", "hs", "hrs", "horas", "uhr"];

fn word_of(word: &str) -> Word {
    let exactly = |minutes| Word::Time(Typed { minutes, says: Says::Half, in_full: false });
    match word {
        word if BETWEEN.contains(&word) => Word::Between,
        word if NEXT.contains(&word) => Word::Next,
        word if NOON.contains(&word) => exactly(HALF_DAY),
        word if MIDNIGHT.contains(&word) => exactly(DAY_MIN),
        _ => Word::Unknown,
    }
}

/// "9", "09", "9:30", "9.30", "9h30", "930" is none; `suffix` stands behind it, or is a part of it as in "9am".
fn read_time(word: &str, suffix: &str) -> Option<Typed> {
    let digits = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
    let (number, own) = word.split_at(digits);
    // "9h30" is written so in Spain and France.
    let (hours, minutes, suffix) = match own.strip_prefix('h') {
        Some(minutes) if !minutes.is_empty() => (number, minutes, suffix),
        _ => {
            let (hours, minutes) = number.split_once([':', '.', '\'']).unwrap_or((number, ""));
            (hours, minutes, if own.is_empty() { suffix } else { own })
        }
    };
    let number = |text: &str, most: u16| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
        text.parse::<u16>().ok().filter(|number| plain && *number <= most)
    };
    let hour = number(hours, 24)?;
    let past = if minutes.is_empty() { 0 } else { number(minutes, 59).filter(|_| minutes.len() == 2)? };
    let in_full = hours.len() == 2 && !minutes.is_empty();
    let at =
        |hour: u16, says| Some(Typed { minutes: hour * 60 + past, says, in_full }).filter(|it| it.minutes <= DAY_MIN);
    match suffix {
        "a" | "am" if (1..=12).contains(&hour) => at(hour % 12, Says::Half),
        "p" | "pm" if (1..=12).contains(&hour) => at(hour % 12 + 12, Says::Half),
        "" | "h" | "hs" | "hrs" | "horas" | "uhr" => {
            let of_24 = hour > 12 || hour == 0 || hours.starts_with('0');
            at(hour, if of_24 { Says::All } else { Says::Nothing })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> String {
        read_day(text).map_or_else(|error| format!("{error:?}"), |spans| write_day(&spans))
    }

    #[test]
    fn a_day_is_read_as_people_type_it() {
        for (typed, read_as) in [
            ("9-2, 4:30-8", "09:00-14:00, 16:30-20:00"),
            ("9:00-14:00 16:30-20:00", "09:00-14:00, 16:30-20:00"),
            ("9–14 / 16.30–20", "09:00-14:00, 16:30-20:00"),
            ("de 9 a 14 y de 16:30 a 20", "09:00-14:00, 16:30-20:00"),
            ("De 9:00 a 14:00 h; de 16:30 a 20:00 h.", "09:00-14:00, 16:30-20:00"),
            ("9h a 14h, 16h30 a 20h", "09:00-14:00, 16:30-20:00"),
            ("9 to 2 and 4:30 to 8", "09:00-14:00, 16:30-20:00"),
            ("8-1, 3-7", "08:00-13:00, 15:00-19:00"),
            ("10-2, 6-9", "10:00-14:00, 18:00-21:00"),
            ("9-5", "09:00-17:00"),
            ("9-17", "09:00-17:00"),
            ("9am-5pm", "09:00-17:00"),
            ("9 a.m. to 5 p.m.", "09:00-17:00"),
            ("9 a. m. a 5 p. m.", "09:00-17:00"),
            ("9a-5p", "09:00-17:00"),
            ("9-5pm", "09:00-17:00"),
            ("6-9pm", "18:00-21:00"),
            ("8-9pm", "08:00-21:00"),
            ("9-12", "09:00-12:00"),
            ("12-8", "12:00-20:00"),
            ("10-10", "10:00-22:00"),
            ("9-9", "09:00-21:00"),
            ("6-2", "06:00-14:00"),
            ("noon-6", "12:00-18:00"),
            ("18-2", "18:00-02:00"),
            ("18:00-02:00", "18:00-02:00"),
            ("6pm-2am", "18:00-02:00"),
            ("5-1", "17:00-01:00"),
            ("22-6", "22:00-06:00"),
            ("18-12", "18:00-24:00"),
            ("6pm-midnight", "18:00-24:00"),
            ("18-24", "18:00-24:00"),
            ("18:00-00:00", "18:00-24:00"),
            ("04:30-08:00", "04:30-08:00"),
            ("16:30-20, 09:00-14:00", "09:00-14:00, 16:30-20:00"),
            ("closed", ""),
            ("Cerrado", ""),
            ("", ""),
            ("-", ""),
            ("24h", "24 h"),
            ("24 horas", "24 h"),
            ("00:00-24:00", "24 h"),
            ("0-24", "24 h"),
        ] {
            assert_eq!(read(typed), read_as, "{typed:?}");
        }
    }

    #[test]
    fn what_is_no_day_is_told() {
        for (typed, error) in [
            ("9", TypedError::NotUnderstood),
            ("9-", TypedError::NotUnderstood),
            ("9-14-20", TypedError::NotUnderstood),
            ("ten to noon", TypedError::NotUnderstood),
            ("25-26", TypedError::NotUnderstood),
            ("9:75-14", TypedError::NotUnderstood),
            ("24:30-25", TypedError::NotUnderstood),
            ("13pm-14pm", TypedError::NotUnderstood),
            ("930-1400", TypedError::NotUnderstood),
            ("9-14 <b>", TypedError::NotUnderstood),
            ("\u{0}", TypedError::NotUnderstood),
            ("09:00-09:00", TypedError::SameTwice),
            ("17-17", TypedError::SameTwice),
            ("9-14, 13-20", TypedError::Overlap),
            ("18-02, 01:00-02:00, 20:00-21:00", TypedError::Overlap),
            ("8-9, 10-11, 12-13, 14-15, 16-17", TypedError::TooMany),
        ] {
            assert_eq!(read_day(typed), Err(error), "{typed:?}");
        }
        assert_eq!(read_day(&"9".repeat(200)), Err(TypedError::NotUnderstood));
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(from in 0..DAY_MIN, to in 1..=DAY_MIN) {
            prop_assume!(from != to % DAY_MIN || from == 0);
            let spans = vec![Span { from, to }];
            prop_assert_eq!(read_day(&write_day(&spans)), Ok(spans));
        }

        #[test]
        fn nothing_that_is_typed_panics(text in "[0-9aphmnty:., /–-]{0,24}|\\PC{0,40}") {
            let _ = read_day(&text);
        }
    }
}
