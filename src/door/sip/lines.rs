//! The carriers that calls of ours go out by: whether one would take a call, has a channel left, and how it is asked.

use std::num::NonZeroU16;
use std::time::Duration;

use crate::call::event::LegEnd;
use crate::call::leg::LegId;
use crate::config::{Outbound, Trunk};
use crate::number::Number;
use crate::sip::auth::Credentials;
use crate::sip::hop::Hop;
use crate::sip::uri::Uri;

use super::{PhoneLeg, Place, SipDoor, Way};

/// What a call through this trunk needs.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) outbound: Option<Outbound>,
    pub(super) channels: Option<NonZeroU16>,
    pub(super) account: Option<Account>,
}

impl Line {
    pub(super) fn of(trunk: &Trunk) -> Line {
        let account = trunk.register.as_ref().map(|register| {
            let credentials = Credentials { user: register.auth_user.clone(), password: register.password.clone() };
            Account { user: register.user.clone(), credentials }
        });
        Line { outbound: trunk.outbound.clone(), channels: trunk.channels, account }
    }
}

/// Where we are registered.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) user: String,
    pub(super) credentials: Credentials,
}

/// Whether a trunk takes calls of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Yes,
    /// It does not answer our questions.
    InDoubt,
    No,
}

/// A trunk, and the server of its that was asked.
pub(super) type Tried = (usize, Hop);

impl SipDoor {
    /// Where each trunk that calls go out by wants their INVITEs.
    pub fn outbound_proxies(&self) -> Vec<(usize, Uri)> {
        let proxy = |(at, line): (usize, &Line)| Some((at, line.outbound.as_ref()?.proxy.clone()));
        self.lines.iter().enumerate().filter_map(proxy).collect()
    }

    /// Whether this trunk would take a call of ours: where we register, while we are registered; else, whether it answers.
    /// One that does not is better than none: not every carrier answers questions.
    pub fn takes_calls(&self, trunk: usize) -> Takes {
        let registers = self.lines.get(trunk).is_some_and(|line| line.account.is_some());
        match registers {
            true if self.trunks.is_registered(trunk) => Takes::Yes,
            true => Takes::No,
            false if self.reach.is_silent(trunk) => Takes::InDoubt,
            false => Takes::Yes,
        }
    }

    /// Where this trunk wants to be asked whether it is there, and how often. `None`: it is not asked.
    pub(super) fn asked_how_often(&self, trunk: usize) -> Option<(Uri, Duration)> {
        let line = self.lines.get(trunk).filter(|line| line.account.is_none())?;
        let outbound = line.outbound.as_ref()?;
        Some((outbound.proxy.clone(), outbound.ask_every?))
    }

    /// How many INVITEs one to this trunk may become: a carrier where we register may ask who calls, twice.
    pub(super) fn invites_as_one(&self, trunk: usize) -> u32 {
        let registers = self.lines.get(trunk).is_some_and(|line| line.account.is_some());
        if registers { 3 } else { 1 }
    }

    /// This number at this trunk.
    pub fn cell_uri(&self, trunk: usize, number: &Number) -> Option<Uri> {
        let outbound = self.lines.get(trunk)?.outbound.as_ref()?;
        self.number_uri(trunk, &outbound.numbers.write(number))
    }

    /// What is dialled like this at this trunk.
    pub(super) fn number_uri(&self, trunk: usize, number: &str) -> Option<Uri> {
        let outbound = self.lines.get(trunk)?.outbound.as_ref()?;
        Some(Uri::sip(Some(number), &outbound.domain, outbound.port))
    }

    /// The first way to this place that was not tried, by a trunk that has a channel for us.
    pub(super) fn way_to(&self, place: Place, tried: &[Tried]) -> Result<Place, LegEnd> {
        self.way_beside(place, tried, None)
    }

    /// The same once this leg has left its channel.
    pub(super) fn way_beside(&self, place: Place, tried: &[Tried], left: Option<LegId>) -> Result<Place, LegEnd> {
        let Some(first) = place.trunk else { return Ok(place) };
        let first = Way { uri: place.uri, hop: place.hop, trunk: first };
        let mut ways = std::iter::once(first).chain(place.others).filter(|way| !tried.contains(&(way.trunk, way.hop)));
        let way = ways.find(|way| self.has_channel_beside(way.trunk, left));
        way.and_then(|way| Place::of_cell(vec![way])).ok_or(LegEnd::NoChannel)
    }

    /// Whether this trunk can carry a call of ours. The last channel is the next customer's.
    pub(super) fn has_channel_for_us(&self, trunk: usize) -> bool {
        self.has_channel_beside(trunk, None)
    }

    fn has_channel_beside(&self, trunk: usize, left: Option<LegId>) -> bool {
        let Some(channels) = self.lines.get(trunk).and_then(|line| line.channels) else { return true };
        let customers = self.callers.values().filter(|caller| caller.trunk == Some(trunk)).count();
        let through = |phone: &PhoneLeg| phone.cell.as_ref().is_some_and(|cell| cell.trunk() == trunk);
        let cells = self.phones.iter().filter(|(leg, phone)| Some(**leg) != left && through(phone)).count();
        customers + cells + 1 < usize::from(channels.get())
    }
}
