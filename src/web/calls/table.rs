//! `/calls.csv`: the calls that are listed, as a table (RFC 4180), written as it is read.

use axum::body::Bytes;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use csv::WriterBuilder;

use super::Asked;
use crate::call::record::CallId;
use crate::routing::local_time;
use crate::routing::plan::Language;
use crate::store::StoredCall;
use crate::web::event_stream::{self, Listener};
use crate::web::fault::Fault;
use crate::web::frame::View;
use crate::web::who::{Who, seen};
use crate::words;

/// Read at a time: some hundred kilobytes.
const AT_A_TIME: usize = 500;

/// What is still to be written.
struct Rows {
    view: View,
    asked: Asked,
    before: Option<CallId>,
    is_over: bool,
}

pub async fn download(view: View) -> Result<Response, Fault> {
    let asked = Asked::of(&view).await?;
    if asked.day_fault {
        return Err(Fault::BadForm);
    }
    let (w, l) = (view.w(), words::page::calls::labels(view.language()));
    let [rang, talked] = [w.rang, w.talked].map(|name| format!("{name} (s)"));
    let names = [w.when, w.name, w.number, w.timeline, w.outcome, &rang, &talked, l.phone, w.called];
    // Spreadsheets take a file for UTF-8 by its mark.
    let first = [b"\xef\xbb\xbf".as_slice(), &written(view.language(), [names])].concat();
    let rows = Rows { before: asked.filter.before, view, asked, is_over: false };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"calls.csv\"")),
        // nginx and its like would keep what is written until there is much.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, event_stream::body(first, rows)).into_response())
}

impl Listener for Rows {
    async fn next(mut self) -> Option<(Bytes, Rows)> {
        if self.is_over {
            return None;
        }
        let calls = match self.asked.calls(&self.view, self.before, AT_A_TIME).await {
            Ok(calls) => calls,
            Err(error) => {
                // Its end is missing then, and nothing can be said any more.
                tracing::error!(%error, "a table of calls is cut short");
                return None;
            }
        };
        self.before = calls.last().map(|call| call.record.id);
        self.is_over = calls.len() < AT_A_TIME;
        let rows = calls.iter().map(|call| row(call, &self.view));
        Some((Bytes::from(written(self.view.language(), rows)), self))
    }
}

fn row(call: &StoredCall, view: &View) -> [String; 9] {
    let record = &seen(&call.record);
    let (language, zone) = (view.language(), view.shop_of(record).time_zone);
    let who = Who::of(record, call.caller_name.as_deref(), view);
    let seconds = |ms: u64| (ms.saturating_add(500) / 1000).to_string();
    let has_name = !who.number.is_empty();
    [
        local_time::local(zone, record.started).format("%Y-%m-%d %H:%M:%S").to_string(),
        if has_name { who.name.clone() } else { String::new() },
        if has_name { who.number.clone() } else { who.name.clone() },
        words::page::calls::row(record, who.known(record), language, view.now),
        record.disposition.map_or("", |disposition| words::disposition(disposition, language)).to_owned(),
        seconds(record.ring_ms(view.now)),
        seconds(record.talk_ms(view.now)),
        record.answered_by.as_deref().unwrap_or_default().to_owned(),
        record.called.clone(),
    ]
}

/// Rows as a spreadsheet of this language reads them: where a comma parts a number, a semicolon parts fields.
fn written<T: AsRef<str>, const N: usize>(language: Language, rows: impl IntoIterator<Item = [T; N]>) -> Vec<u8> {
    let delimiter = match language {
        Language::En => b',',
        Language::Es => b';',
    };
    let mut writer = WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    for row in rows {
        // Memory takes whatever is written.
        let _ = writer.write_record(row.iter().map(|field| defused(field.as_ref())));
    }
    writer.into_inner().unwrap_or_default()
}

/// What a spreadsheet would take for a formula is text behind an apostrophe (CWE-1236): at the beginning, and after whatever
/// a spreadsheet of another country parts fields at.
fn defused(field: &str) -> String {
    let mut written = String::with_capacity(field.len() + 1);
    let mut rest = field;
    loop {
        if begins_a_formula(rest) {
            written.push('\'');
        }
        let Some(end) = rest.find(PARTS_FIELDS) else { break };
        let (part, behind) = rest.split_at(end + 1);
        written.push_str(part);
        rest = behind;
    }
    written.push_str(rest);
    written
}

/// One of them is the table's own; which one a spreadsheet takes, its country says.
const PARTS_FIELDS: [char; 5] = [',', ';', '\t', '\r', '\n'];

/// Whether the first that counts begins a formula. Spreadsheets pass over blanks and quotes; what a Japanese keyboard writes
/// is as good to them.
fn begins_a_formula(part: &str) -> bool {
    let counts = |letter: &char| !letter.is_whitespace() && !letter.is_control() && *letter != '"';
    let begins = |letter: char| matches!(letter, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠');
    part.starts_with(['\t', '\r', '\n']) || part.chars().find(counts).is_some_and(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_field_is_a_formula() {
        for formula in
            ["=1+1", "+34600999888", "-2", "@SUM(A1)", " =cmd|' /C calc'!A0", "\tx", "\rx", "\n=1", "\"=1\"", "＝1"]
        {
            assert!(defused(formula).starts_with('\''), "{formula}");
        }
        for (field, written) in [
            ("Jo;=1+1", "Jo;'=1+1"),
            ("Jo; \"=1+1", "Jo;' \"=1+1"),
            ("Jo,@SUM(A1)", "Jo,'@SUM(A1)"),
            ("Jo\t-2", "Jo\t'-2"),
            ("a;b;+3;c", "a;b;'+3;c"),
        ] {
            assert_eq!(defused(field), written);
        }
        for plain in ["600 99 98 88", "Counter answered in 6 s, 3 min.", "", "a;b", "1-2", "Jo (=x)"] {
            assert_eq!(defused(plain), plain);
        }
        let rows = written(Language::Es, [["a;b", "=1", "\"x\""]]);
        assert_eq!(String::from_utf8(rows).unwrap(), "\"a;b\";'=1;\"\"\"x\"\"\"\n");
    }
}
