//! Style sheet, script and icon: inside the binary, and by names that change with what is in them, so that browsers may
//! keep them.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::hex::hex;
use crate::web::fault::Fault;

#[derive(RustEmbed)]
#[folder = "src/web/static/"]
struct Files;

pub static STYLE: LazyLock<String> = LazyLock::new(|| address("page.css"));
pub static SCRIPT: LazyLock<String> = LazyLock::new(|| address("live.js"));
pub static GREETING: LazyLock<String> = LazyLock::new(|| address("greeting.js"));
/// Of the first steps alone.
pub static GUESS: LazyLock<String> = LazyLock::new(|| address("guess.js"));
pub static ICON: LazyLock<String> = LazyLock::new(|| address("icon.svg"));

/// Where a file is: with the beginning of its hash, so that a new version is another address.
fn address(name: &str) -> String {
    let hash = Files::get(name).map(|file| file.metadata.sha256_hash()).unwrap_or_default();
    let version = hex(&hash[..6]);
    format!("/static/{version}/{name}")
}

/// A file of ours. The version in the path only makes the address new: the newest is what we have.
pub async fn file(Path((_, name)): Path<(String, String)>) -> Result<Response, Fault> {
    let file = Files::get(&name).ok_or(Fault::NotFound)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return Err(Fault::NotFound),
    };
    let kept = "public, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], file.data).into_response())
}
