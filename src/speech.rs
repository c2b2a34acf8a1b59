//! Has the owner's command speak the shops' names, off the path of every call. What it spoke is kept on the disk, under
//! the command, the language and the text it was spoken for: nothing is spoken twice, a restart speaks at once.
//!
//! A name that cannot be had is left out of the greeting, and the log says why, once.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::sync::watch;

use crate::config::Say;
use crate::greeting::{NAME_MAX, ShopName, UnfitName};
use crate::hex::hex;
use crate::media::wav;
use crate::routing::Plan;
use crate::routing::plan::{Language, Shop, ShopId};

/// A voice that loads a large model on a slow machine takes some ten seconds.
const LIMIT: Duration = Duration::from_secs(30);
/// Twenty seconds of the largest format there is, 48 kHz on two channels in 32 bits; a name takes two.
const WAVE_BYTES_MAX: usize = 8 << 20;
/// So much is kept of what a command says of its failure, in bytes and in characters.
const SAID_BYTES_MAX: usize = 8 << 10;
const SAID_MAX: usize = 200;
/// Variables of ours, secrets among them, are no business of the command.
const OUR_VARIABLES: &str = "RINGALL_";
/// Raised when a clip is made of the same sound in another way.
const KEPT_AS: &[u8] = b"1";

/// Why a name was not spoken. Each says what to do.
#[derive(Debug, thiserror::Error)]
enum Unspoken {
    #[error("it cannot be run: {0}; is it installed, and may the service's user run it?")]
    NotRun(#[source] io::Error),
    #[error("it failed with {status}{}; run it by hand as the service's user", saying(.said))]
    Failed { status: ExitStatus, said: String },
    #[error("it was not done after {} s; choose a faster voice", .0.as_secs())]
    Slow(Duration),
    #[error("it printed more than {} MiB; is its standard output one WAVE file?", WAVE_BYTES_MAX >> 20)]
    Endless,
    #[error("what it printed is of no use, {unfit}{}; it must print a WAVE file of the name and nothing else", saying(.said))]
    Unfit { unfit: UnfitName, said: String },
    #[error("what it printed cannot be read: {0}; run it by hand as the service's user")]
    NotRead(#[source] io::Error),
}

/// What is to be spoken, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Words {
    text: String,
    language: Language,
}

/// Speaks the names of all shops, and again when they change.
pub struct Speaker<T> {
    say: Say,
    dir: PathBuf,
    limit: Duration,
    tell: T,
    /// `None`: it was tried, and there is no use in trying again.
    known: HashMap<Words, Option<ShopName>>,
}

impl<T: Fn(HashMap<ShopId, ShopName>)> Speaker<T> {
    /// `tell` is told the names of all shops that have one, whenever there are others.
    pub fn new(say: Say, data_dir: &Path, tell: T) -> Speaker<T> {
        Speaker { say, dir: data_dir.join("speech"), limit: LIMIT, tell, known: HashMap::new() }
    }

    /// Runs until nobody has plans any more.
    pub async fn run(mut self, mut plans: watch::Receiver<Arc<Plan>>) {
        loop {
            let plan = plans.borrow_and_update().clone();
            self.remember(&plan).await;
            (self.tell)(self.names(&plan));
            for shop in &plan.shops {
                // Nobody waits for the words of yesterday.
                if plans.has_changed().unwrap_or(false) {
                    break;
                }
                self.learn(&plan, shop).await;
            }
            if plans.changed().await.is_err() {
                return;
            }
        }
    }

    /// Forgets words that no shop has any more, and takes from the disk what was spoken in an earlier life.
    async fn remember(&mut self, plan: &Plan) {
        let wanted: Vec<Words> = plan.shops.iter().filter_map(|shop| Words::of(shop)).collect();
        self.known.retain(|words, _| wanted.contains(words));
        for words in wanted {
            if !self.known.contains_key(&words)
                && let Ok(file) = tokio::fs::read(self.path(&words)).await
                && let Some(samples) = wav::read(&file)
                && let Ok(name) = ShopName::new(&words.text, samples.into(), words.language)
            {
                self.known.insert(words, Some(name));
            }
        }
    }

    async fn learn(&mut self, plan: &Plan, shop: &Shop) {
        let Some(words) = Words::of(shop).filter(|words| !self.known.contains_key(words)) else { return };
        match self.spoken(&words).await {
            Ok(name) => {
                self.keep(&words, &name).await;
                let length_ms = name.length().as_millis();
                tracing::info!(shop = shop.name, length_ms, "a closed shop's greeting begins with its name now");
                if name.length() > NAME_MAX {
                    tracing::warn!(
                        shop = shop.name,
                        "its name takes longer than {} ms to say: the longest greetings go without it, so that none lasts \
                         twelve seconds; a faster voice helps",
                        NAME_MAX.as_millis()
                    );
                }
                self.known.insert(words, Some(name));
                (self.tell)(self.names(plan));
            }
            Err(why) => {
                tracing::error!(
                    shop = shop.name,
                    "[speech] say: {} did not speak the shop's name: {why}. The greeting goes without it; it is tried \
                     again after a restart",
                    self.say.program()
                );
                self.known.insert(words, None);
            }
        }
    }

    fn names(&self, plan: &Plan) -> HashMap<ShopId, ShopName> {
        let name = |shop: &Arc<Shop>| Some((shop.id, self.known.get(&Words::of(shop)?)?.clone()?));
        plan.shops.iter().filter_map(name).collect()
    }

    async fn spoken(&self, words: &Words) -> Result<ShopName, Unspoken> {
        let printed = tokio::time::timeout(self.limit, printed(&self.say, words));
        let (file, said) = printed.await.map_err(|_| Unspoken::Slow(self.limit))??;
        let words = words.clone();
        let heard = move || ShopName::heard(&words.text, &file, words.language);
        // Tens of milliseconds of reckoning.
        match tokio::task::spawn_blocking(heard).await {
            Ok(heard) => heard.map_err(|unfit| Unspoken::Unfit { unfit, said }),
            Err(panicked) => Err(Unspoken::NotRead(panicked.into())),
        }
    }

    async fn keep(&self, words: &Words, name: &ShopName) {
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

impl Words {
    fn of(shop: &Shop) -> Option<Words> {
        let text = ShopName::written(&shop.name);
        (!text.is_empty()).then(|| Words { text: text.to_owned(), language: shop.language })
    }
}

/// Runs the command: what it printed, and what it said besides. Dropped before it ends, the command is killed.
async fn printed(say: &Say, words: &Words) -> Result<(Vec<u8>, String), Unspoken> {
    let mut command = Command::new(say.program());
    command.args(say.arguments(&words.text, words.language)).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_ours(name)) {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(Unspoken::NotRun)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let wave = async {
        let wave = beginning(stdout, WAVE_BYTES_MAX + 1).await.map_err(Unspoken::NotRead)?;
        if wave.len() > WAVE_BYTES_MAX { Err(Unspoken::Endless) } else { Ok(wave) }
    };
    let said = async { whole_beginning(stderr, SAID_BYTES_MAX).await.map_err(Unspoken::NotRead) };
    let ended = async { child.wait().await.map_err(Unspoken::NotRead) };
    let (wave, said, status) = tokio::try_join!(wave, said, ended)?;
    let said = in_short(&said);
    if status.success() { Ok((wave, said)) } else { Err(Unspoken::Failed { status, said }) }
}

fn is_ours(variable: &OsString) -> bool {
    variable.to_string_lossy().starts_with(OUR_VARIABLES)
}

async fn beginning(from: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

/// The same, with the rest read and thrown away: who writes into a full pipe waits for ever.
async fn whole_beginning(from: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let Some(mut from) = from else { return Ok(Vec::new()) };
    let bytes = beginning(Some(&mut from), most).await?;
    tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok(bytes)
}

/// The last line that says something, which is where programs say why they end.
fn in_short(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_MAX).collect()
}

fn saying(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(", saying {said:?}") }
}
