//! `/p/SECRET/FILE`: a desk phone fetches its settings, with the secret of its link alone. Whoever has no good link hears
//! the same, whatever is wrong with it; neither the secret nor the password is ever logged.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;

use crate::provisioning::{File, Format, Settings};
use crate::routing::plan::{Ha1, Line};
use crate::sip::auth::ha1;
use crate::store::{ProvisioningLink, StoreError};
use crate::web::Web;
use crate::web::frame::newest_plan;
use crate::web::visit;

/// No file of ours, or no link that is good for it.
const NOTHING: (StatusCode, &str) = (StatusCode::NOT_FOUND, "There is nothing here.\n");

pub async fn give(
    State(web): State<Arc<Web>>,
    Path((secret, name)): Path<(String, String)>,
    request: Request,
) -> Response {
    let from = visit::from(request.headers(), request.extensions());
    let file = File::named(&name, user_agent(request.headers()));
    let now = (web.clock)();
    if let Err(wait) = web.entrance.phone_links.try_unnamed(from, now.mono) {
        let wait = wait.as_secs().max(1).to_string();
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, wait)], "Too many tries.\n").into_response();
    }
    let link = match web.store.provisioning_link(&secret, now.wall).await {
        Ok(Some(link)) => link,
        Ok(None) => return NOTHING.into_response(),
        Err(error) => return unavailable(&error),
    };
    web.entrance.phone_links.unnamed_succeeded(from);
    let Some(file) = file else { return NOTHING.into_response() };
    if let Some((content_type, text)) = file.common() {
        return ([(header::CONTENT_TYPE, content_type)], text).into_response();
    }
    let File::Own(format) = file else { return NOTHING.into_response() };
    match settings(&web, &secret, &link, format).await {
        Ok(Some(text)) => ([(header::CONTENT_TYPE, format.content_type())], text).into_response(),
        Ok(None) => NOTHING.into_response(),
        Err(error) => unavailable(&error),
    }
}

/// The file, and with it the phone's new password; `None`: another phone has them, or ours is gone.
async fn settings(
    web: &Web,
    secret: &str,
    link: &ProvisioningLink,
    format: Format,
) -> Result<Option<String>, StoreError> {
    let now = (web.clock)().wall;
    let plan = newest_plan(web).await?;
    let found = plan.shops.iter().find_map(|shop| Some((shop, shop.phone(link.phone)?)));
    let Some((shop, phone)) = found else { return Ok(None) };
    let Line::Registers { user, .. } = &phone.line else { return Ok(None) };
    let hash = Ha1(ha1(web.site.digest, user, &web.site.realm, link.password.expose_secret()));
    if !web.store.take_provisioning_link(secret, format.taker(), &hash, now).await? {
        tracing::warn!(phone = %phone.name, "settings were asked for by another phone than the one that has them: refused");
        return Ok(None);
    }
    tracing::info!(phone = %phone.name, "a phone has fetched its settings; its earlier password is refused from now on");
    // It registers as soon as it has the answer.
    web.plan_changed().await;
    Ok(Some(Settings::new(&web.site, shop, phone, user, &link.password, now).written(format)))
}

fn user_agent(headers: &HeaderMap) -> &str {
    headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn unavailable(error: &StoreError) -> Response {
    tracing::error!(%error, "the store did not answer a phone that wants its settings");
    (StatusCode::SERVICE_UNAVAILABLE, "Not now.\n").into_response()
}
