//! `/people`: who uses the page and what they may do; inviting, removing, signing out.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::routing::plan::PhoneId;
use crate::store::{OwnerId, Person, PersonChange, Role};
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::set_up::is_email;
use crate::words;
use crate::words::page::shop::people::{Labels, labels, signed_in};

#[derive(Template)]
#[template(path = "people.html")]
struct Page {
    frame: Frame,
    w: &'static Labels,
    people: Vec<Card>,
    fault: Option<&'static str>,
    invite: String,
    email: Field,
    to_shop: String,
    to_shop_name: &'static str,
}

struct Card {
    email: String,
    is_you: bool,
    is_owner: bool,
    /// Not set up yet, or in which browsers they are.
    state: String,
    phones: Vec<PhoneChoice>,
    at: String,
    shop: String,
}

struct PhoneChoice {
    id: i64,
    name: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "invited.html")]
struct Invited {
    frame: Frame,
    w: &'static Labels,
    email: String,
    link: String,
    warning: Option<String>,
    to_people: String,
    people: &'static str,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, None, Field::default()).await
}

pub async fn invite(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let w = labels(view.language());
    let email = fields.text("email");
    let refused = async |fault: &'static str| {
        let again = build(&view, None, Field::refused(email, fault)).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
    };
    let role = Role::parse(fields.text("role")).ok_or(Fault::BadForm)?;
    if !is_email(email) {
        return refused(w.not_an_email).await;
    }
    let people = view.web.store.people(view.now).await?;
    if people.iter().any(|person| person.email == email.to_lowercase()) {
        return refused(w.email_taken).await;
    }
    link(&view, email, role).await
}

/// A new link for somebody who is there already, such as one who has forgotten their password.
pub async fn invite_again(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let person = person(&view, &id).await?;
    link(&view, &person.email, person.role).await
}

async fn link(view: &View, email: &str, role: Role) -> Result<Response, Fault> {
    let secret = view.web.store.invite(email, role, view.now).await?;
    let (w, base) = (labels(view.language()), &view.web.site.base);
    let here_alone = view.web.site.is_here_alone();
    page(Invited {
        frame: view.frame(Tab::Shop, w.invite),
        w,
        email: shown(email),
        link: format!("{base}/set-up/{secret}"),
        warning: here_alone.then(|| words::page::link_is_here_alone(base, view.language())),
        to_people: view.at("/people"),
        people: words::page::shop::labels(view.language()).people,
    })
}

pub async fn set_role(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let person = person(&view, &id).await?;
    let role = Role::parse(fields.text("role")).ok_or(Fault::BadForm)?;
    let phone = fields.text("phone").parse().ok().map(PhoneId);
    let phone = phone.filter(|phone| view.plan.shops.iter().any(|shop| shop.phone(*phone).is_some()));
    let done = view.web.store.set_role(person.id, role).await?;
    if done == PersonChange::Done {
        view.web.store.set_own_phone(person.id, phone).await?;
    }
    kept(&view, done).await
}

pub async fn remove(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = id.parse().map(OwnerId).map_err(|_| Fault::NotFound)?;
    kept(&view, view.web.store.remove_person(id).await?).await
}

pub async fn sign_out(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let person = person(&view, &id).await?;
    view.web.store.sign_out_everywhere(person.id).await?;
    kept(&view, PersonChange::Done).await
}

async fn kept(view: &View, kept: PersonChange) -> Result<Response, Fault> {
    match kept {
        PersonChange::Done => Ok(Redirect::to(&view.at("/people")).into_response()),
        PersonChange::LastOwner => {
            let fault = labels(view.language()).last_owner;
            Ok((StatusCode::CONFLICT, build(view, Some(fault), Field::default()).await?).into_response())
        }
    }
}

async fn person(view: &View, id: &str) -> Result<Person, Fault> {
    let id = id.parse().map(OwnerId).map_err(|_| Fault::NotFound)?;
    view.web.store.people(view.now).await?.into_iter().find(|person| person.id == id).ok_or(Fault::NotFound)
}

async fn build(view: &View, fault: Option<&'static str>, email: Field) -> Result<Response, Fault> {
    let people = view.web.store.people(view.now).await?;
    let place = words::page::shop::labels(view.language());
    page(Page {
        frame: view.frame(Tab::Shop, place.people),
        w: labels(view.language()),
        people: people.iter().map(|person| card(person, view)).collect(),
        fault,
        invite: view.at("/people"),
        email,
        to_shop: view.at("/shop"),
        to_shop_name: place.to_shop,
    })
}

fn card(person: &Person, view: &View) -> Card {
    let (w, language, zone) = (labels(view.language()), view.language(), view.shop.time_zone);
    let seen = person.seen.map(|seen| words::page::moment_within(seen, language, zone, view.now));
    let phones = view.plan.shops.iter().flat_map(|shop| &shop.phones);
    Card {
        email: shown(&person.email),
        is_you: person.id == view.visitor.owner.id,
        is_owner: person.role == Role::Owner,
        state: match person.is_set_up {
            true => signed_in(person.sign_ins, seen.as_deref(), language),
            false => w.invited.to_owned(),
        },
        phones: phones
            .map(|phone| PhoneChoice {
                id: phone.id.0,
                name: shown(&phone.name),
                chosen: person.phone == Some(phone.id),
            })
            .collect(),
        at: format!("/people/{}", person.id.0),
        shop: view.at(""),
    }
}
