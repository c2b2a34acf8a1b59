//! API tokens. Only their hashes are kept: they are 256 random bits, so a plain SHA-256 cannot be guessed back.

use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::db::{read, write_one};
use super::{Store, StoreError};
use crate::hex::hex;

const PUT: &str =
    "INSERT INTO tokens (name, hash) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash";
const HASHES: &str = "SELECT hash FROM tokens";

/// Says what it is to whoever finds one in a file.
const PREFIX: &str = "ringall_";

impl Store {
    /// A new token of this name. An earlier one of the same name stops working.
    pub async fn create_token(&self, name: &str) -> Result<String, StoreError> {
        let token = format!("{PREFIX}{}", random_hex()?);
        let hash = hash(&token);
        write_one!(self.db, pool => sqlx::query(PUT).bind(name).bind(&hash).execute(pool).await.map(|_| ()))?;
        Ok(token)
    }

    /// Whether this is a token of ours. Takes as long for a wrong one as for a right one.
    pub async fn token_is_valid(&self, token: &str) -> Result<bool, StoreError> {
        let asked = hash(token);
        let hashes: Vec<String> = read!(self.db, pool => sqlx::query_scalar(HASHES).fetch_all(pool).await?);
        let any = |found: Choice, known: &String| found | known.as_bytes().ct_eq(asked.as_bytes());
        Ok(bool::from(hashes.iter().fold(Choice::from(0), any)))
    }
}

/// 256 bits that nobody can guess.
pub(super) fn random_hex() -> Result<String, StoreError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(StoreError::NoRandomness)?;
    Ok(hex(&bytes))
}

/// What is kept of such a secret.
pub(super) fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}
