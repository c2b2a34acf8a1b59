//! `ringall explain`: what a call would get, from the same decision that calls get.

use std::fmt::Write;
use std::process::ExitCode;

use chrono_tz::Tz;

use super::{CommandError, language};
use crate::clock;
use crate::config::Config;
use crate::routing::explain::{Explanation, explain, offer, read_instant};
use crate::routing::local_time::local;
use crate::routing::plan::Language;
use crate::store::Store;
use crate::web::api::explain::Explained;
use crate::words;

/// What somebody wants to know.
pub(super) struct Question {
    pub at: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
}

pub(super) async fn answer(config: &Config, question: &Question, json: bool) -> Result<ExitCode, CommandError> {
    let store = Store::open(&config.database).await?;
    let plan = store.plan().await;
    store.close().await;
    let plan = plan?;
    match (question.to.as_deref(), plan.shops.as_slice()) {
        (_, []) => return Err(CommandError::Failed("there is no shop yet; import one".to_owned())),
        (None, [_, _, ..]) if plan.shops.iter().any(|shop| !shop.numbers.is_empty()) => {
            let wrong = "explain: there are several shops; name the called number with --to";
            return Err(CommandError::Wrong(wrong.to_owned()));
        }
        (None | Some(_), _) => {}
    }
    let offer = offer(&plan, question.from.as_deref(), question.to.as_deref());
    let at = match question.at.as_deref() {
        None => clock::now().wall,
        Some(text) => read_instant(text, &plan, &offer.called).ok_or_else(|| {
            CommandError::Wrong(format!("explain: --at: expected a time like 2026-12-24T18:05, found {text:?}"))
        })?,
    };
    let explanation = explain(&plan, &offer, at);
    let language = language::language(|name| std::env::var(name).ok());
    if json {
        let explained = Explained::of(&explanation, Some(language));
        let text = serde_json::to_string_pretty(&explained).map_err(|error| CommandError::Failed(error.to_string()))?;
        println!("{text}");
    } else {
        print!("{}", told(&explanation, language));
    }
    Ok(ExitCode::SUCCESS)
}

/// Which shop and when, then what the caller gets and because of what, then a line for each phone.
fn told(explanation: &Explanation, language: Language) -> String {
    let shop = explanation.shop.as_deref();
    let zone = shop.map_or(Tz::UTC, |shop| shop.time_zone);
    let explained = Explained::of(explanation, Some(language));
    let mut text = String::new();
    let name = explained.shop.map_or_else(String::new, |name| format!("{name}, "));
    let at = local(zone, explanation.at).format("%Y-%m-%d %H:%M");
    let _ = writeln!(text, "{name}{at} ({zone})");
    let action = words::action(&explanation.decision.action, language);
    let _ = writeln!(text, "{} {action}", explained.because.text);
    let width = explained.phones.iter().map(|phone| phone.name.chars().count()).max().unwrap_or(0);
    for phone in &explained.phones {
        let after = match (phone.rings, phone.after_s) {
            (true, 1..) => format!(" (+{} s)", phone.after_s),
            (true, 0) | (false, _) => String::new(),
        };
        let _ = writeln!(text, "  {:width$}  {}{after}", phone.name, phone.because.text);
    }
    text
}
