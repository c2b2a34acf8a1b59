//! What is said when nobody has an account yet: where the page is, and a one-time link to set everything up. A terminal shows
//! it; where a log would take it up, it waits in a file of ours instead.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;

use crate::config::DEFAULT_PUBLIC_URL;
use crate::web::qr_code;

/// Where the words wait for somebody who may read this machine's files as ringall does.
#[derive(Clone, Debug)]
pub struct LinkFile(PathBuf);

impl LinkFile {
    pub fn in_data_dir(data_dir: &Path) -> LinkFile {
        LinkFile(data_dir.join("first-start"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Holds these words from now on, and those of an earlier start no more.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub async fn hold(&self, words: &str) -> io::Result<()> {
        self.remove().await;
        // A new one: nobody may have opened it before it was ours alone.
        let mut file = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0).await?;
        file.write_all(words.as_bytes()).await?;
        file.flush().await
    }

    /// Its link is used, or worth nothing any more.
    pub async fn remove(&self) {
        match tokio::fs::remove_file(&self.0).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, file = %self.0.display(), "the file of the first start cannot be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// The words for the terminal, or the file. `listen` and `public_url` are the configuration's, `port` the one that is listened on.
pub fn welcome(secret: &str, listen: SocketAddr, port: u16, public_url: &str) -> String {
    let base = base(listen, port, public_url, lan_address());
    let link = format!("{base}/set-up/{secret}");
    let code = qr_code::in_terminal(&link).unwrap_or_default();
    let elsewhere = match (listen.ip().is_loopback() && is_default(public_url), lan_address()) {
        (true, Some(ip)) => format!(
            "Only this machine opens that page. For the shop's own network write this into the file that ringall is\n\
             configured by and start again:\n\n    [web]\n    listen = \"0.0.0.0:{port}\"\n    public_url = \"http://{ip}:{port}\"\n\n"
        ),
        _ => String::new(),
    };
    format!(
        "\nringall is running, and nobody has an account yet. Set it up here, once, within three days:\n\n    {link}\n\n\
         {code}\n{elsewhere}"
    )
}

/// Where a browser in the shop's network finds the page.
fn base(listen: SocketAddr, port: u16, public_url: &str, lan: Option<IpAddr>) -> String {
    if !is_default(public_url) {
        return public_url.to_owned();
    }
    let host = |ip: IpAddr| SocketAddr::new(ip, port).to_string();
    match (listen.ip(), lan) {
        (ip, Some(lan)) if ip.is_unspecified() => format!("http://{}", host(lan)),
        (ip, _) if ip.is_unspecified() || ip.is_loopback() => format!("http://localhost:{port}"),
        (ip, _) => format!("http://{}", host(ip)),
    }
}

/// Nobody has said how browsers come in.
fn is_default(public_url: &str) -> bool {
    public_url == DEFAULT_PUBLIC_URL
}

/// This machine's address in its own network. Nothing is sent: only the way there is looked up. The address is of those
/// that are nobody's (RFC 5737 §3).
pub fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[tokio::test]
    async fn the_file_is_ours_alone_and_holds_the_newest_link() {
        let folder = tempfile::tempdir().unwrap();
        let file = LinkFile::in_data_dir(folder.path());
        std::fs::write(file.path(), "an old link, which everybody could read").unwrap();
        file.hold("a link").await.unwrap();
        assert_eq!(std::fs::read_to_string(file.path()).unwrap(), "a link");
        assert_eq!(std::fs::metadata(file.path()).unwrap().permissions().mode() & 0o777, 0o600);
        file.remove().await;
        file.remove().await;
        assert!(!file.path().exists());
    }

    #[test]
    fn the_link_leads_to_where_the_page_is() {
        let lan = Some(IpAddr::from([192, 168, 1, 20]));
        let default = DEFAULT_PUBLIC_URL;
        let base = |listen: &str, url, lan| base(listen.parse().unwrap(), 8080, url, lan);
        assert_eq!(base("127.0.0.1:8080", default, lan), "http://localhost:8080");
        assert_eq!(base("0.0.0.0:8080", default, lan), "http://192.168.1.20:8080");
        assert_eq!(base("0.0.0.0:8080", default, None), "http://localhost:8080");
        assert_eq!(base("192.168.1.7:8080", default, lan), "http://192.168.1.7:8080");
        assert_eq!(base("127.0.0.1:8080", "https://phone.example", lan), "https://phone.example");
    }

    #[test]
    fn a_page_of_this_machine_alone_says_how_it_is_opened_to_the_shop() {
        let words = welcome("abc", "127.0.0.1:8080".parse().unwrap(), 8080, "http://localhost:8080");
        assert!(words.contains("http://localhost:8080/set-up/abc") && words.contains('█'), "{words}");
        assert_eq!(words.contains("listen = \"0.0.0.0:8080\""), lan_address().is_some());
        let open = welcome("abc", "0.0.0.0:8080".parse().unwrap(), 8080, "https://phone.example");
        assert!(open.contains("https://phone.example/set-up/abc") && !open.contains("[web]"), "{open}");
    }
}
