//! What the owner is told, and not told again and again. The first notice of a trouble goes out at once. While it lasts,
//! the next one goes out when [`TOLD_AGAIN_AFTER`] has passed, and says how often it has happened meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use super::mailboxes::Noted;
use super::{Output, Switchboard};
use crate::call::Call;
use crate::call::record::{CallEvent, EventKind};
use crate::notice::{NoneRang, Notice, Subject};
use crate::now::{Mono, Now, UnixMs};
use crate::routing::plan::ShopId;

/// A trouble that lasts is told of again after this, if it has happened again: often enough for whoever missed the
/// first, seldom enough that nobody turns the notices off.
pub(super) const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(30 * 60);
/// A trouble that was over and came back is told of after this: what comes and goes with each call is one trouble.
pub(super) const BACK_AFTER: Duration = Duration::from_secs(5 * 60);

/// That somebody dialled what they may not is on the page for so long.
const SHOWN_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A notice that is to be told now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub notice: Notice,
    /// When what it tells of happened.
    pub at: UnixMs,
    /// How often else it has happened since the owner was last told.
    pub held_back: u32,
}

/// A trouble that is not known to be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub notice: Notice,
    /// When it last showed.
    pub at: UnixMs,
}

/// What each shop's owner was told. Few: one entry a shop and subject.
#[derive(Debug, Default)]
pub(super) struct Notices {
    known: BTreeMap<(ShopId, Subject), Known>,
}

#[derive(Debug)]
struct Known {
    /// As it last showed.
    notice: Notice,
    at: UnixMs,
    told: Mono,
    held_back: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Stands,
    Over,
    /// It was over for a while since the owner was last told.
    Back,
}

impl Known {
    /// From when on the owner may be told of it.
    fn again_at(&self) -> Mono {
        match self.state {
            State::Stands => self.told + TOLD_AGAIN_AFTER,
            State::Over | State::Back => self.told + BACK_AFTER,
        }
    }

    fn tell(&mut self, now: Mono) -> Due {
        let held_back = std::mem::take(&mut self.held_back);
        (self.told, self.state) = (now, State::Stands);
        Due { notice: self.notice.clone(), at: self.at, held_back }
    }
}

impl Notices {
    /// This has happened in this shop. The answer is what to tell the owner; `None`: it is held back.
    fn raise(&mut self, now: Now, shop: ShopId, notice: Notice) -> Option<Due> {
        let (key, told) = ((shop, notice.subject()), now.mono);
        let forgotten = |known: &Known| known.state == State::Over && known.told + TOLD_AGAIN_AFTER <= now.mono;
        if self.known.get(&key).is_none_or(forgotten) {
            let due = Due { notice: notice.clone(), at: now.wall, held_back: 0 };
            self.known.insert(key, Known { notice, at: now.wall, told, held_back: 0, state: State::Stands });
            return Some(due);
        }
        let known = self.known.get_mut(&key)?;
        (known.notice, known.at) = (notice, now.wall);
        if known.state == State::Over {
            known.state = State::Back;
        }
        if known.again_at() <= now.mono {
            return Some(known.tell(now.mono));
        }
        known.held_back = known.held_back.saturating_add(1);
        None
    }

    /// The trouble that this owner was told of lasts, and this is what is known of it now: no news.
    pub(super) fn is_now(&mut self, shop: ShopId, notice: &Notice) {
        if let Some(known) = self.known.get_mut(&(shop, notice.subject())) {
            known.notice = notice.clone();
        }
    }

    /// What this was about is well again.
    pub(super) fn over(&mut self, shop: ShopId, subject: Subject) {
        if let Some(known) = self.known.get_mut(&(shop, subject)) {
            known.state = State::Over;
        }
    }

    /// When [`Notices::pop_due`] has something, at the latest.
    pub(super) fn next(&self) -> Option<Mono> {
        self.held_back().map(Known::again_at).min()
    }

    /// What was held back, and is to be told now that its time has come: one for each call of this.
    fn pop_due(&mut self, now: Mono) -> Option<(ShopId, Due)> {
        let due = |known: &Known| known.held_back > 0 && known.state != State::Over && known.again_at() <= now;
        let ((shop, _), known) = self.known.iter_mut().find(|(_, known)| due(known))?;
        // It is itself one of those that were held back.
        known.held_back -= 1;
        Some((*shop, known.tell(now)))
    }

    /// What is not known to be over in this shop.
    pub(super) fn standing(&self, now: UnixMs, shop: ShopId) -> impl Iterator<Item = Standing> {
        let is_news = move |known: &Known| match known.notice {
            // Nothing says that nobody tries any more.
            Notice::NotDialled { .. } => now < known.at + SHOWN_FOR,
            Notice::NoPhoneRang(_)
            | Notice::LikelyMailbox { .. }
            | Notice::TrunkDown { .. }
            | Notice::CallBackDue { .. }
            | Notice::DidNotRing { .. } => known.state != State::Over,
        };
        let of_shop = self.known.iter().filter(move |((of, _), known)| *of == shop && is_news(known));
        of_shop.map(|(_, known)| Standing { notice: known.notice.clone(), at: known.at })
    }

    fn held_back(&self) -> impl Iterator<Item = &Known> {
        self.known.values().filter(|known| known.held_back > 0 && known.state != State::Over)
    }
}

impl Switchboard {
    /// Tells the owner, unless they were told a moment ago.
    pub(super) fn notify(&mut self, now: Now, shop: ShopId, notice: Notice) {
        let due = self.notices.raise(now, shop, notice);
        self.outputs.extend(due.map(|due| Output::Notify { shop, due }));
    }

    pub(super) fn notices_due(&mut self, now: Now) {
        while let Some((shop, due)) = self.notices.pop_due(now.mono) {
            self.outputs.push_back(Output::Notify { shop, due });
        }
    }

    /// So many callers of this shop are to be called by now, and nobody has taken it on: each time that there is one more,
    /// and once when there is none any more.
    pub(super) fn callers_wait(&mut self, now: Now, shop: ShopId, callers: u32) {
        match callers {
            0 => self.notices.over(shop, Subject::CallBacks),
            callers => self.notify(now, shop, Notice::CallBackDue { callers }),
        }
    }

    /// What a call's log says may be trouble, or the end of one.
    pub(super) fn read_event(&mut self, now: Now, event: &CallEvent) {
        let Some(shop) = self.calls.get(&event.call).and_then(Call::shop).cloned() else { return };
        if matches!(event.kind, EventKind::Ringing | EventKind::Answered) {
            self.notices.over(shop.id, Subject::Phones);
            if let Some(name) = &event.phone {
                self.has_rung(now, shop.id, name);
            }
        }
        match self.mailboxes.note(&shop, event) {
            Some(Noted::Mailbox(phone, name)) => self.notify(now, shop.id, Notice::LikelyMailbox { phone, name }),
            Some(Noted::Person(phone)) => self.notices.over(shop.id, Subject::Line(phone)),
            None => {}
        }
    }

    /// Where phones are has changed: of a shop that had none anywhere, one may have come. Notices of a shop that is no
    /// more are forgotten.
    pub(super) fn look_for_phones_again(&mut self) {
        if self.notices.known.is_empty() {
            return;
        }
        let (plan, phones) = (&self.plan, &self.contacts.phones);
        self.notices.known.retain(|(shop, _), known| {
            let Some(shop) = plan.shop(*shop) else { return false };
            if let Notice::LikelyMailbox { phone, .. } = &known.notice
                && !self.mailboxes.is_one(*phone)
            {
                return false;
            }
            let nowhere = known.notice == Notice::NoPhoneRang(NoneRang::NoneRegistered);
            if nowhere && shop.phones.iter().any(|phone| !phones.of(phone.id).is_empty()) {
                known.state = State::Over;
            }
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUIZ: ShopId = ShopId(1);
    const SILENT: Notice = Notice::NoPhoneRang(NoneRang::NoneReachable);
    const NOWHERE: Notice = Notice::NoPhoneRang(NoneRang::NoneRegistered);

    fn at(minutes: u64) -> Now {
        let since = Duration::from_secs(60 * minutes);
        Now { mono: Mono(since), wall: UnixMs(0) + since }
    }

    fn due(notice: Notice, minutes: u64, held_back: u32) -> Option<Due> {
        Some(Due { notice, at: at(minutes).wall, held_back })
    }

    #[test]
    fn what_lasts_is_told_again_after_half_an_hour_with_a_count() {
        let mut notices = Notices::default();
        assert_eq!(notices.raise(at(0), RUIZ, SILENT), due(SILENT, 0, 0));
        for minute in 1..30 {
            assert_eq!(notices.raise(at(minute), RUIZ, SILENT), None);
        }
        assert_eq!(notices.next(), Some(at(30).mono));
        assert_eq!(notices.pop_due(at(29).mono), None);
        assert_eq!(notices.pop_due(at(30).mono), due(SILENT, 29, 28).map(|due| (RUIZ, due)));
        assert_eq!((notices.next(), notices.pop_due(at(90).mono)), (None, None), "nothing has happened since");
        assert_eq!(notices.raise(at(90), RUIZ, SILENT), due(SILENT, 90, 0));
    }

    #[test]
    fn what_was_over_and_came_back_is_told_at_once_but_not_within_five_minutes() {
        let mut notices = Notices::default();
        notices.raise(at(0), RUIZ, SILENT);
        notices.over(RUIZ, Subject::Phones);
        assert_eq!(notices.raise(at(4), RUIZ, SILENT), None);
        assert_eq!(notices.pop_due(at(5).mono), due(SILENT, 4, 0).map(|due| (RUIZ, due)), "once the time has come");
        notices.raise(at(6), RUIZ, SILENT);
        notices.over(RUIZ, Subject::Phones);
        assert_eq!((notices.next(), notices.pop_due(at(11).mono)), (None, None), "it is over: nobody is told");
        assert_eq!(notices.raise(at(11), RUIZ, SILENT), due(SILENT, 11, 1));
        notices.raise(at(12), RUIZ, SILENT);
        notices.over(RUIZ, Subject::Phones);
        assert_eq!(notices.raise(at(41), RUIZ, SILENT), due(SILENT, 41, 0), "what was held back long ago is forgotten");
    }

    #[test]
    fn another_cause_of_the_same_trouble_is_no_news() {
        let mut notices = Notices::default();
        notices.raise(at(0), RUIZ, SILENT);
        assert_eq!(notices.raise(at(1), RUIZ, NOWHERE), None);
        let standing: Vec<Standing> = notices.standing(UnixMs(0), RUIZ).collect();
        assert_eq!(standing, [Standing { notice: NOWHERE, at: at(1).wall }], "the page says what is so now");
        assert_eq!(notices.raise(at(1), ShopId(2), SILENT), due(SILENT, 1, 0), "each shop has its own");
        notices.over(RUIZ, Subject::Phones);
        assert_eq!(notices.standing(UnixMs(0), RUIZ).count(), 0);
    }
}
