//! Somebody at a browser: keeps the cookie, sends forms as browsers do, and reads pages.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use hyper::body::Body as _;
use tower::ServiceExt;

use crate::shop::{Answer, NOW, Place};

pub const ANA: &str = "ana@example.com";
pub const PASSWORD: &str = "blue door, two hinges";
/// What somebody who is new fills in behind their link.
pub const CHOSEN: [(&str, &str); 2] = [("password", "green gate, one latch"), ("again", "green gate, one latch")];
const HERE: &str = "192.0.2.1:40000";

pub struct Browser<'p> {
    place: &'p Place,
    /// By name.
    cookies: BTreeMap<String, String>,
    language: &'static str,
    peer: &'static str,
}

impl Place {
    /// A browser that nobody has signed in with.
    pub fn browser(&self) -> Browser<'_> {
        Browser { place: self, cookies: BTreeMap::new(), language: "en", peer: HERE }
    }

    /// Ana has an account.
    pub async fn knows_ana(&self) {
        self.anas_browser().await;
    }

    /// Ana's browser, signed in by the link that she chose her password with.
    pub async fn anas_browser(&self) -> Browser<'_> {
        let link = self.store.invite_owner(ANA, NOW).await.expect("a link is made");
        let mut browser = self.browser();
        let answer = browser.sends(&format!("/set-up/{link}"), &[("password", PASSWORD), ("again", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        browser
    }
}

impl<'p> Browser<'p> {
    pub fn speaking(self, language: &'static str) -> Browser<'p> {
        Browser { language, ..self }
    }

    /// From an address of its own.
    pub fn at(self, peer: &'static str) -> Browser<'p> {
        Browser { peer, ..self }
    }

    /// Has the same cookies as `other`.
    pub fn steals(&mut self, other: &Browser<'_>) {
        self.cookies = other.cookies.clone();
    }

    pub async fn opens(&mut self, path: &str) -> Answer {
        self.asks(Method::GET, path, &[], String::new()).await
    }

    /// A good page's text.
    #[track_caller]
    pub fn sees(&mut self, path: &str) -> impl Future<Output = String> + use<'_, 'p> {
        let (caller, path) = (std::panic::Location::caller(), path.to_owned());
        async move {
            let answer = self.opens(&path).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}, asked at {caller}: {}", answer.text);
            assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
            answer.text
        }
    }

    pub async fn signs_in(&mut self, email: &str, password: &str) -> Answer {
        self.sends("/sign-in", &[("email", email), ("password", password), ("to", "/")]).await
    }

    /// Sends a form of a page of ours, with the mark that the page at `/account` carries, if there is one.
    pub async fn fills(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mark = self.mark().await;
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", mark.as_str())]).collect();
        self.sends(path, &fields).await
    }

    /// Sends a form of a page of ours with a file in its field `file`.
    pub async fn uploads(&mut self, path: &str, file: &[u8]) -> Answer {
        let mark = self.mark().await;
        let head = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{mark}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
        );
        let body = [head.as_bytes(), file, b"\r\n--x--\r\n"].concat();
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", "multipart/form-data; boundary=x")];
        self.asks(Method::POST, path, &headers, body).await
    }

    /// What the forms of this browser carry.
    pub async fn mark(&mut self) -> String {
        let page = self.sees("/account").await;
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form has a mark");
        rest.split_once('"').expect("its end").0.to_owned()
    }

    /// Sends exactly these fields from a page of ours.
    pub async fn sends(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.asks(Method::POST, path, &[("sec-fetch-site", "same-origin")], encoded(fields)).await
    }

    /// Sends these fields and a file as `sound`, from a page of ours.
    pub async fn sends_with_file(&mut self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        let text = |(name, value): &(&str, &str)| {
            format!("--ours\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let sound = "--ours\r\nContent-Disposition: form-data; name=\"sound\"; filename=\"a.wav\"\r\n\r\n";
        let fields: String = fields.iter().map(text).collect();
        let body = [fields.as_bytes(), sound.as_bytes(), file, b"\r\n--ours--\r\n"].concat();
        let headers = [("sec-fetch-site", "same-origin"), ("content-type", "multipart/form-data; boundary=ours")];
        self.asks(Method::POST, path, &headers, body).await
    }

    /// Sends exactly these fields, saying so of where it comes from.
    pub async fn sends_from(&mut self, headers: &[(&str, &str)], path: &str, fields: &[(&str, &str)]) -> Answer {
        self.asks(Method::POST, path, headers, encoded(fields)).await
    }

    /// The same with headers of its own.
    pub async fn opens_with(&mut self, headers: &[(&str, &str)], path: &str) -> Answer {
        self.asks(Method::GET, path, headers, String::new()).await
    }

    /// Listens to a stream without end.
    pub async fn listens(&mut self, path: &str) -> News {
        let response = self.answered(Method::GET, path, &[], String::new()).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        News(response.into_body())
    }

    async fn asks(&mut self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let (parts, body) = self.answered(method, path, headers, body).await.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("the whole body").to_vec();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            let pair = set.to_str().expect("ASCII").split(';').next().unwrap_or_default().to_owned();
            let (name, value) = pair.split_once('=').expect("a name and a value");
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, bytes, text }
    }

    async fn answered(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> axum::response::Response {
        let mut request = Request::builder().method(&method).uri(path).header("host", "localhost:8080");
        request = request.header("accept-language", self.language).header("accept", "text/html");
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        if method == Method::POST && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.into()).expect("a request of this test");
        let peer: std::net::SocketAddr = self.peer.parse().expect("an address of this test");
        request.extensions_mut().insert(ConnectInfo(peer));
        self.place.router.clone().oneshot(request).await.expect("a router is infallible")
    }
}

/// What a page hears.
pub struct News(Body);

impl News {
    pub async fn next(&mut self) -> String {
        let frame = std::future::poll_fn(|cx| std::pin::Pin::new(&mut self.0).poll_frame(cx)).await;
        let bytes = frame.expect("it has no end").expect("a frame").into_data().expect("data");
        String::from_utf8(bytes.to_vec()).expect("text")
    }
}

fn encoded(fields: &[(&str, &str)]) -> String {
    let percent = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    pairs.join("&")
}
