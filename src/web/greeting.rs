//! `/greeting`: what a caller hears while the shop is closed, at any time, from the code that says it to callers; and
//! the shop's own words in it, recorded in the browser, said at a phone or chosen as a file.

pub mod spoken;

use askama::Template;
use axum::Extension;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};

use crate::greeting::own::room_for;
use crate::greeting::{Greeting, LENGTH_MAX};
use crate::media::linear::Linear;
use crate::now::UnixMs;
use crate::routing::decision::{Action, Opening};
use crate::routing::plan::{Language, OwnWords, Part};
use crate::routing::{local_time, standing};
use crate::web::api::right_now::until;
use crate::web::assets;
use crate::web::drill::looking_again;
use crate::web::fault::Fault;
use crate::web::form::{Fields, encoded};
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::ring::PhoneChoice;
use crate::web::wave;
use crate::words;
use crate::words::page::greeting as said;
use crate::words::page::language_name;

use spoken::SpokenCard;

#[derive(Template)]
#[template(path = "greeting.html")]
struct Page {
    frame: Frame,
    g: &'static said::Labels,
    script: &'static str,
    saved: bool,
    at: String,
    fault: Option<&'static str>,
    heard: Heard,
    spoken: Option<SpokenCard>,
    parts: Vec<PartForm>,
    phones: Vec<PhoneChoice>,
    ring: String,
    record: String,
    remove: String,
    /// Where the answer leads to.
    then: &'static str,
    also: String,
    /// The value, the name, whether it is chosen.
    languages: Vec<(&'static str, &'static str, bool)>,
    hours: String,
}

/// What is heard at the time that was asked for.
pub enum Heard {
    Greeting { when: String, text: String, length: String, sound: String },
    PhonesRing,
    NeverClosed,
}

/// Some of the fixed words, and the form for the shop's own.
pub struct PartForm {
    pub id: String,
    pub language: &'static str,
    pub part: &'static str,
    pub name: String,
    pub room: String,
    pub is_own: bool,
    pub words: String,
    pub fault: Option<String>,
}

/// What was typed and not taken.
pub struct Refused {
    language: Language,
    part: Part,
    words: String,
    fault: String,
}

/// The first steps have these forms too.
const STEP: &str = "/start/greeting";

pub async fn show(view: View) -> Result<Response, Fault> {
    let built = build(&view, None).await;
    let goes_on = built.spoken.as_ref().is_some_and(|spoken| spoken.goes_on);
    Ok(looking_again(page(built)?, goes_on))
}

/// The sound of a greeting, as a caller at that time hears it.
pub async fn sound(view: View, method: Method, headers: HeaderMap) -> Result<Response, Fault> {
    let at = asked(&view).flatten().ok_or(Fault::NotFound)?;
    let greeting = greeting_at(&view, at).ok_or(Fault::NotFound)?;
    Ok(unstored(&method, &headers, &greeting.samples()))
}

/// A sound for whoever looks at the page, whole or in parts: some players ask for nothing else.
fn unstored(method: &Method, headers: &HeaderMap, samples: &[u8]) -> Response {
    let tag = wave::tag_of(samples);
    wave::answer(method, headers, &tag, &Linear::of(samples), HeaderValue::from_static("private, no-store"))
}

/// Takes a recording as the shop's own words.
pub async fn record(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match take(&view, &fields).await? {
        Ok(()) => Ok(saved(&view, &fields)),
        Err(refused) => again(&view, &fields, StatusCode::UNPROCESSABLE_ENTITY, refused).await,
    }
}

/// Keeps a recording, or says what is wrong with it.
async fn take(view: &View, fields: &Fields) -> Result<Result<(), Refused>, Fault> {
    let (language, part) = which(fields)?;
    match OwnWords::recorded(language, part, fields.text("words"), fields.file()) {
        Ok(own) => {
            view.web.store.set_own_words(view.shop.id, &own).await?;
            view.web.plan_changed().await;
            Ok(Ok(()))
        }
        Err(unfit) => {
            let words = fields.text("words").to_owned();
            Ok(Err(Refused { language, part, words, fault: said::unfit(&unfit, view.language()) }))
        }
    }
}

/// Our voice says it again.
pub async fn remove(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let (language, part) = which(&fields)?;
    view.web.store.drop_own_words(view.shop.id, language, part).await?;
    view.web.plan_changed().await;
    Ok(saved(&view, &fields))
}

/// A second language, or none.
pub async fn speak_also(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let also = match fields.text("also") {
        "" => None,
        language => Some(Language::parse(language).ok_or(Fault::BadForm)?),
    };
    view.web.store.set_greeting_also(view.shop.id, also).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at("/greeting?saved=yes")).into_response())
}

/// Back to the page that these forms were on.
fn back_to(fields: &Fields) -> &'static str {
    if fields.text("then") == STEP { STEP } else { "/greeting" }
}

/// The page that these forms were on, with what was not taken.
async fn again(view: &View, fields: &Fields, status: StatusCode, refused: Refused) -> Result<Response, Fault> {
    let built = match back_to(fields) {
        STEP => crate::web::start::greeting::build(view, Some(refused)).await?,
        _ => page(build(view, Some(refused)).await)?,
    };
    Ok((status, built).into_response())
}

fn saved(view: &View, fields: &Fields) -> Response {
    Redirect::to(&view.at(&format!("{}?saved=yes", back_to(fields)))).into_response()
}

fn which(fields: &Fields) -> Result<(Language, Part), Fault> {
    let language = Language::parse(fields.text("language"));
    language.zip(Part::parse(fields.text("part"))).ok_or(Fault::BadForm)
}

/// The time that was asked for; `Some(None)`: what was typed is none.
fn asked(view: &View) -> Option<Option<UnixMs>> {
    let typed = view.query.text("at");
    (!typed.is_empty()).then(|| view.instant(typed))
}

/// Without a time: now if the shop is closed, else when it closes next.
fn unless_asked(view: &View) -> Option<UnixMs> {
    let decision = standing(&view.shop, view.now);
    if matches!(decision.action, Action::Ring(_)) { until(&decision) } else { Some(view.now) }
}

fn greeting_at(view: &View, at: UnixMs) -> Option<Greeting> {
    let decision = standing(&view.shop, at);
    let Action::TakeMessage { opens } = decision.action else { return None };
    let names = view.web.names.borrow().clone();
    let name = names.get(view.shop.language, &view.shop.name);
    Some(Greeting::of_shop(&view.shop, name, Opening::of(opens, &decision.because), at))
}

/// What is heard at this time; without one, when the shop is closed next.
pub fn heard(view: &View, at: Option<UnixMs>) -> Heard {
    let (language, zone) = (view.language(), view.shop.time_zone);
    match at.or_else(|| unless_asked(view)).map(|at| (at, greeting_at(view, at))) {
        None => Heard::NeverClosed,
        Some((_, None)) => Heard::PhonesRing,
        Some((at, Some(greeting))) => {
            let written = local_time::written(local_time::local(zone, at));
            Heard::Greeting {
                when: words::page::moment(at, language, zone, view.now),
                text: shown_whole(&greeting.text()),
                length: said::length(greeting.length(), LENGTH_MAX, language),
                sound: view.at(&format!("/greeting/heard?at={}", encoded(&written))),
            }
        }
    }
}

/// The fixed words that may be the shop's own.
pub fn parts(view: &View, refused: Option<&Refused>) -> Vec<PartForm> {
    let spoken = [Some(view.shop.language), also(view)].into_iter().flatten();
    let parts = spoken.flat_map(|language| Part::ALL.map(|part| (language, part)));
    parts.map(|(spoken, part)| part_form(view, spoken, part, refused)).collect()
}

/// The second language, if there is one.
fn also(view: &View) -> Option<Language> {
    view.shop.greeting.also.filter(|also| *also != view.shop.language)
}

async fn build(view: &View, refused: Option<Refused>) -> Page {
    let (w, language, zone) = (view.w(), view.language(), view.shop.time_zone);
    let asked = asked(view);
    let at = asked.flatten().or_else(|| unless_asked(view));
    let also = also(view);
    let other = Language::ALL.into_iter().filter(|other| *other != view.shop.language);
    let none = ("", said::labels(language).only_one, also.is_none());
    let languages = other.map(|it| (it.as_str(), language_name(it, language), also == Some(it)));
    Page {
        frame: view.frame(Tab::Hours, said::labels(language).greeting),
        g: said::labels(language),
        script: assets::GREETING.as_str(),
        saved: !view.query.text("saved").is_empty(),
        at: match asked {
            Some(None) => view.query.text("at").to_owned(),
            Some(Some(_)) | None => at.map(|at| local_time::written(local_time::local(zone, at))).unwrap_or_default(),
        },
        fault: (asked == Some(None)).then_some(w.not_a_time),
        heard: heard(view, at),
        spoken: spoken::last(view).await.map(|last| spoken::card(&last, view)),
        parts: parts(view, refused.as_ref()),
        phones: spoken::phones(view),
        ring: view.at("/greeting/ring"),
        record: view.at("/greeting/record"),
        remove: view.at("/greeting/remove"),
        then: "/greeting",
        also: view.at("/greeting/also"),
        languages: std::iter::once(none).chain(languages).collect(),
        hours: view.at("/hours"),
    }
}

fn part_form(view: &View, spoken: Language, part: Part, refused: Option<&Refused>) -> PartForm {
    let language = view.language();
    let own = view.shop.greeting.words.iter().find(|own| (own.language, own.part) == (spoken, part));
    let refused = refused.filter(|refused| (refused.language, refused.part) == (spoken, part));
    let name = said::part(part, language);
    let name =
        if also(view).is_some() { format!("{name} ({})", language_name(spoken, language)) } else { name.to_owned() };
    PartForm {
        id: format!("{}-{}", part.as_str(), spoken.as_str()),
        language: spoken.as_str(),
        part: part.as_str(),
        name,
        room: said::room(room_for(spoken, part), language),
        is_own: own.is_some(),
        words: refused.map(|it| it.words.clone()).or(own.map(|own| own.words.to_string())).unwrap_or_default(),
        fault: refused.map(|it| it.fault.clone()),
    }
}

/// A greeting is several sentences: line by line it would be cut.
fn shown_whole(text: &str) -> String {
    text.split(". ").map(shown).collect::<Vec<_>>().join(". ")
}
