//! `[web]`: where the page is, and by what address people come to it.

use std::net::SocketAddr;

use crate::toml_file::{Section, TomlFileError};

use super::{CertificateFiles, ConfigError};

/// What stands in links until the file says otherwise: this machine, and nobody else reaches it.
pub const DEFAULT_PUBLIC_URL: &str = "http://localhost:8080";

#[derive(Clone, Debug)]
pub struct Web {
    pub listen: SocketAddr,
    /// Without a trailing slash.
    pub public_url: String,
    /// What `listen` is served with by https; `None`: by http, on this machine or behind a proxy.
    pub certificate: Option<CertificateFiles>,
}

impl Web {
    pub(super) fn read(&mut self, mut section: Section<'_>) -> Result<(), ConfigError> {
        if let Some(found) = section.text("listen")? {
            self.listen = found.parse("ADDRESS:PORT such as \"127.0.0.1:8080\"", |text| text.parse().ok())?;
        }
        if let Some(found) = section.text("public_url")? {
            // It stands in every link and notice. What is there is a secret, so it is not said.
            let authority = found.value.split("://").last().and_then(|rest| rest.split(['/', '?', '#']).next());
            if authority.is_some_and(|authority| authority.contains('@')) {
                let message = "expected a URL such as \"https://phone.example.com\", without a user and password before the \
                               host: everybody who gets a link would read them";
                return Err(TomlFileError::Conflict { place: found.place, message: message.to_owned() });
            }
            self.public_url = found.parse("a URL such as \"https://phone.example.com\"", |text| {
                let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
                let host = host.trim_end_matches('/');
                let plain = !host.is_empty() && !host.starts_with('/') && !host.contains(char::is_whitespace);
                plain.then(|| text.trim_end_matches('/').to_owned())
            })?;
        }
        self.certificate = CertificateFiles::read(&mut section)?;
        if let Some(files) = self.certificate.as_ref().filter(|_| !self.public_url.starts_with("https://")) {
            let message = "public_url must begin with https:// then, as browsers come in by it".to_owned();
            return Err(TomlFileError::Conflict { place: files.certificate.place.clone(), message });
        }
        section.finish(&[])
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    #[test]
    fn the_page_has_a_certificate_of_its_own_where_browsers_come_by_https() {
        let files = "certificate = \"a.pem\"\nprivate_key = \"b.pem\"";
        let web = read(&format!("[web]\npublic_url = \"https://phone.example\"\n{files}"), &[]).unwrap().web;
        assert_eq!(web.certificate.unwrap().private_key.path.to_str(), Some("b.pem"));
        let open = read(&format!("[web]\n{files}"), &[]).unwrap_err();
        assert!(open.contains("web.certificate: public_url must begin with https://"), "{open}");
        let half = read("[web]\ncertificate = \"a.pem\"", &[]).unwrap_err();
        assert!(half.contains("web.private_key: missing"), "{half}");
    }
}
