//! Where connections are taken in, whoever has accepted them: a stranger may have to go for another.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot};

use super::super::budget::Handshakes;
use super::super::crowd::Admission;
use super::super::flow::Standing;
use super::super::hop::{FlowId, Protocol};
use super::connection::{End, Lifetime, Wire};
use super::{Line, Report, SharedAcquaintances, SharedCrowd, Tell, WAITING_OUT, lock};

/// See the module.
#[derive(Clone)]
pub struct Reception {
    pub(super) crowd: SharedCrowd,
    pub(super) acquaintances: SharedAcquaintances,
    /// The last number given. Held while one is taken in, so that nobody is evicted before the loop has heard of it.
    last: Arc<Mutex<u64>>,
    /// A handshake costs us far more than it costs a stranger: of one address, and of all together, there are as many a
    /// second as messages that we read of strangers. Whoever comes from a known address pays from a purse of its own.
    pub(super) handshakes: Arc<Mutex<Handshakes>>,
    pub(super) tell: Tell,
}

/// One who has connected.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub protocol: Protocol,
    pub from: SocketAddr,
    /// Our own address on the connection; unspecified where whoever accepted it does not know.
    pub local: IpAddr,
}

impl Reception {
    pub fn new(tell: Tell) -> Reception {
        let (crowd, acquaintances) = (SharedCrowd::default(), SharedAcquaintances::default());
        Reception { crowd, acquaintances, last: Arc::default(), handshakes: Arc::default(), tell }
    }

    pub(super) fn standing(&self, from: IpAddr) -> Standing {
        if lock(&self.acquaintances).include(from) { Standing::Known } else { Standing::Stranger }
    }

    /// Takes this peer in, if there is room: `carry` then speaks with it until one side lets go, or it has to go for another.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn take<F>(&self, peer: Peer, carry: impl FnOnce(Wire, mpsc::Receiver<Vec<u8>>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Peer { protocol, from, local } = peer;
        let standing = self.standing(from.ip());
        let mut last = lock(&self.last);
        *last += 1;
        let number = *last;
        let flow = FlowId::Accepted(number);
        let (out, queue) = mpsc::channel(WAITING_OUT);
        let known = Arc::new(AtomicBool::new(false));
        let wire = Wire::new(flow, known.clone(), self.tell.clone());
        let (admitted, begin) = oneshot::channel::<()>();
        let mut task = None;
        let admission = lock(&self.crowd).admit(number, from.ip(), standing, || {
            let (tell, crowd) = (self.tell.clone(), Some(self.crowd.clone()));
            let lifetime = Lifetime { flow, end: End::Closed, tell, crowd };
            let carried = carry(wire, queue);
            let carry = async move {
                let _lifetime = lifetime;
                // The loop is to hear of it before anything else.
                if begin.await.is_ok() {
                    carried.await;
                }
            };
            task.insert(tokio::spawn(carry).abort_handle()).clone()
        });
        match (admission, task) {
            (Admission::Welcome { evicted }, Some(task)) => {
                if let Some(evicted) = evicted {
                    metrics::counter!("ringall_sip_flows_evicted_total").increment(1);
                    evicted.abort();
                }
                let line = Line { out, known, task };
                (self.tell)(Report::Accepted { flow, protocol, from, local, line });
                // The task waits for this alone.
                let _ = admitted.send(());
            }
            (Admission::Welcome { .. } | Admission::Full, _) => {
                metrics::counter!("ringall_sip_flows_refused_total").increment(1);
            }
        }
    }
}
