//! What the owner is told of a carrier.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

/// Whether calls come and go by a carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The registrar sends us calls.
    Registered { registrar: SocketAddr, granted: Duration },
    /// It no longer does.
    Lost(Why),
    /// One that we do not register with answers.
    Reached { proxy: SocketAddr },
    /// It no longer does.
    Unreached(Why),
}

/// Why no calls come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its name leads nowhere.
    NoAddress,
    /// It does not answer.
    Silence,
    /// It answered with this status.
    Refused(u16),
    /// It challenges what was made with our password.
    WrongPassword,
    /// It challenges in a way we cannot answer, or again and again.
    Unanswerable,
    /// We have left.
    Left,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::NoAddress => {
                f.write_str("its name cannot be found; check `register`, `outbound_proxy` and the name server")
            }
            Why::Silence => f.write_str("it does not answer"),
            Why::Refused(code @ (403 | 404)) => {
                write!(f, "it refuses the account ({code}); check `register`, `auth_user` and `password`")
            }
            Why::Refused(code) => write!(f, "it answered {code} {}", crate::sip::message::phrase(*code)),
            Why::WrongPassword => f.write_str("it does not accept the password; check `auth_user` and `password`"),
            Why::Unanswerable => f.write_str("it asks for a kind of password that ringall does not know"),
            Why::Left => f.write_str("the service shuts down"),
        }
    }
}
