//! Whether the owner would hear of dead phones: the mail server lets us in, and who is posted to is there.

use std::collections::BTreeSet;

use super::Line;
use super::http::Http;
use super::store::Known;
use crate::alert::{self, NO_MAIL};
use crate::config::Config;
use crate::notice::Address;

const CHECK: &str = "notices";

pub(super) async fn check(config: &Config, known: Option<&Known>, http: &Http, send: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(mail) = &config.mail {
        lines.push(match alert::greets(mail).await {
            Ok(()) => Line::ok(CHECK, "the mail server lets us in; nothing was sent"),
            Err(error) => Line::bad(
                CHECK,
                format!("the mail server does not take our mail: {error}; look at smtp_url and from under [mail]"),
            ),
        });
    }
    let Some(known) = known else { return lines };
    let mut hosts = BTreeSet::new();
    for shop in &known.plan.shops {
        if shop.notify.is_empty() {
            let text =
                format!("nobody is told when the phones of {} are dead: set `notify` in the shop's file", shop.name);
            lines.push(Line::look(CHECK, text));
        }
        if alert::wants_mail(shop) && config.mail.is_none() {
            lines.push(Line::bad(CHECK, format!("{}: {NO_MAIL}", shop.name)));
        }
        hosts.extend(shop.notify.iter().filter_map(origin));
    }
    for origin in hosts {
        lines.push(match http.get(&origin).await {
            Ok(_) => Line::ok(CHECK, format!("{origin} answers")),
            Err(error) => Line::bad(CHECK, format!("{origin} cannot be reached, so no notice gets there: {error}")),
        });
    }
    if send {
        for shop in &known.plan.shops {
            for (to, sent) in alert::send_test(config.mail.as_ref(), &config.web.public_url, shop).await {
                lines.push(match sent {
                    Ok(()) => Line::ok(
                        CHECK,
                        format!("{}: a test notice was taken for {to}: look whether it arrives", shop.name),
                    ),
                    Err(error) => Line::bad(CHECK, format!("{}: a test notice to {to} failed: {error}", shop.name)),
                });
            }
        }
    }
    lines
}

/// Who is posted to, without what may be a secret.
fn origin(address: &Address) -> Option<String> {
    let Address::Post { url, .. } = address else { return None };
    let (scheme, rest) = url.split_once("://")?;
    let place = rest.split(['/', '?', '#']).next()?;
    Some(format!("{scheme}://{}/", place.rsplit('@').next()?))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    use super::super::State;
    use super::*;

    #[test]
    fn the_topic_stays_here() {
        let address = Address::parse("https://u:hush@ntfy.example:8443/topic?x").expect("an address");
        assert_eq!(origin(&address).as_deref(), Some("https://ntfy.example:8443/"));
        assert_eq!(origin(&Address::parse("mailto:owner@example.com").expect("an address")), None);
    }

    /// A mail server that says this to EHLO; what it was told.
    async fn server(ehlo: &'static str) -> (Config, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let (reads, mut writes) = stream.into_split();
            let (mut lines, mut heard) = (BufReader::new(reads).lines(), Vec::new());
            writes.write_all(b"220 mail\r\n").await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = if line.starts_with("EHLO") { ehlo } else { "250 ok\r\n" };
                heard.push(line);
                if writes.write_all(answer.as_bytes()).await.is_err() {
                    break;
                }
            }
            heard
        });
        let text = format!("[mail]\nsmtp_url = \"smtp://{at}\"\nfrom = \"ringall@example.com\"");
        let files = |_: &std::path::Path| Err(std::io::Error::from(std::io::ErrorKind::NotFound));
        let config = Config::read(&text, std::path::Path::new("ringall.toml"), &|_| None, &files);
        (config.unwrap_or_else(|error| panic!("{error}")), heard)
    }

    #[tokio::test]
    async fn a_mail_server_is_greeted_and_sent_nothing() {
        let http = Http::new().expect("a client");
        let (config, heard) = server("250 mail\r\n").await;
        let lines = check(&config, None, &http, false).await;
        assert!(lines[0].state == State::Ok, "{lines:?}");
        let heard = heard.await.unwrap();
        assert!(heard.iter().any(|line| line.starts_with("EHLO")), "{heard:?}");
        assert!(!heard.iter().any(|line| line.starts_with("MAIL") || line.starts_with("RCPT")), "{heard:?}");
        let (config, _heard) = server("554 go away\r\n").await;
        let lines = check(&config, None, &http, false).await;
        assert!(lines[0].state == State::Bad && lines[0].text.contains("smtp_url and from"), "{lines:?}");
    }
}
