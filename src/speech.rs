//! Has the owner's command speak names, off the path of every call: those of shops; and, for a shop that rings cell
//! phones, those of its phones and contacts. One at a time, in this order. What it spoke is kept on the disk, under the
//! command, the language and the text it was spoken for: nothing is spoken twice, a restart speaks at once.
//!
//! A name that cannot be had is left out of what is said, and the log says why, once.

mod command;
pub mod transcriber;

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use command::{CommandError, saying};

use crate::caller::Contact;
use crate::config::Say;
use crate::greeting::{Greeting, NAME_MAX};
use crate::hex::hex;
use crate::media::wav;
use crate::routing::Plan;
use crate::routing::plan::{Language, Line, Shop};
use crate::spoken_card;
use crate::utterance::{Names, SpokenName, UnfitName};

/// A voice that loads a large model on a slow machine takes some ten seconds.
const LIMIT: Duration = Duration::from_secs(30);
/// Twenty seconds of the largest format there is, 48 kHz on two channels in 32 bits; a name takes two.
const WAVE_BYTES_MAX: usize = 8 << 20;
/// So many contacts have their names spoken, those of the lowest numbers: their sounds stay in memory, some 12 KiB each.
const CONTACTS_MAX: usize = 500;
/// A command that has failed for so many contacts in a row is left alone until the settings change.
const FAILURES_MAX: usize = 3;
/// Above so many kept sounds, those are deleted that nobody is called by any more.
const FILES_MAX: usize = 2_000;
/// Raised when a clip is made of the same sound in another way.
const KEPT_AS: &[u8] = b"1";

/// Why a name was not spoken. Each says what to do.
#[derive(Debug, thiserror::Error)]
enum Unspoken {
    #[error(transparent)]
    Command(CommandError),
    #[error("it was not done after {} s; choose a faster voice", .0.as_secs())]
    Slow(Duration),
    #[error("it printed more than {} MiB; is its standard output one WAVE file?", WAVE_BYTES_MAX >> 20)]
    Endless,
    #[error("what it printed is of no use, {unfit}{}; it must print a WAVE file of the name and nothing else", saying(.said))]
    Unfit { unfit: UnfitName, said: String },
}

/// What is to be spoken, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Words {
    text: String,
    language: Language,
}

/// Somebody whose name is to be spoken.
#[derive(Clone, Debug)]
struct Wanted {
    words: Words,
    /// A longer sound is of no use.
    room: Duration,
    whose: Whose,
}

/// Whose a name is, as the log may tell it.
#[derive(Clone, Debug)]
enum Whose {
    Shop(String),
    Phone(Arc<str>),
    /// By the number, masked.
    Contact(String),
}

/// Speaks the names, and again when they change.
pub struct Speaker<T> {
    say: Say,
    dir: PathBuf,
    limit: Duration,
    tell: T,
    /// `None`: it was tried, and there is no use in trying again.
    known: HashMap<Words, Option<SpokenName>>,
    /// Those of them that are names of customers.
    of_contacts: HashSet<Words>,
}

impl<T: Fn(Names)> Speaker<T> {
    /// `tell` is told all names that there is a sound of, whenever there are others.
    pub fn new(say: Say, data_dir: &Path, tell: T) -> Speaker<T> {
        Speaker {
            say,
            dir: data_dir.join("speech"),
            limit: LIMIT,
            tell,
            known: HashMap::new(),
            of_contacts: HashSet::new(),
        }
    }

    /// Runs until nobody has plans any more. `contacts` are those of the plan, and change before it.
    pub async fn run(mut self, mut plans: watch::Receiver<Arc<Plan>>, contacts: watch::Receiver<Arc<[Contact]>>) {
        loop {
            let plan = plans.borrow_and_update().clone();
            let wanted = wanted(&plan, &contacts.borrow().clone());
            self.remember(&wanted).await;
            (self.tell)(self.names());
            let mut failures = 0;
            for wanted in &wanted {
                // Nobody waits for the words of yesterday.
                if plans.has_changed().unwrap_or(false) || failures >= FAILURES_MAX {
                    break;
                }
                match self.learn(wanted).await {
                    Learned::Spoken => failures = 0,
                    Learned::Failed if matches!(wanted.whose, Whose::Contact(_)) => failures += 1,
                    Learned::Failed | Learned::Known => {}
                }
            }
            if plans.changed().await.is_err() {
                return;
            }
        }
    }

    /// Forgets words that nobody is called by any more, and takes from the disk what was spoken in an earlier life.
    async fn remember(&mut self, wanted: &[Wanted]) {
        let words: HashSet<&Words> = wanted.iter().map(|wanted| &wanted.words).collect();
        self.known.retain(|known, _| words.contains(known));
        for Wanted { words, room, .. } in wanted {
            if !self.known.contains_key(words)
                && let Ok(file) = tokio::fs::read(self.path(words)).await
                && let Some(samples) = wav::read(&file)
                && let Ok(name) = SpokenName::new(&words.text, samples.into(), *room)
            {
                self.known.insert(words.clone(), Some(name));
            }
        }
        // A customer's name, in a voice, goes with them.
        for gone in self.of_contacts.iter().filter(|gone| !words.contains(gone)) {
            // What cannot be deleted is deleted with all that nobody is called by.
            let _ = tokio::fs::remove_file(self.path(gone)).await;
        }
        let contacts = wanted.iter().filter(|wanted| matches!(wanted.whose, Whose::Contact(_)));
        self.of_contacts = contacts.map(|wanted| wanted.words.clone()).collect();
        self.tidy(&words).await;
    }

    /// What nobody is called by is kept, as somebody may be again, but not without end.
    async fn tidy(&self, words: &HashSet<&Words>) {
        let Ok(mut dir) = tokio::fs::read_dir(&self.dir).await else { return };
        let mut files = Vec::new();
        while let Ok(Some(entry)) = dir.next_entry().await {
            files.push(entry.path());
        }
        if files.len() <= FILES_MAX {
            return;
        }
        let kept: HashSet<PathBuf> = words.iter().map(|words| self.path(words)).collect();
        for file in files.iter().filter(|file| !kept.contains(*file)) {
            // What cannot be deleted now is tried again the next time.
            let _ = tokio::fs::remove_file(file).await;
        }
    }

    async fn learn(&mut self, wanted: &Wanted) -> Learned {
        let Wanted { words, room, whose } = wanted;
        if self.known.contains_key(words) {
            return Learned::Known;
        }
        match self.spoken(words, *room).await {
            Ok(name) => {
                self.keep(words, &name).await;
                whose.log_spoken(&name);
                self.known.insert(words.clone(), Some(name));
                (self.tell)(self.names());
                Learned::Spoken
            }
            Err(why) => {
                whose.log_unspoken(self.say.program(), &why);
                self.known.insert(words.clone(), None);
                Learned::Failed
            }
        }
    }

    fn names(&self) -> Names {
        let mut names = Names::default();
        for (words, name) in &self.known {
            if let Some(name) = name {
                names.insert(words.language, name.clone());
            }
        }
        names
    }

    async fn spoken(&self, words: &Words, room: Duration) -> Result<SpokenName, Unspoken> {
        let printed = tokio::time::timeout(self.limit, printed(&self.say, words));
        let (file, said) = printed.await.map_err(|_| Unspoken::Slow(self.limit))??;
        let words = words.clone();
        let heard = move || SpokenName::heard(&words.text, &file, room);
        // Tens of milliseconds of reckoning.
        match tokio::task::spawn_blocking(heard).await {
            Ok(heard) => heard.map_err(|unfit| Unspoken::Unfit { unfit, said }),
            Err(panicked) => Err(Unspoken::Command(CommandError::NotRead(panicked.into()))),
        }
    }

    async fn keep(&self, words: &Words, name: &SpokenName) {
        let path = self.path(words);
        let kept = async {
            tokio::fs::create_dir_all(&self.dir).await?;
            // A clip takes seconds: its length fits by far.
            let header = wav::header(u32::try_from(name.samples.len()).unwrap_or(wav::SAMPLES_MAX));
            let unfinished = path.with_extension("new");
            tokio::fs::write(&unfinished, [&header[..], &name.samples].concat()).await?;
            tokio::fs::rename(&unfinished, &path).await
        };
        if let Err(error) = kept.await {
            tracing::warn!(path = %path.display(), %error, "a spoken name cannot be kept; it is spoken again after a restart");
        }
    }

    fn path(&self, words: &Words) -> PathBuf {
        let mut digest = Sha256::new();
        let arguments = self.say.arguments(&words.text, words.language);
        for part in [self.say.program().to_owned()].into_iter().chain(arguments) {
            digest.update(part);
            digest.update([0]);
        }
        // A command that is told of no language is asked again for another one all the same.
        digest.update(format!("{:?}", words.language));
        digest.update(KEPT_AS);
        self.dir.join(hex(&digest.finalize())).with_extension("wav")
    }
}

/// What came of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Learned {
    Spoken,
    Failed,
    /// It was spoken or tried before.
    Known,
}

impl Whose {
    fn log_spoken(&self, name: &SpokenName) {
        let length_ms = name.length().as_millis();
        match self {
            Whose::Shop(shop) => {
                tracing::info!(shop, length_ms, "a closed shop's greeting begins with its name now");
                if name.length() > NAME_MAX {
                    tracing::warn!(
                        shop,
                        "its name takes longer than {} ms to say: the longest greetings go without it, so that none lasts \
                         twelve seconds; a faster voice helps",
                        NAME_MAX.as_millis()
                    );
                }
            }
            Whose::Phone(phone) => tracing::info!(%phone, length_ms, "cell phones hear this phone's name now"),
            Whose::Contact(number) => tracing::debug!(number, length_ms, "cell phones hear this contact's name now"),
        }
    }

    fn log_unspoken(&self, program: &str, why: &Unspoken) {
        match self {
            Whose::Shop(shop) => tracing::error!(
                shop,
                "[speech] say: {program} did not speak the shop's name: {why}. The greeting goes without it; it is tried \
                 again after a restart"
            ),
            Whose::Phone(phone) => tracing::error!(
                %phone,
                "[speech] say: {program} did not speak the phone's name: {why}. Cell phones hear \"somebody else\" \
                 instead; it is tried again after a restart"
            ),
            Whose::Contact(number) => tracing::error!(
                number,
                "[speech] say: {program} did not speak a contact's name: {why}. Cell phones hear the number instead; it \
                 is tried again after a restart"
            ),
        }
    }
}

/// All names that are to be spoken, each once, the most needed first.
fn wanted(plan: &Plan, contacts: &[Contact]) -> Vec<Wanted> {
    let rings_cells = |shop: &Shop| shop.phones.iter().any(|phone| matches!(phone.line, Line::Cell { .. }));
    let of_shops = plan.shops.iter().filter_map(|shop| {
        let room = Greeting::room_for_a_name(shop.language);
        Wanted::of(&shop.name, shop, room, || Whose::Shop(shop.name.clone()))
    });
    let of_phones = plan.shops.iter().filter(|shop| rings_cells(shop)).flat_map(|shop| {
        let of_phone = |name: &Arc<str>| Wanted::of(name, shop, spoken_card::NAME_MAX, || Whose::Phone(name.clone()));
        shop.phones.iter().filter_map(move |phone| of_phone(&phone.name))
    });
    let of_contacts = contacts.iter().filter_map(|contact| {
        let shop = plan.shop(contact.shop).filter(|shop| rings_cells(shop))?;
        Wanted::of(&contact.name, shop, spoken_card::NAME_MAX, || Whose::Contact(contact.number.masked()))
    });
    let mut known = HashSet::new();
    let all = of_shops.chain(of_phones).chain(of_contacts.take(CONTACTS_MAX));
    all.filter(|wanted| known.insert(wanted.words.clone())).collect()
}

impl Wanted {
    fn of(name: &str, shop: &Shop, room: Duration, whose: impl FnOnce() -> Whose) -> Option<Wanted> {
        let text = SpokenName::written(name);
        let words = || Words { text: text.to_owned(), language: shop.language };
        (!text.is_empty()).then(|| Wanted { words: words(), room, whose: whose() })
    }
}

/// Runs the command: what it printed, and what it said besides.
async fn printed(say: &Say, words: &Words) -> Result<(Vec<u8>, String), Unspoken> {
    let arguments = say.arguments(&words.text, words.language);
    match command::printed(say.program(), arguments, WAVE_BYTES_MAX).await {
        Ok(printed) => Ok(printed),
        Err(CommandError::Endless) => Err(Unspoken::Endless),
        Err(error) => Err(Unspoken::Command(error)),
    }
}
