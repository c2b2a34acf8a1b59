//! Errors as the web gives them: `application/problem+json` (RFC 9457) that say what to do.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;
use crate::web::board::NoAnswer;

/// What went wrong, and what to do about it (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says of what kind the problem is.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened here, and what to do.
    detail: String,
    /// The query parameter, or the field of what was sent, that is at fault, where one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parameter: Option<String>,
    /// WWW-Authenticate (RFC 6750 §3).
    #[serde(skip)]
    #[schema(ignore)]
    challenge: Option<&'static str>,
}

/// Of the name of an unknown parameter, as much as helps to find it.
const MAX_NAME_CHARS: usize = 40;

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            parameter: None,
            challenge: None,
        }
    }

    /// 400: a query parameter, or a field of what was sent, is not what it must be.
    pub fn parameter(name: &str, detail: impl Into<String>) -> Problem {
        let name = name.chars().take(MAX_NAME_CHARS).collect();
        Problem { parameter: Some(name), ..Problem::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// 404: no such thing.
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 401: no token came with the request.
    pub fn no_token() -> Problem {
        Problem {
            challenge: Some(r#"Bearer realm="ringall""#),
            ..Problem::new(
                StatusCode::UNAUTHORIZED,
                "Send an API token: `Authorization: Bearer TOKEN`. `ringall token create NAME` makes one.",
            )
        }
    }

    /// 401: a token came, and it is none of ours.
    pub fn wrong_token() -> Problem {
        Problem {
            challenge: Some(r#"Bearer realm="ringall", error="invalid_token""#),
            ..Problem::new(
                StatusCode::UNAUTHORIZED,
                "This token is not known here. `ringall token create NAME` makes a new one.",
            )
        }
    }

    /// 500: a fault of ours.
    pub fn fault() -> Problem {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "A fault in ringall: the request was given up; calls are not touched. The log says where it happened.",
        )
    }
}

impl From<NoAnswer> for Problem {
    fn from(no_answer: NoAnswer) -> Problem {
        tracing::error!("{no_answer}");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The call loop did not answer. Try again; see /readyz.")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        match error {
            StoreError::Gone { .. } => return Problem::not_found(sentence(&error)),
            StoreError::TooMany { .. } | StoreError::OtherCountry => {
                return Problem::new(StatusCode::CONFLICT, sentence(&error));
            }
            _ => {}
        }
        tracing::error!(%error, "the store did not answer the web");
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "The call log cannot be read just now. Calls go on. Try again; the service's own log says what is wrong.",
        )
    }
}

fn sentence(error: &StoreError) -> String {
    let words = error.to_string();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).chain(['.']).collect())
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let challenge = self.challenge;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(challenge) = challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}
