//! Our certificates: whether the key fits, for which names somebody would believe them, and until when.

use std::net::SocketAddr;

use super::Line;
use super::question::{PATIENCE, connect};
use crate::config::Config;
use crate::notice::host_of;
use crate::now::UnixMs;
use crate::tls::{Belief, Connector, Shown};

const CHECK: &str = "certificate";

const DAY_MS: i64 = 86_400_000;
/// Who renews by themselves do so a month before; what is later was forgotten, or does not work.
const SOON_DAYS: i64 = 14;
/// Nobody who is on holiday looks sooner.
const AT_ONCE_DAYS: i64 = 3;

pub(super) async fn check(config: &Config, now: UnixMs) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(files) = &config.sip.certificate {
        match Shown::in_files(files).await {
            Err(error) => lines.push(Line::bad(CHECK, error.to_string())),
            Ok(shown) => {
                lines.extend(left(CHECK, "the certificate in sip.certificate", shown.ends(), now));
                lines.extend(names(config).iter().map(|name| believed(name, &shown.is_believed_for(name, now))));
            }
        }
    }
    if let Some(files) = &config.web.certificate {
        match Shown::in_files(files).await {
            Err(error) => lines.push(Line::bad(CHECK, error.to_string())),
            Ok(shown) => lines.extend(left(CHECK, "the certificate in web.certificate", shown.ends(), now)),
        }
    }
    if let Some((host, port)) = page(&config.web.public_url) {
        lines.push(match shown_at(&host, port).await {
            Ok(shown) => left(CHECK, &format!("the certificate of https://{host}"), shown.ends(), now)
                .unwrap_or_else(|| Line::ok(CHECK, format!("browsers believe the certificate of https://{host}"))),
            Err(Unshown::NotReached(error)) => {
                Line::look(CHECK, format!("https://{host}:{port} cannot be reached from here to see its certificate: {error}"))
            }
            Err(Unshown::NotBelieved(error)) => Line::bad(
                CHECK,
                format!(
                    "neither browsers nor Twilio believe https://{host}: {error}; give the proxy a certificate for that name"
                ),
            ),
        });
    }
    if lines.is_empty() {
        lines.push(Line::ok(
            CHECK,
            "none is in use: [sip] tls and [web] certificate are empty, and public_url is not https://",
        ));
    }
    lines
}

/// What is said of a certificate's end. `None`: it does not say when.
pub(super) fn left(check: &'static str, what: &str, ends: Option<UnixMs>, now: UnixMs) -> Option<Line> {
    let days = (ends?.0 - now.0).div_euclid(DAY_MS);
    let renew = "renew it; if something does that by itself, look at why it did not";
    Some(match days {
        ..0 => Line::bad(check, format!("{what} has ended {} days ago: {renew}", -days)),
        0..AT_ONCE_DAYS => Line::bad(check, format!("{what} ends in {days} days: {renew}")),
        AT_ONCE_DAYS..SOON_DAYS => Line::look(check, format!("{what} ends in {days} days: {renew}")),
        SOON_DAYS.. => Line::ok(check, format!("{what} is good for {days} days")),
    })
}

/// Why a certificate was not seen.
pub(super) enum Unshown {
    NotReached(String),
    NotBelieved(String),
}

async fn shown_at(host: &str, port: u16) -> Result<Shown, Unshown> {
    let found = tokio::net::lookup_host((host, port)).await;
    let mut found = found.map_err(|error| Unshown::NotReached(error.to_string()))?;
    let at = found.next().ok_or_else(|| Unshown::NotReached("the name leads nowhere".to_owned()))?;
    shown_by(&Connector::believing_the_public(), host, at).await
}

/// What is shown there to whoever wants `name`, and is believed.
pub(super) async fn shown_by(connector: &Connector, name: &str, at: SocketAddr) -> Result<Shown, Unshown> {
    let stream = connect(at).await.map_err(|error| Unshown::NotReached(error.to_string()))?;
    match tokio::time::timeout(PATIENCE, connector.connect(name, stream)).await {
        Ok(Ok(connection)) => Ok(Shown::by(&connection)),
        Ok(Err(error)) => Err(Unshown::NotBelieved(error.to_string())),
        Err(_) => Err(Unshown::NotReached("it does not shake hands".to_owned())),
    }
}

/// The host and port of an https:// address.
fn page(public_url: &str) -> Option<(String, u16)> {
    let rest = public_url.strip_prefix("https://")?;
    let host = host_of(rest)?.trim_matches(['[', ']']).to_owned();
    let place = rest.split('/').next()?.rsplit('@').next()?;
    let port = place.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    Some((host, port.unwrap_or(443)))
}

/// The names that phones and Twilio are told to reach our SIP port by.
fn names(config: &Config) -> Vec<String> {
    let page = config.web.public_url.split_once("://").and_then(|(_, rest)| host_of(rest)).map(str::to_owned);
    let page = page.filter(|host| host != "localhost");
    let twilio = config.twilio.as_ref().and_then(|twilio| twilio.sip.as_ref());
    let twilio = twilio.filter(|sip| sip.param("transport").is_some_and(|by| by.eq_ignore_ascii_case("tls")));
    let mut names: Vec<String> = page.into_iter().chain(twilio.map(|sip| sip.host.clone())).collect();
    names.dedup();
    names
}

fn believed(name: &str, belief: &Belief) -> Line {
    match belief {
        Belief::Believed => Line::ok(CHECK, format!("phones that register at {name} by TLS believe it")),
        Belief::AnotherName => Line::look(
            CHECK,
            format!(
                "the certificate in sip.certificate is not for {name}, where phones are told to register (the host of \
                 public_url): get one for that name"
            ),
        ),
        Belief::UnknownIssuer => Line::look(
            CHECK,
            "nobody that phones know vouches for the certificate in sip.certificate: let the file hold the whole chain \
             (fullchain.pem), or tell each phone to believe it",
        ),
        Belief::Expired => {
            Line::bad(CHECK, "the certificate in sip.certificate, or one that vouches for it, has ended")
        }
        Belief::NotYet => {
            Line::bad(CHECK, "the certificate in sip.certificate is not good yet: look at this machine's clock")
        }
        Belief::No(why) => {
            Line::look(CHECK, format!("the certificate in sip.certificate would not be believed: {why}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;
    use crate::config::{CertificateFiles, PemFile};
    use crate::tls::tests::{Files, made_for};

    #[test]
    fn days_are_counted_down() {
        let now = UnixMs(1_795_000_000_000);
        let left = |days: i64| left(CHECK, "it", Some(UnixMs(now.0 + days * DAY_MS)), now).expect("an end");
        assert_eq!(
            [14, 3, 2, 0, -1].map(|days| left(days).state),
            [State::Ok, State::Look, State::Bad, State::Bad, State::Bad]
        );
        assert!(left(-1).text.contains("has ended 1 days ago") && left(13).text.contains("ends in 13 days"));
    }

    #[tokio::test]
    async fn another_key_another_name_and_nobody_who_vouches_are_told_apart() {
        let now = crate::clock::now().wall;
        let mut config = Config::default();
        config.web.public_url = "http://phone.example".to_owned();
        let of = |files: CertificateFiles| Config {
            sip: crate::config::Sip { certificate: Some(files), ..config.sip.clone() },
            ..config.clone()
        };
        let (certificate, key) = made_for("phone.example");
        let files = Files::new(&certificate, &key);
        let told = check(&of(files.named()), now).await;
        assert!(told[0].state == State::Ok && told[1].text.contains("nobody that phones know"), "{told:?}");
        let (other, other_key) = made_for("other.example");
        let files = Files::new(&other, &other_key);
        assert!(check(&of(files.named()), now).await[1].text.contains("is not for phone.example"));
        let files = Files::new(&certificate, &other_key);
        let told = check(&of(files.named()), now).await;
        assert!(told[0].state == State::Bad && told[0].text.contains("another one"), "{told:?}");
        let gone = PemFile { place: "sip.certificate".to_owned(), path: "nowhere".into() };
        let told = check(&of(CertificateFiles { certificate: gone.clone(), private_key: gone }), now).await;
        assert!(told[0].state == State::Bad && told[0].text.contains("can be read"), "{told:?}");
    }

    #[tokio::test]
    async fn the_pages_own_certificate_is_looked_at_too() {
        let (now, mut config) = (crate::clock::now().wall, Config::default());
        let ((certificate, key), (_, other_key)) = (made_for("phone.example"), made_for("phone.example"));
        let (files, mixed) = (Files::new(&certificate, &key), Files::new(&certificate, &other_key));
        config.web.certificate = Some(files.named());
        let told = check(&config, now).await;
        assert!(told[0].text.starts_with("the certificate in web.certificate is good for"), "{told:?}");
        config.web.certificate = Some(mixed.named());
        let told = check(&config, now).await;
        assert!(told[0].state == State::Bad && told[0].text.contains("another one"), "{told:?}");
    }

    #[test]
    fn the_host_and_port_of_a_page_are_read() {
        assert_eq!(page("https://a.example/shop"), Some(("a.example".to_owned(), 443)));
        assert_eq!(page("https://u:p@a.example:8443"), Some(("a.example".to_owned(), 8443)));
        assert_eq!(page("http://a.example"), None);
    }
}
