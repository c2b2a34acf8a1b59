//! The packet threads, and the ports that they have to hand.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use super::sockets::Bound;
use super::{AppError, seed};
use crate::clock;
use crate::config::Config;
use crate::driver::{Inbox, Message};
use crate::media::Fact;
use crate::media::port::{self, PortConfig, PortShell};
use crate::media::recordings::Recordings;

/// How long the start waits for the first media ports: binding some hundreds takes milliseconds.
const FIRST_STOCK: Duration = Duration::from_secs(2);

/// The first port of each packet thread and family.
pub(super) struct FirstStock {
    stocked: mpsc::UnboundedReceiver<()>,
    awaited: usize,
}

impl FirstStock {
    /// Until they are bound. Without a port no phone can be offered a call: the first caller would hear ringing while nothing
    /// rings.
    pub async fn wait(mut self) {
        let stock = async {
            for _ in 0..self.awaited {
                self.stocked.recv().await;
            }
        };
        if tokio::time::timeout(FIRST_STOCK, stock).await.is_err() {
            tracing::warn!("the first media ports are not bound yet: a call now rings late");
        }
    }
}

/// Starts the packet threads, which tell the loop what they find.
pub(super) fn start(
    config: &Config,
    bound: &Bound,
    lanes: u8,
    recordings: &Recordings,
    inbox: &Inbox,
) -> Result<(PortShell, FirstStock), AppError> {
    let ports = PortConfig {
        range: config.media.ports,
        v4: bound.media_address(SocketAddr::is_ipv4),
        v6: bound.media_address(SocketAddr::is_ipv6),
        lanes,
        seed: seed()?,
        recordings: recordings.clone(),
        clock: || clock::now().mono,
    };
    let (tell, stocked) = mpsc::unbounded_channel();
    let facts = inbox.clone();
    let shell = port::start(ports, move |fact| {
        let is_stock = matches!(fact, Fact::Stocked { .. });
        facts.send(Message::Media(fact));
        if is_stock {
            // Nobody waits for it but the start.
            let _ = tell.send(());
        }
    });
    let awaited = usize::from(lanes) * bound.families();
    Ok((shell.map_err(AppError::Media)?, FirstStock { stocked, awaited }))
}

/// One packet thread for each two cores: relaying is cheap, and the loop needs a core of its own.
pub(super) fn lanes() -> u8 {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    u8::try_from((cores / 2).clamp(1, 8)).unwrap_or(1)
}
