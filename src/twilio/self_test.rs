//! A form that we post to our own public address, so that whoever sets ringall up sees whether Twilio's would arrive, and
//! as they were sent. The service says what came; it says so to nobody who does not have the installation's secret.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::form::Form;
use crate::hex::hex;
use crate::now::UnixMs;

/// What it is posted to, behind the public URL.
pub const PATH: &str = "/twilio/self-test";
/// What of it is looked for where it has arrived.
pub const NAME: &str = "/self-test";
/// With it: a proxy that decodes, sorts or drops what stands in a query changes this.
pub const QUERY: &str = "z=%2B34&a=b+c&empty=";
/// For so long a question is answered; who asks waits for the answer.
const GOOD_FOR_MS: u64 = 300_000;

/// Asks and answers, with a secret that both sides read in the store.
#[derive(Clone)]
pub struct Prover([u8; 32]);

/// What came, as the service saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Nobody but this installation can have written it.
    pub proof: String,
    /// Path and query, as they arrived.
    pub target: String,
    /// The address that the running service wants signed.
    pub signed_for: String,
    /// SHA-256 of the body, as it arrived.
    pub body: String,
    /// What is wrong with the signature; `None`: nothing.
    pub fault: Option<String>,
}

impl Prover {
    pub fn new(secret: [u8; 32]) -> Prover {
        Prover(secret)
    }

    /// The fields of a question of this time. `chance` makes it another each time.
    pub fn question(&self, at: UnixMs, chance: u64) -> [(&'static str, String); 2] {
        let question = format!("{}-{chance:016x}", at.0);
        let proof = self.proof("doctor asks", &question);
        [("SelfTest", question), ("SelfTestProof", proof)]
    }

    /// The question in this form, if it is ours and not an old one.
    pub fn asked<'a>(&self, form: &'a Form, now: UnixMs) -> Option<&'a str> {
        let (question, proof) = (form.one("SelfTest").ok()??, form.one("SelfTestProof").ok()??);
        let at = UnixMs(question.split('-').next()?.parse().ok()?);
        let is_recent = now.since(at) <= GOOD_FOR_MS && at.since(now) <= GOOD_FOR_MS;
        (is_recent && self.is_proof(proof, "doctor asks", question)).then_some(question)
    }

    /// What the service answers to it.
    pub fn answer(&self, question: &str) -> String {
        self.proof("ringall answers", question)
    }

    /// Whether this is our service's answer.
    pub fn is_answer(&self, answer: &str, question: &str) -> bool {
        self.is_proof(answer, "ringall answers", question)
    }

    fn is_proof(&self, proof: &str, who: &str, question: &str) -> bool {
        self.proof(who, question).as_bytes().ct_eq(proof.as_bytes()).into()
    }

    fn proof(&self, who: &str, question: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        // The secret proves other things too, none of which begins so.
        for part in [who, "\0", question] {
            mac.update(part.as_bytes());
        }
        hex(&mac.finalize().into_bytes())
    }
}

/// As [`Seen::body`] has it.
pub fn hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, String)]) -> Form {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Form::parse(body.join("&").as_bytes()).expect("a form")
    }

    #[test]
    fn only_this_installation_is_told_and_only_for_five_minutes() {
        let (ours, other) = (Prover::new([7; 32]), Prover::new([8; 32]));
        let at = UnixMs(1_795_000_000_000);
        let question = ours.question(at, 42);
        let asked = form(&question);
        let known = ours.asked(&asked, at).expect("ours");
        assert_eq!(known, question[0].1);
        assert!(ours.is_answer(&ours.answer(known), known) && !ours.is_answer(&other.answer(known), known));
        assert_eq!(other.asked(&asked, at), None);
        for later in [-300_001, 300_001] {
            assert_eq!(ours.asked(&asked, UnixMs(at.0 + later)), None, "{later}");
        }
        assert_ne!(ours.answer(known), question[1].1, "what asks does not answer");
        assert_eq!(ours.asked(&form(&question[..1]), at), None);
        let forged = [("SelfTest", ours.question(at, 43)[0].1.clone()), question[1].clone()];
        assert_eq!(ours.asked(&form(&forged), at), None);
    }
}
