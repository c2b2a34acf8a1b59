//! `/start/greeting`: what a caller hears, with the true next opening, and the shop's own words in it.

use askama::Template;
use axum::response::Response;

use super::{Step, Way, way};
use crate::web::assets;
use crate::web::drill::looking_again;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page};
use crate::web::greeting::spoken::{self, SpokenCard};
use crate::web::greeting::{Heard, PartForm, Refused, heard, parts};
use crate::web::ring::PhoneChoice;
use crate::words::page::greeting as said;
use crate::words::page::shop::start::{Labels, labels};

#[derive(Template)]
#[template(path = "start_greeting.html")]
struct Page {
    frame: Frame,
    t: &'static Labels,
    g: &'static said::Labels,
    way: Way,
    script: &'static str,
    saved: bool,
    heard: Heard,
    spoken: Option<SpokenCard>,
    parts: Vec<PartForm>,
    phones: Vec<PhoneChoice>,
    ring: String,
    record: String,
    remove: String,
    then: &'static str,
    /// Of the shop: then that voice is kept.
    is_own: bool,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, None).await
}

/// `refused`: what was typed and not taken. A page that looks again by itself would lose it.
pub async fn build(view: &View, refused: Option<Refused>) -> Result<Response, Fault> {
    let t = labels(view.language());
    let spoken = spoken::last(view).await.map(|last| spoken::card(&last, view));
    let goes_on = refused.is_none() && spoken.as_ref().is_some_and(|spoken| spoken.goes_on);
    let built = page(Page {
        frame: view.frame(Tab::Shop, t.step_greeting),
        t,
        g: said::labels(view.language()),
        way: way(Step::Greeting, view).await?,
        script: assets::GREETING.as_str(),
        saved: refused.is_none() && !view.query.text("saved").is_empty(),
        heard: heard(view, None),
        spoken,
        parts: parts(view, refused.as_ref()),
        phones: spoken::phones(view),
        ring: view.at("/greeting/ring"),
        record: view.at("/greeting/record"),
        remove: view.at("/greeting/remove"),
        then: Step::Greeting.path(),
        is_own: !view.shop.greeting.words.is_empty(),
    })?;
    Ok(looking_again(built, goes_on))
}
