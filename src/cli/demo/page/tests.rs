use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use tokio::sync::mpsc;
use tower::ServiceExt;

use super::*;
use crate::cli::demo::shop::Folder;
use crate::cli::demo::stage;

const ME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The page around a service that answers with its path.
struct House {
    router: Router,
    commands: mpsc::Receiver<Command>,
    _folder: Folder,
}

async fn house() -> House {
    let folder = Folder::create().expect("a temporary folder");
    let store = Store::open(&folder.database()).await.expect("a store");
    let secret = store.invite_owner("you@example.com", clock::now().wall).await.expect("an owner");
    let link = store.set_up_link(&secret, clock::now().wall).await.expect("a link");
    let crate::store::Link::Good(owner) = link else { panic!("a good link") };
    let (scene, hand, commands) = stage::set();
    let page = DemoPage {
        scene: scene.subscribe(),
        hand,
        owner: owner.id,
        store,
        entrance: Entrance::of_demo("http://localhost:8080"),
        language: Language::En,
    };
    let service = Router::new()
        .route("/live/now", get(async |headers: HeaderMap| format!("now for {:?}", headers.get(header::COOKIE))))
        .route("/override", post(async || Redirect::to("/?saved=yes")));
    House { router: around(page, service), commands, _folder: folder }
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.extension(ConnectInfo(SocketAddr::new(ME, 40_000))).body(Body::empty()).expect("a request of this test")
}

impl House {
    async fn ask(&self, request: Request) -> Response {
        self.router.clone().oneshot(request).await.expect("a router is infallible")
    }
}

const HERE: (&str, &str) = ("host", "127.0.0.1:8080");
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test]
async fn who_opens_the_page_is_signed_in_once() {
    let house = house().await;
    let first = house.ask(request("GET", "/demo", &[HERE])).await;
    assert_eq!(first.status(), StatusCode::OK);
    let cookie = first.headers()[header::SET_COOKIE].to_str().expect("text").to_owned();
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    assert!(first.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("text").contains("script-src 'self'"));
    let body = to_bytes(first.into_body(), MOST_OF_NOW).await.expect("a page");
    let body = String::from_utf8_lossy(&body).into_owned();
    assert!(body.contains("now for Some") && body.contains(&pair), "the real Now, for this visitor: {body}");
    let again = house.ask(request("GET", "/demo", &[HERE, ("cookie", &pair)])).await;
    assert!(!again.headers().contains_key(header::SET_COOKIE), "the browser is signed in");
    let foreign = house.ask(request("GET", "/demo", &[HERE, ("cookie", &format!("ringall={}", "a".repeat(64)))])).await;
    assert!(foreign.headers().contains_key(header::SET_COOKIE), "the cookie of another service here is worth nothing");
    assert!(pair.starts_with("ringall-demo="), "nor is it replaced: {pair}");
}

#[tokio::test]
async fn it_is_there_for_this_machine_alone() {
    let house = house().await;
    for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST", "[::1]:8080"] {
        assert_eq!(house.ask(request("GET", "/demo", &[("host", host)])).await.status(), StatusCode::OK, "{host}");
    }
    for host in ["evil.example:8080", "127.0.0.1.evil.example", "192.168.1.5:8080", "localhost:evil", ""] {
        let answer = house.ask(request("GET", "/demo", &[("host", host)])).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{host}");
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
    }
    for peer in [IpAddr::from([192, 0, 2, 7]), "2001:db8::1".parse().expect("an address")] {
        let mut request = request("GET", "/demo", &[HERE]);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer, 40_000)));
        assert_eq!(house.ask(request).await.status(), StatusCode::NOT_FOUND, "{peer}");
    }
}

#[tokio::test]
async fn its_buttons_are_pressed_on_its_own_page_alone() {
    let mut house = house().await;
    let evil = [HERE, ("origin", "http://evil.example"), ("sec-fetch-site", "cross-site")];
    assert_eq!(house.ask(request("POST", "/demo/call", &evil)).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(house.ask(request("POST", "/demo/call", &[HERE])).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(house.ask(request("GET", "/demo/call", &[HERE])).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(house.commands.try_recv().is_err());
    for (path, command) in [
        ("/demo/call", Command::Call(Wish::Call)),
        ("/demo/call-when-closed", Command::Call(Wish::CallWhenClosed)),
        ("/demo/let-it-ring", Command::Call(Wish::LetItRing)),
        ("/demo/pick-up/2", Command::PickUp(2)),
        ("/demo/hang-up", Command::HangUp),
    ] {
        let answer = house.ask(request("POST", path, &[HERE, OURS])).await;
        assert_eq!(
            (answer.status(), &answer.headers()[header::LOCATION]),
            (StatusCode::SEE_OTHER, &"/demo".parse().expect("a value"))
        );
        assert_eq!(house.commands.try_recv().ok(), Some(command));
    }
    for nobodys in ["/demo/pick-up/x", "/demo/pick-up/3", "/demo/pick-up/-1"] {
        assert_eq!(
            house.ask(request("POST", nobodys, &[HERE, OURS])).await.status(),
            StatusCode::NOT_FOUND,
            "{nobodys}"
        );
    }
    for _ in 0..100 {
        assert_eq!(house.ask(request("POST", "/demo/call", &[HERE, OURS])).await.status(), StatusCode::SEE_OTHER);
    }
}

#[tokio::test]
async fn who_presses_a_button_of_now_comes_back_to_the_demo() {
    let house = house().await;
    let to = |referer| {
        let asked = house.ask(request("POST", "/override", &[HERE, OURS, ("referer", referer)]));
        async move { asked.await.headers()[header::LOCATION].to_str().expect("text").to_owned() }
    };
    assert_eq!(to("http://127.0.0.1:8080/demo").await, "/demo#now");
    assert_eq!(to("http://127.0.0.1:8080/").await, "/?saved=yes");
    assert_eq!(to("http://127.0.0.1:8080/demolition").await, "/?saved=yes");
}

#[test]
fn a_display_shows_what_the_invite_carried_and_no_more_than_it_has_room_for() {
    let mut scene = Scene::new(Instant::now());
    let card = |name: &str| Face::Rings(super::super::scene::Card { name: name.into(), number: "+34600555444".into() });
    scene.phones[0].face = card("Carmen 2nd call");
    scene.phones[1].face = card("A name that is longer than any display");
    let stage = Stage::of(&scene, Language::En);
    assert_eq!((stage.desks[0].line_1.as_str(), stage.desks[0].line_2.as_str()), ("Carmen 2nd call", "+34600555444"));
    assert_eq!(stage.desks[1].line_1, "A name that is longe");
    scene.phones[2].face = card("<b onclick=x>&");
    let html = Stage::of(&scene, Language::Es).render().expect("a page");
    assert!(!html.contains("<b onclick"), "{html}");
}
