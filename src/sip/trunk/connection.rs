//! What the loss of the connection that we have registered by means: calls come by it alone (RFC 5626 §5.3).

use std::time::Duration;

use super::{Given, Registration, Step, Why};

/// A connection that lived for so long after the registrar's word is no reason to wait: the next is opened at once. One that
/// falls sooner, again and again, is a registrar that does not want us, and is asked less and less often (RFC 5626 §4.5).
const STEADY: Duration = Duration::from_secs(60);

impl Registration {
    /// A request under way fails by itself; while we rest, a new connection is to be had by registering anew.
    pub(super) fn fallen(&mut self, given: &mut Given<'_>) {
        if !self.is_registered() || !matches!(self.step, Step::Resting { .. }) {
            return;
        }
        self.falls = if given.now < self.confirmed + STEADY { self.falls.saturating_add(1) } else { 0 };
        match self.falls {
            0 | 1 => self.step = Step::Resting { until: given.now },
            again => {
                self.failures = again - 1;
                self.fail(given, Why::Silence, None);
            }
        }
    }
}
