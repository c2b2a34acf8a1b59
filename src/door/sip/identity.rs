//! Who calls, as a carrier is told: From, and the headers that vouch for it (RFC 3323, RFC 3325, RFC 5806).

use crate::config::{FromUser, Identity, Outbound, ShownAs};
use crate::sip::address::Address;
use crate::sip::message::{Header, other};
use crate::sip::uri::Uri;

use super::lines::Line;
use super::{Shown, SipDoor};

impl SipDoor {
    /// The shop, as the carrier is told that one of its phones calls: From without a tag, and the headers that vouch for it.
    /// Where we register the account is known there, and the shop's number is what we would have shown (RFC 3325 §9.2).
    pub(super) fn shown_as_shop(&self, trunk: usize, called: Option<&str>) -> (Address, Vec<Header>) {
        let Some(Line { outbound: Some(outbound), account, .. }) = self.lines.get(trunk) else {
            return (Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)), Vec::new());
        };
        let at = |user: &str| at_carrier(outbound, user);
        let account = account.as_ref().map(|account| account.user.as_str());
        let named = match outbound.from {
            FromUser::Account => account.or(called),
            FromUser::Number => called.or(account),
        };
        let ours = at(named.unwrap_or("ringall"));
        if let Some(identity) = outbound.identity {
            let shown =
                Shown { card: String::new(), number: String::new(), called: called.map(str::to_owned), own: None };
            return identified(outbound, ShownAs::Shop, identity, ours, &shown);
        }
        let vouched = called.filter(|_| account.is_some() && named == account);
        (ours, vouched.map(|number| other("P-Preferred-Identity", &at(number).to_string())).into_iter().collect())
    }

    /// Who calls, as the carrier is told: From without a tag, and the headers that vouch for it.
    pub(super) fn shown_to_cell(&self, trunk: usize, shown: &Shown) -> (Address, Vec<Header>) {
        let Some(Line { outbound: Some(outbound), account, .. }) = self.lines.get(trunk) else {
            return (Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)), Vec::new());
        };
        let at = |user: &str| at_carrier(outbound, user);
        let account = account.as_ref().map(|account| account.user.as_str());
        let named = match outbound.from {
            FromUser::Account => account.or(shown.called.as_deref()),
            FromUser::Number => shown.called.as_deref().or(account),
        };
        let ours = at(named.unwrap_or("ringall"));
        if let Some(identity) = outbound.identity {
            return identified(outbound, outbound.shown_as, identity, ours, shown);
        }
        match outbound.shown_as {
            ShownAs::Shop => (ours, Vec::new()),
            ShownAs::Caller => {
                // RFC 3325 §9.1, and RFC 5806 for carriers that go by it: who answers for a number that is not ours.
                let mut vouched = vec![other("P-Asserted-Identity", &ours.to_string())];
                if let Some(called) = &shown.called {
                    vouched.push(other("Diversion", &format!("<{}>;reason=unconditional", at(called).uri)));
                }
                match shown.number.as_str() {
                    "" => {
                        vouched.push(other("Privacy", "id"));
                        (Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)), vouched)
                    }
                    number => (at(number), vouched),
                }
            }
        }
    }
}

/// This user, or this number as the carrier writes it, at the carrier.
fn at_carrier(outbound: &Outbound, user: &str) -> Address {
    Address::new(Uri::sip(Some(&outbound.numbers.write_shown(user)), &outbound.domain, outbound.port))
}

/// From, and the header in which this carrier looks for the number to be shown. Who withholds theirs is not named: the
/// shop's number answers for the call, and is not shown either.
fn identified(
    outbound: &Outbound,
    shown_as: ShownAs,
    identity: Identity,
    ours: Address,
    shown: &Shown,
) -> (Address, Vec<Header>) {
    let at = |user: &str| at_carrier(outbound, user);
    let shop = shown.called.as_deref();
    let (number, withheld) = match shown_as {
        ShownAs::Shop => (shop, false),
        ShownAs::Caller if shown.number.is_empty() => (shop, true),
        ShownAs::Caller => (Some(shown.number.as_str()), false),
    };
    let mut more = Vec::new();
    if let Some(number) = number {
        let privacy = if withheld { "full" } else { "off" };
        let params = match identity {
            Identity::RemoteParty => format!(";party=calling;privacy={privacy};screen=no"),
            Identity::Asserted | Identity::Preferred => String::new(),
        };
        more.push(other(identity.header(), &format!("<{}>{params}", at(number).uri)));
    }
    if withheld {
        more.push(other("Privacy", "id"));
    }
    if let (ShownAs::Caller, Some(shop)) = (shown_as, shop) {
        more.push(other("Diversion", &format!("<{}>;reason=unconditional", at(shop).uri)));
    }
    let from = match (outbound.from, number) {
        (FromUser::Number, Some(number)) if !withheld => at(number),
        (FromUser::Number, _) if withheld => Address::new(Uri::sip(Some("anonymous"), "anonymous.invalid", None)),
        (FromUser::Account | FromUser::Number, _) => ours,
    };
    (from, more)
}
