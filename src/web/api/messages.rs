//! The messages that callers left while the shop was closed, and their sound.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path as FilePath;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use crate::call::record::CallId;
use crate::media::linear::Linear;
use crate::media::salvage::FILE_BYTES_MAX;
use crate::media::wav;
use crate::routing::Plan;
use crate::store::{MessageFilter, StoredMessage};
use crate::web::api::calls::{caller, limit};
use crate::web::api::json::Caller;
use crate::web::api::query::{Asked, rfc3339};
use crate::web::{Problem, Web, wave};

/// A list of messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct Messages {
    pub items: Vec<Message>,
}

/// A message that a caller left.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    /// The id of its call, which has one message at most.
    #[schema(value_type = String, format = "uuid")]
    pub id: Uuid,
    /// The call it was left in.
    #[schema(value_type = String, format = "uuid")]
    pub call: Uuid,
    /// The shop's name; null when the shop is gone.
    #[schema(required)]
    pub shop: Option<String>,
    pub caller: Caller,
    /// When the caller began to speak (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub recorded_at: String,
    /// How long it is. Milliseconds.
    #[schema(minimum = 0)]
    pub length_ms: u64,
    /// How much of it is voice. Milliseconds.
    #[schema(minimum = 0)]
    pub voice_ms: u64,
    /// What was said, as the program of `[speech] transcribe` has written it down; null where it has not, or understood
    /// nothing.
    #[schema(required)]
    pub transcript: Option<String>,
    /// The service stopped before the recording was in the log: the caller may have said more.
    pub cut_off: bool,
    /// Where its sound is: a path on this server.
    // Empty where a page that holds messages says it in its own way.
    #[schema(required)]
    #[serde(skip_serializing_if = "String::is_empty")]
    pub audio: String,
}

impl Message {
    pub fn new(stored: StoredMessage, plan: &Plan) -> Message {
        let StoredMessage { message, transcript, cut_off, shop, caller, caller_raw, caller_name, withheld, .. } =
            stored;
        let id = message.call.0;
        let milliseconds = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Message {
            id,
            call: id,
            shop: shop.and_then(|shop| plan.shop(shop)).map(|shop| shop.name.clone()),
            caller: Caller::new(caller.as_ref(), &caller_raw, caller_name, withheld),
            recorded_at: rfc3339(message.recorded),
            length_ms: milliseconds(message.length),
            voice_ms: milliseconds(message.voice),
            transcript,
            cut_off,
            audio: format!("/api/v1/messages/{id}/audio"),
        }
    }
}

#[utoipa::path(
    get, path = "/api/v1/messages", tag = "messages", operation_id = "messages",
    summary = "The messages, newest first",
    description = "All filters given must hold. To turn the page, pass the last id as `before`.",
    params(
        ("caller" = Option<String>, Query,
            description = "Only messages of this number: E.164, or as dialled in the shop's country"),
        ("before" = Option<String>, Query, format = "uuid",
            description = "Only messages older than the one with this id; none are older than one that is not there"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "At most so many; 50 if not given"),
        ("shop" = Option<String>, Query, description = "Only messages to the shop of this name"),
    ),
    responses(
        (status = 200, description = "The messages", body = Messages),
        (status = 400, description = "A parameter is not what it must be; `parameter` names it",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn list(State(web): State<Arc<Web>>, asked: Asked) -> Result<Json<Messages>, Problem> {
    let plan = web.plan.borrow().clone();
    let stored = web.store.messages(&filter(asked, &plan)?).await?;
    Ok(Json(Messages { items: stored.into_iter().map(|message| Message::new(message, &plan)).collect() }))
}

fn filter(asked: Asked, plan: &Plan) -> Result<MessageFilter, Problem> {
    let asked = asked.only(&["caller", "before", "limit", "shop"])?;
    let shop = asked.shop(plan)?;
    Ok(MessageFilter {
        caller: caller(&asked, shop.as_deref(), plan)?,
        before: asked.read("before", "the id of a message", |id| Uuid::parse_str(id).ok())?.map(CallId),
        limit: limit(&asked)?,
        shop: shop.map(|shop| shop.id),
    })
}

#[utoipa::path(
    get, path = "/api/v1/messages/{id}/audio", tag = "messages", operation_id = "message_audio",
    summary = "A message's sound",
    description = "A WAVE file: 16-bit linear samples, 8 kHz, mono. One range of bytes may be asked for.",
    params(
        ("id" = String, Path, format = "uuid", description = "The message's id"),
        ("Range" = Option<String>, Header, description = "Such as `bytes=0-1023` (RFC 9110 §14.2); of several, none"),
        ("If-Range" = Option<String>, Header, description = "The range only if this is still the entity tag"),
        ("If-None-Match" = Option<String>, Header, description = "Nothing if this is still the entity tag"),
    ),
    responses(
        (status = 200, description = "The whole", body = inline(Wave), content_type = "audio/wav", headers(
            ("ETag" = String, description = "Of this sound, which never changes"),
            ("Accept-Ranges" = String, description = "`bytes`"),
        )),
        (status = 206, description = "The range asked for", body = inline(Wave), content_type = "audio/wav", headers(
            ("ETag" = String, description = "Of this sound, which never changes"),
            ("Content-Range" = String, description = "`bytes FIRST-LAST/LENGTH`"),
        )),
        (status = 304, description = "It is as `If-None-Match` has it"),
        (status = 400, description = "There are no parameters; `parameter` names what was given",
            body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such message, or its recording is gone",
            body = Problem, content_type = "application/problem+json"),
        (status = 416, description = "The range begins behind the end; `Content-Range` tells the length",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The call log or the disk cannot be read now",
            body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn audio(
    State(web): State<Arc<Web>>,
    method: Method,
    id: Result<Path<Uuid>, PathRejection>,
    headers: HeaderMap,
    asked: Asked,
) -> Result<Response, Problem> {
    asked.only(&[])?;
    let Path(id) = id.map_err(|_| unknown())?;
    sound(&web, CallId(id), &method, &headers).await
}

/// The answer to a GET or HEAD for the sound of the message that was left in this call.
///
/// # Errors
/// There is no such message, or its recording cannot be read.
pub(in crate::web) async fn sound(
    web: &Web,
    call: CallId,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let stored = web.store.message(call).await?.ok_or_else(unknown)?;
    // What names the file is what the log says, a UUID; never what was asked for.
    let (name, path) = (stored.recording, web.recordings.path(stored.recording));
    let read = tokio::task::spawn_blocking(move || recording(&path)).await.map_err(|_| Problem::fault())?;
    let file = read.map_err(|error| not_read(name, &error))?;
    let samples = wav::promised(&file).ok_or_else(|| damaged(name))?;

    let tag = format!("\"{name}-{}\"", samples.len());
    // A caller's own words: for whoever asked, and for no proxy on the way.
    let kept = HeaderValue::from_static("private, no-store");
    Ok(wave::answer(method, headers, &tag, &Linear::of(samples), kept))
}

/// The file's bytes; more than a recorder writes are not read.
fn recording(path: &FilePath) -> io::Result<Vec<u8>> {
    let mut file = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut file)?;
    Ok(file)
}

fn not_read(name: Uuid, error: &io::Error) -> Problem {
    if error.kind() == ErrorKind::NotFound {
        tracing::warn!(recording = %name, "the recording of a message is gone from the disk");
        return Problem::not_found(
            "This message's recording is gone from the disk; the log still knows when it was left and by whom. Restore \
             the folder `messages` from a backup.",
        );
    }
    tracing::error!(recording = %name, %error, "the recording of a message cannot be read");
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "The recording cannot be read from the disk just now. Try again; the service's own log says what is wrong.",
    )
}

fn unknown() -> Problem {
    Problem::not_found("There is no message with this id. GET /api/v1/messages lists those there are.")
}

fn damaged(name: Uuid) -> Problem {
    tracing::error!(recording = %name, "a recording is damaged: it does not begin as one");
    Problem::not_found("This message's recording is damaged. Restore the folder `messages` from a backup.")
}

/// The bytes of a WAVE file.
pub struct Wave;

impl PartialSchema for Wave {
    fn schema() -> RefOr<Schema> {
        let bytes = ObjectBuilder::new().schema_type(Type::String);
        bytes.format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).build().into()
    }
}

impl ToSchema for Wave {}
