//! `/calls/…`: one call, and what happened in it, in plain sentences.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use uuid::Uuid;

use crate::call::by_phone::{AtPhone, by_phone};
use crate::call::record::{CallEvent, CallId, CallRecord, Disposition};
use crate::number::Number;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::messages::MessageCard;
use crate::web::who::{Who, seen, seen_event};
use crate::web::wrap_up::{promised, seen_wanted};
use crate::words;
use crate::words::page::calls::Labels;
use crate::words::page::wrap_up as words_of;

#[derive(Template)]
#[template(path = "call.html")]
struct Page {
    frame: Frame,
    who: Who,
    caller_href: Option<String>,
    message: Option<MessageCard>,
    outcome: String,
    when: String,
    because: String,
    rang: String,
    talked: String,
    nth: String,
    called: String,
    l: &'static Labels,
    /// What happened at each.
    phones: Vec<String>,
    events: Vec<Line>,
    /// What was written down of it, and where more is; of a call that nobody spoke in there is none.
    after: Option<After>,
}

struct After {
    a: &'static words_of::Labels,
    href: String,
    wanted: String,
    promised: String,
}

struct Line {
    time: String,
    text: String,
}

pub async fn show(view: View, Path(text): Path<String>) -> Result<Response, Fault> {
    let (stored, events) = view.web.store.call(id(&text)?).await?.ok_or(Fault::NotFound)?;
    let (record, language) = (&seen(&stored.record), view.language());
    let zone = view.shop_of(record).time_zone;
    let who = Who::of(record, stored.caller_name.as_deref(), &view);
    let nth = record.nth_call_from_caller;
    let talk_ms = record.talk_ms(view.now);
    let line = |event: &CallEvent| Line {
        time: words::page::clock_s(event.at, zone),
        text: words::event(&seen_event(event), record.started, language),
    };
    let at_phone = |part: &AtPhone| {
        let seen = AtPhone { phone: shown(&part.phone).into(), ..part.clone() };
        words::page::calls::at_phone(&seen, language)
    };
    let message = view.web.store.message(record.id).await?;
    page(Page {
        message: message.as_ref().map(|message| MessageCard::of(message, &view)),
        frame: view.frame(Tab::Calls, &who.name),
        outcome: words::page::calls::row(record, who.known(record), language, view.now),
        l: words::page::calls::labels(language),
        phones: by_phone(&events, record.ended.unwrap_or(view.now)).iter().map(at_phone).collect(),
        when: words::page::moment(record.started, language, zone, view.now),
        because: words::because(&record.because, language, zone, record.started),
        // Nothing rings in a closed shop.
        rang: match record.because.is_closed() {
            true => String::new(),
            false => words::page::duration(record.ring_ms(view.now), language),
        },
        talked: if talk_ms == 0 { String::new() } else { words::page::duration(talk_ms, language) },
        nth: if nth == 0 { String::new() } else { words::page::nth_call(nth, language) },
        called: {
            let country = view.shop_of(record).country;
            let number = Number::parse(&record.called, country);
            number.map_or_else(|| shown(&record.called), |number| number.national(country))
        },
        caller_href: (!record.withheld)
            .then_some(record.caller.as_ref())
            .flatten()
            .map(|number| view.at(&format!("/callers/{}", number.as_str()))),
        events: events.iter().map(line).collect(),
        after: after_it(record, &view).await?,
        who,
    })
}

async fn after_it(record: &CallRecord, view: &View) -> Result<Option<After>, Fault> {
    if record.disposition != Some(Disposition::Answered) || record.ended.is_none() || record.shop != Some(view.shop.id)
    {
        return Ok(None);
    }
    let said = view.web.store.wrap_up(record.id).await?;
    let promise = view.web.store.promise_of(record.id).await?;
    let wanted = said.map(|said| words_of::wanted(&seen_wanted(&said.wanted), view.language()));
    Ok(Some(After {
        a: words_of::labels(view.language()),
        href: view.at(&format!("/calls/{}/after", record.id)),
        wanted: wanted.unwrap_or_default(),
        promised: promised(promise.as_ref(), view),
    }))
}

/// A call's id as it stands in an address.
pub fn id(text: &str) -> Result<CallId, Fault> {
    Uuid::parse_str(text).map(CallId).map_err(|_| Fault::NotFound)
}
