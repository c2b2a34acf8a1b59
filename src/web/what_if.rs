//! `/what-if`: what a caller would get at any time, from the same `decide` that calls get.

use askama::Template;
use axum::response::Response;

use crate::routing::explain::{explain, offer, read_instant};
use crate::routing::{Action, Duty, local_time};
use crate::web::fault::Fault;
use crate::web::form::encoded;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::phones::Row;
use crate::words;
use crate::words::page::hours as said;

#[derive(Template)]
#[template(path = "what_if.html")]
struct Page {
    frame: Frame,
    h: &'static said::Labels,
    at: String,
    from: String,
    fault: Option<&'static str>,
    answer: Option<Answer>,
}

struct Answer {
    when: String,
    rings: bool,
    action: &'static str,
    because: String,
    phones: Vec<Row>,
    /// Where the greeting is that the caller hears.
    heard: Option<String>,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let w = view.w();
    let (asked, from) = (view.query.text("at"), view.query.text("from"));
    let called: Vec<String> = view.shop.numbers.first().map(|number| number.as_str().to_owned()).into_iter().collect();
    let at = read_instant(asked, &view.plan, &called);
    let fault = (at.is_none() && !asked.is_empty()).then_some(w.not_a_time);
    let answer = at.map(|at| {
        let from = Some(from).filter(|from| !from.is_empty());
        let explanation = explain(&view.plan, &offer(&view.plan, from, called.first().map(String::as_str)), at);
        let (language, zone) = (view.language(), view.shop.time_zone);
        let because = words::because(&explanation.decision.because, language, zone, at);
        let rings = matches!(explanation.decision.action, Action::Ring(_));
        let takes_message = matches!(explanation.decision.action, Action::TakeMessage { .. });
        let heard_at = encoded(&local_time::written(local_time::local(zone, at)));
        let refused = matches!(explanation.decision.action, Action::Refuse(_));
        let row = |(phone, duty): (&crate::routing::plan::Phone, Duty)| Row {
            name: shown(&phone.name),
            rings: rings && duty == Duty::Rings,
            because: if refused { because.clone() } else { words::duty(&duty, language, zone, at) },
        };
        Answer {
            when: words::page::moment(at, language, zone, view.now),
            rings,
            action: words::action(&explanation.decision.action, language),
            heard: takes_message.then(|| view.at(&format!("/greeting?at={heard_at}"))),
            phones: explanation.phones().map(row).collect(),
            because,
        }
    });
    let now = || local_time::written(local_time::local(view.shop.time_zone, view.now));
    page(Page {
        frame: view.frame(Tab::Hours, w.what_if),
        h: said::labels(view.language()),
        at: if asked.is_empty() { now() } else { asked.to_owned() },
        from: from.to_owned(),
        fault,
        answer,
    })
}
