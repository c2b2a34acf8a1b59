//! A form as it came.

use std::sync::Arc;

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Query, Request};
use axum::http::request::Parts;
use axum::http::{Uri, header};

use crate::web::fault::Fault;
use crate::web::multipart;

/// Of a form: the week's hours and the longest note stay below half of it.
const MOST_BYTES: usize = 64 * 1024;

/// Of a form with a file: some ten thousand people's cards.
const MOST_FILE_BYTES: usize = 2 * 1024 * 1024;

/// The fields of a form or a query, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    texts: Vec<(String, String)>,
    files: Vec<(String, Arc<[u8]>)>,
}

impl Fields {
    /// What stands behind the question mark; bytes that are not UTF-8 become U+FFFD.
    pub fn of_query(uri: &Uri) -> Fields {
        let texts = Query::try_from_uri(uri).map(|Query(fields)| fields).unwrap_or_default();
        Fields { texts, ..Fields::default() }
    }

    /// Reads a request's body as a form; the rest of the request comes back.
    ///
    /// # Errors
    /// [`Fault::BadForm`] when it is too long, cut short, or of another content type.
    pub async fn read(request: Request) -> Result<(Parts, Fields), Fault> {
        let (parts, body) = request.into_parts();
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if let Some(boundary) = content_type.and_then(multipart::boundary) {
            let fields = Fields::read_with_files(body, &boundary).await?;
            return Ok((parts, fields));
        }
        let body = to_bytes(body, MOST_BYTES).await.map_err(|_| Fault::BadForm)?;
        let form = Request::from_parts(parts.clone(), Body::from(body));
        let Form(texts) = Form::from_request(form, &()).await.map_err(|_| Fault::BadForm)?;
        Ok((parts, Fields { texts, ..Fields::default() }))
    }

    async fn read_with_files(body: Body, boundary: &str) -> Result<Fields, Fault> {
        // A little more than the file: the other fields and what is around them.
        let body = to_bytes(body, MOST_FILE_BYTES + MOST_BYTES).await.map_err(|_| Fault::BadForm)?;
        let mut fields = Fields::default();
        for part in multipart::parts(&body, boundary).ok_or(Fault::BadForm)? {
            if part.is_file {
                fields.files.push((part.name, part.bytes.into()));
            } else {
                fields.texts.push((part.name, String::from_utf8_lossy(&part.bytes).into_owned()));
            }
        }
        Ok(fields)
    }

    /// The file of this name; `None`: none was chosen.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        let file = self.files.iter().find(|(given, _)| given == name)?;
        Some(file.1.as_ref()).filter(|bytes| !bytes.is_empty())
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
