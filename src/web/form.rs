//! A form as it came.

use axum::Form;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Query, Request};
use axum::http::request::Parts;
use axum::http::{Uri, header};

use crate::web::fault::Fault;
use crate::web::multipart::{self, Multipart};

/// Of a form: the week's hours and the longest note stay below half of it.
const MOST_BYTES: usize = 64 * 1024;

/// Of a form with a file: twelve seconds of the largest format that microphones make are below half of it, and so are some
/// ten thousand people's cards.
const MOST_FILE_BYTES: usize = 8 * 1024 * 1024;

/// The fields of a form or a query, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    texts: Vec<(String, String)>,
    file: Option<Bytes>,
}

impl Fields {
    /// What stands behind the question mark; bytes that are not UTF-8 become U+FFFD.
    pub fn of_query(uri: &Uri) -> Fields {
        let texts = Query::try_from_uri(uri).map(|Query(fields)| fields).unwrap_or_default();
        Fields { texts, file: None }
    }

    /// Reads a request's body as a form; the rest of the request comes back.
    ///
    /// # Errors
    /// [`Fault::BadForm`] when it is too long, cut short, or of another content type.
    pub async fn read(request: Request) -> Result<(Parts, Fields), Fault> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST_BYTES).await.map_err(|_| Fault::BadForm)?;
        let form = Request::from_parts(parts.clone(), Body::from(body));
        let Form(texts) = Form::from_request(form, &()).await.map_err(|_| Fault::BadForm)?;
        Ok((parts, Fields { texts, file: None }))
    }

    /// The same of a form with one file in it.
    ///
    /// # Errors
    /// [`Fault::BadForm`] when it is too long, cut short, or of another content type.
    pub async fn read_with_file(request: Request) -> Result<(Parts, Fields), Fault> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MOST_FILE_BYTES).await.map_err(|_| Fault::BadForm)?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let Multipart { texts, file } = multipart::read(kind, &body).ok_or(Fault::BadForm)?;
        Ok((parts, Fields { texts, file }))
    }

    /// What came as a file; empty when none was chosen.
    pub fn file(&self) -> &[u8] {
        self.file.as_deref().unwrap_or_default()
    }

    /// The first of this name, as typed.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The same without spaces around it; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default().trim()
    }
}

/// What stands in a field, and why what was sent was not taken.
#[derive(Default)]
pub struct Field {
    pub value: String,
    pub fault: Option<String>,
}

impl Field {
    pub fn fresh(value: &str) -> Field {
        Field { value: value.to_owned(), fault: None }
    }

    pub fn refused(value: &str, fault: impl Into<String>) -> Field {
        Field { value: value.to_owned(), fault: Some(fault.into()) }
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
