//! Who has several numbers. Every write raises the plan's version, so that the call loop hears of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::slice;
use std::sync::Arc;

use super::db::{read, write};
use super::not_called_back::{IS_NOT_CALLED_BACK, NEVER_CALL_BACK};
use super::plan::RAISE_VERSION;
use super::row::{number, parsed};
use super::{FoundCaller, Store, StoreError};
use crate::caller::Callers;
use crate::number::Number;
use crate::routing::plan::{Shop, ShopId};

/// What became of joining two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "they may not be joined"]
pub enum Joined {
    Done,
    /// One number twice, or more than [`MOST_NUMBERS`].
    Refused,
}

/// Of one person: a home, a cell and a firm's lines stay below it.
pub const MOST_NUMBERS: usize = 10;
/// Callers of the same name that are shown as perhaps the same.
const MOST_NAMESAKES: i64 = 5;

const ALL_PEOPLE: &str = "SELECT shop_id, person, number FROM same_person ORDER BY shop_id, person, number";
const PEOPLE: &str = "SELECT person, number FROM same_person WHERE shop_id = $1 ORDER BY person, number";
const PERSON: &str = "SELECT o.number FROM same_person m JOIN same_person o ON o.shop_id = m.shop_id \
     AND o.person = m.person WHERE m.shop_id = $1 AND m.number = $2 ORDER BY o.number";
const PUT_PERSON: &str = "INSERT INTO same_person (shop_id, number, person) VALUES ($1, $2, $3) \
     ON CONFLICT (shop_id, number) DO UPDATE SET person = excluded.person";
pub(super) const LEAVE_PERSON: &str = "DELETE FROM same_person WHERE shop_id = $1 AND number = $2";
// Who was named by a number that has left is named by one of those that stay.
pub(super) const NAME_ANEW: &str = "UPDATE same_person SET person = (SELECT MIN(s.number) FROM same_person s \
     WHERE s.shop_id = $1 AND s.person = $2) WHERE shop_id = $1 AND person = $2";
// One that stays alone is nobody's other number.
pub(super) const LEFT_ALONE: &str = "DELETE FROM same_person WHERE shop_id = $1 AND person IN \
     (SELECT person FROM same_person WHERE shop_id = $1 GROUP BY person HAVING COUNT(*) = 1)";
// By the length of the number first: by the number alone SQLite would rather read all that the shop knows, in that order.
pub(super) const NAMESAKES: &str = "SELECT o.shop_id, o.number, o.name FROM contacts o WHERE o.shop_id = $1 \
     AND o.name_key = (SELECT m.name_key FROM contacts m WHERE m.shop_id = $1 AND m.number = $2 AND m.name_key <> '') \
     AND o.number <> $2 ORDER BY LENGTH(o.number), o.number LIMIT $3";

/// This number is nobody's other number any more.
macro_rules! leave_person {
    ($tx:ident, $shop:ident, $number:ident) => {
        sqlx::query(LEAVE_PERSON).bind($shop.0).bind($number).execute(&mut *$tx).await?;
        sqlx::query(NAME_ANEW).bind($shop.0).bind($number).execute(&mut *$tx).await?;
        sqlx::query(LEFT_ALONE).bind($shop.0).execute(&mut *$tx).await?;
    };
}
pub(super) use leave_person;

/// The people of one shop who have several numbers; none of them is blocked.
pub(super) struct People(HashMap<Number, Arc<[Number]>>);

impl People {
    /// All numbers of whoever has this one.
    pub(super) fn numbers<'p>(&'p self, of: &'p Number) -> slice::Iter<'p, Number> {
        self.0.get(of).map_or(slice::from_ref(of), |numbers| numbers).iter()
    }

    /// The same, but where they have this one alone.
    pub(super) fn others(&self, of: &Number) -> &[Number] {
        self.0.get(of).map_or(&[], |numbers| numbers)
    }
}

impl Store {
    /// Who has several numbers at this shop.
    pub(super) async fn people_of(&self, shop: &Shop) -> Result<People, StoreError> {
        let rows: Vec<(String, String)> =
            read!(self.db, pool => sqlx::query_as(PEOPLE).bind(shop.id.0).fetch_all(pool).await?);
        let mut people: BTreeMap<String, Vec<Number>> = BTreeMap::new();
        for (person, text) in rows {
            let number = parsed("same_person", "number", &text, number)?;
            if !shop.blocked.contains(&number) {
                people.entry(person).or_default().push(number);
            }
        }
        let mut numbers = HashMap::new();
        for all in people.into_values() {
            let all: Arc<[Number]> = all.into();
            numbers.extend(all.iter().map(|number| (number.clone(), all.clone())));
        }
        Ok(People(numbers))
    }

    /// The other numbers of whoever has this one.
    pub async fn other_numbers(&self, shop: ShopId, of: &Number) -> Result<Vec<Number>, StoreError> {
        let rows: Vec<String> = read!(self.db, pool =>
            sqlx::query_scalar(PERSON).bind(shop.0).bind(of.as_str()).fetch_all(pool).await?);
        let all = rows.iter().map(|text| parsed("same_person", "number", text, number));
        let all = all.collect::<Result<Vec<_>, _>>()?;
        Ok(all.into_iter().filter(|number| number != of).collect())
    }

    /// All numbers of whoever has this one, it being the first.
    pub async fn numbers_of(&self, shop: ShopId, of: &Number) -> Result<Vec<Number>, StoreError> {
        let mut numbers = self.other_numbers(shop, of).await?;
        numbers.insert(0, of.clone());
        Ok(numbers)
    }

    /// Callers of the same name that are not known to be the same.
    pub async fn namesakes(&self, shop: ShopId, of: &Number) -> Result<Vec<FoundCaller>, StoreError> {
        let known = self.other_numbers(shop, of).await?;
        let rows: Vec<(i64, String, String)> = read!(self.db, pool => {
            let query = sqlx::query_as(NAMESAKES).bind(shop.0).bind(of.as_str());
            query.bind(MOST_NAMESAKES + known.len() as i64).fetch_all(pool).await?
        });
        let mut namesakes = Vec::new();
        for (shop, text, name) in rows {
            let number = parsed("contacts", "number", &text, number)?;
            if !known.contains(&number) {
                namesakes.push(FoundCaller { shop: ShopId(shop), number, name });
            }
        }
        Ok(namesakes)
    }

    /// These two are one person's, with whatever other numbers either has.
    pub async fn join_numbers(&self, shop: ShopId, one: &Number, other: &Number) -> Result<Joined, StoreError> {
        if one == other {
            return Ok(Joined::Refused);
        }
        let (one, other) = (one.as_str(), other.as_str());
        Ok(write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            let mut numbers = BTreeSet::from([one.to_owned(), other.to_owned()]);
            for number in [one, other] {
                let theirs: Vec<String> =
                    sqlx::query_scalar(PERSON).bind(shop.0).bind(number).fetch_all(&mut *tx).await?;
                numbers.extend(theirs);
            }
            if numbers.len() > MOST_NUMBERS {
                return Ok(Joined::Refused);
            }
            // It is the person who does not want to be called back, at whichever number.
            let mut may_call_back = true;
            for number in &numbers {
                let never: Option<String> =
                    sqlx::query_scalar(IS_NOT_CALLED_BACK).bind(shop.0).bind(number).fetch_optional(&mut *tx).await?;
                may_call_back &= never.is_none();
            }
            for number in &numbers {
                if !may_call_back {
                    sqlx::query(NEVER_CALL_BACK).bind(shop.0).bind(number).execute(&mut *tx).await?;
                }
                sqlx::query(PUT_PERSON).bind(shop.0).bind(number).bind(one).execute(&mut *tx).await?;
            }
            Joined::Done
        }))
    }

    /// This number is somebody else's after all.
    pub async fn part_number(&self, shop: ShopId, number: &Number) -> Result<(), StoreError> {
        let number = number.as_str();
        write!(self.db, tx => {
            sqlx::query(RAISE_VERSION).execute(&mut *tx).await?;
            leave_person!(tx, shop, number);
        });
        Ok(())
    }

    /// Adds to the index who has several numbers.
    pub(super) async fn add_people(&self, callers: &mut Callers) -> Result<(), StoreError> {
        let people: Vec<(i64, String, String)> =
            read!(self.db, pool => sqlx::query_as(ALL_PEOPLE).fetch_all(pool).await?);
        let mut numbers: BTreeMap<(i64, String), Vec<Number>> = BTreeMap::new();
        for (shop, person, text) in people {
            numbers.entry((shop, person)).or_default().push(parsed("same_person", "number", &text, number)?);
        }
        for ((shop, _), numbers) in numbers {
            callers.join(ShopId(shop), numbers);
        }
        Ok(())
    }
}
