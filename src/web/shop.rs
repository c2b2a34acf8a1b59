//! `/shop`: what the shop is made of, and the ways to change it; its name and place, its numbers, where notices go.

use askama::Template;
use axum::Extension;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::notice::Address;
use crate::number::Number;
use crate::routing::plan::{Country, Language, Shop};
use crate::store::{ShopBasics, StoreError};
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Choice, Frame, Tab, View, page, shown};
use crate::words::page::language_name;
use crate::words::page::shop::{self as said, Labels, labels};

#[derive(Template)]
#[template(path = "shop.html")]
struct Page {
    frame: Frame,
    places: Vec<Place>,
}

/// One part of the shop.
struct Place {
    name: &'static str,
    says: String,
    href: String,
}

#[derive(Template)]
#[template(path = "shop_basics.html")]
struct BasicsPage {
    frame: Frame,
    s: &'static Labels,
    form: BasicsForm,
    save: &'static str,
    to_shop: String,
}

/// Also on the page of the first steps.
pub struct BasicsForm {
    pub action: String,
    pub name: Field,
    pub zone: Field,
    pub country: Field,
    pub languages: Vec<Choice>,
    /// The browser may know better where it is: what stands there is only a guess.
    pub is_guess: bool,
}

#[derive(Template)]
#[template(path = "shop_lines.html")]
struct LinesPage {
    frame: Frame,
    s: &'static Labels,
    action: String,
    label: &'static str,
    hint: &'static str,
    lines: Field,
    /// The carriers of the machine's file, where the page is of numbers.
    carriers: Option<Vec<String>>,
    to_shop: String,
}

/// What tells staff nothing.
const NOTICES: &str = "/shop/notices";
const SCREENS: &str = "/shop/screens";
const START: &str = "/start";

const MOST_NAME_CHARS: usize = 100;
/// A shop has a handful of either.
const MOST_LINES: usize = 50;

pub async fn show(view: View) -> Result<Response, Fault> {
    let (w, language) = (labels(view.language()), view.language());
    let people = view.web.store.people(view.now).await?.len();
    let shop = &view.shop;
    let numbers = shop.numbers.iter().map(|number| number.national(shop.country)).collect::<Vec<_>>().join(", ");
    let place = |name, says: String, path: &str| Place { name, says, href: view.at(path) };
    let or = |text: String, otherwise: &str| if text.is_empty() { otherwise.to_owned() } else { text };
    let told = shop.notify.iter().map(told_at).collect::<Vec<_>>().join(", ");
    let basics = format!("{}, {}, {}", shown(&shop.name), shop.time_zone.name(), shop.country.as_str());
    let places = [
        place(w.phones, said::count_phones(shop.phones.len(), language), "/phones"),
        place(w.people, said::count_people(people, language), "/people"),
        place(w.number, or(numbers, w.no_numbers), "/shop/numbers"),
        place(w.notices, or(told, w.notify_none), NOTICES),
        place(w.basics, basics, "/shop/basics"),
        place(w.screens, w.screens_hint.to_owned(), SCREENS),
        place(w.greeting, String::new(), "/greeting"),
        place(w.figures, String::new(), "/figures"),
        place(w.start, String::new(), START),
    ];
    // Of the others, staff read what stands there.
    let doors = [NOTICES, SCREENS, START].map(|path| view.at(path));
    let is_shown = |place: &Place| view.may().see(&place.href) || !doors.contains(&place.href);
    page(Page { frame: view.frame(Tab::Shop, w.shop), places: places.into_iter().filter(is_shown).collect() })
}

/// An address of the web may be as good as a password: its host alone is shown where everybody looks.
fn told_at(address: &Address) -> String {
    match address {
        Address::Post { host, .. } => shown(host),
        Address::Mail { to } => shown(to),
    }
}

pub async fn basics(view: View) -> Result<Response, Fault> {
    let form = BasicsForm::of(&view.shop, view.at("/shop/basics"), view.language());
    build_basics(&view, form)
}

pub async fn save_basics(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let form = BasicsForm::of(&view.shop, view.at("/shop/basics"), view.language());
    let again = |form| Ok((StatusCode::UNPROCESSABLE_ENTITY, build_basics(&view, form)?).into_response());
    let read = match form.read(&fields, view.language()) {
        Ok(read) => read,
        Err(form) => return again(*form),
    };
    let (basics, form) = read;
    match view.web.store.set_shop_basics(view.shop.id, &basics).await {
        Ok(()) => {
            view.web.plan_changed().await;
            Ok(Redirect::to(&view.at("/shop")).into_response())
        }
        Err(error) => again(form.refused(error, view.language())?),
    }
}

fn build_basics(view: &View, form: BasicsForm) -> Result<Response, Fault> {
    let s = labels(view.language());
    page(BasicsPage { frame: view.frame(Tab::Shop, s.basics), s, form, save: view.w().save, to_shop: view.at("/shop") })
}

impl BasicsForm {
    pub fn of(shop: &Shop, action: String, reader: Language) -> BasicsForm {
        BasicsForm {
            action,
            name: Field::fresh(&shop.name),
            zone: Field::fresh(shop.time_zone.name()),
            country: Field::fresh(shop.country.as_str()),
            languages: languages(shop.language, reader),
            is_guess: false,
        }
    }

    /// Of a shop that is not there yet: as the browser and this machine say.
    pub fn guessed(headers: &HeaderMap, action: String, reader: Language) -> BasicsForm {
        BasicsForm {
            action,
            name: Field::default(),
            zone: Field::fresh(machine_zone().unwrap_or(chrono_tz::UTC).name()),
            country: Field::fresh(country_of(headers).as_ref().map_or("", Country::as_str)),
            languages: languages(reader, reader),
            is_guess: true,
        }
    }

    /// What was typed; boxed, as it is large: the form with what is wrong beside it.
    pub fn read(self, fields: &Fields, reader: Language) -> Result<(ShopBasics, BasicsForm), Box<BasicsForm>> {
        let s = labels(reader);
        let typed = |name| fields.text(name);
        let name = typed("name");
        let fits = !name.is_empty() && name.chars().count() <= MOST_NAME_CHARS && !name.contains(char::is_control);
        let time_zone: Option<chrono_tz::Tz> = typed("time_zone").parse().ok();
        let country = Country::parse(typed("country"));
        let language = Language::parse(typed("language")).unwrap_or_default();
        let field = |value: &str, is_good: bool, fault: &str| Field {
            value: value.to_owned(),
            fault: (!is_good).then(|| fault.to_owned()),
        };
        let form = BasicsForm {
            name: field(name, fits, s.not_a_name),
            zone: field(typed("time_zone"), time_zone.is_some(), s.not_a_zone),
            country: field(typed("country"), country.is_some(), s.not_a_country),
            languages: languages(language, reader),
            is_guess: false,
            ..self
        };
        match (fits, time_zone, country) {
            (true, Some(time_zone), Some(country)) => {
                Ok((ShopBasics { name: name.to_owned(), time_zone, country, language }, form))
            }
            _ => Err(Box::new(form)),
        }
    }

    /// The same with what the store says beside its field.
    pub fn refused(mut self, error: StoreError, reader: Language) -> Result<BasicsForm, Fault> {
        let s = labels(reader);
        match error {
            StoreError::Taken { .. } => self.name.fault = Some(s.name_taken.to_owned()),
            StoreError::OtherCountry => self.country.fault = Some(s.other_country.to_owned()),
            error => return Err(error.into()),
        }
        Ok(self)
    }

    pub fn zones(&self) -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }
}

fn languages(chosen: Language, reader: Language) -> Vec<Choice> {
    let choice = |language: Language| Choice {
        value: language.as_str(),
        name: language_name(language, reader),
        chosen: chosen == language,
    };
    Language::ALL.into_iter().map(choice).collect()
}

/// As the machine's own clock is set; `None`: it does not say.
fn machine_zone() -> Option<chrono_tz::Tz> {
    let variable = std::env::var("TZ").ok().and_then(|zone| zone.trim_start_matches(':').parse().ok());
    variable.or_else(|| {
        let link = std::fs::read_link("/etc/localtime").ok()?;
        link.to_str()?.split_once("zoneinfo/")?.1.parse().ok()
    })
}

/// The country in "es-ES", the first that is named.
fn country_of(headers: &HeaderMap) -> Option<Country> {
    let wishes = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let tags = wishes.split(',').filter_map(|wish| wish.split(';').next());
    tags.filter_map(|tag| tag.trim().split_once('-')).find_map(|(_, region)| Country::parse(region))
}

pub async fn numbers(view: View) -> Result<Response, Fault> {
    let numbers: Vec<&str> = view.shop.numbers.iter().map(Number::as_str).collect();
    build_numbers(&view, Field::fresh(&numbers.join("\n")))
}

pub async fn save_numbers(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let again = |typed| Ok((StatusCode::UNPROCESSABLE_ENTITY, build_numbers(&view, typed)?).into_response());
    match set_numbers(&view, fields.text("lines")).await? {
        Ok(()) => Ok(Redirect::to(&view.at("/shop")).into_response()),
        Err(typed) => again(typed),
    }
}

/// Sets what was typed, or says what is wrong with it.
pub async fn set_numbers(view: &View, typed: &str) -> Result<Result<(), Field>, Fault> {
    let s = labels(view.language());
    let Some(mut numbers) = lines(typed, |line| Number::parse(line, view.shop.country)) else {
        return Ok(Err(Field::refused(typed, s.not_numbers)));
    };
    let mut seen = std::collections::BTreeSet::new();
    numbers.retain(|number| seen.insert(number.clone()));
    match view.web.store.set_numbers(view.shop.id, &numbers).await {
        Ok(()) => {
            view.web.plan_changed().await;
            Ok(Ok(()))
        }
        Err(StoreError::Taken { .. }) => Ok(Err(Field::refused(typed, s.number_twice))),
        Err(error) => Err(error.into()),
    }
}

fn build_numbers(view: &View, lines: Field) -> Result<Response, Fault> {
    let s = labels(view.language());
    page(LinesPage {
        frame: view.frame(Tab::Shop, s.number),
        s,
        action: view.at("/shop/numbers"),
        label: s.numbers_field,
        hint: s.numbers_hint,
        lines,
        carriers: Some(view.web.site.carriers.iter().map(|name| shown(name)).collect()),
        to_shop: view.at("/shop"),
    })
}

pub async fn notices(view: View) -> Result<Response, Fault> {
    let addresses: Vec<String> = view.shop.notify.iter().map(Address::text).collect();
    build_notices(&view, Field::fresh(&addresses.join("\n")))
}

pub async fn save_notices(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let typed = fields.text("lines");
    let Some(addresses) = lines(typed, |line| Address::parse(line).ok()) else {
        let typed = Field::refused(typed, labels(view.language()).not_an_address);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, build_notices(&view, typed)?).into_response());
    };
    view.web.store.set_notify(view.shop.id, &addresses).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at("/shop")).into_response())
}

fn build_notices(view: &View, lines: Field) -> Result<Response, Fault> {
    let s = labels(view.language());
    page(LinesPage {
        frame: view.frame(Tab::Shop, s.notices),
        s,
        action: view.at("/shop/notices"),
        label: s.notify_field,
        hint: s.notify_hint,
        lines,
        carriers: None,
        to_shop: view.at("/shop"),
    })
}

/// One thing a line; `None`: one of them is none, or there are too many.
fn lines<T>(typed: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let lines: Vec<&str> = typed.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > MOST_LINES { None } else { lines.into_iter().map(read).collect() }
}
