//! A TOML file read key by key, so that every error names the file, the key and what was expected, and no key is
//! silently ignored. An environment variable may take a key's place.

use std::path::Path;

use toml::{Table, Value};

/// What is wrong with a file. Each message begins with where: `config/ringall.toml: sip.udp[0]`, or the variable's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TomlFileError {
    #[error("{file}: line {line}: not TOML: {message}")]
    NotToml { file: String, line: usize, message: String },
    #[error("{place}: expected {expected}, found {found}")]
    Unexpected { place: String, expected: String, found: String },
    #[error("{place}: missing; expected {expected}")]
    Missing { place: String, expected: String },
    #[error("{place}: no such key; expected one of: {known}")]
    UnknownKey { place: String, known: String },
    #[error("{place}: not available yet; remove it")]
    NotYet { place: String },
    #[error("{place}: {message}")]
    Conflict { place: String, message: String },
}

/// How an environment variable is looked up.
pub type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One table of a file. Keys are taken out one by one; [`Section::finish`] refuses what is left.
pub struct Section<'a> {
    file: String,
    /// Dotted, without a trailing dot; empty for the file itself.
    path: String,
    table: Table,
    known: Vec<&'static str>,
    env: Option<Env<'a>>,
}

/// A value and where it stands.
#[derive(Debug)]
pub struct Entry<T> {
    pub place: String,
    pub value: T,
    /// It came from a variable rather than from the file.
    pub from_env: bool,
}

/// Variables are named after their key: `sip.realm` is RINGALL_SIP_REALM.
const ENV_PREFIX: &str = "RINGALL_";

impl<'a> Section<'a> {
    /// The whole file. `file` only names it in messages.
    pub fn read(text: &str, file: &Path, env: Option<Env<'a>>) -> Result<Section<'a>, TomlFileError> {
        let file = file.display().to_string();
        let table = toml::from_str::<Table>(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
            TomlFileError::NotToml { file: file.clone(), line, message: error.message().replace('\n', "; ") }
        })?;
        Ok(Section { file, path: String::new(), table, known: Vec::new(), env })
    }

    /// Where `key` of this table stands, for a message.
    pub fn place(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => format!("{}: {key}", self.file),
            path => format!("{}: {path}.{key}", self.file),
        }
    }

    /// A string.
    pub fn text(&mut self, key: &'static str) -> Result<Option<Entry<String>>, TomlFileError> {
        if let Some(found) = self.variable(key) {
            return Ok(Some(found));
        }
        let place = self.place(key);
        self.take(key).map(|value| text_at(place, value)).transpose()
    }

    /// A list of strings; in a variable, separated by commas.
    pub fn list(&mut self, key: &'static str) -> Result<Option<Vec<Entry<String>>>, TomlFileError> {
        if let Some(found) = self.variable(key) {
            let items = found.value.split(',').map(str::trim).filter(|item| !item.is_empty());
            let entry = |(at, item): (usize, &str)| Entry {
                place: format!("{}[{at}]", found.place),
                value: item.to_owned(),
                from_env: true,
            };
            return Ok(Some(items.enumerate().map(entry).collect()));
        }
        let place = self.place(key);
        match self.take(key) {
            None => Ok(None),
            Some(Value::Array(items)) => {
                let items = items.into_iter().enumerate();
                items.map(|(at, item)| text_at(format!("{place}[{at}]"), item)).collect::<Result<_, _>>().map(Some)
            }
            Some(other) => Err(unexpected(place, "a list of strings such as [\"…\"]", &other)),
        }
    }

    /// A whole number in `range`.
    pub fn integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, TomlFileError> {
        let place = self.place(key);
        match self.take(key) {
            None => Ok(None),
            Some(Value::Integer(value)) if range.contains(&value) => Ok(Some(value)),
            Some(other) => {
                Err(unexpected(place, &format!("a whole number from {} to {}", range.start(), range.end()), &other))
            }
        }
    }

    /// `true` or `false`.
    pub fn switch(&mut self, key: &'static str) -> Result<Option<bool>, TomlFileError> {
        let place = self.place(key);
        match self.take(key) {
            None => Ok(None),
            Some(Value::Boolean(value)) => Ok(Some(value)),
            Some(other) => Err(unexpected(place, "true or false", &other)),
        }
    }

    /// A table of this one; an empty one when the file has none.
    pub fn section(&mut self, key: &'static str) -> Result<Section<'a>, TomlFileError> {
        let place = self.place(key);
        let table = match self.take(key) {
            None => Table::new(),
            Some(Value::Table(table)) => table,
            Some(other) => return Err(unexpected(place, &format!("a table, [{key}]"), &other)),
        };
        Ok(Section { file: self.file.clone(), path: key.to_owned(), table, known: Vec::new(), env: self.env })
    }

    /// The tables `[[key]]`. No variable reaches into them.
    pub fn sections(&mut self, key: &'static str) -> Result<Vec<Section<'a>>, TomlFileError> {
        let place = self.place(key);
        let items = match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(other) => return Err(unexpected(place, &format!("tables, each under [[{key}]]"), &other)),
        };
        let file = &self.file;
        let section = |(at, item): (usize, Value)| match item {
            Value::Table(table) => {
                Ok(Section { file: file.clone(), path: format!("{key}[{at}]"), table, known: Vec::new(), env: None })
            }
            other => Err(unexpected(format!("{place}[{at}]"), &format!("a table under [[{key}]]"), &other)),
        };
        items.into_iter().enumerate().map(section).collect()
    }

    /// Refuses keys that nobody took: those of `not_yet` are part of the design but do nothing today.
    pub fn finish(self, not_yet: &[&str]) -> Result<(), TomlFileError> {
        let Some(key) = self.table.keys().next() else { return Ok(()) };
        let place = self.place(key);
        if not_yet.contains(&key.as_str()) {
            return Err(TomlFileError::NotYet { place });
        }
        Err(TomlFileError::UnknownKey { place, known: self.known.join(", ") })
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    fn variable(&mut self, key: &'static str) -> Option<Entry<String>> {
        let env = self.env?;
        let dotted = if self.path.is_empty() { key.to_owned() } else { format!("{}_{key}", self.path) };
        let place = format!("{ENV_PREFIX}{}", dotted.to_uppercase());
        let value = env(&place)?;
        self.take(key);
        Some(Entry { place, value, from_env: true })
    }
}

impl Entry<String> {
    /// The value as something better than text. `read` says `None` for what is not `expected`.
    pub fn parse<T>(self, expected: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, TomlFileError> {
        match read(&self.value) {
            Some(value) => Ok(value),
            None => {
                let (place, found) = (self.place, format!("{:?}", self.value));
                Err(TomlFileError::Unexpected { place, expected: expected.to_owned(), found })
            }
        }
    }
}

fn text_at(place: String, value: Value) -> Result<Entry<String>, TomlFileError> {
    match value {
        Value::String(value) => Ok(Entry { place, value, from_env: false }),
        other => Err(unexpected(place, "a string in quotes", &other)),
    }
}

fn unexpected(place: String, expected: &str, found: &Value) -> TomlFileError {
    // What stands there is short for scalars; of a whole table its kind says enough.
    let found = match found {
        Value::Table(_) => "a table".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) => format!("{text:?}"),
        scalar => scalar.to_string(),
    };
    TomlFileError::Unexpected { place, expected: expected.to_owned(), found }
}
