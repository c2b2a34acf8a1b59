//! A registrar that is silent or refuses us: who is asked next, and when it is asked again.

use std::time::Duration;

use super::{Answers, Attempt, Change, Given, Output, Registration, Standing, Step, Why, between};

/// The first pause after a failure; it doubles with each more.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause of our own choice. With the 4 s between repeats of a REGISTER, calls come again within 30 s of the
/// carrier's return, however long it was away.
const LONGEST_PAUSE: Duration = Duration::from_secs(24);
/// The longest pause a registrar can ask for by Retry-After.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);
/// After a refusal: trying often would not help, and many carriers shut out who fails again and again.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

impl Registration {
    /// This address does not serve us now: the next one of the name is asked at once, and after the last there is a pause.
    pub(super) fn try_next(
        &mut self,
        given: &mut Given<'_>,
        attempt: Attempt,
        why: Why,
        retry_after: Option<Duration>,
    ) {
        let tried = attempt.tried + 1;
        match self.hops.get(tried).copied() {
            Some(hop) => self.ask(given, Attempt { hop, tried, answers: Answers::None, ..attempt }),
            None => self.fail(given, why, retry_after),
        }
    }

    /// An attempt has failed in a way that may pass. Silence is believed at once; who answers, if only by 500, still has
    /// our Contact for as long as it was granted.
    pub(super) fn fail(&mut self, given: &mut Given<'_>, why: Why, retry_after: Option<Duration>) {
        self.trouble = why;
        if why == Why::Silence || !self.is_registered() {
            self.lose(why);
        }
        let doubled = FIRST_PAUSE * 2_u32.saturating_pow(self.failures.min(8));
        self.failures = self.failures.saturating_add(1);
        let pause = doubled.min(LONGEST_PAUSE) * between(given.chance, 80, 100) / 100;
        let asked_for = retry_after.map_or(Duration::ZERO, |pause| pause.min(LONGEST_RETRY_AFTER));
        let asked_for = asked_for * between(given.chance, 100, 110) / 100;
        self.step = Step::Resting { until: given.now + pause.max(FIRST_PAUSE).max(asked_for) };
    }

    /// The registrar does not want us as we are.
    pub(super) fn refused(&mut self, given: &mut Given<'_>, why: Why) {
        self.trouble = why;
        self.lose(why);
        self.failures = self.failures.saturating_add(1);
        self.step = Step::Resting { until: given.now + REFUSED_PAUSE * between(given.chance, 100, 120) / 100 };
    }

    pub(super) fn lose(&mut self, why: Why) {
        self.keep_alive = None;
        if std::mem::replace(&mut self.standing, Standing::Lost) != Standing::Lost {
            self.outputs.push_back(Output::Changed(Change::Lost(why)));
        }
    }
}
