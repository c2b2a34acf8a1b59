//! `/healthz` and `/readyz`: does the process live, and could it take a call?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::LogHealth;
use crate::web::{Problem, Web};

/// How long the store may take to say that it is there. A store this slow stalls the call's row too (DESIGN §3).
const STORE_PATIENCE: Duration = Duration::from_secs(2);

/// What the rest of the service says of itself; the shells that know write it.
#[derive(Debug, Default)]
pub struct Readiness {
    sockets_bound: AtomicBool,
    log: Arc<LogHealth>,
}

impl Readiness {
    /// Not ready before [`Readiness::set_sockets_bound`]. `log` is what the log's writer says of itself.
    pub fn new(log: Arc<LogHealth>) -> Readiness {
        Readiness { sockets_bound: AtomicBool::new(false), log }
    }

    /// True once all SIP sockets are bound, false again when the service drains.
    pub fn set_sockets_bound(&self, bound: bool) {
        self.sockets_bound.store(bound, Ordering::Release);
    }
}

/// All is well.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`; what is not well comes as a problem.
    status: &'static str,
}

const OK: Json<Health> = Json(Health { status: "ok" });

#[utoipa::path(
    get, path = "/healthz", tag = "health", operation_id = "healthz",
    summary = "Does the process live?",
    description = "Asks the call loop. When it does not answer within 2 s, only a restart helps.",
    responses(
        (status = 200, description = "It does", body = Health),
        (status = 503, description = "The call loop hangs", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn lives(State(web): State<Arc<Web>>) -> Result<Json<Health>, Problem> {
    web.board.look().await?;
    Ok(OK)
}

#[utoipa::path(
    get, path = "/readyz", tag = "health", operation_id = "readyz",
    summary = "Could a call be taken?",
    description = "The SIP sockets are bound, the call loop answers, and a call's row can be made durable: in the \
                   store or its journal.",
    responses(
        (status = 200, description = "It could", body = Health),
        (status = 503, description = "Not now; `detail` says why",
            body = Problem, content_type = "application/problem+json"),
    ),
)]
pub async fn ready(State(web): State<Arc<Web>>) -> Result<Json<Health>, Problem> {
    let not_ready = |why: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, why);
    if !web.readiness.sockets_bound.load(Ordering::Acquire) {
        return Err(not_ready("The SIP sockets are not bound: the service is starting or shutting down."));
    }
    web.board.look().await?;
    if web.readiness.log.has_ended() {
        return Err(not_ready("A bug has ended the log of calls. Restart the service; its own log says more."));
    }
    let answers = matches!(tokio::time::timeout(STORE_PATIENCE, web.store.ping()).await, Ok(Ok(())));
    let stored = answers && !web.readiness.log.store_fails();
    if !stored && web.readiness.log.journal_fails() {
        return Err(not_ready(
            "Neither the store nor its journal takes a row: a call would be lost. Is the disk full? The log says more.",
        ));
    }
    Ok(OK)
}
