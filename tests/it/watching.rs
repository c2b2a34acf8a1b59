//! What only a phone with lamps does: SUBSCRIBE, NOTIFY, and how its keys shine. Written apart from the product's own.

use std::time::Duration;

use crate::cast::Phone;
use crate::machine::SHOP;
use crate::registering::Account;
use crate::shop::Shop;
use crate::text::{Text, compose, param};

/// A key with a lamp: whom it shows, and how far asking for that has come.
pub struct Key {
    pub package: String,
    pub user: String,
    pub expires: Option<u32>,
    /// Headers added to the SUBSCRIBE.
    pub headers: Vec<(&'static str, String)>,
    call_id: String,
    cseq: u32,
    /// To with the other side's tag, once it is known.
    to: Option<String>,
}

impl Key {
    /// One that shows how this user's phone stands.
    pub fn of(user: &str) -> Key {
        Key::for_package("dialog", user)
    }

    pub fn for_package(package: &str, user: &str) -> Key {
        Key {
            package: package.to_owned(),
            user: user.to_owned(),
            expires: None,
            headers: Vec::new(),
            call_id: format!("watch-{package}-{user}"),
            cseq: 0,
            to: None,
        }
    }

    /// The same key of another phone.
    pub fn named(mut self, call_id: &str) -> Key {
        call_id.clone_into(&mut self.call_id);
        self
    }

    pub fn expiring_after(mut self, seconds: u32) -> Key {
        self.expires = Some(seconds);
        self
    }

    pub fn with_header(mut self, name: &'static str, value: &str) -> Key {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Asks as a phone does: is challenged, proves. The last answer.
    #[track_caller]
    pub fn asks(&mut self, shop: &Shop, phone: &Phone, account: &mut Account) -> Text {
        let answer = self.says(shop, phone, account);
        match account.is_challenged(&answer) {
            true => self.says(shop, phone, account),
            false => answer,
        }
    }

    /// Asks, which must succeed.
    #[track_caller]
    pub fn is_lit(&mut self, shop: &Shop, phone: &Phone, account: &mut Account) {
        let answer = self.asks(shop, phone, account);
        assert_eq!(answer.code(), Some(200), "{}", answer.start);
    }

    /// One SUBSCRIBE, with credentials once there was a challenge, and its answer.
    #[track_caller]
    pub fn says(&mut self, shop: &Shop, phone: &Phone, account: &mut Account) -> Text {
        let proof = account.nonce.is_some().then(|| account.proof("SUBSCRIBE"));
        self.says_with(shop, phone, proof).unwrap_or_else(|| panic!("no answer to the SUBSCRIBE for {}", self.user))
    }

    /// The same with these credentials.
    pub fn says_with(&mut self, shop: &Shop, phone: &Phone, proof: Option<String>) -> Option<Text> {
        self.cseq += 1;
        let uri = format!("sip:{}@{SHOP}", self.user);
        let (address, cseq) = (phone.address(), self.cseq);
        let mut headers = vec![
            ("Via", format!("SIP/2.0/UDP {address};branch=z9hG4bK{}{cseq};rport", self.call_id)),
            ("Max-Forwards", "70".to_owned()),
            ("From", format!("<sip:me@{SHOP}>;tag={}", self.call_id)),
            ("To", self.to.clone().unwrap_or_else(|| format!("<{uri}>"))),
            ("Call-ID", self.call_id.clone()),
            ("CSeq", format!("{cseq} SUBSCRIBE")),
            ("Contact", format!("<{}>", phone.act(|far_end, _| far_end.uri.clone()))),
            ("Event", self.package.clone()),
        ];
        headers.extend(self.expires.map(|expires| ("Expires", expires.to_string())));
        headers.extend(self.headers.iter().cloned());
        headers.extend(proof.map(|value| ("Authorization", value)));
        phone.act(|far_end, _| far_end.watches.push(self.call_id.clone()));
        phone.says_to_the_shop(&compose(&format!("SUBSCRIBE {uri} SIP/2.0"), &headers, ""));
        shop.wait("100 ms");
        let own = |text: &Text| text.must("call-id") == self.call_id && text.cseq() == (cseq, "SUBSCRIBE");
        let answer = phone.last_heard(|text| text.code().is_some() && own(text))?;
        if answer.code() == Some(200) {
            self.to = Some(answer.must("to").to_owned());
        }
        Some(answer)
    }

    /// From now on the phone knows nothing of it: 481.
    pub fn is_forgotten(&self, phone: &Phone) {
        phone.act(|far_end, _| far_end.watches.retain(|known| *known != self.call_id));
    }

    /// What was told, in order, repeats too.
    pub fn notes(&self, phone: &Phone) -> Vec<Text> {
        phone.got("NOTIFY").into_iter().filter(|text| text.must("call-id") == self.call_id).collect()
    }

    /// The last document.
    #[track_caller]
    pub fn shows(&self, phone: &Phone) -> String {
        self.notes(phone).last().unwrap_or_else(|| panic!("{} was told nothing", phone.name())).body.clone()
    }

    /// The states of the calls in each document, in order.
    pub fn states(&self, phone: &Phone) -> Vec<String> {
        self.notes(phone).iter().map(|note| all_between(&note.body, "<state>", "</state>").join(" ")).collect()
    }

    /// The numbers of the documents.
    pub fn versions(&self, phone: &Phone) -> Vec<u32> {
        let of = |note: &Text| note.body.split_once("<dialog-info").expect("a document").1.to_owned();
        let number = |note: &Text| attribute(&of(note), "version").parse().expect("a number");
        self.notes(phone).iter().map(number).collect()
    }

    /// For how long the last word says that it goes on; `None`: it is over.
    pub fn goes_on_for(&self, phone: &Phone) -> Option<Duration> {
        let notes = self.notes(phone);
        let state = notes.last()?.must("subscription-state");
        let left: u64 = param(state, "expires").filter(|_| state.starts_with("active"))?.parse().ok()?;
        Some(Duration::from_secs(left))
    }

    /// By what the call in the last document can be taken.
    #[track_caller]
    pub fn names_the_call(&self, phone: &Phone) -> String {
        let document = self.shows(phone);
        let of = |name| attribute(&document, name);
        format!("{};to-tag={};from-tag={}", of("call-id"), of("local-tag"), of("remote-tag"))
    }
}

/// The first value of this attribute.
pub fn attribute(document: &str, name: &str) -> String {
    all_between(document, &format!(" {name}=\""), "\"")
        .first()
        .unwrap_or_else(|| panic!("no {name} in {document}"))
        .clone()
}

fn all_between(text: &str, before: &str, after: &str) -> Vec<String> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap_or_default().to_owned()).collect()
}
