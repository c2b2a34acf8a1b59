//! The account that calls come from by webhook: whether it is ours, its numbers lead here, and its requests arrive.

use super::Line;
use super::http::Http;
use super::self_test;
use super::service::Service;
use super::store::Known;
use crate::cli::twilio::{Drift, Unchanged, drift, is_reachable, leads_here};
use crate::config::{Config, Twilio};
use crate::now::UnixMs;
use crate::routing::Plan;
use crate::twilio::public_url::PublicUrl;
use crate::twilio::rest::{IncomingNumber, Rest, RestError};
use crate::twilio::self_test::Prover;
use crate::twilio::{Profile, twiml};

const CHECK: &str = "twilio";

pub(super) async fn check(
    config: &Config,
    known: Option<&Known>,
    http: &Http,
    service: &Service,
    now: UnixMs,
) -> Vec<Line> {
    let Some(account) = &config.twilio else { return Vec::new() };
    let public_url = &config.web.public_url;
    let shown = PublicUrl::new(public_url);
    let mut lines = Vec::new();
    if !is_reachable(public_url) {
        let text =
            format!("Twilio cannot reach {shown:?}: set [web] public_url to https:// and a name of the internet");
        lines.push(Line::bad(CHECK, text));
    }
    lines.push(match (known, service.runs()) {
        (None, _) | (_, false) => Line::look(
            CHECK,
            format!("whether requests arrive at {shown:?} is seen while ringall runs: start it, and ask again"),
        ),
        (Some(known), true) => match known.store.nonce_secret().await {
            Ok(secret) => self_test::run(http, account, public_url, &Prover::new(secret.0), now).await,
            Err(error) => Line::bad(CHECK, error.to_string()),
        },
    });
    lines.extend(numbers(account, known.map(|known| &known.plan), &shown).await);
    lines.extend(sip(config, account).await);
    lines
}

async fn numbers(account: &Twilio, plan: Option<&Plan>, ours: &PublicUrl) -> Vec<Line> {
    let Some(plan) = plan else { return Vec::new() };
    match Rest::new(account) {
        Ok(rest) => of_account(&rest, plan, ours, account.profile()).await,
        Err(error) => vec![Line::bad(CHECK, error.to_string())],
    }
}

/// Where the account's numbers lead that are the shops'.
async fn of_account(rest: &Rest, plan: &Plan, ours: &PublicUrl, profile: Profile) -> Vec<Line> {
    let mut lines = Vec::new();
    for shop in &plan.shops {
        let called: Vec<String> = shop.numbers.iter().map(|number| number.as_str().to_owned()).collect();
        let document = twiml::fallback(plan, &called, profile).write();
        for number in &called {
            match rest.number(number).await {
                Ok(found) => lines.extend(led(number, found.as_ref(), ours)),
                Err(RestError::NotThere) => {
                    let text = format!(
                        "its numbers are set on the carrier's own page: {} for calls, {} for their state",
                        ours.for_the_log("/twilio/voice"),
                        ours.for_the_log("/twilio/status")
                    );
                    return vec![Line::look(CHECK, text)];
                }
                Err(error @ RestError::NotAllowed) => {
                    return vec![Line::bad(CHECK, format!("the account cannot be asked: {error}"))];
                }
                Err(error) => {
                    lines.push(Line::bad(
                        CHECK,
                        format!("{number} could not be asked for: {error}; messages are fetched from there too"),
                    ));
                    return lines;
                }
            }
            if let Ok(state) = drift(rest, number, ours, &document).await.map_err(|error: Unchanged| error.to_string())
            {
                lines.extend((state != Drift::None).then(|| Line::look(CHECK, format!("{number} {state}"))));
            }
        }
    }
    if plan.shops.iter().all(|shop| shop.numbers.is_empty()) {
        let text = "no shop has `numbers`, so which of the account's lead here cannot be looked at: name them in the \
                    shop's file";
        lines.push(Line::look(CHECK, text));
    }
    lines
}

/// What is wrong with where a number leads.
fn led(number: &str, found: Option<&IncomingNumber>, ours: &PublicUrl) -> Vec<Line> {
    let connect = "run `ringall twilio connect`";
    let Some(found) = found else {
        let text = format!("the account has no number {number}: look at the shop's `numbers`, and at account_sid");
        return vec![Line::bad(CHECK, text)];
    };
    if !found.trunk_sid.is_empty() {
        let text = format!(
            "the calls of {number} go to the SIP trunk {}: take it out of there, then {connect}",
            found.trunk_sid
        );
        return vec![Line::bad(CHECK, text)];
    }
    if !found.application_sid.is_empty() {
        let text = format!("the calls of {number} go to the application {}: {connect}", found.application_sid);
        return vec![Line::bad(CHECK, text)];
    }
    let (is, to_be) = (&found.leads_to, leads_here(&found.leads_to, ours, None));
    let shown = |url: &str| if url.is_empty() { "nowhere".to_owned() } else { PublicUrl::new(url).for_the_log("") };
    let mut lines = Vec::new();
    if (&is.voice_url, &is.voice_method) != (&to_be.voice_url, &to_be.voice_method) {
        let text =
            format!("calls of {number} lead to {} by {}, not here: {connect}", shown(&is.voice_url), is.voice_method);
        lines.push(Line::bad(CHECK, text));
    }
    if (&is.status_callback, &is.status_callback_method) != (&to_be.status_callback, &to_be.status_callback_method) {
        let text = format!(
            "what becomes of calls of {number} is told to {}, not here, so they end late in the log: {connect}",
            shown(&is.status_callback)
        );
        lines.push(Line::look(CHECK, text));
    }
    if lines.is_empty() {
        lines.push(Line::ok(CHECK, format!("calls of {number} lead here, and what becomes of them is told here")));
    }
    lines
}

/// Whether the name that Twilio is told for our SIP port leads to us.
async fn sip(config: &Config, account: &Twilio) -> Option<Line> {
    let sip = account.sip.as_ref()?;
    let host = &sip.host;
    let found: Vec<_> =
        tokio::net::lookup_host((host.as_str(), sip.port.unwrap_or(5060))).await.into_iter().flatten().collect();
    if found.is_empty() {
        return Some(Line::bad(
            CHECK,
            format!("twilio.sip: {host} leads nowhere: phones are not rung by SIP for its calls"),
        ));
    }
    let is_near =
        |ip: std::net::IpAddr| ip.is_loopback() || config.sip.local_networks.iter().any(|network| network.contains(ip));
    if found.iter().all(|at| is_near(at.ip())) {
        let text = format!(
            "twilio.sip: {host} leads to {}, which Twilio cannot reach: name an address of the internet",
            found[0].ip()
        );
        return Some(Line::bad(CHECK, text));
    }
    let external = config.sip.external_ip?;
    let is_ours = found.iter().any(|at| at.ip() == external);
    Some(match is_ours {
        true => Line::ok(CHECK, format!("twilio.sip: {host} leads to external_ip")),
        false => Line::look(
            CHECK,
            format!("twilio.sip: {host} leads to {}, and external_ip is {external}: set both alike", found[0].ip()),
        ),
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::State;
    use super::*;
    use crate::twilio::rest::LeadsTo;

    fn told(change: impl FnOnce(&mut IncomingNumber)) -> (State, String) {
        let ours = PublicUrl::new("https://twilio:hush@phone.example");
        let mut number = IncomingNumber {
            sid: "PN1".to_owned(),
            number: "+34911234567".to_owned(),
            leads_to: leads_here(&LeadsTo::default(), &ours, None),
            application_sid: String::new(),
            trunk_sid: String::new(),
        };
        change(&mut number);
        let line = led("+34911234567", Some(&number), &ours).remove(0);
        assert!(!line.text.contains("hush"), "{line:?}");
        (line.state, line.text)
    }

    /// What is said of the shop's number when its carrier answers this.
    async fn asked(status: &'static str, body: String) -> Vec<Line> {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let root = format!("http://{}/2010-04-01", server.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = server.accept().await {
                let mut request = vec![0; 8192];
                let _ = stream.read(&mut request).await;
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all((head + &body).as_bytes()).await;
            }
        });
        let text = "[twilio]\naccount_sid = \"AC1\"\nauth_token = \"hush\"";
        let files = |_: &std::path::Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let config = Config::read(text, std::path::Path::new("ringall.toml"), &|_| None, &files).unwrap();
        let rest = Rest::at_root(config.twilio.as_ref().unwrap(), &root).unwrap();
        let mut shop = super::super::phones::tests::shop(Vec::new());
        shop.numbers = vec![crate::number::Number::from_e164("+34911234567").unwrap()];
        let plan = Plan { version: 1, shops: vec![shop.into()] };
        of_account(&rest, &plan, &PublicUrl::new("https://phone.example"), Profile::default()).await
    }

    #[tokio::test]
    async fn the_account_is_asked_and_a_wrong_token_is_told() {
        let refused = asked("401 Unauthorized", "{}".to_owned()).await;
        assert!(
            refused[0].state == State::Bad && refused[0].text.contains("look at [twilio] account_sid"),
            "{refused:?}"
        );
        let away = asked("503 Service Unavailable", "{}".to_owned()).await;
        assert!(away[0].state == State::Bad && away[0].text.contains("could not be asked for"), "{away:?}");
        let page = |voice_url: &str| {
            serde_json::json!({"incoming_phone_numbers": [{
                "sid": "PN1", "phone_number": "+34911234567", "voice_url": voice_url, "voice_method": "POST",
                "voice_fallback_url": "", "voice_fallback_method": "POST", "voice_application_sid": "", "trunk_sid": "",
                "status_callback": "https://phone.example/twilio/status", "status_callback_method": "POST",
            }]})
        };
        let drifted = asked("200 OK", page("https://demo.twilio.com/welcome").to_string()).await;
        assert!(
            drifted[0].state == State::Bad && drifted[0].text.contains("lead to https://demo.twilio.com"),
            "{drifted:?}"
        );
        let ours = asked("200 OK", page("https://phone.example/twilio/voice").to_string()).await;
        assert!(ours[0].state == State::Ok && ours[0].text.contains("lead here"), "{ours:?}");
        assert!(ours[1].state == State::Look && ours[1].text.contains("has no fallback"), "{ours:?}");
    }

    #[test]
    fn a_number_that_leads_elsewhere_is_told() {
        assert_eq!(told(|_| {}).0, State::Ok);
        let elsewhere =
            |number: &mut IncomingNumber| number.leads_to.voice_url = "https://demo.twilio.com/welcome/".to_owned();
        let (state, text) = told(elsewhere);
        assert!(state == State::Bad && text.contains("lead to https://demo.twilio.com/welcome by POST"), "{text}");
        let (state, text) = told(|number| number.leads_to.voice_method = "GET".to_owned());
        assert!(state == State::Bad && text.contains("by GET"), "{text}");
        let (state, text) = told(|number| number.leads_to.status_callback.clear());
        assert!(state == State::Look && text.contains("is told to nowhere"), "{text}");
        let (state, text) = told(|number| number.trunk_sid = "TK1".to_owned());
        assert!(state == State::Bad && text.contains("SIP trunk TK1"), "{text}");
        let (state, text) = told(|number| number.application_sid = "AP1".to_owned());
        assert!(state == State::Bad && text.contains("application AP1"), "{text}");
        let missing = led("+34911234567", None, &PublicUrl::new("https://phone.example")).remove(0);
        assert!(missing.state == State::Bad && missing.text.contains("has no number +34911234567"));
    }
}
