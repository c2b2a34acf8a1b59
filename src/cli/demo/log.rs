//! The call log as anybody gets it: over the API, by HTTP as text.

use std::net::SocketAddr;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the story tells of a logged call. The field names are the API's.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct LoggedCall {
    pub caller: LoggedCaller,
    pub disposition: Option<String>,
    pub ended_by: Option<String>,
    pub answered_by: Option<String>,
    pub ended_at: Option<String>,
    pub ring_ms: u64,
    pub talk_ms: u64,
    pub nth_call_from_caller: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct LoggedCaller {
    pub number: Option<String>,
    pub name: Option<String>,
}

/// What the story tells of a message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct LoggedMessage {
    pub caller: LoggedCaller,
    pub length_ms: u64,
    pub cut_off: bool,
    /// The path of its sound.
    pub audio: String,
}

/// Who is to be called back.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct OwedCall {
    pub number: String,
    pub name: Option<String>,
    /// Until when (RFC 3339); null: no opening is planned.
    pub due_at: Option<String>,
}

/// What a caller would get now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct RightNow {
    pub open: bool,
}

#[derive(serde::Deserialize)]
struct Page<T> {
    items: Vec<T>,
}

/// A page that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// The path of the newest call, of the newest message, of those who wait for a call, and of the shop as it is.
pub const NEWEST: &str = "/api/v1/calls?limit=1";
pub const NEWEST_MESSAGE: &str = "/api/v1/messages?limit=1";
pub const OWED: &str = "/api/v1/owed";
pub const RIGHT_NOW: &str = "/api/v1/right-now";

/// The API of a service, and the token that opens it.
#[derive(Clone, Debug)]
pub struct Api {
    pub web: SocketAddr,
    pub token: String,
}

impl Api {
    /// The first of a list; `None` while it is empty.
    ///
    /// # Errors
    /// What the API did instead of answering, in words.
    pub async fn first<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, String> {
        let page: Page<T> = self.read(path).await?;
        Ok(page.items.into_iter().next())
    }

    /// # Errors
    /// What the API did instead of answering, in words.
    pub async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        serde_json::from_slice(&self.bytes(path).await?).map_err(|error| error.to_string())
    }

    /// # Errors
    /// What the API did instead of answering, in words.
    pub async fn bytes(&self, path: &str) -> Result<Vec<u8>, String> {
        let got = tokio::time::timeout(PATIENCE, get(self.web, path, &self.token)).await;
        got.map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))?
    }
}

async fn get(web: SocketAddr, path: &str, token: &str) -> Result<Vec<u8>, String> {
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {web}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let io = async {
        let mut stream = TcpStream::connect(web).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut answer).await
    };
    io.await.map_err(|error: std::io::Error| error.to_string())?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("the answer is no HTTP")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head.lines().next().unwrap_or("");
    if status.split(' ').nth(1) != Some("200") {
        return Err(status.to_owned());
    }
    Ok(answer.split_off(end + 4))
}
