//! What a page says when it cannot be shown, and what a form hears that is not taken: in the reader's language, with what
//! to do next. A handler returns a [`Fault`]; the layer around the pages, which knows the language, makes the page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::routing::plan::Language;
use crate::store::StoreError;
use crate::web::board::NoAnswer;
use crate::web::frame::Plain;
use crate::words::page::labels;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    NotFound,
    /// The form did not come from a page of ours, or not from this browser's.
    Forged,
    /// Whoever sent this form is signed in no more.
    SignInAgain,
    /// Too long, or not what a browser sends.
    BadForm,
    /// There is no shop to show.
    NoShop,
    NoStore,
    NoLoop,
    /// A fault of ours.
    Broken,
}

impl Fault {
    fn status(self) -> StatusCode {
        match self {
            Fault::NotFound | Fault::NoShop => StatusCode::NOT_FOUND,
            Fault::Forged => StatusCode::FORBIDDEN,
            Fault::SignInAgain => StatusCode::UNAUTHORIZED,
            Fault::BadForm => StatusCode::BAD_REQUEST,
            Fault::NoStore | Fault::NoLoop => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(self, language: Language) -> (&'static str, &'static str) {
        let w = labels(language);
        match self {
            Fault::NotFound => (w.not_found, w.not_found_text),
            Fault::Forged => (w.forged, w.forged_text),
            Fault::SignInAgain => (w.sign_in_again, w.sign_in_again_text),
            Fault::BadForm => (w.bad_form, w.bad_form_text),
            Fault::NoShop => (w.no_shop, w.no_shop_text),
            Fault::NoStore => (w.no_store, w.no_store_text),
            Fault::NoLoop => (w.no_loop, w.no_loop_text),
            Fault::Broken => (w.broken, w.broken_text),
        }
    }

    /// The page that says it.
    pub fn page(self, language: Language) -> Response {
        let (title, text) = self.words(language);
        let page = Page { plain: Plain::new(language, title), text };
        match page.render() {
            Ok(html) => (self.status(), Html(html)).into_response(),
            Err(_) => self.status().into_response(),
        }
    }
}

/// What a handler returned, or the page of the fault that it returned.
pub fn dress(mut response: Response, language: Language) -> Response {
    match response.extensions_mut().remove::<Fault>() {
        Some(fault) => fault.page(language),
        None => response,
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        if let StoreError::Gone { .. } = error {
            return Fault::NotFound;
        }
        tracing::error!(%error, "the store did not answer a page");
        Fault::NoStore
    }
}

impl From<NoAnswer> for Fault {
    fn from(no_answer: NoAnswer) -> Fault {
        tracing::error!("{no_answer}");
        Fault::NoLoop
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Fault {
        tracing::error!(%error, "a page could not be written");
        Fault::Broken
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct Page {
    plain: Plain,
    text: &'static str,
}
