//! `/calls`: the log, newest first.

use askama::Template;
use axum::response::Response;

use crate::call::record::Disposition;
use crate::number::Number;
use crate::store::CallFilter;
use crate::web::fault::Fault;
use crate::web::form::encoded;
use crate::web::frame::{Choice, Frame, Tab, View, page};
use crate::web::who::CallLine;
use crate::words;

/// What a telephone shows in a few turns of the thumb.
const A_PAGE: u32 = 30;

#[derive(Template)]
#[template(path = "calls.html")]
struct Page {
    frame: Frame,
    outcomes: Vec<Choice>,
    caller: String,
    fault: Option<&'static str>,
    calls: Vec<CallLine>,
    older: Option<String>,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let w = view.w();
    let (outcome, caller) = (view.query.text("outcome"), view.query.text("caller"));
    let disposition = Disposition::parse(outcome);
    let number = Number::parse(caller, view.shop.country);
    let fault = (number.is_none() && !caller.is_empty()).then_some(w.not_a_number);
    let filter = CallFilter {
        shop: view.only_shop(),
        caller: number,
        before: match view.query.text("before") {
            "" => None,
            id => Some(super::call::id(id)?),
        },
        disposition,
        limit: A_PAGE + 1,
        ..CallFilter::default()
    };
    let mut stored = if fault.is_some() { Vec::new() } else { view.web.store.calls(&filter).await? };
    let is_more = stored.len() > A_PAGE as usize;
    stored.truncate(A_PAGE as usize);
    let last = stored.last().filter(|_| is_more);
    let older = last.map(|call| {
        let (id, caller) = (call.record.id, encoded(caller));
        view.at(&format!("/calls?before={id}&outcome={}&caller={caller}", disposition.map_or("", Disposition::as_str)))
    });
    let choice = |kind: Disposition| {
        let value = kind.as_str();
        Choice { value, name: words::disposition(kind, view.language()), chosen: outcome == value }
    };
    page(Page {
        frame: view.frame(Tab::Calls, w.calls),
        outcomes: Disposition::ALL.map(choice).into(),
        caller: caller.to_owned(),
        fault,
        calls: stored.iter().map(|call| CallLine::of(call, &view)).collect(),
        older,
    })
}
