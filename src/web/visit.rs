//! Who comes to a page: the layers before the pages. A form is only taken when it came from a page of ours in the same
//! browser; where somebody is signed in it must carry their mark as well.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use crate::routing::plan::Language;
use crate::store::{Owner, Role, StoreError};
use crate::web::Web;
use crate::web::api::language;
use crate::web::cookie::{Cookie, form_mark, is_form_mark};
use crate::web::fault::{Fault, dress};
use crate::web::form::{Fields, encoded};
use crate::web::frame::newest_plan;
use crate::web::listener::source;
use crate::web::role;
use crate::web::throttle::Throttle;

/// How browsers reach us, and who tries to come in.
#[derive(Debug)]
pub struct Entrance {
    /// Such as `https://phone.example.com`.
    origin: String,
    pub cookie: Cookie,
    pub throttle: Throttle,
    /// Who asks with links for phones that are none.
    pub phone_links: Throttle,
}

impl Entrance {
    /// `public_url`: the address that browsers reach us at, by the configuration.
    pub fn new(public_url: &str) -> Entrance {
        let scheme_end = public_url.find("://").map_or(0, |at| at + 3);
        let host_end = public_url[scheme_end..].find('/').map_or(public_url.len(), |at| scheme_end + at);
        Entrance {
            origin: public_url[..host_end].to_ascii_lowercase(),
            cookie: Cookie::of(public_url),
            throttle: Throttle::default(),
            phone_links: Throttle::default(),
        }
    }

    /// The demo's, which leaves the cookies of a service on the same machine alone.
    pub fn of_demo(public_url: &str) -> Entrance {
        Entrance { cookie: Cookie::Demo, ..Entrance::new(public_url) }
    }

    /// Whether this Origin is a page of ours.
    pub fn is_ours(&self, origin: &HeaderValue) -> bool {
        origin.as_bytes().eq_ignore_ascii_case(self.origin.as_bytes())
    }

    /// Whether browsers come in by https.
    pub fn is_encrypted(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// Where to sign in instead, when this form came over plain http: a browser would not keep the cookie of an https
    /// service. On the machine itself browsers do.
    pub fn instead_of(&self, headers: &HeaderMap) -> Option<&str> {
        let origin = headers.get(header::ORIGIN)?.to_str().ok()?;
        let host = origin.strip_prefix("http://")?;
        let is_here = HERE
            .iter()
            .any(|here| host.strip_prefix(here).is_some_and(|port| port.is_empty() || port.starts_with(':')));
        (self.cookie == Cookie::Host && !is_here).then_some(self.origin.as_str())
    }
}

/// This machine, as an address in a browser.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub owner: Owner,
    pub language: Language,
    /// Of the cookie.
    secret: Arc<str>,
}

impl Visitor {
    /// What their forms carry.
    pub fn form_mark(&self) -> String {
        form_mark(&self.secret)
    }

    pub fn secret(&self) -> &str {
        &self.secret
    }
}

/// Somebody who is not, or whom it does not matter of.
#[derive(Clone, Copy, Debug)]
pub struct Guest {
    pub language: Language,
    /// An IPv6 address stands for its /64.
    pub from: IpAddr,
}

/// The layer before the pages of those who are signed in.
pub async fn require(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    // Nothing of the request may be borrowed across an await: its body cannot be shared between threads.
    let (mut parts, body) = request.into_parts();
    let guest = guest(&web, &parts.headers, &parts.extensions);
    let visitor = match visitor(&web, &parts.headers, guest.language).await {
        Ok(Some(visitor)) => visitor,
        Ok(None) if parts.method != Method::GET => return Fault::SignInAgain.page(guest.language),
        // What a script fetches must not come back as another page.
        Ok(None) if parts.uri.path().starts_with(LIVE) => return StatusCode::UNAUTHORIZED.into_response(),
        Ok(None) => {
            let to = parts.uri.path_and_query().map_or("/", |to| to.as_str());
            return Redirect::to(&sign_in_address(to)).into_response();
        }
        Err(error) => return Fault::from(error).page(guest.language),
    };
    if !role::may(visitor.owner.role, &parts.method, parts.uri.path()) {
        return role::refuse(&web, visitor.language).await;
    }
    if parts.method == Method::GET && web.plan.borrow().shops.is_empty() && shows_a_shop(parts.uri.path()) {
        match newest_plan(&web).await {
            // There is nothing to show before the first step is done.
            Ok(plan) if plan.shops.is_empty() && visitor.owner.role == Role::Owner => {
                return Redirect::to(FIRST_STEPS).into_response();
            }
            Ok(_) => {}
            Err(error) => return Fault::from(error).page(visitor.language),
        }
    }
    let mut request = Request::from_parts(parts, body);
    if request.method() != Method::GET && request.method() != Method::HEAD {
        if !is_from_us(request.headers(), &web.entrance) {
            return Fault::Forged.page(visitor.language);
        }
        let fields;
        let read = if WITH_FILE.contains(&request.uri().path()) {
            Fields::read_with_file(request).await
        } else {
            Fields::read(request).await
        };
        (parts, fields) = match read {
            Ok(read) => read,
            Err(fault) => return fault.page(visitor.language),
        };
        if !is_form_mark(fields.text("csrf"), &visitor.secret) {
            return Fault::Forged.page(visitor.language);
        }
        parts.extensions.insert(fields);
        request = Request::from_parts(parts, Body::empty());
    }
    let language = visitor.language;
    request.extensions_mut().insert(visitor);
    dress(next.run(request).await, language)
}

/// The layer before the pages of everybody.
pub async fn welcome(State(web): State<Arc<Web>>, mut request: Request, next: Next) -> Response {
    let guest = guest(&web, request.headers(), request.extensions());
    if request.method() != Method::GET && request.method() != Method::HEAD {
        if !is_from_us(request.headers(), &web.entrance) {
            return Fault::Forged.page(guest.language);
        }
        let (mut parts, fields) = match Fields::read(request).await {
            Ok(read) => read,
            Err(fault) => return fault.page(guest.language),
        };
        parts.extensions.insert(fields);
        request = Request::from_parts(parts, Body::empty());
    }
    request.extensions_mut().insert(guest);
    dress(next.run(request).await, guest.language)
}

/// The forms with a file, from those alone who are signed in.
pub const WITH_FILE: [&str; 3] = ["/greeting/record", "/greeting/ring", "/callers/import"];

/// Where an owner begins who has no shop yet.
const FIRST_STEPS: &str = "/start";

fn shows_a_shop(path: &str) -> bool {
    !path.starts_with(LIVE) && path != FIRST_STEPS && path != "/start/shop"
}

/// Below it is what scripts of ours fetch.
const LIVE: &str = "/live/";

/// What every page is sent with. The referrer stays within the site: with none at all browsers would not say where a
/// form came from.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
             connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
];

/// Where a page comes by https, it comes only so for a year.
const ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The layer around all pages.
pub async fn seal(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    let mut response = sealed(next.run(request).await);
    let headers = response.headers_mut();
    if web.entrance.cookie == Cookie::Host {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_TLS);
    }
    response
}

/// A page as it may leave.
pub fn sealed(mut page: Response) -> Response {
    page.headers_mut().extend(HEADERS);
    page
}

async fn visitor(web: &Web, headers: &HeaderMap, language: Language) -> Result<Option<Visitor>, StoreError> {
    let Some(secret) = web.entrance.cookie.read(headers) else { return Ok(None) };
    let owner = web.store.signed_in(&secret, (web.clock)().wall).await?;
    Ok(owner.map(|owner| Visitor { language: owner.language.unwrap_or(language), owner, secret: secret.into() }))
}

fn guest(web: &Web, headers: &HeaderMap, extensions: &axum::http::Extensions) -> Guest {
    let of_the_shop = || web.plan.borrow().shops.first().map(|shop| shop.language).unwrap_or_default();
    Guest { language: language::asked(headers).unwrap_or_else(of_the_shop), from: from(headers, extensions) }
}

/// Where a request came from; an IPv6 address stands for its /64.
pub fn from(headers: &HeaderMap, extensions: &axum::http::Extensions) -> IpAddr {
    address(extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip()), headers)
}

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whose tries are counted.
fn address(peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
    source(exactly_from(peer, headers))
}

/// Who asks. A proxy on this machine says for whom it does; it appends that, so the last is its own word.
pub fn exactly_from(peer: Option<IpAddr>, headers: &HeaderMap) -> IpAddr {
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let forwarded = || {
        let last = headers.get_all(X_FORWARDED_FOR).into_iter().next_back()?.to_str().ok()?;
        last.rsplit(',').next()?.trim().parse().ok()
    };
    if peer.is_loopback() { forwarded().unwrap_or(peer) } else { peer }
}

/// Whether a form came from a page of ours: browsers say so, and no page can make them say otherwise (Fetch Metadata,
/// RFC 6454 §7).
pub fn is_from_us(headers: &HeaderMap, entrance: &Entrance) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = text("origin") else { return false };
    let host = origin.split_once("://").map(|(_, host)| host);
    origin.eq_ignore_ascii_case(&entrance.origin)
        || host.zip(text("host")).is_some_and(|(from, to)| from.eq_ignore_ascii_case(to))
}

/// Where to sign in, and then go on to `to`.
fn sign_in_address(to: &str) -> String {
    if to == "/" { "/sign-in".to_owned() } else { format!("/sign-in?to={}", encoded(to)) }
}

/// A way back into our own pages; anything else leads to the start.
pub fn way_back(to: &str) -> &str {
    let within = to.starts_with('/')
        && !to.starts_with("//")
        && to.len() <= MOST_WAY_BACK
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if within { to } else { "/" }
}

/// The longest address of ours is far below it.
const MOST_WAY_BACK: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn only_a_page_of_ours_may_send_a_form() {
        let entrance = Entrance::new("https://phone.example.com/");
        let from_us = |pairs: &[(&'static str, &'static str)]| is_from_us(&headers(pairs), &entrance);
        assert!(from_us(&[("sec-fetch-site", "same-origin")]));
        assert!(from_us(&[("origin", "https://phone.example.com"), ("host", "10.0.0.2:8080")]), "behind a proxy");
        assert!(
            from_us(&[("origin", "http://192.168.1.5:8080"), ("host", "192.168.1.5:8080")]),
            "in the shop's network"
        );
        assert!(!from_us(&[("sec-fetch-site", "cross-site"), ("origin", "https://phone.example.com")]));
        assert!(!from_us(&[("sec-fetch-site", "same-site")]));
        assert!(!from_us(&[("sec-fetch-site", "none")]));
        assert!(!from_us(&[("origin", "null"), ("host", "phone.example.com")]));
        assert!(!from_us(&[("origin", "https://evil.example"), ("host", "phone.example.com")]));
        assert!(!from_us(&[("host", "phone.example.com")]), "who says nothing is no browser");
    }

    #[test]
    fn who_comes_by_http_to_an_https_service_is_told_where_it_is() {
        let (secure, plain) = (Entrance::new("https://phone.example.com/"), Entrance::new("http://192.168.1.5:8080"));
        let from = |origin| headers(&[("origin", origin)]);
        assert_eq!(secure.instead_of(&from("http://192.168.1.5:8080")), Some("https://phone.example.com"));
        assert_eq!(secure.instead_of(&from("http://localhost.example")), Some("https://phone.example.com"));
        for fine in
            ["https://phone.example.com", "http://localhost:8080", "http://[::1]:8080", "http://127.0.0.1", "null"]
        {
            assert_eq!(secure.instead_of(&from(fine)), None, "{fine}");
        }
        assert_eq!(secure.instead_of(&HeaderMap::new()), None);
        assert_eq!(plain.instead_of(&from("http://192.168.1.5:8080")), None);
    }

    #[test]
    fn the_way_back_stays_in_the_house() {
        for within in ["/", "/calls?outcome=missed&before=1", "/callers/%2B34600999888"] {
            assert_eq!(way_back(within), within);
        }
        for outside in ["//evil.example", "https://evil.example", "/\\evil.example", "", "calls", "/a b", "/a\nb"] {
            assert_eq!(way_back(outside), "/", "{outside:?}");
        }
    }

    #[test]
    fn the_address_of_somebody_behind_our_own_proxy_is_theirs() {
        let here = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let forwarded = headers(&[("x-forwarded-for", "10.9.9.9, 203.0.113.5")]);
        assert_eq!(address(here, &forwarded), IpAddr::from([203, 0, 113, 5]), "the last was written by the proxy");
        assert_eq!(address(Some(IpAddr::from([192, 0, 2, 7])), &forwarded), IpAddr::from([192, 0, 2, 7]));
        assert_eq!(address(here, &HeaderMap::new()), IpAddr::from([127, 0, 0, 1]));
        let v6 = address(Some("2001:db8::1".parse().expect("an address")), &HeaderMap::new());
        assert_eq!(v6, address(Some("2001:db8::2".parse().expect("an address")), &HeaderMap::new()), "one customer");
    }
}
