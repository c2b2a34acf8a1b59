//! The names that lead to addresses: what somebody there must prove to be, by TLS (RFC 5922 §4: the name that the owner has
//! written, not what a name server has made of it).

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::switchboard::ServerName;

/// Addresses whose names are known: carriers and phones of one installation have some tens.
const KEPT: usize = 1024;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: Vec<String>,
    numbers: HashMap<String, ServerName>,
    /// Who is at an address, for a connection that is to nobody in particular.
    at: HashMap<SocketAddr, Who>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    One(ServerName),
    /// Nobody can say for whom of them such a connection would be.
    Several,
}

impl Names {
    /// This name leads to these addresses. Its number is the same each time.
    pub fn lead(&mut self, name: &str, to: &[SocketAddr]) -> ServerName {
        let name = name.to_ascii_lowercase();
        let next = ServerName(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        let number = *self.numbers.entry(name.clone()).or_insert(next);
        if number == next {
            self.known.push(name);
        }
        // Of a name that moves, the old addresses: nobody calls them any more.
        if self.at.len() > KEPT {
            self.at.clear();
        }
        for address in to {
            let who = self.at.entry(*address).or_insert(Who::One(number));
            if *who != Who::One(number) {
                *who = Who::Several;
            }
        }
        number
    }

    /// Whom we ask for at this address. One that was given as such is its own name.
    pub fn at(&self, to: SocketAddr, server: Option<ServerName>) -> String {
        let alone = || match self.at.get(&to) {
            Some(Who::One(number)) => Some(*number),
            Some(Who::Several) | None => None,
        };
        let number = server.or_else(alone).and_then(|ServerName(number)| usize::try_from(number).ok());
        let name = number.and_then(|number| self.known.get(number));
        name.cloned().unwrap_or_else(|| to.ip().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_names_at_one_address_each_is_asked_for_by_its_own() {
        let mut names = Names::default();
        let to: SocketAddr = "192.0.2.9:5061".parse().expect("an address");
        assert_eq!(names.at(to, None), "192.0.2.9");
        let a = names.lead("a.example", &[to]);
        assert_eq!((names.at(to, Some(a)), names.at(to, None)), ("a.example".to_owned(), "a.example".to_owned()));
        let b = names.lead("b.example", &[to]);
        assert_eq!((names.at(to, Some(a)), names.at(to, Some(b))), ("a.example".to_owned(), "b.example".to_owned()));
        assert_eq!(names.at(to, None), "192.0.2.9", "neither of the two");
        assert_eq!(names.lead("A.example", &[to]), a);
        assert_eq!(names.at(to, None), "192.0.2.9");
    }
}
