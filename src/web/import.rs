//! `/callers/import`: callers from a file. First it is told what would be done, line by line; then it is done. Nothing that
//! somebody has written is lost by it.

mod file;

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::number::Number;
use crate::routing::wish::{name_of_caller, note_of_caller};
use crate::store::FileCard;
use crate::store::contacts::Written;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::words;
use crate::words::page::calls::{self, Labels};
use file::{MOST_ROWS, Row, Unread};

/// Lines of one kind that are shown; the page must stay small, and who has more has seen enough to know.
const MOST_SHOWN: usize = 60;

#[derive(Template)]
#[template(path = "import.html")]
struct Page {
    frame: Frame,
    l: &'static Labels,
    step: Step,
    action: String,
    take_in: String,
}

/// How far somebody is with a file.
enum Step {
    Choose,
    /// It is not taken, and why.
    Refused(String),
    Looked(Preview),
    /// It is taken in; what came of it.
    TakenIn(String),
}

/// What would be done.
struct Preview {
    counts: String,
    kinds: Vec<Kind>,
    /// By which it is taken in; `None`: there is nothing to do.
    secret: Option<String>,
    /// Whether any name differs from one that somebody has written.
    names_differ: bool,
}

/// The lines with which the same would be done.
struct Kind {
    title: &'static str,
    lines: Vec<Line>,
    more: Option<String>,
}

struct Line {
    line: usize,
    number: String,
    name: String,
    /// The name until now, where it is another; or why it is not read.
    why: String,
}

/// What would be done with a line.
enum Fate {
    Added,
    Changed,
    Same,
    Refused,
}

/// The lines of each fate.
#[derive(Default)]
struct Fates {
    added: Lines,
    changed: Lines,
    same: Lines,
    refused: Lines,
}

/// The first [`MOST_SHOWN`], and how many there are.
#[derive(Default)]
struct Lines {
    shown: Vec<Line>,
    count: usize,
}

impl Fates {
    fn add(&mut self, fate: Fate, line: Line) {
        let lines = match fate {
            Fate::Added => &mut self.added,
            Fate::Changed => &mut self.changed,
            Fate::Same => &mut self.same,
            Fate::Refused => &mut self.refused,
        };
        lines.count += 1;
        if lines.shown.len() < MOST_SHOWN {
            lines.shown.push(line);
        }
    }
}

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, Step::Choose)
}

/// Tells what would be done.
pub async fn look(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let l = calls::labels(view.language());
    let refused = |fault: &str| {
        let again = build(&view, Step::Refused(fault.to_owned()))?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
    };
    if fields.file().is_empty() {
        return refused(l.import_none);
    }
    // Whoever looks at a file of many megabytes must not keep calls waiting.
    let bytes = fields.file().to_vec();
    let read = tokio::task::spawn_blocking(move || file::rows(&bytes)).await.map_err(|_| Fault::Broken)?;
    let rows = match read {
        Ok(rows) => rows,
        Err(Unread::Neither) => return refused(l.import_unread),
        Err(Unread::TooLong) => return refused(&calls::import_too_long(MOST_ROWS, view.language())),
    };
    let preview = look_at(&view, &rows).await?;
    build(&view, Step::Looked(preview))
}

/// Does what was told.
pub async fn take_in(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let names = fields.get("names").is_some();
    match view.web.store.take_in(view.shop.id, fields.text("file"), names, view.now).await? {
        Some(done) => {
            view.web.plan_changed().await;
            let done = calls::imported(done.added, done.changed, done.left, view.language());
            build(&view, Step::TakenIn(done))
        }
        None => {
            let gone = calls::labels(view.language()).import_gone.to_owned();
            Ok((StatusCode::CONFLICT, build(&view, Step::Refused(gone))?).into_response())
        }
    }
}

fn build(view: &View, step: Step) -> Result<Response, Fault> {
    let l = calls::labels(view.language());
    page(Page {
        frame: view.frame(Tab::Calls, l.import),
        l,
        step,
        action: view.at("/callers/import"),
        take_in: view.at("/callers/import/do"),
    })
}

async fn look_at(view: &View, rows: &[Row]) -> Result<Preview, Fault> {
    let l = calls::labels(view.language());
    let mut cards: Vec<FileCard> = Vec::new();
    let mut seen: HashMap<Number, (String, String)> = HashMap::new();
    let mut fates = Fates::default();
    let numbers: Vec<Number> = rows.iter().filter_map(|row| Number::parse(&row.number, view.shop.country)).collect();
    let written = view.web.store.written_of(view.shop.id, &numbers).await?;
    let mut names_differ = false;
    for row in rows {
        let mut line = Line { line: row.line, number: shown(&row.number), name: shown(&row.name), why: String::new() };
        let mut refuse = |why: &str, mut line: Line| {
            line.why = why.to_owned();
            fates.add(Fate::Refused, line);
        };
        let Some(number) = Number::parse(&row.number, view.shop.country) else {
            refuse(view.w().not_a_number, line);
            continue;
        };
        line.number = number.national(view.shop.country);
        let (name, note) = match (name_of_caller(&row.name), note_of_caller(&row.note)) {
            (Some(name), Some(note)) if !name.is_empty() || !note.is_empty() => (name, note),
            (Some(_), Some(_)) => {
                refuse(l.no_name, line);
                continue;
            }
            (None, _) => {
                refuse(view.w().name_too_long, line);
                continue;
            }
            (_, None) => {
                refuse(view.w().note_too_long, line);
                continue;
            }
        };
        match seen.get(&number) {
            Some(before) if *before == (name.clone(), note.clone()) => continue,
            Some(_) => {
                refuse(l.twice, line);
                continue;
            }
            None => drop(seen.insert(number.clone(), (name.clone(), note.clone()))),
        }
        let before = written.get(&number).cloned().unwrap_or_default();
        let Some(note) = note_of_caller(&together(&before, &note)) else {
            refuse(view.w().note_too_long, line);
            continue;
        };
        let differs = !name.is_empty() && !before.name.is_empty() && name != before.name;
        names_differ |= differs;
        if differs {
            line.why = format!("{}: {}", l.named_before, shown(&before.name));
        }
        let fate = match &before {
            before if before.name.is_empty() && before.note.is_empty() => Fate::Added,
            before if (name == before.name || name.is_empty()) && note == before.note => Fate::Same,
            _ => Fate::Changed,
        };
        if !matches!(fate, Fate::Same) {
            cards.push(FileCard { number: number.as_str().to_owned(), name, note, seen: before.tag() });
        }
        fates.add(fate, line);
    }
    told(view, fates, cards, names_differ).await
}

/// What somebody has written stays; what the file says besides comes below it.
fn together(before: &Written, note: &str) -> String {
    match before.note.trim_end() {
        "" => note.to_owned(),
        written if note.is_empty() || written.contains(note) => before.note.clone(),
        written => format!("{written}\n{note}"),
    }
}

async fn told(view: &View, fates: Fates, cards: Vec<FileCard>, names_differ: bool) -> Result<Preview, Fault> {
    let (l, language) = (calls::labels(view.language()), view.language());
    let Fates { added, changed, same, refused } = fates;
    let counts = calls::import_counts(added.count, changed.count, same.count, refused.count, language);
    let kind = |title, Lines { shown, count }: Lines| {
        let more = count.saturating_sub(shown.len());
        Kind { title, lines: shown, more: (more > 0).then(|| words::page::calls::import_more(more, language)) }
    };
    let kinds = vec![kind(l.refused, refused), kind(l.changed, changed), kind(l.added, added), kind(l.unchanged, same)];
    let secret = match cards.is_empty() {
        true => None,
        false => Some(view.web.store.keep_file(view.shop.id, &cards, view.now).await?),
    };
    Ok(Preview { counts, kinds, secret, names_differ })
}
