//! `ringall doctor`: looks at all that a call needs, beside the service or without it, and says what to do. It changes
//! nothing, and prints no secret.

mod certificates;
mod clock;
mod disk;
mod http;
mod nat;
mod notices;
mod phones;
mod ports;
mod question;
mod secrets;
mod self_test;
mod service;
mod store;
mod trunks;
mod twilio;

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::CommandError;
use crate::config::Config;
use http::Http;
use service::Service;

/// What is asked of it.
pub(super) struct Wishes {
    pub json: bool,
    /// A notice goes to every address that the shops' notices go to.
    pub send_test_notice: bool,
}

/// What a check found.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Line {
    /// What was looked at.
    check: &'static str,
    state: State,
    /// A plain sentence, with what to do.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// Calls come and go, but somebody should look at it.
    Look,
    /// Calls are lost, or soon will be.
    Bad,
}

impl Line {
    fn ok(check: &'static str, text: impl Into<String>) -> Line {
        Line { check, state: State::Ok, text: text.into() }
    }

    fn look(check: &'static str, text: impl Into<String>) -> Line {
        Line { check, state: State::Look, text: text.into() }
    }

    fn bad(check: &'static str, text: impl Into<String>) -> Line {
        Line { check, state: State::Bad, text: text.into() }
    }
}

/// The lines, printed as they come, or all at the end for programs.
struct Report {
    json: bool,
    lines: Vec<Line>,
}

impl Report {
    fn add(&mut self, lines: Vec<Line>) {
        for line in lines {
            if !self.json {
                println!("{}", printed(&line));
            }
            self.lines.push(line);
        }
    }

    fn worst(&self) -> State {
        self.lines.iter().map(|line| line.state).max().unwrap_or(State::Ok)
    }
}

/// One line of text, whatever an error of somebody else's says.
fn printed(line: &Line) -> String {
    let state = match line.state {
        State::Ok => "ok",
        State::Look => "look",
        State::Bad => "bad",
    };
    let text = line.text.replace(char::is_control, " ");
    format!("{state:<4}  {:<12}  {text}", line.check)
}

#[derive(Serialize)]
struct Whole<'a> {
    ok: bool,
    checks: &'a [Line],
}

/// Looks at everything, and says what it finds.
pub(super) async fn examine(config: &Config, file: Option<&Path>, wishes: Wishes) -> Result<ExitCode, CommandError> {
    let mut report = Report { json: wishes.json, lines: Vec::new() };
    let now = crate::clock::now().wall;
    report.add(secrets::check(config, file));
    report.add(disk::check(config).await);
    let (lines, known) = store::check(config).await;
    report.add(lines);
    let service = Service::find(config).await;
    match Http::new().and_then(|http| Ok((http, service?))) {
        Err(reason) => report.add(vec![Line::bad(
            "http",
            format!(
                "nothing can be asked by HTTP: {reason}; install the certificates of authorities (ca-certificates)"
            ),
        )]),
        Ok((http, service)) => {
            report.add(ports::check(config, &service).await);
            report.add(clock::check(config, known.as_ref(), &http, now).await);
            report.add(certificates::check(config, now).await);
            let (lines, ways) = trunks::check(config, &service, now).await;
            report.add(lines);
            report.add(nat::check(&config.sip, &ways));
            report.add(twilio::check(config, known.as_ref(), &http, &service, now).await);
            report.add(phones::check(config, known.as_ref(), &service, now).await);
            report.add(notices::check(config, known.as_ref(), &http, wishes.send_test_notice).await);
        }
    }
    if let Some(known) = known {
        known.store.close().await;
    }
    let worst = report.worst();
    if wishes.json {
        let whole = Whole { ok: worst != State::Bad, checks: &report.lines };
        let text = serde_json::to_string_pretty(&whole).map_err(|error| CommandError::Failed(error.to_string()))?;
        println!("{text}");
    }
    Ok(ExitCode::from(u8::from(worst == State::Bad)))
}

/// Another number each time, for branches, tags and questions: nobody is to guess whose answer is whose.
fn chance() -> u64 {
    // Without randomness the time is other each time too.
    getrandom::u64().unwrap_or_else(|_| u64::try_from(crate::clock::now().mono.0.as_nanos()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_finding_is_one_line_and_the_worst_decides() {
        let mut report = Report { json: true, lines: Vec::new() };
        assert_eq!(report.worst(), State::Ok);
        report.add(vec![Line::look("disk", "so\nso"), Line::ok("ports", "fine")]);
        assert_eq!(report.worst(), State::Look);
        report.add(vec![Line::bad("twilio", "no")]);
        assert_eq!(report.worst(), State::Bad);
        assert_eq!(printed(&report.lines[0]), "look  disk          so so");
        assert_eq!(printed(&report.lines[2]), "bad   twilio        no");
    }
}
