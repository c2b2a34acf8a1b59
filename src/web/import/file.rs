//! What a file of callers says, line by line: a vCard file, or a table as spreadsheets and mail programs write it.

use std::sync::Arc;

use csv::ReaderBuilder;

use crate::caller::visible;
use crate::folded::folded;
use crate::routing::wish::{MAX_NAME_CHARS, MAX_NOTE_CHARS};
use crate::vcard;

/// One number of a file, and what stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands, from 1.
    pub line: usize,
    /// No longer than one character more than a name may be; and so the note.
    pub name: Arc<str>,
    /// As written.
    pub number: String,
    pub note: Arc<str>,
}

/// Why a file is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is neither cards nor a table with a column of numbers.
    Neither,
    /// It has more than [`MOST_ROWS`], or more words than so many need.
    TooLong,
}

/// As many callers as a shop of one town has; whoever has more takes them in by parts.
pub const MOST_ROWS: usize = 20_000;
/// Of names and notes in bytes, each counted for every number it stands with.
const MOST_WORDS: usize = 16 * 1024 * 1024;
/// No number is so long, however it is written.
const MOST_NUMBER_CHARS: usize = 200;

/// What the columns of a table are called, folded.
const NAME: [&str; 8] =
    ["name", "nombre", "full name", "display name", "nombre completo", "contact", "contacto", "nombre y apellidos"];
const GIVEN: [&str; 3] = ["first name", "given name", "nombre de pila"];
const FAMILY: [&str; 4] = ["last name", "family name", "apellidos", "apellido"];
const NUMBER: [&str; 9] =
    ["number", "numero", "telephone", "tel", "tlf", "mobile", "movil", "cell", "numero de telefono"];
const NUMBER_BEGINS: [&str; 4] = ["phone", "telefono", "telephone", "mobile phone"];
const NUMBER_ENDS: [&str; 2] = [" phone", " number"];
const NOTE: [&str; 7] = ["note", "notes", "nota", "notas", "comment", "comments", "observaciones"];

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Name,
    Given,
    Family,
    Number,
    Note,
    Other,
}

/// What has been read of a file.
#[derive(Default)]
struct Rows {
    rows: Vec<Row>,
    words: usize,
}

impl Rows {
    /// What stands with these numbers is kept once for all of them, and cut before it is: a file of a few megabytes could
    /// otherwise say gigabytes.
    fn add<'n>(
        &mut self,
        line: usize,
        (name, note): (&str, &str),
        numbers: impl IntoIterator<Item = &'n str>,
    ) -> Result<(), Unread> {
        let name: String = visible(name.trim()).take(MAX_NAME_CHARS + 1).collect();
        let note: String = note.trim().replace("\r\n", "\n").chars().take(MAX_NOTE_CHARS + 1).collect();
        let (name, note): (Arc<str>, Arc<str>) = (name.into(), note.into());
        for number in numbers {
            self.words += name.len() + note.len();
            if self.rows.len() == MOST_ROWS || self.words > MOST_WORDS {
                return Err(Unread::TooLong);
            }
            let number = number.chars().take(MOST_NUMBER_CHARS).collect();
            self.rows.push(Row { line, name: name.clone(), number, note: note.clone() });
        }
        Ok(())
    }
}

/// The file's rows.
pub fn rows(bytes: &[u8]) -> Result<Vec<Row>, Unread> {
    let text = vcard::text_of(bytes);
    if vcard::is_vcard(&text) {
        let mut rows = Rows::default();
        for card in vcard::cards(&text, MOST_ROWS) {
            let none = if card.numbers.is_empty() { Some("") } else { None };
            let numbers = card.numbers.iter().map(String::as_str).chain(none);
            rows.add(card.line, (&card.name, &card.note), numbers)?;
        }
        return Ok(rows.rows);
    }
    // The reader of tables says of a line that ends in both that it is one earlier.
    table(&text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

fn table(text: &str) -> Result<Vec<Row>, Unread> {
    let (columns, mut reader) = columns(text).ok_or(Unread::Neither)?;
    let mut rows = Rows::default();
    for record in reader.records() {
        // What is no row any more, because a quote was left open, ends the table.
        let Ok(record) = record else { break };
        let line = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
        let of = |column| -> Vec<&str> {
            let fields =
                columns.iter().zip(record.iter()).filter(|(is, _)| **is == column).map(|(_, field)| field.trim());
            fields.filter(|field| !field.is_empty()).collect()
        };
        // In a Spanish table "nombre" is the given name where there is a column for the family's.
        let given = match of(Column::Name) {
            name if name.is_empty() => of(Column::Given),
            name => name.into_iter().take(1).collect(),
        };
        let name = [given, of(Column::Family)].concat().join(" ");
        let note = of(Column::Note).join("\n");
        let mut numbers = of(Column::Number);
        if numbers.is_empty() {
            if name.is_empty() && note.is_empty() {
                continue;
            }
            numbers.push("");
        }
        // What we write ourselves begins with an apostrophe where a spreadsheet would reckon.
        let numbers = numbers.into_iter().map(|number| number.trim_start_matches('\''));
        rows.add(line, (&name, &note), numbers)?;
    }
    Ok(rows.rows)
}

/// What the columns of a table hold, and the reader of what is below them; `None`: it is no table of callers.
fn columns(text: &str) -> Option<(Vec<Column>, csv::Reader<&[u8]>)> {
    let first = text.lines().next()?;
    let count = |delimiter: char| first.matches(delimiter).count();
    let delimiter = [';', '\t', ','].into_iter().max_by_key(|delimiter| (count(*delimiter), *delimiter == ','))?;
    let delimiter = u8::try_from(delimiter).ok()?;
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let columns: Vec<Column> = reader.headers().ok()?.iter().map(Column::named).collect();
    columns.contains(&Column::Number).then_some((columns, reader))
}

impl Column {
    fn named(title: &str) -> Column {
        let title = folded(title);
        let title = title.as_str();
        let is_number = NUMBER.contains(&title)
            || NUMBER_BEGINS.iter().any(|begins| title.starts_with(begins))
            || NUMBER_ENDS.iter().any(|ends| title.ends_with(ends));
        match title {
            title if NAME.contains(&title) => Column::Name,
            title if GIVEN.contains(&title) => Column::Given,
            title if FAMILY.contains(&title) => Column::Family,
            title if NOTE.contains(&title) => Column::Note,
            // Google's tables name the kind of each number beside it.
            title if title.ends_with("- type") || title.ends_with("- label") => Column::Other,
            _ if is_number => Column::Number,
            _ => Column::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(line: usize, name: &str, number: &str, note: &str) -> Row {
        Row { line, name: name.into(), number: number.into(), note: note.into() }
    }

    #[test]
    fn tables_are_read_as_spreadsheets_of_both_languages_write_them() {
        let english = "\u{feff}Name,Phone number,Note\r\n\"Miller, Jo\",600 99 98 88,\"two\nlines\"\r\n,,\r\nAna,'+34600111222,\r\n";
        let read = rows(english.as_bytes()).unwrap();
        assert_eq!(read, [row(2, "Miller, Jo", "600 99 98 88", "two\nlines"), row(5, "Ana", "+34600111222", "")]);
        // Latin-1, as older spreadsheets of Spain write it.
        let spanish = b"Nombre;Apellidos;Tel\xe9fono m\xf3vil;Observaciones\nI\xf1aki;N\xfa\xf1ez;600111222;Puerta\n";
        let read = rows(spanish).unwrap();
        assert_eq!(read, [row(2, "Iñaki Núñez", "600111222", "Puerta")]);
        let google = "First Name,Last Name,Phone 1 - Label,Phone 1 - Value,Phone 2 - Value\nJo,Miller,Mobile,1,2\n";
        assert_eq!(rows(google.as_bytes()).unwrap(), [row(2, "Jo Miller", "1", ""), row(2, "Jo Miller", "2", "")]);
    }

    #[test]
    fn what_is_no_file_of_callers_is_none() {
        for text in ["", "hello", "a,b\n1,2\n", "\u{0}\u{1}"] {
            assert_eq!(rows(text.as_bytes()), Err(Unread::Neither), "{text:?}");
        }
        assert_eq!(rows(b"name;number\n\"open;1\n").unwrap(), [row(2, "open;1", "", "")]);
    }

    #[test]
    fn a_long_name_or_note_is_cut_before_it_is_kept_with_every_number() {
        let (long, numbers) = ("é".repeat(3_000), "TEL:600111222\n".repeat(3));
        let card = format!("BEGIN:VCARD\nFN:{long}\nNOTE:{long}\n{numbers}END:VCARD\n");
        let table = format!("name,number,phone 2,phone 3,note\n{long},1,2,3,{long}\n");
        for file in [card, table] {
            let rows = rows(file.as_bytes()).unwrap();
            assert_eq!(rows.len(), 3);
            for row in &rows {
                let chars = (row.name.chars().count(), row.note.chars().count());
                assert_eq!(chars, (MAX_NAME_CHARS + 1, MAX_NOTE_CHARS + 1), "still too long, and said to be");
            }
            assert!(Arc::ptr_eq(&rows[0].note, &rows[2].note));
        }
    }

    #[test]
    fn a_file_with_too_many_numbers_or_words_is_not_read() {
        let table = |times: usize| format!("name,number\n{}", "Jo,1\n".repeat(times));
        let cards = |times: usize| format!("BEGIN:VCARD\nFN:Jo\n{}END:VCARD\n", "TEL:1\n".repeat(times));
        let many = |times: usize| "BEGIN:VCARD\nFN:Jo\nTEL:1\nEND:VCARD\n".repeat(times);
        for file in [&table as &dyn Fn(usize) -> String, &cards, &many] {
            assert_eq!(rows(file(MOST_ROWS).as_bytes()).map(|rows| rows.len()), Ok(MOST_ROWS));
            assert_eq!(rows(file(MOST_ROWS + 1).as_bytes()), Err(Unread::TooLong));
        }
        let wordy = format!("name,number,phone 2,note\n{}", format!("Jo,1,2,{}\n", "é".repeat(2_000)).repeat(2_100));
        assert_eq!(rows(wordy.as_bytes()), Err(Unread::TooLong));
    }
}
