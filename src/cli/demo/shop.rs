//! The demo's shop: its settings and its past, put into a store of its own by the same code that serves real shops.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::call::record::{CallEvent, CallId, CallRecord, Direction, Disposition, Door, EndedBy, EventKind};
use crate::cli::shop_file;
use crate::config::DatabaseUrl;
use crate::now::UnixMs;
use crate::number::Number;
use crate::routing::Because;
use crate::routing::plan::{Language, ShopId};
use crate::sip::auth::Algorithm;
use crate::store::{LogWriter, Store, StoreError};
use crate::switchboard::{LogEntry, Medium, Ticket};
use crate::toml_file::TomlFileError;

use super::text::chance;
use super::tone::Voice;

const FILE: &str = include_str!("shop.toml");
/// Its name, as in the file.
pub const NAME: &str = "Ferretería Ruiz e Hijas";
const FILE_PATH: &str = "src/cli/demo/shop.toml";

/// The shop's number, and Jo's, as in the file.
pub const SHOP_NUMBER: &str = "+34911234567";
pub const JO_NUMBER: &str = "+34600999888";
/// The owner's name for Jo.
pub const JO_MILLER: &str = "Jo Miller";
/// Jo, as the story calls her.
pub const JO: &str = "Jo";
pub const JO_VOICE: Voice = Voice(350);
/// Who calls when the shop is closed, as in the file.
pub const CARMEN: &str = "Carmen";
pub const CARMEN_NUMBER: &str = "+34600555444";
pub const CARMEN_VOICE: Voice = Voice(750);

/// Where it is, as in the file: how its people write numbers.
pub const COUNTRY: &str = "ES";
/// So long it rings before a caller hears busy, as in the file.
pub const GIVES_UP_AFTER: Duration = Duration::from_secs(30);

/// A phone of the shop file: its name, its address there, and its voice in the story.
pub struct Desk {
    pub name: &'static str,
    contact: &'static str,
    pub voice: Voice,
}

pub const DESKS: [Desk; 3] = [
    Desk { name: "Counter", contact: "counter@127.0.0.1:5071", voice: Voice(450) },
    Desk { name: "Workshop", contact: "workshop@127.0.0.1:5072", voice: Voice(550) },
    Desk { name: "Ana", contact: "ana@127.0.0.1:5073", voice: Voice(650) },
];

/// Jo's calls before the story.
pub const EARLIER_CALLS: u32 = 2;

/// Why the demo's shop could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    #[error(transparent)]
    File(#[from] TomlFileError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{FILE_PATH}: {JO_NUMBER} is no telephone number")]
    Number,
}

/// A folder of our own, removed at the end.
pub struct Folder(PathBuf);

impl Folder {
    pub fn create() -> std::io::Result<Folder> {
        let path = std::env::temp_dir().join(format!("ringall-demo-{}-{:x}", std::process::id(), chance()));
        std::fs::create_dir(&path)?;
        Ok(Folder(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn database(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.0.join("ringall.db"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is the operating system's temporary folder to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Imports the shop with its phones at these addresses (in the order of [`DESKS`]), and logs Jo's earlier calls.
///
/// # Errors
/// The file is wrong, or the store cannot be written.
pub async fn set_up(
    store: &Store,
    folder: &Folder,
    phones: [SocketAddr; 3],
    language: Language,
    realm: &str,
    now: UnixMs,
) -> Result<(), ShopError> {
    let settings = shop_file::read(&text(phones, language), Path::new(FILE_PATH), realm, Algorithm::Md5)?;
    let caller = Number::from_e164(JO_NUMBER).ok_or(ShopError::Number)?;
    let shop = store.replace_shop(&settings).await?;
    // The service opens a journal of its own; nothing is left in this one.
    let writer = LogWriter::start(store.clone(), folder.path().join("earlier-calls.journal"), |_| {})?;
    for (n, (days_ago, ring, talk)) in (1..).zip(EARLIER) {
        let started = UnixMs(now.0.saturating_sub(days_ago * DAY_MS));
        let (record, events) = earlier_call(shop, &caller, n, started, ring, talk);
        writer.record(Ticket(u64::from(n)), Medium::Store, Box::new(record));
        for event in events {
            writer.log(LogEntry::Event(event));
        }
    }
    writer.flush().await?;
    Ok(())
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Days ago, and how long it rang and they talked.
const EARLIER: [(i64, Duration, Duration); EARLIER_CALLS as usize] = [
    (8, Duration::from_millis(4_200), Duration::from_secs(95)),
    (6, Duration::from_millis(2_900), Duration::from_secs(41)),
];

/// The shop file with these addresses, in this language.
fn text(phones: [SocketAddr; 3], language: Language) -> String {
    let mut text = FILE.to_owned();
    for (desk, address) in DESKS.iter().zip(phones) {
        let user = desk.contact.split('@').next().unwrap_or(desk.contact);
        text = text.replace(desk.contact, &format!("{user}@{address}"));
    }
    match language {
        Language::En => text,
        Language::Es => text.replace("language = \"en\"", "language = \"es\""),
    }
}

/// A call that Counter answered.
fn earlier_call(
    shop: ShopId,
    caller: &Number,
    n: u32,
    started: UnixMs,
    ring: Duration,
    talk: Duration,
) -> (CallRecord, [CallEvent; 4]) {
    let mut random = [0; 10];
    random[..8].copy_from_slice(&chance().to_be_bytes());
    let at = u64::try_from(started.0).unwrap_or(0);
    let id = CallId(uuid::Builder::from_unix_timestamp_millis(at, &random).into_uuid());
    let counter: Arc<str> = DESKS[0].name.into();
    let (answered, ended) = (started + ring, started + ring + talk);
    let event =
        |seq, at, kind, phone, detail: &str| CallEvent { call: id, seq, at, kind, phone, detail: detail.into() };
    let events = [
        event(1, started, EventKind::Arrived, None, ""),
        event(2, started, EventKind::Ringing, Some(counter.clone()), ""),
        event(3, answered, EventKind::Answered, Some(counter.clone()), ""),
        event(4, ended, EventKind::Ended, None, EndedBy::Caller.as_str()),
    ];
    let record = CallRecord {
        id,
        shop: Some(shop),
        direction: Direction::In,
        caller: Some(caller.clone()),
        caller_raw: JO_NUMBER.into(),
        caller_display: String::new(),
        withheld: false,
        called: SHOP_NUMBER.into(),
        door: Door::Sip,
        key: format!("demo-{n}"),
        started,
        answered: Some(answered),
        ended: Some(ended),
        disposition: Some(Disposition::Answered),
        because: Because::OpenHours { until: None },
        ended_by: Some(EndedBy::Caller),
        answered_by: Some(counter),
        nth_call_from_caller: n,
    };
    (record, events)
}

#[cfg(test)]
mod tests {
    use crate::routing::plan::Line;

    use super::*;

    #[test]
    fn the_file_has_the_storys_people_and_takes_the_phones_addresses() {
        let phones = [4001, 4002, 4003].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        for language in [Language::En, Language::Es] {
            let settings = shop_file::read(&text(phones, language), Path::new(FILE_PATH), "ringall", Algorithm::Md5)
                .expect("a shop");
            assert_eq!(settings.shop.language, language);
            let lines: Vec<_> =
                settings.shop.phones.iter().map(|phone| (phone.name.to_string(), phone.line.clone())).collect();
            let fixed = |name: &str, contact: &str| (name.to_owned(), Line::Fixed { contact: contact.to_owned() });
            assert_eq!(
                lines,
                [
                    fixed("Counter", "sip:counter@127.0.0.1:4001"),
                    fixed("Workshop", "sip:workshop@127.0.0.1:4002"),
                    fixed("Ana", "sip:ana@127.0.0.1:4003"),
                ]
            );
            let contacts: Vec<_> =
                settings.contacts.iter().map(|contact| (contact.number.as_str(), contact.name.as_str())).collect();
            assert_eq!(contacts, [(CARMEN_NUMBER, CARMEN), (JO_NUMBER, JO_MILLER)]);
            assert_eq!(settings.shop.numbers[0].as_str(), SHOP_NUMBER);
            assert_eq!(settings.shop.give_up_after, GIVES_UP_AFTER);
            assert_eq!(settings.shop.country.as_str(), COUNTRY);
        }
    }

    #[tokio::test]
    async fn jo_has_called_twice_before() {
        let folder = Folder::create().expect("a temporary folder");
        let store = Store::open(&folder.database()).await.expect("a new database");
        let phones = [4001, 4002, 4003].map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let now = UnixMs(1_800_000_000_000);
        set_up(&store, &folder, phones, Language::En, "ringall", now).await.expect("a shop");
        let calls = store.calls(&crate::store::CallFilter::default()).await.expect("the log");
        let told: Vec<_> = calls.iter().map(|call| (call.record.nth_call_from_caller, call.record.ended)).collect();
        assert_eq!(
            told,
            [(2, Some(UnixMs(now.0 - 6 * DAY_MS + 43_900))), (1, Some(UnixMs(now.0 - 8 * DAY_MS + 99_200))),]
        );
        assert_eq!(calls[0].caller_name.as_deref(), Some(JO_MILLER));
        store.close().await;
    }
}
