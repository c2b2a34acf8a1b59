//! `/metrics`: numbers for Prometheus. Five gauges return to their start when nothing is going on, so a leak shows;
//! everything else is a counter that any shell may raise with [`metrics::counter!`].

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::switchboard::Gauges;
use crate::web::api::bearer;
use crate::web::{Problem, Web};

/// The switchboard's gauges as the driver last stored them.
#[derive(Debug, Default)]
pub struct LiveGauges {
    calls_live: AtomicUsize,
    legs: AtomicUsize,
    transactions: AtomicUsize,
    ports_used: AtomicUsize,
    trunks_registered: AtomicUsize,
}

impl LiveGauges {
    /// The driver calls this after every wake. Each number is exact; together they may be of two wakes.
    pub fn set(&self, gauges: Gauges) {
        self.calls_live.store(gauges.calls_live, Ordering::Relaxed);
        self.legs.store(gauges.legs, Ordering::Relaxed);
        self.transactions.store(gauges.transactions, Ordering::Relaxed);
        self.ports_used.store(gauges.ports_used, Ordering::Relaxed);
    }

    /// How many carriers send us calls because we have registered: at the end a shutdown waits for none.
    pub fn set_trunks_registered(&self, count: usize) {
        self.trunks_registered.store(count, Ordering::Relaxed);
    }

    pub fn trunks_registered(&self) -> usize {
        self.trunks_registered.load(Ordering::Relaxed)
    }

    pub fn get(&self) -> Gauges {
        Gauges {
            calls_live: self.calls_live.load(Ordering::Relaxed),
            legs: self.legs.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            ports_used: self.ports_used.load(Ordering::Relaxed),
        }
    }
}

/// Makes `counter!` and `gauge!` count, from the first call on. Histograms are not offered: their samples would pile up
/// while nobody asks for them.
pub fn install() -> PrometheusHandle {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    INSTALLED
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().build_recorder();
            let handle = recorder.handle();
            if metrics::set_global_recorder(recorder).is_err() {
                tracing::error!("another metrics recorder is installed: counters will be missing from /metrics");
            }
            metrics::describe_gauge!("ringall_trunk_registered", "1 while the carrier has our registration, else 0.");
            metrics::describe_gauge!("ringall_trunk_reached", "1 while the carrier answers our OPTIONS, else 0.");
            handle
        })
        .clone()
}

/// Shows whether this trunk's registrar sends us calls. A trunk without registration is not shown.
pub fn set_trunk_registered(trunk: &str, registered: bool) {
    metrics::gauge!("ringall_trunk_registered", "trunk" => trunk.to_owned()).set(if registered { 1.0 } else { 0.0 });
}

/// Shows whether this trunk, which we call through without a registration, answers.
pub fn set_trunk_reached(trunk: &str, reached: bool) {
    metrics::gauge!("ringall_trunk_reached", "trunk" => trunk.to_owned()).set(if reached { 1.0 } else { 0.0 });
}

/// The whole page, in Prometheus' text format 0.0.4.
fn render(live: Gauges, tasks: usize, counters: &str) -> String {
    let gauges = [
        ("ringall_calls_live", "Calls that have not ended.", live.calls_live),
        ("ringall_legs", "Legs that have not ended; the caller's is one.", live.legs),
        ("ringall_transactions", "SIP transactions that still wait for something.", live.transactions),
        ("ringall_ports_used", "Media ports in the hands of calls; two a pair.", live.ports_used),
        ("ringall_tasks", "Tasks of the runtime that have not ended; open connections are among them.", tasks),
    ];
    let mut page = String::with_capacity(1024 + counters.len());
    for (name, help, value) in gauges {
        writeln!(page, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}")
            .expect("writing to a String cannot fail");
    }
    page.push_str(counters);
    page
}

/// What a proxy adds when it forwards somebody's request.
const FORWARDED: [HeaderName; 4] =
    [header::FORWARDED, header::VIA, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip")];

/// A request from this machine itself. A proxy on this machine speaks for strangers, so what it forwards is not.
fn is_local(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
        && !FORWARDED.iter().any(|name| headers.contains_key(name))
}

#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "metrics",
    summary = "Counters and gauges for Prometheus",
    description = "Without a token from this machine, with one from elsewhere.",
    responses(
        (status = 200, description = "Prometheus' text format", body = String, content_type = "text/plain"),
        (status = 401, description = "Not from this machine, and no valid token",
            body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The store cannot check the token",
            body = Problem, content_type = "application/problem+json"),
    ),
    security((), ("token" = [])),
)]
pub async fn page(State(web): State<Arc<Web>>, request: Request) -> Result<Response, Problem> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
    // Nothing of the request may be borrowed across an await: its body cannot be shared between threads.
    let (parts, _body) = request.into_parts();
    if !is_local(peer, &parts.headers) {
        bearer::check(&web.store, &parts.headers).await?;
    }
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let page = render(web.gauges.get(), tasks, &web.counters.render());
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], page).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_gauge_with_help_and_type() {
        let page = render(Gauges { calls_live: 1, legs: 6, transactions: 5, ports_used: 4 }, 7, "x_total 1\n");
        for line in [
            "ringall_calls_live 1",
            "ringall_legs 6",
            "ringall_transactions 5",
            "ringall_ports_used 4",
            "ringall_tasks 7",
        ] {
            assert!(page.lines().any(|l| l == line), "{line} is missing from\n{page}");
        }
        assert_eq!(page.matches("# TYPE ").count(), 5);
        assert!(page.ends_with("x_total 1\n"));
    }

    #[test]
    fn only_this_machine_itself_is_local() {
        let plain = HeaderMap::new();
        let loopback = "127.0.0.1:5000".parse().ok();
        assert!(is_local(loopback, &plain));
        assert!(is_local("[::1]:5000".parse().ok(), &plain));
        assert!(is_local("[::ffff:127.0.0.1]:5000".parse().ok(), &plain));
        assert!(!is_local("192.0.2.1:5000".parse().ok(), &plain));
        assert!(!is_local(None, &plain), "an unknown peer is a stranger");
        for name in FORWARDED {
            let forwarded = HeaderMap::from_iter([(name, header::HeaderValue::from_static("203.0.113.5"))]);
            assert!(!is_local(loopback, &forwarded));
        }
    }
}
