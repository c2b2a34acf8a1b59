//! Bearer tokens (RFC 6750): only in the Authorization header, never in an address, which ends up in logs.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::store::Store;
use crate::web::{Problem, Web};

/// Ours are shorter by far; nothing longer is hashed.
const MAX_TOKEN_BYTES: usize = 256;

/// The layer before every route that shows or changes anything.
pub async fn require(State(web): State<Arc<Web>>, request: Request, next: Next) -> Result<Response, Problem> {
    // Cloned: what borrows the request cannot be held across an await, for its body is not shared between threads.
    let headers = request.headers().clone();
    check(&web.store, &headers).await?;
    Ok(next.run(request).await)
}

/// Ok when the request carries a token that is valid now.
pub async fn check(store: &Store, headers: &HeaderMap) -> Result<(), Problem> {
    let token = token(headers).ok_or_else(Problem::no_token)?;
    if token.len() <= MAX_TOKEN_BYTES && store.token_is_valid(token).await? {
        Ok(())
    } else {
        metrics::counter!("ringall_web_wrong_tokens_total").increment(1);
        Err(Problem::wrong_token())
    }
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_bearer_token_is_a_token() {
        let read = |value: &'static str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))]);
            token(&headers).map(str::to_owned)
        };
        assert_eq!(read("Bearer abc"), Some("abc".into()));
        assert_eq!(read("bearer  abc "), Some("abc".into()), "the scheme's case does not matter (RFC 9110 §11.1)");
        assert_eq!(read("Basic abc"), None);
        assert_eq!(read("Bearer"), None);
        assert_eq!(read("Bearer "), None);
        assert_eq!(read("abc"), None);
        assert_eq!(token(&HeaderMap::new()), None);
    }
}
