//! The demo's page: a caller, three phones, what she heard, and below it the real Now. It surrounds the service's own
//! pages, which know nothing of it, and is for browsers on this machine alone.

mod words;

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use super::scene::{Act, Carmen, Face, Handset, Heard, Scene, Wish};
use super::shop::{CARMEN, CARMEN_NUMBER, COUNTRY, DESKS, NAME};
use super::stage::{Command, Hand};
use crate::clock;
use crate::number::Number;
use crate::routing::plan::{Country, Language};
use crate::store::{OwnerId, Store, StoreError};
use crate::web::event_stream::{self, KEEP_ALIVE, NOTHING};
use crate::web::{Entrance, ICON, Problem, Router, SCRIPT, STYLE, guard, is_from_us, sealed};
use crate::words::page as page_words;

/// Where it is.
pub const PATH: &str = "/demo";
/// A display has so many characters.
const DISPLAY: usize = 20;
/// The largest part of a page that is shown inside this one; Now with a hundred callers who wait is below it.
const MOST_OF_NOW: usize = 1 << 20;

/// What the page shows, and what its buttons do.
pub struct DemoPage {
    pub scene: watch::Receiver<Scene>,
    pub hand: Hand,
    /// Visitors look at Now as this owner of the demo's shop.
    pub owner: OwnerId,
    pub store: Store,
    pub entrance: Entrance,
    pub language: Language,
}

#[derive(Clone)]
struct Around {
    page: Arc<DemoPage>,
    service: Router,
}

/// The service's pages, and the demo's before them.
pub fn around(page: DemoPage, service: Router) -> Router {
    let service = service.layer(from_fn(lead_back));
    let around = Around { page: Arc::new(page), service: service.clone() };
    Router::new()
        .route(PATH, get(show))
        .route("/demo/scene", get(listen))
        .route("/demo/call", post(async |state| wish(state, Wish::Call)))
        .route("/demo/call-when-closed", post(async |state| wish(state, Wish::CallWhenClosed)))
        .route("/demo/let-it-ring", post(async |state| wish(state, Wish::LetItRing)))
        .route("/demo/pick-up/{phone}", post(pick_up))
        .route("/demo/hang-up", post(hang_up))
        .route("/demo/{file}", get(file))
        .layer(from_fn_with_state(around.clone(), only_from_here))
        .layer(from_fn(guard))
        .with_state(around)
        .fallback_service(service)
}

#[derive(Template)]
#[template(path = "demo.html")]
struct Page {
    language: &'static str,
    w: &'static words::Labels,
    page: &'static page_words::Labels,
    style: &'static str,
    icon: &'static str,
    live_script: &'static str,
    shop: &'static str,
    stage: Stage,
    /// The changing part of the real Now, as the service writes it.
    now: String,
}

/// What the scene is for whoever looks.
#[derive(Template)]
#[template(path = "stage.html")]
struct Stage {
    w: &'static words::Labels,
    is_over: bool,
    name: &'static str,
    number: String,
    carmen_is: &'static str,
    doing: String,
    hangs_up: bool,
    works: bool,
    wishes: [WishButton; 3],
    desks: Vec<Desk>,
    moments: Vec<Moment>,
    player: Option<Player>,
}

struct WishButton {
    id: &'static str,
    action: &'static str,
    name: String,
    hint: String,
}

struct Desk {
    n: usize,
    name: &'static str,
    face: &'static str,
    line_1: String,
    line_2: String,
    says: String,
    rings: bool,
}

struct Moment {
    after: String,
    says: String,
    kind: &'static str,
}

struct Player {
    sound: String,
    label: String,
    hint: String,
}

impl Stage {
    fn of(scene: &Scene, language: Language) -> Stage {
        let button = |wish, id, action| {
            let (name, hint) = words::wish(wish, language);
            WishButton { id, action, name, hint }
        };
        let number = Number::from_e164(CARMEN_NUMBER).zip(Country::parse(COUNTRY));
        let moment = |moment: &super::scene::Moment| Moment {
            after: words::after(moment.after, language),
            says: words::heard(&moment.what, language),
            kind: kind(&moment.what),
        };
        let player = |sound: &String| {
            let (label, hint) = words::player(language);
            Player { sound: sound.clone(), label, hint }
        };
        Stage {
            w: words::labels(language),
            is_over: scene.act == Act::Over,
            name: CARMEN,
            number: number.map_or_else(String::new, |(number, country)| number.national(country)),
            carmen_is: match scene.carmen {
                Carmen::Away => "away",
                Carmen::Dials => "dials",
                Carmen::HearsRinging => "hears-ringing",
                Carmen::Listens => "listens",
                Carmen::Speaks => "speaks",
            },
            doing: words::carmen(scene.carmen, scene.act, scene.voice(), language),
            hangs_up: scene.has_a_call(),
            works: scene.is_free(),
            wishes: [
                button(Wish::Call, "call", "/demo/call"),
                button(Wish::CallWhenClosed, "call-when-closed", "/demo/call-when-closed"),
                button(Wish::LetItRing, "let-it-ring", "/demo/let-it-ring"),
            ],
            desks: (0..).zip(&scene.phones).map(|(n, phone)| desk(n, phone, scene.rings(n), language)).collect(),
            moments: scene.heard.iter().map(moment).collect(),
            player: scene.message.as_ref().map(player),
        }
    }
}

fn desk(n: usize, phone: &Handset, rings: bool, language: Language) -> Desk {
    let name = DESKS.get(n).map_or("", |desk| desk.name);
    let missed = if phone.missed == 0 { String::new() } else { words::missed(phone.missed, language) };
    let (face, line_1, line_2) = match &phone.face {
        Face::Rings(card) => ("rings", card.name.as_str(), card.number.clone()),
        Face::Talks(card) => ("talks", card.name.as_str(), card.number.clone()),
        Face::Missed(card) => ("missed", card.name.as_str(), missed),
        Face::Quiet | Face::Elsewhere if phone.missed > 0 => ("missed", name, missed),
        Face::Quiet => ("quiet", name, missed),
        Face::Elsewhere => ("elsewhere", name, missed),
    };
    let displayed = |line: &str| line.chars().take(DISPLAY).collect::<String>();
    let (line_1, line_2) = (displayed(line_1), displayed(&line_2));
    Desk { n, name, face, line_1, line_2, says: words::phone(phone, language), rings }
}

/// For the style sheet.
fn kind(heard: &Heard) -> &'static str {
    match heard {
        Heard::Ringing { .. } => "ringing",
        Heard::Voice(_) | Heard::Greeting(_) => "voice",
        Heard::Beep => "beep",
        Heard::Refused(_) => "refused",
        Heard::Dialled
        | Heard::Answered
        | Heard::SomethingElse
        | Heard::Speaks
        | Heard::ShopHungUp
        | Heard::HungUp(_) => "plain",
    }
}

/// The page, for a browser that is signed in to the demo's shop by it.
async fn show(State(around): State<Around>, headers: HeaderMap) -> Result<Response, Problem> {
    let Around { page, service } = around;
    let signed_in = page.sign_in(&headers).await.map_err(|error| {
        tracing::error!(%error, "the demo's visitor cannot be signed in");
        Problem::fault()
    })?;
    let now = now(service, &signed_in.cookie).await?;
    let stage = Stage::of(&page.scene.borrow(), page.language);
    let template = Page {
        language: page.language.as_str(),
        w: words::labels(page.language),
        page: page_words::labels(page.language),
        style: STYLE.as_str(),
        icon: ICON.as_str(),
        live_script: SCRIPT.as_str(),
        shop: NAME,
        stage,
        now,
    };
    let mut response = Html(template.render().map_err(|_| Problem::fault())?).into_response();
    if let Some(keep) = signed_in.keep {
        response.headers_mut().insert(header::SET_COOKIE, keep);
    }
    Ok(sealed(response))
}

/// The changing part of Now, asked of the service as any browser does.
async fn now(service: Router, cookie: &HeaderValue) -> Result<String, Problem> {
    let request = Request::get("/live/now").header(header::COOKIE, cookie).body(Body::empty());
    let request = request.map_err(|_| Problem::fault())?;
    let Ok(answer) = TowerToHyperService::new(service).call(request).await;
    if answer.status() != StatusCode::OK {
        tracing::error!(status = %answer.status(), "the demo's page has no Now to show");
        return Ok(String::new());
    }
    let body = to_bytes(answer.into_body(), MOST_OF_NOW).await.map_err(|_| Problem::fault())?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}

struct SignedIn {
    /// As the browser sends it from now on.
    cookie: HeaderValue,
    /// What makes it do so, where it does not already.
    keep: Option<HeaderValue>,
}

impl DemoPage {
    async fn sign_in(&self, headers: &HeaderMap) -> Result<SignedIn, StoreError> {
        let now = clock::now().wall;
        if let (Some(secret), Some(cookie)) = (self.entrance.cookie.read(headers), headers.get(header::COOKIE))
            && self.store.signed_in(&secret, now).await?.is_some()
        {
            return Ok(SignedIn { cookie: cookie.clone(), keep: None });
        }
        let keep = self.entrance.cookie.keep(&self.store.sign_in(self.owner, now).await?);
        let pair = keep.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        let cookie = HeaderValue::from_bytes(pair).unwrap_or_else(|_| HeaderValue::from_static(""));
        Ok(SignedIn { cookie, keep: Some(keep) })
    }
}

fn wish(State(around): State<Around>, wish: Wish) -> Redirect {
    around.page.does(Command::Call(wish))
}

async fn pick_up(State(around): State<Around>, Path(phone): Path<String>) -> Result<Redirect, Problem> {
    let phone = phone.parse().ok().filter(|phone| *phone < DESKS.len());
    let phone = phone.ok_or_else(|| Problem::not_found("The demo's shop has no such phone."))?;
    Ok(around.page.does(Command::PickUp(phone)))
}

async fn hang_up(State(around): State<Around>) -> Redirect {
    around.page.does(Command::HangUp)
}

impl DemoPage {
    fn does(&self, command: Command) -> Redirect {
        // Who clicks faster than anything can happen has clicked before.
        let _ = self.hand.try_send(command);
        Redirect::to(PATH)
    }
}

async fn file(Path(name): Path<String>) -> Result<Response, Problem> {
    let (kind, text) = match name.as_str() {
        "demo.css" => ("text/css; charset=utf-8", include_str!("page/demo.css")),
        "demo.js" => ("text/javascript; charset=utf-8", include_str!("page/demo.js")),
        _ => return Err(Problem::not_found("The demo has no such page.")),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The scene at once, and then each time that it has changed.
async fn listen(State(around): State<Around>) -> Response {
    let mut scene = around.page.scene.clone();
    let first = event(&scene.borrow_and_update(), around.page.language);
    event_stream::answer(first, Listener { scene, language: around.page.language })
}

struct Listener {
    scene: watch::Receiver<Scene>,
    language: Language,
}

impl event_stream::Listener for Listener {
    async fn next(mut self) -> Option<(Bytes, Listener)> {
        // The last word has been said: an open answer would hold up the service's end.
        if self.scene.borrow().act == Act::Over {
            return None;
        }
        let said = match tokio::time::timeout(KEEP_ALIVE, self.scene.changed()).await {
            Ok(Err(_)) => return None,
            Ok(Ok(())) => event(&self.scene.borrow_and_update(), self.language),
            Err(_) => Bytes::from_static(NOTHING.as_bytes()),
        };
        Some((said, self))
    }
}

/// As server-sent events are written: each line with its name before it.
fn event(scene: &Scene, language: Language) -> Bytes {
    let html = Stage::of(scene, language).render().unwrap_or_default();
    let mut text: String = html.lines().map(|line| format!("data: {line}\n")).collect();
    text.push('\n');
    text.into()
}

/// The layer before the demo's own pages. Their visitor is signed in without a password, so nobody elsewhere may reach them:
/// neither by the network, nor as a page of another name that leads to this machine, nor by a form of another page.
async fn only_from_here(State(around): State<Around>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if !peer.is_some_and(|peer| peer.to_canonical().is_loopback()) || !host.is_some_and(is_here) {
        return Problem::not_found("The demo is for a browser on the machine it runs on.").into_response();
    }
    let looks = request.method() == Method::GET || request.method() == Method::HEAD;
    if !looks && !is_from_us(request.headers(), &around.page.entrance) {
        return Problem::new(StatusCode::FORBIDDEN, "The demo's buttons work on its own page.").into_response();
    }
    next.run(request).await
}

/// Whether an address in a browser's address line names this machine and nothing else could.
fn is_here(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|here| name.eq_ignore_ascii_case(here))
}

/// Who presses a button of Now on the demo's page comes back there, and not to Now alone.
async fn lead_back(request: Request, next: Next) -> Response {
    let referer = request.headers().get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let from_demo = referer.and_then(|referer| referer.split_once("://")).is_some_and(|(_, rest)| {
        let path = rest.find('/').map_or("", |at| &rest[at..]);
        path.split(['?', '#']).next() == Some(PATH)
    });
    let sent = request.method() == Method::POST;
    let mut response = next.run(request).await;
    let to_now = |to: &HeaderValue| to.as_bytes() == b"/" || to.as_bytes().starts_with(b"/?");
    if from_demo && sent && response.headers().get(header::LOCATION).is_some_and(to_now) {
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/demo#now"));
    }
    response
}

#[cfg(test)]
mod tests;
