//! The demo's page at work: the visitor's wishes become calls of Carmen's through the running service, and [`Scene`] what she
//! and the phones see of them. One call at a time; who wishes for another meanwhile is not heard.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, watch};

use super::caller::Caller;
use super::closing;
use super::ear::Ear;
use super::line::Seen;
use super::log::{self, LoggedMessage};
use super::phone::Phone;
use super::scene::{Act, Carmen, Heard, Scene, Wish};
use super::shop::{CARMEN_NUMBER, SHOP_NUMBER};
use super::story::{Fault, Service};
use crate::clock;
use crate::greeting::Greeting;
use crate::routing::decision::{Action, Opening};
use crate::routing::plan::Shop;
use crate::routing::standing;

/// What the visitor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Call(Wish),
    /// The phone with this place in the row.
    PickUp(usize),
    /// Carmen puts her telephone down.
    HangUp,
}

/// More clicks than that at a time are not meant.
const WAITING: usize = 16;
/// How long Carmen speaks after the beep.
const MESSAGE: Duration = Duration::from_secs(4);
/// Who leaves two at talk comes back to a free shop.
const TALK_MOST: Duration = Duration::from_secs(120);
/// A caller rings no longer than 300 s, whatever the owner sets; after that something is wrong.
const RING_MOST: Duration = Duration::from_secs(310);
/// What has not happened after this does not happen.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often Carmen listens anew: two packets' time.
const LISTENS_EVERY: Duration = Duration::from_millis(40);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The visitor's hand.
pub type Hand = mpsc::Sender<Command>;

pub struct Stage {
    carmen: Arc<Caller>,
    phones: Arc<[Phone; 3]>,
    service: Service,
    scene: Arc<watch::Sender<Scene>>,
    /// Held by whoever has the phones.
    turn: Arc<Mutex<()>>,
}

/// A scene, what everybody sees of it, and the visitor's hand with what it asks for.
pub fn set() -> (Arc<watch::Sender<Scene>>, Hand, mpsc::Receiver<Command>) {
    let (hand, commands) = mpsc::channel(WAITING);
    (Arc::new(watch::Sender::new(Scene::new(Instant::now()))), hand, commands)
}

/// Shows what was seen, and hands it on to who tells the story.
pub async fn show(
    scene: Arc<watch::Sender<Scene>>,
    mut seen: mpsc::UnboundedReceiver<Seen>,
    story: mpsc::UnboundedSender<Seen>,
) {
    while let Some(seen) = seen.recv().await {
        scene.send_modify(|scene| scene.saw(&seen));
        if story.send(seen).is_err() {
            return;
        }
    }
}

/// While this lives, the phones are the story's.
pub struct StoryTurn<'a> {
    scene: &'a watch::Sender<Scene>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Drop for StoryTurn<'_> {
    fn drop(&mut self) {
        // First free, then shown as free.
        drop(self.turn.take());
        self.scene.send_modify(|scene| scene.act = Act::Rest);
    }
}

impl Stage {
    pub fn new(
        (carmen, phones): (Arc<Caller>, Arc<[Phone; 3]>),
        service: Service,
        scene: Arc<watch::Sender<Scene>>,
    ) -> Arc<Stage> {
        Arc::new(Stage { carmen, phones, service, scene, turn: Arc::default() })
    }

    /// Waits until the phones are free, and keeps them for the story in the terminal.
    pub async fn tell_a_story(&self) -> StoryTurn<'_> {
        let turn = self.turn.clone().lock_owned().await;
        self.scene.send_modify(|scene| scene.act = Act::Story);
        StoryTurn { scene: &self.scene, turn: Some(turn) }
    }

    /// Does what the visitor wishes, as long as there is one.
    pub async fn run(self: Arc<Stage>, mut commands: mpsc::Receiver<Command>) {
        while let Some(command) = commands.recv().await {
            match command {
                Command::Call(wish) if self.scene.borrow().is_free() => {
                    let Ok(turn) = self.turn.clone().try_lock_owned() else { continue };
                    self.scene.send_modify(|scene| scene.begin(wish));
                    tokio::spawn(self.clone().play(wish, turn));
                }
                Command::PickUp(phone) if self.scene.borrow().rings(phone) => {
                    if let Some(phone) = self.phones.get(phone) {
                        phone.pick_up();
                    }
                }
                Command::HangUp if self.scene.borrow().has_a_call() => self.carmen.hang_up(),
                Command::Call(_) | Command::PickUp(_) | Command::HangUp => {}
            }
        }
    }

    async fn play(self: Arc<Stage>, wish: Wish, turn: OwnedMutexGuard<()>) {
        let played = match wish {
            Wish::Call | Wish::LetItRing => self.call().await,
            Wish::CallWhenClosed => self.call_when_closed().await,
        };
        if let Err(fault) = played {
            tracing::warn!(?fault, "a call of the demo's page did not go as it should");
            self.carmen.hang_up();
        }
        // First free, then shown as free.
        drop(turn);
        self.scene.send_if_modified(|scene| match scene.act {
            Act::Plays(_) => {
                scene.act = Act::Rest;
                true
            }
            Act::Story | Act::Rest | Act::Over => false,
        });
    }

    /// The owner closes the shop for this call, where it is not closed anyway.
    async fn call_when_closed(&self) -> Result<(), Fault> {
        let shop = closing::the_shop(&self.service).await?;
        let shop = match shop {
            Some(shop) if closing::is_open(&self.service).await? => shop,
            Some(_) | None => return self.call().await,
        };
        let closing = closing::close(&self.service, &shop).await?;
        let called = self.call().await;
        closing.end(&self.service).await?;
        called
    }

    /// Carmen calls, and does what a caller does who hears what she hears.
    async fn call(&self) -> Result<(), Fault> {
        let newest = self.newest_message().await?;
        let ear = self.ear().await?;
        let dialled = self.carmen.dial_to_listen(SHOP_NUMBER, self.service.sip);
        self.scene.send_modify(|scene| scene.dialled(dialled));
        let rings = |carmen: Carmen| matches!(carmen, Carmen::Dials | Carmen::HearsRinging);
        self.until(RING_MOST, |scene| !rings(scene.carmen)).await;
        if self.is_over() {
            return Ok(());
        }
        match self.listen(ear.as_ref()).await {
            Some(heard) => {
                self.carmen.speak();
                self.hear(Heard::Speaks);
                let how_long = if heard == Heard::Beep { MESSAGE } else { TALK_MOST };
                self.until(how_long, |scene| scene.carmen == Carmen::Away).await;
            }
            None if self.is_over() => {}
            None => self.hear(Heard::SomethingElse),
        }
        self.carmen.hang_up();
        self.until(PATIENCE, |scene| scene.carmen == Carmen::Away).await;
        if self.scene.borrow().heard.iter().any(|moment| moment.what == Heard::Beep) {
            self.wait_for_the_message(newest).await?;
        }
        Ok(())
    }

    /// Until there is reason to speak: somebody's voice, or the beep. `None`: there is none, or the call is over.
    async fn listen(&self, ear: Option<&Ear>) -> Option<Heard> {
        let mut understood = String::new();
        // The longest greeting takes 12 s.
        let deadline = Instant::now() + Duration::from_secs(12) + PATIENCE;
        while Instant::now() < deadline && !self.is_over() {
            if let Some(desk) = self.scene.borrow().voice() {
                return Some(Heard::Voice(desk));
            }
            let sound = self.carmen.sound();
            if let Some((ear, first)) = ear.zip(sound.first) {
                let heard = ear.understand(&sound.samples);
                if heard.words != understood {
                    self.scene.send_modify(|scene| scene.greeted(first, &heard.words));
                    understood = heard.words;
                }
                if heard.beep {
                    self.hear(Heard::Beep);
                    return Some(Heard::Beep);
                }
            }
            tokio::time::sleep(LISTENS_EVERY).await;
        }
        None
    }

    /// What there is to understand should the greeting answer, from the code that greets callers.
    async fn ear(&self) -> Result<Option<Ear>, Fault> {
        let Some(shop) = closing::the_shop(&self.service).await? else { return Ok(None) };
        Ok(greeting(&shop).as_ref().map(Ear::listening_to))
    }

    async fn wait_for_the_message(&self, before: Option<String>) -> Result<(), Fault> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let newest = self.newest_message().await?;
            if newest.is_some() && newest != before {
                self.scene.send_modify(|scene| scene.message = newest);
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Fault::NoMessage(super::shop::CARMEN))
    }

    /// Where the page plays Carmen's latest message from.
    async fn newest_message(&self) -> Result<Option<String>, Fault> {
        let newest: Result<Option<LoggedMessage>, _> = self.service.api.first(log::NEWEST_MESSAGE).await;
        let newest = newest.map_err(|why| Fault::Api { path: log::NEWEST_MESSAGE, why })?;
        let hers = newest.filter(|message| message.caller.number.as_deref() == Some(CARMEN_NUMBER));
        // The page has the same addresses for who is signed in as the API for who has a token.
        Ok(hers.and_then(|message| message.audio.strip_prefix("/api/v1").map(str::to_owned)))
    }

    fn is_over(&self) -> bool {
        self.scene.borrow().carmen == Carmen::Away
    }

    fn hear(&self, what: Heard) {
        self.scene.send_modify(|scene| scene.hear(Instant::now(), what));
    }

    /// Waits until the scene is so, but no longer than `most`.
    async fn until(&self, most: Duration, is_so: impl Fn(&Scene) -> bool) {
        let mut scene = self.scene.subscribe();
        // The sender is ours: it does not end meanwhile.
        let _ = tokio::time::timeout(most, scene.wait_for(|scene| is_so(scene))).await;
    }
}

/// What a caller of this shop would hear now; `None`: its phones ring.
fn greeting(shop: &Arc<Shop>) -> Option<Greeting> {
    let now = clock::now().wall;
    let decision = standing(shop, now);
    let Action::TakeMessage { opens } = decision.action else { return None };
    Some(Greeting::of_shop(shop, None, Opening::of(opens, &decision.because), now))
}
