//! A form as it came.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Query, Request};
use axum::http::Uri;
use axum::http::request::Parts;

use crate::web::fault::Fault;

/// Of a form: the week's hours and the longest note stay below half of it.
const MOST_BYTES: usize = 64 * 1024;

/// The fields of a form or a query, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// What stands behind the question mark; bytes that are not UTF-8 become U+FFFD.
    pub fn of_query(uri: &Uri) -> Fields {
        Fields(Query::try_from_uri(uri).map(|Query(fields)| fields).unwrap_or_default())
    }

    /// Reads a request's body as a form; the rest of the request comes back.
    ///
    /// # Errors
    /// [`Fault::BadForm`] when it is too long, cut short, or of another content type.
    pub async fn read(request: Request) -> Result<(Parts, Fields), Fault> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST_BYTES).await.map_err(|_| Fault::BadForm)?;
        let form = Request::from_parts(parts.clone(), Body::from(body));
        let Form(fields) = Form::from_request(form, &()).await.map_err(|_| Fault::BadForm)?;
        Ok((parts, Fields(fields)))
    }

    /// The first of this name, as typed.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The same without spaces around it; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }
}

/// A text as a value in an address (RFC 3986 §2).
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}
