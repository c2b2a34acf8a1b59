//! What the poll calls a relay's sockets.

use mio::Token;
use mio::net::UdpSocket;

use super::bind::Bound;
use crate::media::Which;

/// The token of the waker; those of sockets count up from 0.
pub(super) const WAKE: Token = Token(usize::MAX);

/// Which of a relay's four sockets.
#[derive(Clone, Copy)]
pub(super) struct Port {
    pub(super) slot: usize,
    pub(super) which: Which,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Rtp,
    Rtcp,
}

impl Port {
    /// `None` for the waker.
    pub(super) fn of(token: Token) -> Option<Port> {
        (token != WAKE).then_some(Port {
            slot: token.0 / 4,
            which: if token.0 & 2 == 0 { Which::A } else { Which::B },
            kind: if token.0 & 1 == 0 { Kind::Rtp } else { Kind::Rtcp },
        })
    }

    pub(super) fn token(self) -> Token {
        let which = match self.which {
            Which::A => 0,
            Which::B => 2,
        };
        let kind = match self.kind {
            Kind::Rtp => 0,
            Kind::Rtcp => 1,
        };
        Token(self.slot * 4 + which + kind)
    }
}

impl Kind {
    pub(super) fn socket(self, bound: &Bound) -> &UdpSocket {
        match self {
            Kind::Rtp => &bound.rtp,
            Kind::Rtcp => &bound.rtcp,
        }
    }
}
