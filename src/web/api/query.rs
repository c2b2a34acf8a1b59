//! Query parameters: read strictly, so that a misspelt filter never answers with everything.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat};

use crate::now::UnixMs;
use crate::routing::plan::Shop;
use crate::routing::{Plan, local_time};
use crate::web::Problem;

/// The parameters as they came, decoded.
pub struct Asked(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Asked, Infallible> {
        // Pairs of text can be read from any query: bytes that are not UTF-8 become U+FFFD.
        Ok(Asked(Query::try_from_uri(&parts.uri).map(|Query(pairs)| pairs).unwrap_or_default()))
    }
}

impl Asked {
    /// Refuses parameters that are not among `known`, and any that is given twice.
    pub fn only(self, known: &[&'static str]) -> Result<Asked, Problem> {
        for (at, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(Problem::parameter(name, format!("Not a parameter of this path. It takes: {known}.")));
            }
            if self.0[..at].iter().any(|(earlier, _)| earlier == name) {
                return Err(Problem::parameter(name, format!("`{name}` is given twice: give it once.")));
            }
        }
        Ok(self)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of `name`, where it is given. `expected` finishes "`name` must be …".
    pub fn read<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let refuse = || Problem::parameter(name, format!("`{name}` must be {expected}."));
        self.get(name).map(|value| read(value).ok_or_else(refuse)).transpose()
    }

    /// The shop named by `shop`, where it is given.
    pub fn shop(&self, plan: &Plan) -> Result<Option<Arc<Shop>>, Problem> {
        self.read("shop", &names(plan), |name| plan.shops.iter().find(|shop| shop.name == name).cloned())
    }

    /// The shop named by `shop`; without it the only one there is.
    pub fn the_shop(&self, plan: &Plan) -> Result<Arc<Shop>, Problem> {
        match (self.shop(plan)?, plan.shops.as_slice()) {
            (Some(shop), _) => Ok(shop),
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err(Problem::not_found("There is no shop yet. `ringall import FILE` makes one.")),
            (None, _) => Err(Problem::parameter("shop", format!("Say which shop: `shop` must be {}.", names(plan)))),
        }
    }
}

fn names(plan: &Plan) -> String {
    let names: Vec<&str> = plan.shops.iter().map(|shop| shop.name.as_str()).collect();
    format!("the name of a shop: {}", names.join(" or "))
}

/// An instant as RFC 3339 has it, with an offset. In a query a plus means a space (and is often sent bare), so a space
/// where only an offset can stand is taken for one.
pub fn instant(text: &str) -> Option<UnixMs> {
    const OFFSET_AT_LEAST: usize = "2026-12-24T18:05:00".len();
    let offset = text.rfind(' ').filter(|&at| at >= OFFSET_AT_LEAST);
    let repaired = offset.map(|at| format!("{}+{}", &text[..at], &text[at + 1..]));
    let instant = DateTime::parse_from_rfc3339(repaired.as_deref().unwrap_or(text)).ok()?;
    Some(UnixMs(instant.timestamp_millis()))
}

/// A moment of a shop's wall clock, to the minute: `2026-12-24T14:00`. Years 1970 to 9999, as the tables sort them.
pub fn local_moment(text: &str) -> Option<NaiveDateTime> {
    let at = local_time::read_minute(text)?;
    (1970..=9999).contains(&at.year()).then_some(at)
}

/// The inverse of [`instant`]: RFC 3339, UTC, to the millisecond.
pub fn rfc3339(instant: UnixMs) -> String {
    let within = instant.0.clamp(DateTime::UNIX_EPOCH.timestamp_millis(), LAST_MS);
    let instant = DateTime::from_timestamp_millis(within).unwrap_or(DateTime::UNIX_EPOCH);
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// 9999-12-31T23:59:59.999Z: RFC 3339 has years of four digits.
const LAST_MS: i64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_with_any_offset() {
        let expected = Some(UnixMs(1_798_131_900_000));
        for text in [
            "2026-12-24T17:05:00Z",
            "2026-12-24T17:05:00.000Z",
            "2026-12-24T18:05:00+01:00",
            "2026-12-24T18:05:00 01:00",
            "2026-12-24T12:05:00-05:00",
        ] {
            assert_eq!(instant(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        for text in ["", "yesterday", "2026-12-24", "2026-12-24T17:05:00", "2026-13-24T17:05:00Z", "1798131900", "  "] {
            assert_eq!(instant(text), None, "{text}");
        }
    }

    #[test]
    fn instants_are_written_in_utc_with_four_digits_of_year() {
        assert_eq!(rfc3339(UnixMs(1_798_131_900_007)), "2026-12-24T17:05:00.007Z");
        assert_eq!(rfc3339(UnixMs(i64::MIN)), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(UnixMs(i64::MAX)), "9999-12-31T23:59:59.999Z");
    }
}
