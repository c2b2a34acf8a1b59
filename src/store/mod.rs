//! What must outlive the process: the owner's plan, the log of calls, where the phones are, who may use the page. The
//! only place with SQL. Every statement is a constant that both databases read; `db` alone knows which of them answers.

pub mod backup;
pub mod bindings;
pub mod caller_files;
pub mod callers;
pub mod calls;
mod commit;
pub mod contacts;
mod db;
pub mod erasure;
mod error;
mod figures;
mod greetings;
pub mod hours;
#[cfg(test)]
mod indexes;
mod journal;
pub mod kept;
pub mod messages_heard;
mod not_called_back;
pub mod owed;
pub mod owners;
pub mod people;
pub mod phones;
pub mod plan;
pub mod provisioning;
mod row;
pub mod salvage;
pub mod same_person;
pub mod screens;
pub mod search;
mod shops;
mod tokens;
mod transcripts;
pub mod voice_messages;
mod wrap_ups;
pub mod writer;

pub use backup::{BackupError, Before, Beside, Contents};
pub use bindings::BindingKeeper;
pub use caller_files::{FileCard, Imported};
pub use calls::{CallFilter, StoredCall};
pub use contacts::{CallerEdit, Edited};
pub use db::{Condition, look};
pub use erasure::Erased;
pub use error::StoreError;
pub use hours::Saved;
pub use journal::{journal_in, rows_in_journal};
pub use owed::{Claim, Claimed, Overdue, OwedCaller};
pub use owners::{Link, Owner, OwnerId};
pub use people::{Person, PersonChange, Role};
pub use plan::{Contact, ShopSettings};
pub use provisioning::{LinkState, ProvisioningLink};
pub use salvage::Salvaged;
pub use same_person::Joined;
pub use screens::Screen;
pub use search::{FoundCaller, SearchTerms};
pub use shops::ShopBasics;
pub use transcripts::Unwritten;
pub use voice_messages::{MessageFilter, StoredMessage};
pub use wrap_ups::WrapUp;
pub use writer::{LogCounts, LogHealth, LogWriter};

use std::sync::Arc;

use crate::config::DatabaseUrl;
use db::Db;

/// The open database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    db: Arc<Db>,
    candidates: Arc<owed::candidates::Candidates>,
}

impl Store {
    /// Opens the database, creates it if it does not exist, and brings its tables up to date.
    ///
    /// # Errors
    /// A database that cannot be reached or written, is damaged, is newer than this program, or would not keep what it
    /// confirmed through a power cut. Nothing is ever overwritten.
    pub async fn open(url: &DatabaseUrl) -> Result<Store, StoreError> {
        let store = Store { db: Arc::new(Db::open(url).await?), candidates: Arc::default() };
        store.fold_contacts().await?;
        Ok(store)
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.plan_version().await.map(|_| ())
    }

    /// Closes all connections; what was committed is in the file. Other clones answer with errors from then on.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
