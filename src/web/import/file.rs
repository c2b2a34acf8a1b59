//! What a file of callers says, line by line: a vCard file, or a table as spreadsheets and mail programs write it.

use csv::ReaderBuilder;

use crate::folded::folded;
use crate::vcard;

/// One number of a file, and what stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands, from 1.
    pub line: usize,
    pub name: String,
    /// As written.
    pub number: String,
    pub note: String,
}

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

/// The file's rows; `None`: it is neither.
pub fn rows(bytes: &[u8]) -> Option<Vec<Row>> {
    let text = vcard::text_of(bytes);
    if vcard::is_vcard(&text) {
        let of_card = |card: vcard::Card| {
            let numbers = if card.numbers.is_empty() { vec![String::new()] } else { card.numbers.clone() };
            let row = move |number| Row { line: card.line, name: card.name.clone(), number, note: card.note.clone() };
            numbers.into_iter().map(row)
        };
        return Some(vcard::cards(&text).into_iter().flat_map(of_card).collect());
    }
    // The reader of tables says of a line that ends in both that it is one earlier.
    table(&text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

fn table(text: &str) -> Option<Vec<Row>> {
    let first = text.lines().next()?;
    let count = |delimiter: char| first.matches(delimiter).count();
    let delimiter = [';', '\t', ','].into_iter().max_by_key(|delimiter| (count(*delimiter), *delimiter == ','))?;
    let delimiter = u8::try_from(delimiter).ok()?;
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let columns: Vec<Column> = reader.headers().ok()?.iter().map(Column::named).collect();
    if !columns.contains(&Column::Number) {
        return None;
    }
    let mut rows = Vec::new();
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
        let row = |number: &str| Row {
            line,
            name: name.clone(),
            number: number.trim_start_matches('\'').to_owned(),
            note: note.clone(),
        };
        rows.extend(numbers.into_iter().map(row));
    }
    Some(rows)
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
            assert_eq!(rows(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(rows(b"name;number\n\"open;1\n").unwrap(), [row(2, "open;1", "", "")]);
    }
}
