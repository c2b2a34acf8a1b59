//! `ringall twilio`: leads the numbers of the account here, and says what rings when we are down.

use std::fmt::Write;
use std::process::ExitCode;

use super::CommandError;
use crate::config::{Config, Twilio};
use crate::notice::{host_of, is_near};
use crate::number::Number;
use crate::routing::Plan;
use crate::routing::plan::Shop;
use crate::store::Store;
use crate::twilio::public_url::PublicUrl;
use crate::twilio::rest::{IncomingNumber, LeadsTo, Rest, RestError};
use crate::twilio::{Profile, Target, twiml};

/// Leads calls here: of these numbers, or of all that the shops have.
pub(super) async fn connect(
    config: &Config,
    numbers: &[String],
    fallback_url: Option<&str>,
) -> Result<ExitCode, CommandError> {
    let rest = rest(account(config)?)?;
    if !is_reachable(&config.web.public_url) {
        return Err(CommandError::Wrong(format!(
            "web.public_url: Twilio must reach it: expected https:// and a name, found {:?}",
            PublicUrl::new(&config.web.public_url)
        )));
    }
    if let Some(url) = fallback_url.filter(|url| !url.starts_with("https://")) {
        return Err(CommandError::Wrong(format!("twilio connect: --fallback-url: expected https://…, found {url:?}")));
    }
    let numbers = wanted(config, numbers).await?;
    let ours = PublicUrl::new(&config.web.public_url);
    let mut failed = 0;
    for number in &numbers {
        match connect_one(&rest, number, &ours, fallback_url).await {
            Ok(told) => print!("{told}"),
            Err(error) => {
                failed += 1;
                println!("{number}\n  not changed: {error}");
            }
        }
    }
    if failed > 0 {
        return Err(CommandError::Failed(format!("{failed} of {} numbers do not lead here", numbers.len())));
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a number was left as it was.
#[derive(Debug, thiserror::Error)]
enum Unchanged {
    #[error("the account has no such number")]
    NotOurs,
    #[error("its calls go to the SIP trunk {0}; take it out of that trunk first, or let the trunk's calls come here")]
    Trunk(String),
    #[error(transparent)]
    Rest(#[from] RestError),
}

async fn connect_one(
    rest: &Rest,
    number: &str,
    ours: &PublicUrl,
    fallback_url: Option<&str>,
) -> Result<String, Unchanged> {
    let before = rest.number(number).await?.ok_or(Unchanged::NotOurs)?;
    if !before.trunk_sid.is_empty() {
        return Err(Unchanged::Trunk(before.trunk_sid));
    }
    let wanted = leads_here(&before.leads_to, ours, fallback_url);
    if before.leads_to == wanted && before.application_sid.is_empty() {
        return Ok(told(&before, &before, ours));
    }
    let after = rest.lead(&before.sid, &wanted).await?;
    if after.leads_to != wanted || !after.application_sid.is_empty() {
        return Err(RestError::Garbled("the number is not what it was set to".to_owned()).into());
    }
    Ok(told(&before, &after, ours))
}

/// Where a number's calls are to lead that lead there now. A fallback that somebody has set stays.
fn leads_here(now: &LeadsTo, ours: &PublicUrl, fallback_url: Option<&str>) -> LeadsTo {
    let voice_url = ours.of(&Target::Voice.path());
    let (fallback_url, fallback_method) = match fallback_url {
        Some(url) => (url.to_owned(), "POST".to_owned()),
        None if !now.fallback_url.is_empty() => (now.fallback_url.clone(), now.fallback_method.clone()),
        // Better than none: what failed once may not fail again.
        None => (voice_url.clone(), "POST".to_owned()),
    };
    LeadsTo {
        voice_url,
        voice_method: "POST".to_owned(),
        fallback_url,
        fallback_method,
        status_callback: ours.of(&Target::Status.path()),
        status_callback_method: "POST".to_owned(),
    }
}

/// What is set at a number, and what was before where that was something else.
fn told(before: &IncomingNumber, after: &IncomingNumber, ours: &PublicUrl) -> String {
    // What may hold a password is shown without it.
    let shown = |url: &str| match url {
        "" => "nothing".to_owned(),
        url => PublicUrl::new(url).for_the_log(""),
    };
    let (was, is) = (&before.leads_to, &after.leads_to);
    let mut text = format!("{} ({})\n", after.number, after.sid);
    for (what, (old, old_method), (new, new_method)) in [
        ("voice", (&was.voice_url, &was.voice_method), (&is.voice_url, &is.voice_method)),
        (
            "status",
            (&was.status_callback, &was.status_callback_method),
            (&is.status_callback, &is.status_callback_method),
        ),
        ("fallback", (&was.fallback_url, &was.fallback_method), (&is.fallback_url, &is.fallback_method)),
    ] {
        let change = match (old == new, old_method == new_method) {
            (true, true) => "as it was".to_owned(),
            (true, false) => format!("by {new_method}, was by {old_method}"),
            (false, _) => format!("was {}", shown(old)),
        };
        let _ = writeln!(text, "  {what:8}  {} ({change})", shown(new));
    }
    if !before.application_sid.is_empty() {
        let _ = writeln!(text, "  the application {} no longer has its calls", before.application_sid);
    }
    if is.fallback_url == ours.of(&Target::Voice.path()) {
        let _ = writeln!(
            text,
            "  When this machine is down nothing rings: put what `ringall twilio fallback` prints into a TwiML Bin, and\n  \
             name its address with --fallback-url."
        );
    }
    text
}

/// Prints the document that rings a shop's cells without us, or looks whether it is the one that its numbers fall back to.
pub(super) async fn fallback(config: &Config, name: Option<&str>, check: bool) -> Result<ExitCode, CommandError> {
    let plan = plan(config).await?;
    let shop = shop(&plan, name)?;
    let called: Vec<String> = shop.numbers.iter().map(|number| number.as_str().to_owned()).collect();
    let profile = config.twilio.as_ref().map_or(Profile::default(), |account| account.profile());
    let document = twiml::fallback(&plan, &called, profile).write();
    if !check {
        if !document.contains("<Number") {
            tracing::warn!("the shop {:?} has no cell phones: callers hear busy while we are down", shop.name);
        }
        print!("{document}");
        return Ok(ExitCode::SUCCESS);
    }
    let rest = rest(account(config)?)?;
    let ours = PublicUrl::new(&config.web.public_url);
    let mut drifted = 0;
    let numbers = wanted(config, &called).await?;
    for number in &numbers {
        let state = drift(&rest, number, &ours, &document).await;
        drifted += usize::from(!matches!(state, Ok(Drift::None)));
        match state {
            Ok(drift) => println!("{number}: {drift}"),
            Err(error) => println!("{number}: {error}"),
        }
    }
    if drifted > 0 {
        let all = numbers.len();
        return Err(CommandError::Failed(format!(
            "{drifted} of {all} numbers do not ring the shop's cells when we are down"
        )));
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether what a number falls back to is what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Drift {
    #[error("as it should be")]
    None,
    #[error("has no fallback; see `ringall twilio connect --fallback-url`")]
    NoFallback,
    #[error(
        "falls back to this machine, which does not help while it is down; see `ringall twilio connect --fallback-url`"
    )]
    FallsBackHere,
    #[error("falls back to another document than the shop's; put there what `ringall twilio fallback` prints")]
    AnotherDocument,
}

async fn drift(rest: &Rest, number: &str, ours: &PublicUrl, document: &str) -> Result<Drift, Unchanged> {
    let leads_to = rest.number(number).await?.ok_or(Unchanged::NotOurs)?.leads_to;
    if leads_to.fallback_url.is_empty() {
        return Ok(Drift::NoFallback);
    }
    if leads_to.fallback_url.starts_with(&ours.of("/")) {
        return Ok(Drift::FallsBackHere);
    }
    let published = rest.document(&leads_to.fallback_url).await?;
    Ok(if is_same(&published, document) { Drift::None } else { Drift::AnotherDocument })
}

/// Whether two documents say the same; how they are set in lines does not matter, nor what stands before the first verb.
fn is_same(one: &str, other: &str) -> bool {
    let body = |document: &str| {
        let start = document.find("<Response").unwrap_or(0);
        let words: Vec<&str> = document[start..].split_whitespace().collect();
        words.join(" ").replace("> <", "><").replace(" />", "/>").replace("> ", ">").replace(" <", "<")
    };
    body(one) == body(other)
}

fn account(config: &Config) -> Result<&Twilio, CommandError> {
    let wrong = "twilio.account_sid: missing; expected the account whose numbers are to lead here";
    config.twilio.as_ref().ok_or_else(|| CommandError::Wrong(wrong.to_owned()))
}

fn rest(account: &Twilio) -> Result<Rest, CommandError> {
    Rest::new(account).map_err(|error| CommandError::Failed(error.to_string()))
}

/// The numbers that are meant.
async fn wanted(config: &Config, numbers: &[String]) -> Result<Vec<String>, CommandError> {
    if numbers.is_empty() {
        let plan = plan(config).await?;
        let all: Vec<String> =
            plan.shops.iter().flat_map(|shop| &shop.numbers).map(|number| number.as_str().to_owned()).collect();
        return match all.is_empty() {
            true => Err(CommandError::Wrong("twilio: no shop has `numbers`: name them, as +34911234567".to_owned())),
            false => Ok(all),
        };
    }
    let expected =
        |text: &String| CommandError::Wrong(format!("twilio: expected a number such as +34911234567, found {text:?}"));
    numbers.iter().map(|text| Number::from_e164(text).map(|_| text.clone()).ok_or_else(|| expected(text))).collect()
}

async fn plan(config: &Config) -> Result<Plan, CommandError> {
    let store = Store::open(&config.database).await?;
    let plan = store.plan().await;
    store.close().await;
    Ok(plan?)
}

fn shop<'a>(plan: &'a Plan, name: Option<&str>) -> Result<&'a Shop, CommandError> {
    let names = || plan.shops.iter().map(|shop| shop.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, plan.shops.as_slice()) {
        (None, [only]) => Ok(only),
        (None, []) => Err(CommandError::Failed("there is no shop yet; import one".to_owned())),
        (None, [..]) => Err(CommandError::Wrong(format!("twilio fallback: name one of the shops: {}", names()))),
        (Some(name), shops) => shops.iter().find(|shop| shop.name == name).map(AsRef::as_ref).ok_or_else(|| {
            CommandError::Wrong(format!("twilio fallback: no shop has the name {name:?}; there are: {}", names()))
        }),
    }
}

/// Twilio comes from the internet, and only by TLS with a certificate that everybody believes.
fn is_reachable(public_url: &str) -> bool {
    public_url.strip_prefix("https://").and_then(host_of).is_some_and(|host| !is_near(host) && host.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(leads_to: LeadsTo) -> IncomingNumber {
        IncomingNumber {
            sid: "PN1".to_owned(),
            number: "+34911234567".to_owned(),
            leads_to,
            application_sid: String::new(),
            trunk_sid: String::new(),
        }
    }

    fn ours() -> PublicUrl {
        PublicUrl::new("https://twilio:hush@phone.example")
    }

    #[test]
    fn a_number_is_led_here_and_what_was_there_is_told() {
        let demo = LeadsTo {
            voice_url: "https://demo.twilio.com/welcome/voice/".to_owned(),
            voice_method: "GET".to_owned(),
            ..LeadsTo::default()
        };
        let wanted = leads_here(&demo, &ours(), None);
        assert_eq!(wanted.voice_url, "https://twilio:hush@phone.example/twilio/voice");
        assert_eq!(wanted.status_callback, "https://twilio:hush@phone.example/twilio/status");
        assert_eq!(wanted.fallback_url, wanted.voice_url);
        assert_eq!([&wanted.voice_method, &wanted.fallback_method, &wanted.status_callback_method], ["POST"; 3]);
        let told = told(&number(demo), &number(wanted), &ours());
        for line in [
            "+34911234567 (PN1)\n",
            "  voice     https://phone.example/twilio/voice (was https://demo.twilio.com/welcome/voice)\n",
            "  status    https://phone.example/twilio/status (was nothing)\n",
            "name its address with --fallback-url",
        ] {
            assert!(told.contains(line), "{told}");
        }
        assert!(!told.contains("hush"), "{told}");
    }

    #[test]
    fn a_fallback_that_is_set_stays_unless_another_is_named() {
        let bin = "https://handler.twilio.com/twiml/EH1";
        let set = LeadsTo { fallback_url: bin.to_owned(), fallback_method: "GET".to_owned(), ..LeadsTo::default() };
        let kept = leads_here(&set, &ours(), None);
        assert_eq!((kept.fallback_url.as_str(), kept.fallback_method.as_str()), (bin, "GET"));
        let named = leads_here(&set, &ours(), Some("https://handler.twilio.com/twiml/EH2"));
        assert_eq!(named.fallback_url, "https://handler.twilio.com/twiml/EH2");
        let again = leads_here(&named, &ours(), None);
        assert_eq!(again, named, "a second time changes nothing");
        let told = told(&number(again.clone()), &number(again), &ours());
        assert_eq!(told.matches("(as it was)").count(), 3, "{told}");
    }

    #[test]
    fn how_a_document_is_set_in_lines_is_no_drift() {
        let printed = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Dial timeout=\"120\"><Number>+34600111222</Number>\
                       </Dial></Response>\n";
        let pasted =
            "<Response>\r\n  <Dial timeout=\"120\">\r\n    <Number> +34600111222 </Number>\r\n  </Dial>\r\n</Response>";
        assert!(is_same(printed, pasted));
        assert!(!is_same(printed, &pasted.replace("222", "333")));
        assert!(!is_same(printed, &pasted.replace("120", "60")));
        assert!(!is_same(printed, ""));
    }

    #[test]
    fn twilio_comes_by_tls_from_the_internet() {
        assert!(is_reachable("https://phone.example.com") && is_reachable("https://u:p@phone.example.com:8443/shop"));
        for url in ["http://phone.example.com", "https://localhost", "https://192.168.1.2", "https://shop"] {
            assert!(!is_reachable(url), "{url}");
        }
    }
}
