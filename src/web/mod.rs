//! The web: the owner's page, the API, health and metrics. This file is the whole URL table; a handler is in the file of
//! its noun.
//!
//! What goes wrong is a [`Problem`] for programs and a [`Fault`] for people. Calls do not depend on anything here: what
//! is shown is read from the store or asked of the loop, which answers or is not waited for ([`board::PATIENCE`]).

mod account;
pub mod api;
mod assets;
pub mod board;
mod call;
mod caller;
mod calls;
mod connect;
mod cookie;
mod deadline;
mod drill;
pub mod event_stream;
mod fault;
mod figures;
pub mod first_start;
mod form;
mod frame;
mod greeting;
mod guard;
pub mod health;
mod hours;
mod hours_override;
mod import;
pub mod listener;
pub mod live;
mod messages;
pub mod metrics;
mod multipart;
mod news;
mod now;
mod owed;
mod own_greeting;
mod password;
mod people;
mod phone;
mod phone_add;
mod phone_file;
mod phones;
mod problem;
mod qr_code;
mod range;
mod ring;
mod role;
mod screen;
mod set_up;
mod shop;
mod sign_in;
mod sip_socket;
mod start;
mod throttle;
mod twilio_note;
mod visit;
mod wave;
mod what_if;
mod who;
mod wrap_up;
mod zip;

use std::sync::Arc;
use std::time::Duration;

use axum::handler::Handler;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, any, delete, get, post, put};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::{Notify, watch};

use crate::door::twilio::greeting_link::GreetingLinks;
use crate::media::recordings::Recordings;
use crate::now::Now;
use crate::number::Number;
use crate::provisioning::Site;
use crate::routing::Plan;
use crate::routing::plan::{Language, ShopId};
use crate::sip::stream::Reception;
use crate::store::Store;
use crate::twilio::webhook::{self, Webhooks};
use crate::utterance::Names;
use fault::Fault;
use frame::View;

pub use assets::{ICON, SCRIPT, STYLE};
pub use axum::Router;
pub use board::Board;
pub use first_start::LinkFile;
pub(crate) use guard::caught;
pub use guard::guard;
pub use health::Readiness;
pub use listener::{Limits, serve};
pub use live::{Feed, Listeners};
pub use metrics::LiveGauges;
pub use problem::Problem;
pub use set_up::is_email;
pub use visit::{Entrance, is_from_us, sealed};

/// What the web shows, and where it reads it.
pub struct Web {
    pub store: Store,
    pub recordings: Recordings,
    pub board: Board,
    /// The owner's wishes as the call loop has them.
    pub plan: watch::Receiver<Arc<Plan>>,
    /// Told when the web has written of the plan: the service then reads it at once, and not within a second.
    pub plan_written: Arc<Notify>,
    /// Who listens to calls as they happen.
    pub listeners: Listeners,
    pub gauges: Arc<LiveGauges>,
    /// From [`metrics::install`].
    pub counters: PrometheusHandle,
    pub readiness: Arc<Readiness>,
    /// Names that were spoken, as the greeting says them.
    pub names: watch::Receiver<Arc<Names>>,
    /// How browsers come in.
    pub entrance: Entrance,
    /// What phones are told that are connected by a link.
    pub site: Site,
    /// Where SIP that comes by WebSocket is taken in.
    pub reception: Reception,
    /// `None`: no call comes by webhook.
    pub webhooks: Option<Webhooks>,
    /// Reads the names of greetings that Twilio fetches.
    pub greetings: GreetingLinks,
    /// Where the link of the first start waits until somebody has used it.
    pub first_start: LinkFile,
    /// [`crate::clock::now`], but in a test.
    pub clock: fn() -> Now,
}

/// How long a page waits for the call loop to have what was written.
const TAKEN_WITHIN: Duration = Duration::from_millis(500);

impl Web {
    /// Something of the plan was written. The call loop has it when this returns, so that what is shown next is not what
    /// was before; a loop that takes longer is not waited for.
    pub async fn plan_changed(&self) {
        self.plan_written.notify_one();
        // It is written, whatever happens here.
        let Ok(version) = self.store.plan_version().await else { return };
        let mut plan = self.plan.clone();
        let _ = tokio::time::timeout(TAKEN_WITHIN, plan.wait_for(|plan| plan.version >= version)).await;
    }

    /// Nobody's phone need ring any more to call them, at whichever number of theirs.
    pub async fn taken_on(&self, shop: ShopId, number: &Number) {
        // It is written, whatever happens here: a store that fails now leaves the loop with this number alone.
        let numbers = self.store.numbers_of(shop, number).await.unwrap_or_else(|_| vec![number.clone()]);
        for number in numbers {
            self.board.taken_on(shop, number).await;
        }
    }
}

/// Open to everybody; `/metrics` looks at the peer itself.
fn open_routes() -> Vec<(&'static str, MethodRouter<Arc<Web>>)> {
    vec![
        ("/healthz", get(health::lives)),
        ("/readyz", get(health::ready)),
        ("/metrics", get(metrics::page)),
        ("/api/v1/openapi.json", get(api::openapi::document)),
    ]
}

/// Only with an API token.
fn token_routes() -> Vec<(&'static str, MethodRouter<Arc<Web>>)> {
    vec![
        ("/api/v1/calls", get(api::calls::list)),
        ("/api/v1/calls/{id}", get(api::calls::one)),
        ("/api/v1/calls/{id}/pick-up", post(api::ring::pick_up)),
        ("/api/v1/messages", get(api::messages::list)),
        ("/api/v1/messages/{id}/audio", get(api::messages::audio)),
        ("/api/v1/right-now", get(api::right_now::show)),
        ("/api/v1/explain", get(api::explain::show)),
        ("/api/v1/events", get(api::events::listen)),
        ("/api/v1/phones", get(api::phones::list)),
        ("/api/v1/hours", get(api::hours::show).put(api::hours::set)),
        ("/api/v1/override", put(api::hours_override::set).delete(api::hours_override::clear)),
        ("/api/v1/closures", get(api::closures::list).post(api::closures::add)),
        ("/api/v1/closures/{id}", delete(api::closures::delete)),
        ("/api/v1/callers/{number}", get(api::callers::show).put(api::callers::edit)),
        ("/api/v1/callers/{number}/call", post(api::ring::call_back)),
        ("/api/v1/owed", get(api::owed::list)),
        ("/api/v1/owed/{number}/claim", post(api::owed::claim).delete(api::owed::release)),
        ("/api/v1/owed/{number}/settle", post(api::owed::settle)),
    ]
}

/// For phones: with the secret in their link, or with what SIP asks of them.
fn phone_routes() -> Vec<(&'static str, MethodRouter<Arc<Web>>)> {
    vec![
        // Who only asks whether it is there uses nothing up.
        ("/p/{secret}/{file}", get(phone_file::give).head(async || StatusCode::METHOD_NOT_ALLOWED)),
        ("/sip", get(sip_socket::open)),
    ]
}

/// For Twilio and those who speak as it does, with a signature of the account.
fn webhook_routes() -> Vec<(&'static str, MethodRouter<Arc<Web>>)> {
    vec![
        ("/twilio/{*target}", any(webhook::receive)),
        // A sound, by a name that nobody guesses.
        ("/twilio/greeting/{name}", get(own_greeting::play)),
    ]
}

/// Pages for everybody.
fn guest_pages() -> Vec<(&'static str, MethodRouter<Arc<Web>>)> {
    vec![
        ("/sign-in", get(sign_in::show).post(sign_in::enter)),
        ("/set-up/{secret}", get(set_up::show).post(set_up::choose)),
        ("/counter/pair/{secret}", get(screen::ask).post(screen::take)),
        ("/counter", get(screen::counter)),
        ("/counter/live", get(screen::counter_live)),
        ("/counter/news", get(screen::counter_news)),
        ("/static/{version}/{name}", get(assets::file)),
    ]
}

/// Pages for those who are signed in.
fn pages() -> Vec<(&'static str, MethodRouter<Arc<Web>>)> {
    vec![
        ("/", get(now::show)),
        ("/live/now", get(now::show_live)),
        ("/live/news", get(news::listen)),
        ("/calls", get(calls::show)),
        ("/calls/{id}", get(call::show)),
        ("/callers/{number}", get(caller::show).post(caller::save)),
        ("/calls.csv", get(calls::table::download)),
        ("/callers/import", get(import::show).post(import::look)),
        ("/callers/import/do", form(import::take_in, "/callers/import")),
        ("/callers/{number}/no-call-back", form(caller::wishes::call_back, "/calls")),
        ("/callers/{number}/join", form(caller::wishes::join, "/calls")),
        ("/callers/{number}/part", form(caller::wishes::part, "/calls")),
        ("/callers/{number}/export", get(caller::kept::export)),
        ("/callers/{number}/erase", form(caller::erase::erase, "/calls")),
        ("/callers/{number}/call", form(ring::call_back, "/")),
        ("/calls/{id}/pick-up", form(ring::pick_up, "/")),
        ("/owed/{number}/claim", form(owed::claim, "/")),
        ("/owed/{number}/release", form(owed::release, "/")),
        ("/owed/{number}/settle", form(owed::settle, "/")),
        ("/calls/{id}/after", get(wrap_up::show)),
        ("/calls/{id}/wanted", form(wrap_up::wanted, "/")),
        ("/calls/{id}/promise", form(wrap_up::promise, "/")),
        ("/few-phones", form(now::know_few, "/")),
        ("/figures", get(figures::show)),
        ("/figures/words", form(figures::set_words, "/figures")),
        ("/messages", get(messages::show)),
        ("/messages/{id}/audio", get(messages::audio)),
        ("/override", form(hours_override::set, "/")),
        ("/override/end", form(hours_override::end, "/")),
        ("/override/undo", form(hours_override::undo, "/")),
        ("/hours", get(hours::show)),
        ("/hours/week", form(hours::save_week, "/hours")),
        ("/hours/text", form(hours::save_text, "/hours")),
        ("/hours/closed-days", get(hours::closed_days::show).post(hours::closed_days::save)),
        ("/hours/sign", get(hours::sign::show)),
        ("/hours/closures", form(hours::add_closure, "/hours")),
        ("/hours/closures/{id}/delete", form(hours::delete_closure, "/hours")),
        ("/greeting", get(greeting::show)),
        ("/greeting/heard", get(greeting::sound)),
        ("/greeting/record", form(greeting::record, "/greeting")),
        ("/greeting/remove", form(greeting::remove, "/greeting")),
        ("/greeting/ring", form(greeting::spoken::ring, "/greeting")),
        ("/greeting/spoken", get(greeting::spoken::sound)),
        ("/greeting/spoken/keep", form(greeting::spoken::keep, "/greeting")),
        ("/greeting/spoken/drop", form(greeting::spoken::drop, "/greeting")),
        ("/greeting/also", form(greeting::speak_also, "/greeting")),
        ("/phones", get(phones::show)),
        ("/phones/call-back-ring", form(phones::ring_back, "/phones")),
        ("/phones/add", get(phone_add::show).post(phone_add::add)),
        ("/phones/drill", get(drill::show).post(drill::ring_all)),
        ("/phones/drill/before-opening", form(drill::before_opening, "/phones/drill")),
        ("/phones/{id}/drill", form(drill::ring_one, "/phones/drill")),
        ("/phones/{id}", get(phone::show)),
        ("/phones/{id}/name", form(phone::rename, "/phones")),
        ("/phones/{id}/hours", form(phone::set_hours, "/phones")),
        ("/phones/{id}/wave", form(phone::move_wave, "/phones")),
        ("/phones/{id}/off", form(phone::set_off, "/phones")),
        ("/phones/{id}/password", form(phone::new_password, "/phones")),
        ("/phones/{id}/remove", form(phone::remove, "/phones")),
        ("/my-phone/off", form(phone::set_mine_off, "/account")),
        ("/phones/{id}/connect", form(connect::make, "/phones")),
        ("/phones/{id}/connect/end", form(connect::end, "/phones")),
        ("/shop", get(shop::show)),
        ("/shop/basics", get(shop::basics).post(shop::save_basics)),
        ("/shop/numbers", get(shop::numbers).post(shop::save_numbers)),
        ("/shop/notices", get(shop::notices).post(shop::save_notices)),
        ("/shop/screens", get(screen::show).post(screen::pair)),
        ("/shop/screens/{id}/end", form(screen::end, "/shop/screens")),
        ("/start", get(start::begin)),
        ("/start/shop", get(start::shop).post(start::save_shop)),
        ("/start/hours", get(start::hours::show).post(start::hours::save)),
        ("/start/closed-days", get(start::closed_days::show).post(start::closed_days::save)),
        ("/start/phone", get(start::phone)),
        ("/start/number", get(start::number).post(start::save_number)),
        ("/start/greeting", get(start::greeting::show)),
        ("/start/call", get(start::call)),
        ("/start/call/{id}", form(start::ring, "/start/call")),
        ("/people", get(people::show).post(people::invite)),
        ("/people/{id}/link", form(people::invite_again, "/people")),
        ("/people/{id}/role", form(people::set_role, "/people")),
        ("/people/{id}/sign-out", form(people::sign_out, "/people")),
        ("/people/{id}/remove", form(people::remove, "/people")),
        ("/what-if", get(what_if::show)),
        ("/account", get(account::show)),
        ("/account/language", form(account::speak, "/account")),
        ("/sign-out", form(sign_in::leave, "/")),
    ]
}

/// The addresses of everything that browsers come to, forms and parts of pages included: a test has a row for each.
pub fn page_addresses() -> Vec<&'static str> {
    guest_pages().into_iter().chain(pages()).map(|(address, _)| address).collect()
}

/// Where a form is sent to. Somebody who loads that address again, or comes back to it after signing in, is led to the
/// page that the form is on.
fn form<H: Handler<T, Arc<Web>>, T: 'static>(handler: H, page: &'static str) -> MethodRouter<Arc<Web>> {
    post(handler).get(async move |view: View| Redirect::to(&view.at(page)))
}

/// Everything the web answers.
pub fn router(web: Web) -> Router {
    let web = Arc::new(web);
    let add = |router: Router<Arc<Web>>, (path, methods)| router.route(path, methods);
    let with_token = token_routes()
        .into_iter()
        .fold(Router::new(), add)
        // Nothing below /api/v1 tells a stranger even whether it exists.
        .route("/api/v1/{*rest}", any(unknown_path))
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(web.clone(), api::bearer::require));
    let for_guests = guest_pages().into_iter().fold(Router::new(), add);
    let signed_in = pages().into_iter().fold(Router::new(), add);
    let paged = for_guests
        .layer(from_fn_with_state(web.clone(), visit::welcome))
        .merge(signed_in.layer(from_fn_with_state(web.clone(), visit::require)))
        .layer(from_fn_with_state(web.clone(), visit::seal));
    open_routes()
        .into_iter()
        .chain(phone_routes())
        .chain(webhook_routes())
        .fold(Router::new(), add)
        .merge(paged)
        .merge(with_token)
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(guard::guard))
        .with_state(web)
}

/// People get a page, programs a problem.
async fn unknown_path(headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    if accepted.contains("text/html") {
        return visit::sealed(Fault::NotFound.page(api::language::asked(&headers).unwrap_or(Language::En)));
    }
    Problem::not_found("There is nothing here. /api/v1/openapi.json describes the API.").into_response()
}

async fn wrong_method() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "This path takes other methods: the Allow header names them.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_has_every_path_of_the_table_and_no_other() {
        let mut routed: Vec<&str> = open_routes().into_iter().chain(token_routes()).map(|(path, _)| path).collect();
        let described = api::openapi::description();
        let mut described: Vec<&str> = described.paths.paths.keys().map(String::as_str).collect();
        routed.sort_unstable();
        described.sort_unstable();
        assert_eq!(routed, described);
    }
}
