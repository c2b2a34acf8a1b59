//! What only a phone that registers does: REGISTER, and the digest by RFC 7616 §3.4. Written apart from the product's own.

use md5::{Digest, Md5};
use ringall::routing::plan::{Ha1, Line};

use crate::carrier_sip::Says;
use crate::cast::Phone;
use crate::machine::SHOP;
use crate::shop::Shop;
use crate::text::{Text, compose};

/// What somebody typed into a phone, and how far its registering has come.
pub struct Account {
    pub user: String,
    pub password: String,
    /// The Expires header; `None`: the phone does not say.
    pub expires: Option<u32>,
    /// Contact values in place of the phone's own.
    pub contacts: Vec<String>,
    /// The address-of-record in place of the user's own.
    pub to: Option<String>,
    pub call_id: String,
    pub cseq: u32,
    pub nonce: Option<String>,
    /// How often the nonce was used.
    pub nc: u32,
}

impl Account {
    /// An account whose password is the user's name and "-secret".
    pub fn of(user: &str) -> Account {
        Account {
            user: user.to_owned(),
            password: format!("{user}-secret"),
            expires: None,
            contacts: Vec::new(),
            to: None,
            call_id: format!("reg-{user}"),
            cseq: 0,
            nonce: None,
            nc: 0,
        }
    }

    /// The same account in another telephone.
    pub fn elsewhere(&self, call_id: &str) -> Account {
        Account { call_id: call_id.to_owned(), ..Account::of(&self.user) }
    }

    pub fn expiring_after(mut self, seconds: u32) -> Account {
        self.expires = Some(seconds);
        self
    }

    pub fn with_password(mut self, password: &str) -> Account {
        password.clone_into(&mut self.password);
        self
    }

    pub fn with_contact(mut self, contact: &str) -> Account {
        self.contacts.push(contact.to_owned());
        self
    }

    /// What the owner's plan says of it.
    pub fn line(&self) -> Line {
        let ha1 = md5(&format!("{}:ringall:{}", self.user, self.password));
        Line::Registers { user: self.user.clone(), ha1: Ha1(ha1) }
    }

    /// Registers as a phone does: asks, is challenged, proves. The last answer.
    pub fn registers(&mut self, shop: &Shop, phone: &Phone) -> Text {
        let answer = self.says(shop, phone);
        match self.is_challenged(&answer) {
            true => self.says(shop, phone),
            false => answer,
        }
    }

    /// Registers, which must succeed.
    #[track_caller]
    pub fn is_registered(&mut self, shop: &Shop, phone: &Phone) {
        let answer = self.registers(shop, phone);
        assert_eq!(answer.code(), Some(200), "{}", answer.start);
    }

    /// Takes note of a 401. Whether it was one.
    pub fn is_challenged(&mut self, answer: &Text) -> bool {
        if answer.code() == Some(401) {
            (self.nonce, self.nc) = (Some(field(answer, "nonce")), 0);
        }
        answer.code() == Some(401)
    }

    /// One REGISTER, with credentials once there was a challenge, and its answer.
    #[track_caller]
    pub fn says(&mut self, shop: &Shop, phone: &Phone) -> Text {
        let text = self.next(phone);
        hears(shop, phone, &text).unwrap_or_else(|| panic!("no answer to the REGISTER of {}", self.user))
    }

    /// The next REGISTER.
    pub fn next(&mut self, phone: &Phone) -> String {
        self.cseq += 1;
        let (address, protocol) = (phone.address(), phone.act(|far_end, _| far_end.protocol()));
        let to = format!("sip:{}@{SHOP}", self.to.as_ref().unwrap_or(&self.user));
        let mut headers = vec![
            ("Via", format!("SIP/2.0/{protocol} {address};branch=z9hG4bK{}{};rport", self.call_id, self.cseq)),
            ("Max-Forwards", "70".to_owned()),
            ("From", format!("<{to}>;tag={}", self.call_id)),
            ("To", format!("<{to}>")),
            ("Call-ID", self.call_id.clone()),
            ("CSeq", format!("{} REGISTER", self.cseq)),
        ];
        let transport = match protocol {
            "UDP" => String::new(),
            stream => format!(";transport={}", stream.to_lowercase()),
        };
        let own = vec![format!("<sip:{}@{address}{transport}>", self.user)];
        let contacts = if self.contacts.is_empty() { &own } else { &self.contacts };
        headers.extend(contacts.iter().map(|contact| ("Contact", contact.clone())));
        headers.extend(self.expires.map(|expires| ("Expires", expires.to_string())));
        headers.extend(self.authorization("REGISTER", &format!("sip:{SHOP}")).map(|value| ("Authorization", value)));
        compose(&format!("REGISTER sip:{SHOP} SIP/2.0"), &headers, "")
    }

    /// Calls as a phone does: asks, is challenged, proves, with the password that was typed in.
    pub fn calls(&mut self, shop: &Shop, phone: &Phone, called: &str) {
        self.calls_proving(shop, phone, called, &format!("sip:{called}@{SHOP}"));
    }

    /// The same, and what is proved is that it wants this URI.
    pub fn calls_proving(&mut self, shop: &Shop, phone: &Phone, called: &str, uri: &str) {
        for _ in 0..2 {
            let from = format!("<sip:{}@{SHOP}>", self.user);
            let says = Says { from, ..Says::calling(called) };
            let proof = self.authorization("INVITE", uri).map(|value| ("Authorization".to_owned(), value));
            phone.dials(&Says { headers: proof.into_iter().collect(), ..says });
            shop.wait("100 ms");
            let answer = phone.last_heard(|text| text.label() == "401 INVITE");
            let is_last = phone.newest().is_some_and(|newest| newest.code() == Some(401));
            match answer.filter(|_| is_last) {
                Some(answer) => drop(self.is_challenged(&answer)),
                None => return,
            }
        }
    }

    /// Credentials for one more request.
    pub fn proof(&mut self, method: &str) -> String {
        self.authorization(method, &format!("sip:{SHOP}")).expect("there was a challenge")
    }

    fn authorization(&mut self, method: &str, uri: &str) -> Option<String> {
        let nonce = self.nonce.clone()?;
        self.nc += 1;
        let (user, nc) = (&self.user, format!("{:08x}", self.nc));
        let (ha1, ha2) = (md5(&format!("{user}:ringall:{}", self.password)), md5(&format!("{method}:{uri}")));
        let response = md5(&format!("{ha1}:{nonce}:{nc}:c0ffee:auth:{ha2}"));
        Some(format!(
            "Digest username=\"{user}\", realm=\"ringall\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
             algorithm=MD5, cnonce=\"c0ffee\", qop=auth, nc={nc}"
        ))
    }
}

/// What a phone hears after these words, if anything.
pub fn hears(shop: &Shop, phone: &Phone, words: &str) -> Option<Text> {
    let before = phone.got_anything();
    phone.says_to_the_shop(words);
    shop.wait("100 ms");
    phone.newest().filter(|_| phone.got_anything() > before)
}

/// A quoted field of the challenge.
pub fn field(answer: &Text, name: &str) -> String {
    let challenge = answer.must("www-authenticate");
    let rest = challenge.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {challenge}")).1;
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn md5(text: &str) -> String {
    Md5::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}
