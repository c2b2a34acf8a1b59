//! Session timers (RFC 4028): a session that is not refreshed in time is over, so that neither end, nor a proxy between
//! them, keeps a call whose other end is gone. A refresh is a re-INVITE or UPDATE that changes nothing. We ask for no timer
//! ourselves, since silence tells sooner that somebody is gone, but run every one that the other side wants, and where we
//! may choose we refresh: a call must not end because the other side forgets to.

use std::time::Duration;

use crate::now::Mono;

use super::message::{Header, Received, Refresher, SessionExpires, other};

/// The option tag (RFC 4028 §4).
pub const TIMER: &str = "timer";
/// The shortest session interval that anybody may ask for, in seconds (§5).
pub const MIN_SE: u32 = 90;
/// Whoever waits for a refresh ends the session so long before it is over, or a third of the interval if that is less
/// (§10).
const BEFORE_THE_END: Duration = Duration::from_secs(32);
/// A refresh that was refused is not tried again sooner.
const LATER: Duration = Duration::from_secs(5);

/// Who refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    We,
    They,
}

/// The timer of one dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimer {
    /// In seconds, [`MIN_SE`] at least.
    interval: u32,
    refresher: Who,
    /// What the other side's proxies want at least (§7.4), as a 422 has told.
    min_se: Option<u32>,
    /// When the session is over.
    ends: Mono,
    /// When to refresh, or to try again.
    next: Mono,
}

/// What is to be done at [`SessionTimer::next`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    Nothing,
    Refresh,
    /// The session is over: BYE.
    Over,
}

/// That we know timers: for every INVITE and UPDATE of ours.
pub fn supported() -> Header {
    Header::Supported(TIMER.into())
}

/// Whether a request asks for a shorter interval than there may be: 422, which only who knows timers understands (§9).
pub fn is_too_small(request: &Received) -> bool {
    knows(request) && request.session_expires.is_some_and(|asked| asked.interval < MIN_SE)
}

fn knows(message: &Received) -> bool {
    [&message.supported, &message.require].iter().any(|tags| tags.iter().any(|tag| tag == TIMER))
}

impl SessionTimer {
    fn new(now: Mono, interval: u32, refresher: Who) -> SessionTimer {
        let whole = Duration::from_secs(interval.into());
        let ends = now + (whole - BEFORE_THE_END.min(whole / 3));
        let next = match refresher {
            // §10: "once half the session interval has elapsed".
            Who::We => now + whole / 2,
            Who::They => ends,
        };
        SessionTimer { interval, refresher, min_se: None, ends, next }
    }

    /// What this INVITE or UPDATE of theirs makes of the timer `before`, now that we say 2xx, and what the 2xx says of it
    /// (§9, table 2).
    pub fn accepting(
        now: Mono,
        request: &Received,
        before: Option<SessionTimer>,
    ) -> Option<(SessionTimer, Vec<Header>)> {
        let knows = knows(request);
        let stays = before.map_or(Refresher::Uas, |before| match before.refresher {
            Who::We => Refresher::Uas,
            Who::They => Refresher::Uac,
        });
        let (interval, refresher) = match (request.session_expires, before) {
            // An interval that is none, from somebody who would not understand a 422.
            (Some(asked), _) if asked.interval < MIN_SE => return None,
            (Some(asked), _) if knows => (asked.interval, asked.refresher.unwrap_or(stays)),
            // A proxy wants it: who calls knows nothing of it and cannot refresh.
            (Some(asked), _) => (asked.interval, Refresher::Uas),
            (None, Some(before)) if knows => (before.interval, stays),
            (None, _) => return None,
        };
        let who = match refresher {
            Refresher::Uas => Who::We,
            Refresher::Uac => Who::They,
        };
        let mut headers = vec![session_expires(interval, refresher)];
        if knows {
            headers.push(Header::Require(TIMER.into()));
        }
        Some((SessionTimer::new(now, interval, who), headers))
    }

    /// What their 2xx to an INVITE or UPDATE of ours makes of it (§7.2): none without Session-Expires.
    pub fn accepted(now: Mono, ok: &Received) -> Option<SessionTimer> {
        let SessionExpires { interval, refresher } = ok.session_expires.filter(|said| said.interval >= MIN_SE)?;
        let who = match refresher {
            Some(Refresher::Uac) | None => Who::We,
            Some(Refresher::Uas) => Who::They,
        };
        Some(SessionTimer::new(now, interval, who))
    }

    /// What a request of ours in the session says of it, so that all stays as it is (§7.4).
    pub fn headers(&self) -> Vec<Header> {
        let refresher = match self.refresher {
            Who::We => Refresher::Uac,
            Who::They => Refresher::Uas,
        };
        let min_se = self.min_se.map(|seconds| other("Min-SE", &seconds.to_string()));
        [session_expires(self.interval, refresher)].into_iter().chain(min_se).collect()
    }

    /// When [`SessionTimer::due`] wants to be asked.
    pub fn next(&self) -> Mono {
        self.next.min(self.ends)
    }

    pub fn due(&self, now: Mono) -> Due {
        match self.refresher {
            _ if self.ends <= now => Due::Over,
            Who::We if self.next <= now => Due::Refresh,
            Who::We | Who::They => Due::Nothing,
        }
    }

    /// The refresh is on its way: what becomes of it is told. Until then there is only the end to wait for.
    pub fn refreshing(&mut self) {
        self.next = self.ends;
    }

    /// Try again so much later.
    pub fn again_after(&mut self, now: Mono, wait: Duration) {
        self.next = now + wait;
    }

    /// They refused the refresh: again when half of what is left has passed.
    pub fn refused(&mut self, now: Mono) {
        self.next = now + ((self.ends - now) / 2).max(LATER);
    }

    /// 422: the interval is too small for somebody on the way, who wants this at least (§7.3). Again at once, unless it was
    /// not too small at all.
    pub fn is_too_small(&mut self, now: Mono, min_se: Option<u32>) {
        match min_se.filter(|min_se| *min_se > self.interval) {
            Some(min_se) => {
                self.interval = min_se;
                self.min_se = Some(min_se);
                self.next = now;
            }
            None => self.refused(now),
        }
    }
}

fn session_expires(interval: u32, refresher: Refresher) -> Header {
    let refresher = match refresher {
        Refresher::Uac => "uac",
        Refresher::Uas => "uas",
    };
    other("Session-Expires", &format!("{interval};refresher={refresher}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::wire::{self, Framing};

    fn message(start: &str, headers: &str) -> Received {
        let method = if start.contains("UPDATE") { "UPDATE" } else { "INVITE" };
        let text = format!(
            "{start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n\
             Call-ID: 1\r\nCSeq: 1 {method}\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        wire::read(text.as_bytes(), Framing::Datagram).expect("a message")
    }

    fn asks(headers: &str) -> Received {
        message("INVITE sip:c@d SIP/2.0", headers)
    }

    fn at(seconds: u64) -> Mono {
        Mono(Duration::from_secs(seconds))
    }

    fn said(headers: &[Header]) -> Vec<String> {
        headers.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn who_refreshes_is_who_was_asked_to() {
        // RFC 4028 §9, table 2.
        for (headers, interval, who, says) in [
            ("Session-Expires: 600\r\nSupported: timer\r\n", 600, Who::We, "600;refresher=uas timer"),
            ("Session-Expires: 600;refresher=uac\r\nSupported: timer\r\n", 600, Who::They, "600;refresher=uac timer"),
            ("x: 600;refresher=uas\r\nRequire: timer\r\n", 600, Who::We, "600;refresher=uas timer"),
            ("Session-Expires: 600\r\n", 600, Who::We, "600;refresher=uas "),
            ("Session-Expires: 600;refresher=uac\r\n", 600, Who::We, "600;refresher=uas "),
        ] {
            let (timer, answer) = SessionTimer::accepting(at(0), &asks(headers), None).expect(headers);
            assert_eq!((timer.interval, timer.refresher), (interval, who), "{headers}");
            let (expires, require) = says.split_once(' ').expect("two");
            let require = if require.is_empty() { vec![] } else { vec![format!("Require: {require}")] };
            assert_eq!(said(&answer), [vec![format!("Session-Expires: {expires}")], require].concat(), "{headers}");
        }
        for headers in ["", "Supported: timer\r\n", "Session-Expires: 89\r\n", "Session-Expires: soon\r\n"] {
            assert_eq!(SessionTimer::accepting(at(0), &asks(headers), None), None, "{headers}");
        }
    }

    #[test]
    fn a_timer_that_runs_goes_on_under_a_request_that_says_nothing_of_it() {
        for (refresher, who, says) in [("uac", Who::They, "uac"), ("uas", Who::We, "uas")] {
            let first = asks(&format!("Session-Expires: 600;refresher={refresher}\r\nSupported: timer\r\n"));
            let (running, _) = SessionTimer::accepting(at(0), &first, None).expect("a timer");
            let again = asks("Supported: timer\r\n");
            let (timer, headers) = SessionTimer::accepting(at(100), &again, Some(running)).expect("a timer");
            assert_eq!(timer, SessionTimer::new(at(100), 600, who));
            assert_eq!(said(&headers)[0], format!("Session-Expires: 600;refresher={says}"));
            assert_eq!(
                SessionTimer::accepting(at(100), &asks(""), Some(running)),
                None,
                "who knows no timers has none"
            );
        }
    }

    #[test]
    fn only_who_knows_timers_is_told_that_one_is_too_small() {
        assert!(is_too_small(&asks("Session-Expires: 89\r\nSupported: timer\r\n")));
        assert!(!is_too_small(&asks("Session-Expires: 90\r\nSupported: timer\r\n")));
        assert!(!is_too_small(&asks("Session-Expires: 89\r\n")));
    }

    #[test]
    fn half_of_the_interval_and_a_third_before_the_end() {
        let ours = SessionTimer::new(at(0), 90, Who::We);
        assert_eq!((ours.due(at(44)), ours.due(at(45)), ours.due(at(60))), (Due::Nothing, Due::Refresh, Due::Over));
        let theirs = SessionTimer::new(at(0), 1800, Who::They);
        assert_eq!(theirs.next(), at(1768));
        assert_eq!((theirs.due(at(1767)), theirs.due(at(1768))), (Due::Nothing, Due::Over));
    }

    #[test]
    fn what_is_refused_is_tried_again_until_the_end() {
        let mut timer = SessionTimer::new(at(0), 1800, Who::We);
        let (mut now, mut tries) = (timer.next(), 0);
        while timer.due(now) == Due::Refresh {
            timer.refreshing();
            timer.refused(now);
            now = timer.next();
            tries += 1;
        }
        assert_eq!((timer.due(now), now), (Due::Over, at(1768)));
        assert!((8..20).contains(&tries), "{tries}");
    }

    #[test]
    fn a_larger_interval_is_taken_a_smaller_one_not() {
        let mut timer = SessionTimer::new(at(0), 90, Who::We);
        timer.is_too_small(at(45), Some(300));
        assert_eq!(timer.due(at(45)), Due::Refresh);
        assert_eq!(said(&timer.headers()), ["Session-Expires: 300;refresher=uac", "Min-SE: 300"]);
        timer.is_too_small(at(46), Some(300));
        assert_eq!(timer.due(at(46)), Due::Nothing, "or the two would go on for ever");
    }

    #[test]
    fn their_2xx_says_who_refreshes() {
        let ok = |headers: &str| SessionTimer::accepted(at(0), &message("SIP/2.0 200 OK", headers));
        assert_eq!(ok("Session-Expires: 600;refresher=uas\r\n"), Some(SessionTimer::new(at(0), 600, Who::They)));
        assert_eq!(ok("Session-Expires: 600;refresher=uac\r\n"), Some(SessionTimer::new(at(0), 600, Who::We)));
        assert_eq!(ok("Session-Expires: 1;refresher=uac\r\n"), None);
        assert_eq!(ok(""), None);
    }
}
