//! `/phones/add`: a desk phone with a new password, which is shown once; a cell by its number; a fixed address.

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::caller::ascii;
use crate::number::Number;
use crate::provisioning::Transport;
use crate::routing::plan::{Ha1, Line, Phone, PhoneId};
use crate::sip::auth::ha1;
use crate::store::StoreError;
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::words::page::shop::phones::{Labels, labels};

#[derive(Template)]
#[template(path = "phone_add.html")]
struct Page {
    frame: Frame,
    w: &'static Labels,
    form: AddForm,
}

/// Also on the page of the first steps.
pub struct AddForm {
    pub action: String,
    pub kind: Kind,
    pub name: Field,
    pub line: Field,
    /// Where to go on to, if this is one of the first steps.
    pub then: String,
}

/// How a phone is reached, as the form says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Desk,
    Cell,
    Fixed,
}

#[derive(Template)]
#[template(path = "phone_added.html")]
struct Added {
    frame: Frame,
    w: &'static Labels,
    phone: String,
    /// For a phone that registers.
    account: Option<Account>,
    is_cell: bool,
    next: String,
}

struct Account {
    server: String,
    port: String,
    user: String,
    password: String,
    only_here: bool,
    connect: String,
}

/// A name stands in a log, on a button and on other phones' displays.
const MOST_NAME_CHARS: usize = 60;
/// A cell rings after the shop's own phones: its owner may be anywhere.
const CELL_AFTER: Duration = Duration::from_secs(15);
/// Of a password: without letters that look alike, as somebody types it on a phone's keys. 16 of 31 are 79 bits.
const PASSWORD_LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
const PASSWORD_LENGTH: usize = 16;
/// Below it are the first steps.
const STEPS: &str = "/start/";

impl Kind {
    fn read(text: &str) -> Option<Kind> {
        match text {
            "desk" => Some(Kind::Desk),
            "cell" => Some(Kind::Cell),
            "fixed" => Some(Kind::Fixed),
            _ => None,
        }
    }
}

impl AddForm {
    pub fn fresh(view: &View, then: &str) -> AddForm {
        let action = view.at("/phones/add");
        AddForm { action, kind: Kind::Desk, name: Field::default(), line: Field::default(), then: then.to_owned() }
    }

    fn is(&self, kind: Kind) -> bool {
        self.kind == kind
    }

    pub fn desk(&self) -> bool {
        self.is(Kind::Desk)
    }

    pub fn cell(&self) -> bool {
        self.is(Kind::Cell)
    }

    pub fn fixed(&self) -> bool {
        self.is(Kind::Fixed)
    }
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let form = AddForm::fresh(&view, "");
    build(&view, form)
}

pub async fn add(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let w = labels(view.language());
    let kind = Kind::read(fields.text("kind")).ok_or(Fault::BadForm)?;
    let (typed_name, typed_line) = (fields.text("name"), fields.text("line"));
    let then = Some(fields.text("then")).filter(|then| then.starts_with(STEPS));
    let refused = |name: Option<&str>, line: Option<&str>| {
        let form = AddForm {
            kind,
            name: Field { value: typed_name.to_owned(), fault: name.map(str::to_owned) },
            line: Field { value: typed_line.to_owned(), fault: line.map(str::to_owned) },
            ..AddForm::fresh(&view, then.unwrap_or_default())
        };
        Ok((StatusCode::UNPROCESSABLE_ENTITY, build(&view, form)?).into_response())
    };
    let Some(name) = phone_name(typed_name) else { return refused(Some(w.not_a_name), None) };
    let mut account = None;
    let line = match kind {
        Kind::Desk => {
            let user = free_user(&name, &view);
            let (password, ha1) = password(&view, &user)?;
            account = Some((user.clone(), password));
            Line::Registers { user, ha1 }
        }
        Kind::Cell => match Number::parse(typed_line, view.shop.country) {
            Some(number) => Line::Cell { number },
            None => return refused(None, Some(w.not_a_number)),
        },
        Kind::Fixed => match fixed_address(typed_line) {
            Some(contact) => Line::Fixed { contact },
            None => return refused(None, Some(w.not_an_address)),
        },
    };
    let after = if kind == Kind::Cell { CELL_AFTER } else { Duration::ZERO };
    let phone = Phone { id: PhoneId(0), name: name.as_str().into(), line, after, hours: None, off_until: None };
    let id = match view.web.store.add_phone(view.shop.id, &phone).await {
        Ok(id) => id,
        Err(StoreError::Taken { what: "name", .. }) => return refused(Some(w.name_taken), None),
        Err(StoreError::Taken { .. }) => return refused(None, Some(w.line_taken)),
        Err(StoreError::TooMany { .. }) => return refused(Some(w.too_many), None),
        Err(error) => return Err(error.into()),
    };
    view.web.plan_changed().await;
    match account {
        Some((user, password)) => credentials(&view, id, &name, &user, &password, then),
        None => added(&view, &name, None, kind == Kind::Cell, then),
    }
}

/// What a phone that registers is told by hand: shown once.
pub fn credentials(
    view: &View,
    id: PhoneId,
    name: &str,
    user: &str,
    password: &str,
    then: Option<&str>,
) -> Result<Response, Fault> {
    let site = &view.web.site;
    let transport = match site.registrar.transport {
        Transport::Udp => "UDP",
        Transport::Tls(_) => "TLS",
    };
    let account = Account {
        server: site.registrar.host.clone(),
        port: format!("{} ({transport})", site.registrar.port),
        user: user.to_owned(),
        password: password.to_owned(),
        only_here: site.registers_here_alone(),
        connect: view.at(&format!("/phones/{}/connect", id.0)),
    };
    added(view, name, Some(account), false, then)
}

fn added(
    view: &View,
    name: &str,
    account: Option<Account>,
    is_cell: bool,
    then: Option<&str>,
) -> Result<Response, Fault> {
    let w = labels(view.language());
    page(Added {
        frame: view.frame(Tab::Shop, w.added),
        w,
        phone: shown(name),
        account,
        is_cell,
        next: view.at(then.unwrap_or("/phones")),
    })
}

fn build(view: &View, form: AddForm) -> Result<Response, Fault> {
    let w = labels(view.language());
    page(Page { frame: view.frame(Tab::Shop, w.add), w, form })
}

/// A phone's name as it is kept; `None`: too long, or none.
pub fn phone_name(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MOST_NAME_CHARS && !text.contains(char::is_control);
    fits.then(|| text.to_owned())
}

/// A new password, and what is kept of it.
pub fn password(view: &View, user: &str) -> Result<(String, Ha1), Fault> {
    let password = random_password().map_err(|error| {
        tracing::error!(%error, "the system has no random numbers");
        Fault::Broken
    })?;
    let site = &view.web.site;
    let ha1 = Ha1(ha1(site.digest, user, &site.realm, &password));
    Ok((password, ha1))
}

fn random_password() -> Result<String, getrandom::Error> {
    let mut password = String::new();
    while password.len() < PASSWORD_LENGTH {
        let mut bytes = [0; 2 * PASSWORD_LENGTH];
        getrandom::fill(&mut bytes)?;
        // What is beyond the letters is thrown away: a remainder would prefer some of them.
        let letters = bytes.iter().filter_map(|byte| PASSWORD_LETTERS.get(usize::from(byte & 31)));
        password.extend(letters.map(|letter| char::from(*letter)).take(PASSWORD_LENGTH - password.len()));
    }
    Ok(password)
}

/// A user that no phone of the installation has, made of the phone's name.
fn free_user(name: &str, view: &View) -> String {
    let mut base = ascii(name).to_ascii_lowercase().replace(' ', "-");
    base.retain(|c| c.is_ascii_alphanumeric() || c == '-');
    let base: String = base.trim_matches('-').chars().take(20).collect();
    let base = if base.is_empty() { "phone".to_owned() } else { base };
    let phones = view.plan.shops.iter().flat_map(|shop| &shop.phones);
    let users: Vec<&str> = phones
        .filter_map(|phone| match &phone.line {
            Line::Registers { user, .. } => Some(user.as_str()),
            Line::Fixed { .. } | Line::Cell { .. } => None,
        })
        .collect();
    let numbered = (2..).map(|n| format!("{base}-{n}"));
    let mut tries = std::iter::once(base.clone()).chain(numbered);
    tries.find(|user| !users.contains(&user.as_str())).unwrap_or(base)
}

/// `sip:` and a host, perhaps with a name before it; who writes only an address means that.
fn fixed_address(text: &str) -> Option<String> {
    let rest = text.strip_prefix("sip:").unwrap_or(text);
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let plain = rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"".contains(&byte));
    let fits = !host.is_empty() && plain && rest.len() <= 200 && (host.contains('.') || host.contains(':'));
    fits.then(|| format!("sip:{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_can_be_typed_and_none_comes_twice() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());
        assert_ne!(one, other);
        assert!(one.len() == PASSWORD_LENGTH && one.bytes().all(|byte| PASSWORD_LETTERS.contains(&byte)), "{one}");
    }

    #[test]
    fn a_fixed_address_is_a_host_with_or_without_a_name() {
        for (text, expected) in [
            ("sip:workshop@192.0.2.10:5060", Some("sip:workshop@192.0.2.10:5060")),
            ("192.0.2.10", Some("sip:192.0.2.10")),
            ("pbx.example.com;transport=tcp", Some("sip:pbx.example.com;transport=tcp")),
            ("workshop", None),
            ("sip:a b@192.0.2.1", None),
            ("", None),
        ] {
            assert_eq!(fixed_address(text).as_deref(), expected, "{text}");
        }
    }
}
