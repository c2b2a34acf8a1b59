//! A form signed as the account signs, posted to our own public address: what of it arrives, and where.

use secrecy::SecretString;

use super::Line;
use super::http::{Answer, Http};
use crate::config::{Twilio, TwilioProfile};
use crate::now::UnixMs;
use crate::twilio::Form;
use crate::twilio::public_url::PublicUrl;
use crate::twilio::self_test::{self, Prover, Seen};
use crate::twilio::signature::{Content, Keys, Signed};

const CHECK: &str = "twilio";

/// What was sent, and what must come back.
struct Sent {
    question: String,
    target: String,
    url: PublicUrl,
    body: String,
    /// Telnyx alone can sign as Telnyx.
    signed: bool,
}

/// Posts it, and says what came of it.
pub(super) async fn run(http: &Http, account: &Twilio, public_url: &str, prover: &Prover, now: UnixMs) -> Line {
    let url = PublicUrl::new(public_url);
    let target = format!("{}?{}", self_test::PATH, self_test::QUERY);
    let [question, proof] = prover.question(now, super::chance());
    // Spaces, plus signs and letters beyond ASCII, as names of callers have them.
    let body = format!(
        "AccountSid={}&CallerName=Jos%C3%A9+%26+Sons&Empty=&To=%2B34911234567&{}={}&{}={}",
        account.account_sid, question.0, question.1, proof.0, proof.1
    );
    let Ok(form) = Form::parse(body.as_bytes()) else { return Line::bad(CHECK, "the self-test's form is none") };
    let sign = |secret: &SecretString| {
        Keys::new([secret]).sign(&url, Signed { target: &target, content: Content::Form(&form) }).unwrap_or_default()
    };
    let (header, signature) = match &account.profile {
        TwilioProfile::Twilio => ("X-Twilio-Signature", sign(&account.auth_token)),
        TwilioProfile::SignalWire { signing_key, .. } => ("X-SignalWire-Signature", sign(signing_key)),
        TwilioProfile::Telnyx { .. } => ("X-Ringall-Self-Test", "unsigned".to_owned()),
    };
    let answered = http.post(&url.of(&target), body.clone(), (header, &signature)).await;
    let signed = !matches!(account.profile, TwilioProfile::Telnyx { .. });
    judged(prover, &Sent { question: question.1, target, url, body, signed }, answered)
}

fn judged(prover: &Prover, sent: &Sent, answered: Result<Answer, String>) -> Line {
    let at = sent.url.for_the_log("");
    let answer = match answered {
        Ok(answer) => answer,
        Err(error) => {
            let text = format!(
                "{at} cannot be reached from here: {error}. Does its name lead to your proxy, and the proxy run? If only \
                 your own network cannot reach it, run this elsewhere"
            );
            return Line::bad(CHECK, text);
        }
    };
    let seen =
        serde_json::from_str::<Seen>(&answer.body).ok().filter(|seen| prover.is_answer(&seen.proof, &sent.question));
    match seen {
        Some(seen) => compared(sent, &seen),
        None => Line::bad(CHECK, format!("{at}: {}", elsewhere(sent, &answer))),
    }
}

/// What our own process saw, beside what was sent.
fn compared(sent: &Sent, seen: &Seen) -> Line {
    let signed_for = sent.url.for_the_log(&sent.target);
    let Seen { target, fault, .. } = seen;
    if *target != sent.target {
        let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
        let (their_path, their_query) = target.split_once('?').unwrap_or((target, ""));
        let what = match (path == their_path, query == their_query) {
            (false, true) => "path",
            (true, _) => "query",
            (false, false) => "path and query",
        };
        let text = format!(
            "the proxy changes the {what}: {signed_for} was signed, and {target} arrived; let it pass on what comes as it \
             came"
        );
        return Line::bad(CHECK, text);
    }
    if seen.body != self_test::hash(sent.body.as_bytes()) {
        return Line::bad(
            CHECK,
            format!("the proxy changes the body of what is posted to {signed_for}: let it pass as it came"),
        );
    }
    if seen.signed_for != signed_for {
        let text = format!(
            "the running ringall wants {} signed and the configuration says {signed_for}: start it anew, or set \
             public_url back",
            seen.signed_for
        );
        return Line::bad(CHECK, text);
    }
    match fault {
        None => {
            Line::ok(CHECK, format!("a form signed for {signed_for} reached this ringall, and its signature is good"))
        }
        Some(_) if !sent.signed => Line::ok(
            CHECK,
            format!("a form posted to {signed_for} reached this ringall as it was sent; Telnyx alone can sign one"),
        ),
        Some(fault) => Line::bad(
            CHECK,
            format!(
                "a form signed for {signed_for} reached this ringall unchanged, but {fault}: it was started with another \
                 token or account; start it anew"
            ),
        ),
    }
}

/// Why the answer is none of this ringall's.
fn elsewhere(sent: &Sent, answer: &Answer) -> String {
    let path = sent.url.for_the_log("");
    let prefix = path.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    match (answer.status, &answer.location) {
        (301 | 302 | 303 | 307 | 308, Some(location)) => {
            let there = PublicUrl::new(location).for_the_log("");
            let what = match (path.split_once("://"), there.split_once("://")) {
                (Some((one, _)), Some((other, _))) if one != other => "scheme",
                _ => "address",
            };
            format!(
                "it sends whoever asks on to {there}, and the signature is for the address that was asked: set public_url to \
                 the {what} that answers itself"
            )
        }
        (403, _) if answer.body.starts_with("Not signed by this account") => {
            "a ringall answers there, but does not know our question: another machine, one with another database, or a \
             proxy that changes the body of what it passes on"
                .to_owned()
        }
        (404, _) if answer.content_type.starts_with("application/problem+json") => match prefix {
            Some(prefix) => format!(
                "a ringall answers there, but not at /{prefix}/twilio: let the proxy take /{prefix} off before it passes \
                 requests on"
            ),
            None => {
                "a ringall answers there, but the path arrives as another one, or it has no [twilio]: let the proxy \
                     pass /twilio/ on as it is, and start ringall anew after a change"
                    .to_owned()
            }
        },
        (401 | 403, _) => {
            format!("something before ringall wants a sign-in ({}): let /twilio/ through without one", answer.status)
        }
        (502..=504, _) => {
            format!("the proxy does not reach ringall ({}): let it pass requests on to [web] listen", answer.status)
        }
        (status, _) => format!("something else answers there ({status}): let the name lead to ringall"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    fn prover() -> Prover {
        Prover::new([7; 32])
    }

    fn sent(url: &str) -> Sent {
        let [question, _] = prover().question(UnixMs(1_795_000_000_000), 42);
        Sent {
            question: question.1,
            target: format!("{}?{}", self_test::PATH, self_test::QUERY),
            url: PublicUrl::new(url),
            body: "AccountSid=AC1".to_owned(),
            signed: true,
        }
    }

    fn seen(sent: &Sent) -> Seen {
        Seen {
            proof: prover().answer(&sent.question),
            target: sent.target.clone(),
            signed_for: sent.url.for_the_log(&sent.target),
            body: self_test::hash(sent.body.as_bytes()),
            fault: None,
        }
    }

    fn told(sent: &Sent, seen: &Seen) -> (State, String) {
        let body = serde_json::to_string(seen).expect("JSON");
        let line = judged(&prover(), sent, Ok(Answer { status: 200, body, ..Answer::default() }));
        (line.state, line.text)
    }

    #[test]
    fn what_arrives_changed_is_named() {
        let sent = sent("https://twilio:hush@phone.example/shop");
        let as_sent = seen(&sent);
        let (state, text) = told(&sent, &as_sent);
        assert!(
            state == State::Ok && text.contains("https://phone.example/shop/twilio/self-test?z=%2B34&a=b+c&empty=")
        );
        for (seen, said) in [
            (Seen { target: sent.target.replace("%2B", "+"), ..as_sent.clone() }, "changes the query"),
            (Seen { target: sent.target.replace("/twilio/", "/twilio//"), ..as_sent.clone() }, "changes the path:"),
            (Seen { target: "/twilio/x/self-test".to_owned(), ..as_sent.clone() }, "changes the path and query"),
            (Seen { body: self_test::hash(b"other"), ..as_sent.clone() }, "changes the body"),
            (
                Seen { signed_for: "https://old.example/x".to_owned(), ..as_sent.clone() },
                "wants https://old.example/x signed",
            ),
            (Seen { fault: Some("it is not signed".to_owned()), ..as_sent.clone() }, "another token or account"),
            (Seen { proof: "guessed".to_owned(), ..as_sent }, "something else answers there (200)"),
        ] {
            let (state, text) = told(&sent, &seen);
            assert!(state == State::Bad && text.contains(said), "{said}: {text}");
            assert!(!text.contains("hush"), "{text}");
        }
    }

    #[test]
    fn who_answers_instead_is_guessed_from_the_answer() {
        let told = |url: &str, status, location: &str, content_type: &str, body: &str| {
            let answer = Answer {
                status,
                location: (!location.is_empty()).then(|| location.to_owned()),
                content_type: content_type.to_owned(),
                body: body.to_owned(),
                date: None,
            };
            let line = judged(&prover(), &sent(url), Ok(answer));
            assert_eq!(line.state, State::Bad);
            line.text
        };
        let page = "http://phone.example";
        assert!(told(page, 301, "https://phone.example/twilio/self-test", "", "").contains("the scheme that answers"));
        assert!(told(page, 308, "http://www.phone.example/", "", "").contains("on to http://www.phone.example"));
        assert!(told(page, 403, "", "", "Not signed by this account for this address.\n").contains("another database"));
        let problem = "application/problem+json";
        assert!(told("https://a.example/shop", 404, "", problem, "{}").contains("take /shop off"));
        assert!(told(page, 404, "", problem, "{}").contains("pass /twilio/ on as it is"));
        assert!(told(page, 401, "", "", "").contains("wants a sign-in (401)"));
        assert!(told(page, 502, "", "", "").contains("let it pass requests on to [web] listen"));
        assert!(told(page, 404, "", "text/html", "").contains("something else answers there (404)"));
        let away = judged(&prover(), &sent(page), Err("refused".to_owned()));
        assert!(away.text.contains("http://phone.example cannot be reached from here: refused"), "{away:?}");
    }

    #[test]
    fn what_telnyx_alone_can_sign_is_not_missed() {
        let mut sent = sent("https://phone.example");
        sent.signed = false;
        let unsigned = Seen { fault: Some("it carries no signature".to_owned()), ..seen(&sent) };
        let (state, text) = told(&sent, &unsigned);
        assert!(state == State::Ok && text.contains("Telnyx alone can sign"), "{text}");
    }
}
