//! Whether the service runs beside us, and what it says of itself.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::http::{Answer, Http};
use super::question::connect;
use crate::config::Config;

/// Who answers where our page should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// With its metrics, where we are told them.
    Runs {
        metrics: Option<String>,
    },
    /// The process lives and its call loop does not answer.
    Hangs,
    /// Somebody has the port, and says nothing that a ringall would say.
    SomebodyElse,
    Away,
}

impl Service {
    /// # Errors
    /// Nothing can be asked by HTTP at all.
    pub(super) async fn find(config: &Config) -> Result<Service, String> {
        let (http, page) = (Http::to_ourselves()?, page(config));
        let Ok(health) = http.get(&format!("{page}/healthz")).await else {
            // Who takes a connection is there, whatever they speak: their ports are not to be tried.
            let is_there = connect(reached_at(config.web.listen)).await.is_ok();
            return Ok(if is_there { Service::SomebodyElse } else { Service::Away });
        };
        let metrics = http.get(&format!("{page}/metrics")).await.ok();
        Ok(Service::by(&health, metrics.as_ref()))
    }

    fn by(health: &Answer, metrics: Option<&Answer>) -> Service {
        let is_ours = |answer: &Answer| answer.status == 200 && answer.body.contains("ringall_calls_live");
        let metrics = metrics.filter(|answer| is_ours(answer)).map(|answer| answer.body.clone());
        match health.status {
            200 if metrics.is_some() || health.body == r#"{"status":"ok"}"# => Service::Runs { metrics },
            503 if metrics.is_some() => Service::Hangs,
            _ => Service::SomebodyElse,
        }
    }

    pub(super) fn runs(&self) -> bool {
        matches!(self, Service::Runs { .. })
    }

    /// What a gauge of this trunk says; `None`: nothing.
    pub(super) fn gauge_of_trunk(&self, gauge: &str, trunk: &str) -> Option<bool> {
        let Service::Runs { metrics: Some(metrics) } = self else { return None };
        let name = trunk.replace('\\', r"\\").replace('"', "\\\"");
        let begins = format!("{gauge}{{trunk=\"{name}\"}} ");
        let value = metrics.lines().find_map(|line| line.strip_prefix(&begins))?;
        Some(value.trim() != "0")
    }
}

/// Where the page is on this machine.
pub(super) fn page(config: &Config) -> String {
    let scheme = if config.web.certificate.is_some() { "https" } else { "http" };
    format!("{scheme}://{}", reached_at(config.web.listen))
}

/// An address that leads to whoever listens on `listen`.
pub(super) fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::tls::tests::{Files, made_for};
    use crate::tls::{Acceptor, CertificateKeeper};

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.to_owned(), ..Answer::default() }
    }

    #[test]
    fn a_running_ringall_is_known_by_its_words() {
        let (ours, ok) = (answer(200, "ringall_calls_live 0\n"), answer(200, r#"{"status":"ok"}"#));
        assert!(Service::by(&ok, Some(&ours)).runs());
        assert_eq!(Service::by(&ok, None), Service::Runs { metrics: None });
        assert_eq!(Service::by(&answer(503, "{}"), Some(&ours)), Service::Hangs);
        assert_eq!(Service::by(&answer(404, "not here"), Some(&answer(404, ""))), Service::SomebodyElse);
        assert_eq!(Service::by(&answer(200, "<html>"), None), Service::SomebodyElse);
    }

    /// By TLS, a ringall's words to whatever is asked; to whoever speaks anything else, none.
    async fn runs_by_https(listener: TcpListener, acceptor: Acceptor) {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked).await;
            let words = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 21\r\n\r\nringall_calls_live 0\n";
            let _ = stream.write_all(words.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }

    #[tokio::test]
    async fn a_page_that_comes_by_https_is_found_and_a_port_without_http_is_in_use() {
        let (certificate, key) = made_for("phone.example");
        let files = Files::new(&certificate, &key);
        let acceptor = CertificateKeeper::open(files.named()).await.unwrap().acceptor();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::default();
        config.web.listen = listener.local_addr().unwrap();
        let running = tokio::spawn(runs_by_https(listener, acceptor));
        assert_eq!(Service::find(&config).await, Ok(Service::SomebodyElse), "it speaks no http");
        config.web.certificate = Some(files.named());
        assert!(Service::find(&config).await.unwrap().runs());
        running.abort();
        let _ = running.await;
        assert_eq!(Service::find(&config).await, Ok(Service::Away));
    }

    #[test]
    fn a_carriers_gauge_is_found_by_its_name() {
        let text = "x 1\nringall_trunk_registered{trunk=\"a \\\"b\\\"\"} 1\nringall_trunk_registered{trunk=\"c\"} 0\n";
        let service = Service::Runs { metrics: Some(text.to_owned()) };
        let gauge = |trunk| service.gauge_of_trunk("ringall_trunk_registered", trunk);
        assert_eq!([gauge("a \"b\""), gauge("c"), gauge("d")], [Some(true), Some(false), None]);
        assert_eq!(Service::Away.gauge_of_trunk("ringall_trunk_registered", "c"), None);
    }

    #[test]
    fn all_addresses_are_reached_by_the_loopback_one() {
        for (listen, at) in [("0.0.0.0:1", "127.0.0.1:1"), ("[::]:1", "[::1]:1"), ("192.0.2.1:1", "192.0.2.1:1")] {
            assert_eq!(reached_at(listen.parse().unwrap()), at.parse().unwrap());
        }
    }
}
