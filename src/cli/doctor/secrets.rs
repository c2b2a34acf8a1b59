//! Who else on this machine can read the secrets.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Line;
use crate::config::{Config, DatabaseUrl};

const CHECK: &str = "secrets";

/// Keys that hold a secret, or with `_file` behind them the path of one.
const SECRETS: [&str; 6] = ["password", "auth_token", "next_auth_token", "signing_key", "smtp_url", "database"];
/// Everybody on the machine may read it.
const BY_OTHERS: u32 = 0o004;

pub(super) fn check(config: &Config, file: Option<&Path>) -> Vec<Line> {
    let mut held: Vec<(PathBuf, &str)> = Vec::new();
    if let Some(file) = file
        && let Ok(text) = std::fs::read_to_string(file)
    {
        let (inside, elsewhere) = secrets_in(&text);
        held.extend(inside.then(|| (file.to_owned(), "passwords")));
        held.extend(elsewhere.into_iter().map(|path| (path, "a password")));
    }
    for certificate in [&config.sip.certificate, &config.web.certificate].into_iter().flatten() {
        held.push((certificate.private_key.path.clone(), "the private key"));
    }
    if let DatabaseUrl::Sqlite(path) = &config.database {
        held.push((path.clone(), "the log and the phones' password hashes"));
    }
    held.push((config.data_dir.join("messages"), "the callers' messages"));
    let lines: Vec<Line> = held.iter().filter_map(|(path, what)| open_to_all(path, what)).collect();
    if lines.is_empty() { vec![Line::ok(CHECK, "nobody else on this machine reads the passwords")] } else { lines }
}

fn open_to_all(path: &Path, what: &str) -> Option<Line> {
    let metadata = std::fs::metadata(path).ok()?;
    if metadata.permissions().mode() & BY_OTHERS == 0 || is_behind_a_closed_folder(path) {
        return None;
    }
    let change = if metadata.is_dir() { "chmod o-rwx" } else { "chmod o-r" };
    let path = path.display();
    Some(Line::look(CHECK, format!("everybody on this machine can read {what} in {path}: {change} '{path}'")))
}

/// Nobody reads a file whose folder they may not enter.
fn is_behind_a_closed_folder(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else { return false };
    path.ancestors()
        .skip(1)
        .any(|folder| std::fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 == 0))
}

/// Whether secrets stand in this text of a configuration, and the files it names for others.
fn secrets_in(text: &str) -> (bool, Vec<PathBuf>) {
    let mut found = (false, Vec::new());
    if let Ok(table) = text.parse::<toml::Table>() {
        look_through(&table, &mut found);
    }
    found
}

fn look_through(table: &toml::Table, found: &mut (bool, Vec<PathBuf>)) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => look_through(inner, found),
            toml::Value::Array(values) => {
                values.iter().filter_map(toml::Value::as_table).for_each(|inner| look_through(inner, found));
            }
            toml::Value::String(text) if !text.is_empty() => {
                // An address of a database or a mail server holds one before its @.
                let is_address = matches!(key.as_str(), "database" | "smtp_url");
                let is_secret =
                    !is_address || text.split_once('@').is_some_and(|(user, _)| user.matches(':').count() > 1);
                found.0 |= SECRETS.contains(&key.as_str()) && is_secret;
                if key.strip_suffix("_file").is_some_and(|key| SECRETS.contains(&key)) {
                    found.1.push(PathBuf::from(text));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_key() {
        let is_secret = |text: &str| secrets_in(text).0;
        assert!(is_secret("[twilio]\nauth_token = \"hush\"") && is_secret("[[trunk]]\npassword = \"hush\""));
        assert!(is_secret("database = \"postgres://ringall:hush@db/ringall\""));
        assert!(!is_secret("database = \"postgres://ringall@db/ringall\"") && !is_secret("database = \"sqlite:a.db\""));
        assert!(!is_secret("[twilio]\nauth_token = \"\"") && !is_secret("[mail]\nsmtp_url = \"smtp://127.0.0.1\""));
        let (_, files) = secrets_in("[mail]\nsmtp_url_file = \"/run/smtp\"\n[sip]\ncertificate_file = \"x\"");
        assert_eq!(files, [PathBuf::from("/run/smtp")]);
    }

    #[test]
    fn a_file_that_everybody_reads_is_named_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let shut = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
        shut(folder.path(), 0o755);
        let file = folder.path().join("ringall.toml");
        std::fs::write(&file, "[twilio]\nauth_token = \"hush\"").unwrap();
        let config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        shut(&file, 0o644);
        let told = check(&config, Some(&file));
        assert!(told[0].text.contains(&format!("chmod o-r '{}'", file.display())), "{told:?}");
        assert!(!told[0].text.contains("hush"));
        shut(&file, 0o640);
        assert_eq!(check(&config, Some(&file))[0].state, super::super::State::Ok);
        shut(&file, 0o644);
        shut(folder.path(), 0o700);
        assert_eq!(check(&config, Some(&file))[0].state, super::super::State::Ok, "its folder is closed");
    }
}
