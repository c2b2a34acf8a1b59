//! Callers found by a part of their name, of what is written of them, or of their number; and their calls.

use std::collections::BTreeSet;

use super::calls::{NamedCallRow, call_columns, named_calls};
use super::db::read;
use super::row::{asked, number, packed, parsed};
use super::{CallFilter, Store, StoreError, StoredCall};
use crate::call::record::Disposition;
use crate::folded::folded;
use crate::number::Number;
use crate::routing::plan::{Country, ShopId};

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchTerms {
    /// This number, and the others of the same person.
    Number(Number),
    /// A part of a number: digits alone.
    Digits(String),
    /// The beginnings or parts of words in a name or a note, folded; three at most, and each must be there.
    Words([String; 3]),
}

/// Somebody who was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundCaller {
    pub shop: ShopId,
    pub number: Number,
    /// The owner's name for them; may be empty.
    pub name: String,
}

/// Fewer digits are in every number.
const FEWEST_DIGITS: usize = 3;
/// So many callers who fit are looked at. Of more, somebody is likely to have called lately.
pub const MOST_FOUND: usize = 200;
/// So many calls are the newest ones: among them are those that are looked for, or else they are few altogether.
const LATELY: i64 = 2_000;

macro_rules! has_words {
    () => {
        "(k.name_key LIKE $5 ESCAPE '!' OR k.note_key LIKE $5 ESCAPE '!') \
         AND (k.name_key LIKE $6 ESCAPE '!' OR k.note_key LIKE $6 ESCAPE '!') \
         AND (k.name_key LIKE $7 ESCAPE '!' OR k.note_key LIKE $7 ESCAPE '!') "
    };
}
// The same places in all of them; what is not needed is named all the same, or PostgreSQL could not tell its type.
const BY_WORDS: &str = concat!(
    "SELECT k.shop_id, k.number, k.name FROM contacts k WHERE ($1 = 0 OR k.shop_id = $1) AND $3 = '' AND $4 = '' AND ",
    has_words!(),
    "ORDER BY k.name_key, k.number LIMIT $2"
);
/// Each caller is jumped to in the index: callers are few where calls are many.
macro_rules! known_by_digits {
    () => {
        "WITH RECURSIVE who(number) AS (SELECT MIN(caller) FROM calls UNION ALL \
         SELECT (SELECT MIN(caller) FROM calls WHERE caller > who.number) FROM who WHERE who.number IS NOT NULL), \
         known(number) AS (SELECT number FROM who WHERE number LIKE $3 OR number LIKE $4 \
         UNION SELECT number FROM contacts WHERE number LIKE $3 OR number LIKE $4) "
    };
}
pub(super) const BY_DIGITS: &str = concat!(
    known_by_digits!(),
    "SELECT s.id AS shop_id, known.number, COALESCE(k.name, '') AS name FROM known CROSS JOIN shops s ",
    "LEFT JOIN contacts k ON k.shop_id = s.id AND k.number = known.number ",
    "WHERE ($1 = 0 OR s.id = $1) AND $5 = $6 AND $6 = $7 ORDER BY known.number, s.id LIMIT $2"
);
const BY_NUMBER: &str = "SELECT s.id AS shop_id, p.number, COALESCE(k.name, '') AS name FROM shops s CROSS JOIN \
     (SELECT CAST($4 AS TEXT) AS number, CAST(0 AS BIGINT) AS shop_id UNION SELECT o.number, o.shop_id FROM same_person m \
     JOIN same_person o ON o.shop_id = m.shop_id AND o.person = m.person WHERE m.number = $4 AND o.number <> $4) AS p \
     LEFT JOIN contacts k ON k.shop_id = s.id AND k.number = p.number WHERE ($1 = 0 OR s.id = $1) \
     AND (p.shop_id = 0 OR p.shop_id = s.id) AND $3 = '' AND $5 = $6 AND $6 = $7 ORDER BY p.number, s.id LIMIT $2";

macro_rules! walk {
    ($where:expr) => {
        concat!(
            "SELECT ",
            call_columns!(),
            "FROM ",
            named_calls!(),
            "WHERE (c.started_ms, c.id) < ($8, $9) AND c.started_ms >= $10 AND ($1 = 0 OR c.shop_id = $1) \
             AND ($11 = '' OR c.disposition = $11) AND ",
            $where,
            "ORDER BY c.started_ms DESC, c.id DESC LIMIT $2"
        )
    };
}
pub(super) const WALK_WORDS: &str = walk!(concat!("$3 = '' AND $4 = '' AND ", has_words!()));
pub(super) const WALK_DIGITS: &str = walk!("(c.caller LIKE $3 OR c.caller LIKE $4) AND $5 = $6 AND $6 = $7 ");

/// The newest calls of all these callers: found in the index of callers, and only then read.
macro_rules! gather {
    ($with:expr, $shop:literal, $before:literal, $since:literal, $disposition:literal, $unused:literal) => {
        concat!(
            $with,
            ", newest(id) AS MATERIALIZED (SELECT o.id FROM known CROSS JOIN calls o WHERE o.caller = known.number ",
            "AND (o.started_ms, o.id) < ",
            $before,
            " AND o.started_ms >= ",
            $since,
            " AND (",
            $shop,
            " = 0 OR o.shop_id = ",
            $shop,
            ") AND (",
            $disposition,
            " = '' OR o.disposition = ",
            $disposition,
            ") ",
            $unused,
            // Of no index: PostgreSQL would rather read the log from its end, for callers who may have called long ago.
            "ORDER BY o.started_ms + 0 DESC, o.id DESC LIMIT $2) SELECT ",
            call_columns!(),
            "FROM newest n CROSS JOIN ",
            named_calls!(),
            "WHERE c.id = n.id ORDER BY c.started_ms DESC, c.id DESC"
        )
    };
}
pub(super) const CALLS_OF: &str = gather!(
    concat!("WITH RECURSIVE ", asked!(), ", known(number) AS (SELECT a.number FROM asked a WHERE a.number <> '') "),
    "$3",
    "($4, $5)",
    "$6",
    "$7",
    ""
);
pub(super) const GATHER_WORDS: &str = gather!(
    concat!(
        "WITH known(number) AS (SELECT DISTINCT k.number FROM contacts k WHERE ($1 = 0 OR k.shop_id = $1) ",
        "AND $3 = '' AND $4 = '' AND ",
        has_words!(),
        ") "
    ),
    "$1",
    "($8, $9)",
    "$10",
    "$11",
    ""
);
pub(super) const GATHER_DIGITS: &str =
    gather!(known_by_digits!(), "$1", "($8, $9)", "$10", "$11", "AND $5 = $6 AND $6 = $7 ");
/// Where the newest calls begin.
pub(super) const NEWEST_BEGIN: &str = "SELECT started_ms FROM calls WHERE (started_ms, id) < ($1, $2) \
     AND started_ms >= $3 ORDER BY started_ms DESC, id DESC LIMIT 1 OFFSET $4";

#[derive(sqlx::FromRow)]
struct FoundRow {
    shop_id: i64,
    number: String,
    name: String,
}

/// The texts that stand for a wish in every statement above: a part of a number, a whole one or the part as it is kept, three
/// words.
struct Places {
    digits: String,
    number: String,
    words: [String; 3],
}

/// Which part of the log: what began before a call, and at this time or later.
#[derive(Clone)]
struct Span {
    before_ms: i64,
    before_id: String,
    since: i64,
}

impl SearchTerms {
    /// What somebody means who types this; `None`: nothing.
    pub fn read(typed: &str, country: Country) -> Option<SearchTerms> {
        let key = folded(typed);
        if key.is_empty() {
            return None;
        }
        if let Some(number) = Number::parse(typed, country) {
            return Some(SearchTerms::Number(number));
        }
        let digits: String = key.chars().filter(char::is_ascii_digit).collect();
        if !key.contains(char::is_alphabetic) && digits.len() >= FEWEST_DIGITS {
            return Some(SearchTerms::Digits(digits));
        }
        let mut words = key.split(' ');
        let mut next = || words.next().unwrap_or_default().to_owned();
        Some(SearchTerms::Words([next(), next(), next()]))
    }

    fn places(&self) -> Places {
        let none = || [const { String::new() }; 3];
        let part = |text: &String| {
            let escaped = text.replace('!', "!!").replace('%', "!%").replace('_', "!_");
            format!("%{escaped}%")
        };
        match self {
            SearchTerms::Number(number) => {
                Places { digits: String::new(), number: number.as_str().to_owned(), words: none() }
            }
            SearchTerms::Digits(digits) => {
                // Where numbers are dialled with a zero or two in front, they are not kept with it.
                let dialled = digits.trim_start_matches('0');
                let kept = if dialled.len() >= FEWEST_DIGITS { dialled } else { digits };
                Places { digits: format!("%{digits}%"), number: format!("%{kept}%"), words: none() }
            }
            SearchTerms::Words(words) => {
                Places { digits: String::new(), number: String::new(), words: words.each_ref().map(part) }
            }
        }
    }
}

impl Store {
    /// Who fits, by name and number: [`MOST_FOUND`] and one more at most.
    pub async fn callers_found(
        &self,
        shop: Option<ShopId>,
        terms: &SearchTerms,
    ) -> Result<Vec<FoundCaller>, StoreError> {
        let sql = match terms {
            SearchTerms::Number(_) => BY_NUMBER,
            SearchTerms::Digits(_) => BY_DIGITS,
            SearchTerms::Words(_) => BY_WORDS,
        };
        let (places, shop) = (terms.places(), shop.map_or(0, |shop| shop.0));
        let limit = MOST_FOUND as i64 + 1;
        let rows: Vec<FoundRow> = read!(self.db, pool => {
            let query = sqlx::query_as(sql).bind(shop).bind(limit).bind(&places.digits).bind(&places.number);
            places.words.iter().fold(query, |query, word| query.bind(word)).fetch_all(pool).await?
        });
        let found = |row: FoundRow| {
            let number = parsed("contacts", "number", &row.number, number)?;
            Ok(FoundCaller { shop: ShopId(row.shop_id), number, name: row.name })
        };
        rows.into_iter().map(found).collect()
    }

    /// Calls of whoever fits, newest first, that meet all that is set in `filter` (but `caller`). `callers`: who they are, by
    /// [`Store::callers_found`].
    pub async fn calls_found(
        &self,
        filter: &CallFilter,
        terms: &SearchTerms,
        callers: &[FoundCaller],
    ) -> Result<Vec<StoredCall>, StoreError> {
        let Some((before_ms, before_id)) = self.before(filter).await? else { return Ok(Vec::new()) };
        let span = Span { before_ms, before_id, since: filter.since.map_or(i64::MIN, |since| since.0) };
        let (walk, gather) = match terms {
            SearchTerms::Words(_) if callers.len() > MOST_FOUND => (WALK_WORDS, GATHER_WORDS),
            SearchTerms::Digits(_) if callers.len() > MOST_FOUND => (WALK_DIGITS, GATHER_DIGITS),
            _ => return self.calls_of(filter, &span, callers).await,
        };
        let begin: Option<i64> = read!(self.db, pool => {
            let query = sqlx::query_scalar(NEWEST_BEGIN).bind(span.before_ms).bind(&span.before_id);
            query.bind(span.since).bind(LATELY).fetch_optional(pool).await?
        });
        let lately = Span { since: begin.unwrap_or(span.since), ..span.clone() };
        let calls = self.read_log(walk, filter, terms, &lately).await?;
        match begin {
            Some(_) if calls.len() < filter.limit as usize => self.read_log(gather, filter, terms, &span).await,
            _ => Ok(calls),
        }
    }

    /// The newest calls of all these callers together.
    async fn calls_of(
        &self,
        filter: &CallFilter,
        span: &Span,
        callers: &[FoundCaller],
    ) -> Result<Vec<StoredCall>, StoreError> {
        // At each shop there may be one of this number.
        let numbers: BTreeSet<&Number> = callers.iter().map(|caller| &caller.number).collect();
        let (numbers, shop) = (packed(numbers), filter.shop.map_or(0, |shop| shop.0));
        let disposition = filter.disposition.map_or("", Disposition::as_str);
        let rows: Vec<NamedCallRow> = read!(self.db, pool => {
            let query = sqlx::query_as(CALLS_OF).bind(&numbers).bind(i64::from(filter.limit)).bind(shop);
            let query = query.bind(span.before_ms).bind(&span.before_id).bind(span.since);
            query.bind(disposition).fetch_all(pool).await?
        });
        rows.into_iter().map(NamedCallRow::into_stored).collect()
    }

    /// `sql`: one that looks for the callers itself.
    async fn read_log(
        &self,
        sql: &'static str,
        filter: &CallFilter,
        terms: &SearchTerms,
        span: &Span,
    ) -> Result<Vec<StoredCall>, StoreError> {
        let (places, shop) = (terms.places(), filter.shop.map_or(0, |shop| shop.0));
        let disposition = filter.disposition.map_or("", Disposition::as_str);
        let rows: Vec<NamedCallRow> = read!(self.db, pool => {
            let query = sqlx::query_as(sql).bind(shop).bind(i64::from(filter.limit));
            let query = query.bind(&places.digits).bind(&places.number);
            let query = places.words.iter().fold(query, |query, word| query.bind(word));
            query.bind(span.before_ms).bind(&span.before_id).bind(span.since).bind(disposition).fetch_all(pool).await?
        });
        rows.into_iter().map(NamedCallRow::into_stored).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_a_number_a_part_of_one_or_words() {
        let read = |typed| SearchTerms::read(typed, Country(*b"ES"));
        assert_eq!(read("600 99 98 88"), Some(SearchTerms::Number(Number::from_e164("+34600999888").unwrap())));
        assert_eq!(read("600 99"), Some(SearchTerms::Digits("60099".to_owned())));
        let words = |a: &str, b: &str, c: &str| Some(SearchTerms::Words([a, b, c].map(str::to_owned)));
        assert_eq!(read(" José  PÉREZ "), words("jose", "perez", ""));
        assert_eq!(read("12"), words("12", "", ""));
        assert_eq!(read("\u{202e} "), None);
    }

    #[test]
    fn a_per_cent_sign_is_looked_for_and_means_nothing() {
        let places = SearchTerms::read("100%_!", Country(*b"ES")).unwrap().places();
        assert_eq!(places.digits, "%100%", "digits alone are a number's");
        let places = SearchTerms::read("a%_!", Country(*b"ES")).unwrap().places();
        assert_eq!(places.words[0], "%a!%!_!!%");
    }
}
