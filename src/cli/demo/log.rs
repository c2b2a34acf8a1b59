//! The call log as anybody gets it: over the API, by HTTP as text.

use std::net::SocketAddr;
use std::time::Duration;

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

#[derive(serde::Deserialize)]
struct Page {
    items: Vec<LoggedCall>,
}

/// A page that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);

/// The path of the newest call.
pub const NEWEST: &str = "/api/v1/calls?limit=1";

/// The newest call of the log; `None` while it is empty.
///
/// # Errors
/// What the API did instead of answering, in words.
pub async fn newest(web: SocketAddr, token: &str) -> Result<Option<LoggedCall>, String> {
    let body = tokio::time::timeout(PATIENCE, get(web, NEWEST, token))
        .await
        .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))??;
    let page: Page = serde_json::from_str(&body).map_err(|error| error.to_string())?;
    Ok(page.items.into_iter().next())
}

async fn get(web: SocketAddr, path: &str, token: &str) -> Result<String, String> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {web}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\
         Connection: close\r\n\r\n"
    );
    let mut answer = Vec::new();
    let io = async {
        let mut stream = TcpStream::connect(web).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.read_to_end(&mut answer).await
    };
    io.await.map_err(|error: std::io::Error| error.to_string())?;
    let text = String::from_utf8_lossy(&answer);
    let (head, body) = text.split_once("\r\n\r\n").ok_or("the answer is no HTTP")?;
    let status = head.lines().next().unwrap_or("");
    if status.split(' ').nth(1) != Some("200") {
        return Err(status.to_owned());
    }
    Ok(body.to_owned())
}
