//! Deadlines for a peer that is slow on purpose. A connection is in one of three phases, and each has its own patience:
//!
//! ```text
//! Idle ──first byte──▶ Header ──header read──▶ Serving ──answer handed over──▶ Idle
//! ```
//!
//! hyper knows when the phases change, the socket knows whether bytes flow; [`Phase`] is what they share.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// Where a connection is. Counts up through the phases, so that two waits in the same phase are told apart.
#[derive(Clone, Debug)]
pub struct Phase(Arc<AtomicU32>);

const HEADER: u32 = 0;
const SERVING: u32 = 1;
const IDLE: u32 = 2;
const PHASES: u32 = 3;

impl Phase {
    /// A new connection owes us a header from the start: one that never says anything is cut off early.
    pub fn new() -> Phase {
        Phase(Arc::new(AtomicU32::new(HEADER)))
    }

    /// A header was read.
    pub fn request_began(&self) {
        self.advance_to(SERVING);
    }

    fn now(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Only the connection's own task does this: a load and a store are enough.
    fn advance_to(&self, phase: u32) {
        let now = self.now();
        let steps = (phase + PHASES - now % PHASES - 1) % PHASES + 1;
        // Wraps after more requests than a connection can live through, and then by a multiple of PHASES.
        self.0.store((now + steps) % (PHASES << 28), Ordering::Relaxed);
    }
}

/// A socket that fails with `TimedOut` when its peer is not done with the header in time, stays idle too long, or takes
/// none of what we write.
pub struct Watched<S> {
    socket: S,
    phase: Phase,
    header: Duration,
    idle: Duration,
    /// The deadline of the phase it is set for.
    reading: Option<(u32, Pin<Box<Sleep>>)>,
    /// Set while the peer takes nothing.
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    pub fn new(socket: S, phase: Phase, header: Duration, idle: Duration) -> Watched<S> {
        Watched { socket, phase, header, idle, reading: None, writing: None }
    }

    /// Nothing came. How much longer do we wait?
    fn wait_to_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let now = self.phase.now();
        let patience = match now % PHASES {
            HEADER => self.header,
            IDLE => self.idle,
            // Bodies have a deadline of their own (ReadBefore); handlers answer in time or say so.
            _ => return Poll::Pending,
        };
        let deadline = match &mut self.reading {
            Some((phase, deadline)) if *phase == now => deadline,
            reading => &mut reading.insert((now, Box::pin(sleep(patience)))).1,
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    /// The peer's window is full. It may stay so for `idle`; any byte it takes starts that anew.
    fn wait_to_write<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let idle = self.idle;
        ready!(self.writing.get_or_insert_with(|| Box::pin(sleep(idle))).as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.socket).poll_read(cx, buf) {
            Poll::Pending => self.wait_to_read(cx),
            ready => {
                if buf.filled().len() > before && self.phase.now() % PHASES == IDLE {
                    self.phase.advance_to(HEADER);
                }
                ready
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.wait_to_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.wait_to_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(cx);
        self.wait_to_write(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.wait_to_write(cx, shut)
    }
}

/// A request's body that must have come whole within its deadline.
pub struct ReadBefore<B> {
    body: B,
    /// `None`: there is no body.
    deadline: Option<Pin<Box<Sleep>>>,
}

/// The peer did not send its body in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's body did not come in time")]
pub struct TooSlow;

impl<B: HttpBody> ReadBefore<B> {
    /// `limit` runs from now.
    pub fn new(body: B, limit: Duration) -> ReadBefore<B> {
        let deadline = (!body.is_end_stream()).then(|| Box::pin(sleep(limit)));
        ReadBefore { body, deadline }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for ReadBefore<B>
where
    B::Error: Into<axum::BoxError>,
{
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        // The deadline first: a peer that always has one byte ready must not outrun it.
        if let Some(deadline) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Some(Err(TooSlow.into())));
        }
        Pin::new(&mut self.body).poll_frame(cx).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body: when hyper is done with it, the connection is idle.
pub struct ServedBody {
    body: Body,
    /// `None`: nothing of ours follows.
    phase: Option<Phase>,
}

impl ServedBody {
    pub fn new(body: Body, phase: Phase) -> ServedBody {
        ServedBody { body, phase: Some(phase) }
    }

    /// The last of this connection: whoever speaks by it from then on has a patience of their own.
    pub fn handing_over(body: Body) -> ServedBody {
        ServedBody { body, phase: None }
    }
}

impl Drop for ServedBody {
    fn drop(&mut self) {
        if let Some(phase) = &self.phase {
            phase.advance_to(IDLE);
        }
    }
}

impl HttpBody for ServedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_of_phase_counts_up() {
        let phase = Phase::new();
        let mut before = phase.now();
        for next in [SERVING, IDLE, HEADER, SERVING, IDLE, SERVING, SERVING] {
            phase.advance_to(next);
            assert_eq!(phase.now() % PHASES, next);
            assert!((1..=PHASES).contains(&(phase.now() - before)));
            before = phase.now();
        }
    }
}
