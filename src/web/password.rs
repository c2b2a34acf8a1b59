//! Passwords: what may be one, and Argon2id over it. Hashing takes tens of milliseconds and 19 MiB on purpose, so it runs
//! off the threads that serve, a few at a time.

use std::sync::LazyLock;
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

use crate::caller::ascii;

/// Twelve letters of any kind are out of reach of guessing at the rate the throttle allows, and for a stolen hash
/// expensive enough.
pub const LEAST_CHARS: usize = 12;
/// Longer ones only cost time.
pub const MOST_CHARS: usize = 200;

/// Who waits with whom. What is hashed at a time is one of each: a second core stays free for calls, but while somebody
/// known comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// They were let in from this address before, or hold a link of ours.
    Known,
    /// However many they are, the others do not wait for them.
    Strangers,
}

static KNOWN: Semaphore = Semaphore::const_new(1);
static STRANGERS: Semaphore = Semaphore::const_new(1);
/// How long somebody waits for a turn: some dozens are before them then.
const PATIENCE: Duration = Duration::from_secs(5);

/// The password of nobody: an account that does not exist takes as long to refuse as one that does.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("the password of nobody"));

/// Why no password was hashed or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotHashed {
    #[error("too many passwords are being checked")]
    Busy,
    #[error("the system gave no random numbers, or no memory, for a password's hash")]
    Failed,
}

/// Why a password is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    TooShort,
    TooLong,
    /// Among those that are tried first.
    Guessable,
}

/// Whether `password` may be the password of `email`, an owner of `shops`.
pub fn check(password: &str, email: &str, shops: &[&str]) -> Result<(), Unfit> {
    let length = password.chars().count();
    if length < LEAST_CHARS {
        return Err(Unfit::TooShort);
    }
    if length > MOST_CHARS {
        return Err(Unfit::TooLong);
    }
    let name = email.split('@').next().unwrap_or_default();
    let of_owner = email.split(['@', '.', '-', '_', '+']).chain([email, name, "ringall"]);
    let of_shops = shops.iter().flat_map(|shop| shop.split_whitespace().chain([*shop]));
    // What a guesser who knows the shop would try first, with accents and without.
    let guessed = of_owner.chain(of_shops).chain(SPANISH).flat_map(|word| [word.to_owned(), ascii(word)]);
    let guessed: Vec<String> = guessed.collect();
    let known: Vec<&str> = guessed.iter().map(String::as_str).collect();
    // A score of 3 is "safely unguessable" where a service slows guesses down, as ours does; 10^8 of them.
    if zxcvbn(password, &known).score() < Score::Three { Err(Unfit::Guessable) } else { Ok(()) }
}

/// The estimator's words are English.
const SPANISH: [&str; 6] = ["contraseña", "clave", "secreto", "teléfono", "tequiero", "españa"];

/// The hash to keep of a password, for whoever holds a link of ours.
pub async fn hash(password: String) -> Result<String, NotHashed> {
    in_turn(Lane::Known, move || hash_now(&password)).await?.ok_or(NotHashed::Failed)
}

/// Whether `password` is the one that was hashed; without a hash false, after as much time.
pub async fn is_right(password: String, hash: Option<String>, lane: Lane) -> Result<bool, NotHashed> {
    in_turn(lane, move || {
        let known = hash.is_some();
        let hash = hash.or_else(|| NOBODY.clone()).ok_or(NotHashed::Failed)?;
        let right = Argon2::default().verify_password(password.as_bytes(), hash.as_str()).is_ok();
        Ok(known && right)
    })
    .await?
}

async fn in_turn<T: Send + 'static>(lane: Lane, work: impl FnOnce() -> T + Send + 'static) -> Result<T, NotHashed> {
    let turns = match lane {
        Lane::Known => &KNOWN,
        Lane::Strangers => &STRANGERS,
    };
    let turn = tokio::time::timeout(PATIENCE, turns.acquire()).await.map_err(|_| NotHashed::Busy)?;
    // The semaphore is never closed.
    let turn = turn.map_err(|_| NotHashed::Busy)?;
    // The turn is the work's own: whoever asked may hang up meanwhile, and must not make room for more.
    let in_turn = move || {
        let _turn = turn;
        work()
    };
    tokio::task::spawn_blocking(in_turn).await.map_err(|_| NotHashed::Failed)
}

fn hash_now(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_hashed_password_is_right() {
        let kept = hash("blue door, two hinges".to_owned()).await.expect("hashed");
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        let right = |password: &str, hash: Option<&String>| is_right(password.to_owned(), hash.cloned(), Lane::Known);
        assert_eq!(right("blue door, two hinges", Some(&kept)).await, Ok(true));
        assert_eq!(right("blue door, two hinge", Some(&kept)).await, Ok(false));
        assert_eq!(right("the password of nobody", None).await, Ok(false), "nobody has no password");
        assert_ne!(hash("blue door, two hinges".to_owned()).await.expect("hashed"), kept, "each has a salt of its own");
    }

    #[tokio::test]
    async fn who_hangs_up_makes_no_room_for_more() {
        let mut asked = Box::pin(is_right("blue door, two hinges".to_owned(), None, Lane::Strangers));
        // Polled once, the hashing has begun, or waits behind another test's.
        tokio::select! {
            biased;
            _ = &mut asked => panic!("hashing takes its time"),
            () = tokio::task::yield_now() => {}
        }
        drop(asked);
        assert_eq!(STRANGERS.available_permits(), 0, "the work goes on, and so does its turn");
    }

    #[test]
    fn a_password_is_long_and_no_one_elses() {
        let check = |password: &str| check(password, "ana.ruiz@example.com", &["Ferretería Ruiz"]);
        for good in ["blue door, two hinges", "cuatro perros verdes", "xK9!vb2#qLm0", "ana.ruiz likes her tea"] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        assert_eq!(check("blue door"), Err(Unfit::TooShort));
        assert_eq!(check(&"blue door ".repeat(21)), Err(Unfit::TooLong));
        for guessed in [
            "aaaaaaaaaaaa",
            "abababababab",
            "password1234",
            "Contraseña12",
            "123456123456",
            "qwertyuiop12",
            "ana.ruiz1234",
            "ana.ruiz@example.com",
            "ringallringall",
            "ferreteriaruiz",
            "Ferretería Ruiz 1",
            "letmein123456",
            "Football2024!",
            "iloveyouiloveyou",
            "zaq12wsxcde3",
            "sunshine12345",
            "abcdefghijkl",
        ] {
            assert_eq!(check(guessed), Err(Unfit::Guessable), "{guessed}");
        }
    }
}
