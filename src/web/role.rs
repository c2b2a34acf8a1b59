//! What somebody may do, by their role: the one place that refuses staff what is the owner's. Templates ask the same
//! table ([`May`]) before they show a form or a link, so that nobody sees a button that is not theirs.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::routing::plan::Language;
use crate::store::Role;
use crate::web::Web;
use crate::web::fault::Fault;
use crate::web::frame::{Plain, page, shown};
use crate::words::page::shop;

/// What everybody may send who is signed in: answering, claiming, noting, and what is their own. All other forms are an
/// owner's; a new one is too, until it stands here.
const EVERYBODY: [&str; 8] =
    ["/account/", "/sign-out", "/my-phone/", "/few-phones", "/callers/", "/calls/", "/owed/", "/messages/"];

/// Below these, what an owner alone does all the same: what cannot be undone, and what changes many at once.
const OWNERS_BEGINNINGS: [&str; 1] = ["/callers/import"];
const OWNERS_ENDINGS: [&str; 1] = ["/erase"];

/// What staff need not look at: pages that are one form of the owner's, where addresses may be as good as passwords;
/// tables of everybody who ever called; what the owner said and has not kept yet.
const OWNERS_ALONE: [&str; 8] = [
    "/shop/",
    "/phones/",
    "/people",
    "/start",
    "/hours/closed-days",
    "/callers/import",
    "/calls.csv",
    "/greeting/spoken",
];
/// All that is known of a caller, to take along.
const OWNERS_FILES: &str = "/export";

/// What whoever looks at a page may do.
#[derive(Clone, Copy, Debug)]
pub struct May(Role);

impl May {
    pub fn of(role: Role) -> May {
        May(role)
    }

    /// Send a form there. `to` may have parameters.
    pub fn send(&self, to: &str) -> bool {
        may(self.0, &Method::POST, path_of(to))
    }

    /// Look at the page there. `at` may have parameters.
    pub fn see(&self, at: &str) -> bool {
        may(self.0, &Method::GET, path_of(at))
    }
}

fn path_of(address: &str) -> &str {
    address.split_once('?').map_or(address, |(path, _)| path)
}

pub fn may(role: Role, method: &Method, path: &str) -> bool {
    let only_looks = method == Method::GET || method == Method::HEAD;
    let starts = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
    let is_owners = starts(&OWNERS_BEGINNINGS) || OWNERS_ENDINGS.iter().any(|end| path.ends_with(end));
    let is_owners_alone = starts(&OWNERS_ALONE) || path.ends_with(OWNERS_FILES);
    role == Role::Owner || if only_looks { !is_owners_alone } else { starts(&EVERYBODY) && !is_owners }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct Refused {
    plain: Plain,
    text: String,
}

/// Says who can.
pub async fn refuse(web: &Web, language: Language) -> Response {
    let page_of = |owners: Vec<String>| {
        let owners: Vec<String> = owners.iter().map(|email| shown(email)).collect();
        let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
        let plain = Plain::new(language, shop::labels(language).owners_only);
        page(Refused { plain, text: shop::ask_an_owner(&owners, language) })
    };
    match web.store.owners().await.map_err(Fault::from).and_then(page_of) {
        Ok(page) => (StatusCode::FORBIDDEN, page).into_response(),
        Err(fault) => fault.page(language),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_answer_claim_and_note_and_change_nothing_else() {
        for path in
            ["/owed/+34600999888/claim", "/callers/+34600999888", "/calls/1/pick-up", "/my-phone/off", "/sign-out"]
        {
            assert!(may(Role::Staff, &Method::POST, path), "{path}");
        }
        for path in [
            "/hours/week",
            "/override",
            "/phones/1/name",
            "/phones/add",
            "/people",
            "/shop/numbers",
            "/",
            "/new",
            "/callers/import/do",
            "/callers/+34600999888/erase",
        ] {
            assert!(
                !may(Role::Staff, &Method::POST, path) && !May::of(Role::Staff).send(&format!("{path}?shop=2")),
                "{path}"
            );
            assert!(may(Role::Owner, &Method::POST, path), "{path}");
        }
        for path in ["/", "/hours", "/hours/sign", "/phones", "/shop", "/greeting", "/what-if", "/account", "/figures"]
        {
            assert!(
                may(Role::Staff, &Method::GET, path) && May::of(Role::Staff).see(&format!("{path}?shop=2")),
                "{path}"
            );
        }
        for path in [
            "/shop/notices",
            "/shop/basics",
            "/phones/1",
            "/phones/add",
            "/people",
            "/start/hours",
            "/hours/closed-days",
            "/callers/import",
            "/calls.csv",
            "/callers/+34600999888/export",
            "/greeting/spoken",
        ] {
            for method in [Method::GET, Method::HEAD] {
                assert!(!may(Role::Staff, &method, path) && may(Role::Owner, &method, path), "{path}");
            }
        }
    }
}
