//! `ringall demo`: the real service on free loopback ports with a demo shop, three phones and two callers, by real SIP and
//! RTP. The phones and the callers are user agents of the demo's own, down to the text of their messages and the sound
//! in their packets: they see the service from outside, as customers and staff do. When the story has been told, a page has
//! the same people and phones at a visitor's wish.

mod audio;
mod caller;
mod closing;
mod ear;
mod line;
mod log;
mod page;
mod phone;
mod scene;
mod shop;
mod stage;
mod story;
mod text;
mod tone;
mod words;

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;

use crate::app::{AppError, Running};
use crate::clock;
use crate::config::{Config, Peer, Profile, Trunk};
use crate::number::Number;
use crate::store::{CallFilter, Link, OwnerId, Store, StoreError};
use crate::web::Entrance;

use caller::{Caller, Look};
use line::Eye;
use log::Api;
use page::DemoPage;
use phone::Phone;
use scene::{Act, Scene};
use shop::{CARMEN, CARMEN_NUMBER, CARMEN_VOICE, DESKS, EARLIER_CALLS, Folder, JO, JO_NUMBER, JO_VOICE, ShopError};
use stage::Stage;
use story::{Cast, Fault, Service, Story};
use text::chance;
use tone::Voice;
use words::Words;

/// Everything happens here.
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Media ports lie in a range of this size that chance picks below those the system gives to others (Linux: 32768 and
/// up), so that a service and other demos on this machine keep theirs. As large as the default range: the stock fits.
const MEDIA_PORTS: u16 = 1_000;
const MEDIA_FIRST: u16 = 21_000;
const MEDIA_RANGES: u64 = 11;

/// Why the demo could not start.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("a temporary folder: {0}")]
    Folder(#[source] std::io::Error),
    #[error("a free port on {LOOPBACK}: {0}")]
    Port(#[source] std::io::Error),
    #[error(transparent)]
    Shop(#[from] ShopError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    App(#[from] AppError),
    #[error("the owner of the demo's shop could not be signed in")]
    NoOwner,
}

/// Plays and tells the story. With `once` it ends then: 0 when everything told happened as told. Without, the shop stays
/// open until Ctrl-C.
pub async fn run(once: bool) -> ExitCode {
    let words = Words(super::language::language(|name| std::env::var(name).ok()));
    match play(once, words).await {
        Ok(code) => code,
        Err(error) => {
            println!("{}", words.cannot_start(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

async fn play(once: bool, words: Words) -> Result<ExitCode, DemoError> {
    let folder = Folder::create().map_err(DemoError::Folder)?;
    let mut config = Config { database: folder.database(), data_dir: folder.path().join("data"), ..Config::default() };
    let store = Store::open(&config.database).await?;
    let (scene, hand, commands) = stage::set();
    let mut cast = cast(&store, scene.clone()).await.map_err(DemoError::Port)?;
    let phones = cast.phones.each_ref().map(Phone::address);
    shop::set_up(&store, &folder, phones, words.0, &config.sip.realm, clock::now().wall).await?;

    config.web.listen = SocketAddr::new(LOOPBACK, 0);
    config.sip.udp = vec![SocketAddr::new(LOOPBACK, 0)];
    config.sip.tcp = vec![SocketAddr::new(LOOPBACK, 0)];
    config.media.ports = media_ports();
    let peers = [cast.jo.address(), cast.carmen.address()].map(Peer::Exactly);
    config.trunks = vec![Trunk {
        name: "carrier".to_owned(),
        peers: peers.into(),
        register: None,
        outbound: None,
        channels: None,
        called: Profile::generic().called.to_vec(),
        authority: None,
    }];
    let owner = owner(&store, words).await?;
    let page = DemoPage {
        scene: scene.subscribe(),
        hand,
        owner,
        store: store.clone(),
        entrance: Entrance::of_demo(&config.web.public_url),
        language: words.0,
    };
    let entrance = Entrance::of_demo(&config.web.public_url);
    let running = Running::start_within(config, entrance, |service| page::around(page, service)).await?;

    let token = running.store.create_token("demo").await?;
    let sip = running.sip.first().copied().ok_or(AppError::NoSipSocket)?;
    let service = Service { sip, api: Api { web: running.web, token }, store: running.store.clone() };
    println!("{}", words.opening(shop::NAME, &sip.to_string()));
    let people = (cast.carmen.clone(), cast.phones.clone());
    let stage = Stage::new(people, service.clone(), scene.clone());
    tokio::spawn(stage.clone().run(commands));
    let told = tokio::select! {
        told = tell(once, &mut cast, &service, &stage, words) => told,
        stopped = crate::app::stop_asked() => { stopped?; ExitCode::SUCCESS }
    };
    scene.send_modify(|scene| scene.act = Act::Over);
    running.stop().await?;
    store.close().await;
    Ok(told)
}

/// Tells both halves of the story; without `once` the first again for each Enter, and never ends by itself.
async fn tell(once: bool, cast: &mut Cast, service: &Service, stage: &Stage, words: Words) -> ExitCode {
    let mut nth = EARLIER_CALLS + 1;
    let turn = stage.tell_a_story().await;
    let mut code = told(open_call(nth, cast, service, words).await, words);
    if code == ExitCode::SUCCESS {
        code = told(Story::new(cast, service, words).closed_call().await, words);
    }
    if once {
        return code;
    }
    drop(turn);
    let mut enter = enter_pressed();
    invite(service, words);
    let invitation = if enter.is_some() { words.again(JO) } else { words.ctrl_c() };
    println!("{invitation}");
    loop {
        let pressed = match &mut enter {
            Some(enter) => enter.recv().await.is_some(),
            None => std::future::pending().await,
        };
        if pressed {
            nth += 1;
            let _turn = stage.tell_a_story().await;
            told(open_call(nth, cast, service, words).await, words);
            println!("{invitation}");
        } else {
            enter = None;
        }
    }
}

/// What a newcomer can do now.
fn invite(service: &Service, words: Words) {
    let Api { web, token } = &service.api;
    println!("{}", words.your_turn());
    println!("  {} http://{web}{}", words.the_page_is(), page::PATH);
    println!("  {} curl -H 'Authorization: Bearer {token}' http://{web}/api/v1/calls", words.the_log_is());
    println!("  {} ssh -L {port}:{web} {}", words.elsewhere(), words.this_machine(), port = web.port());
    println!("  {} ringall import config/demo-shop.toml && ringall", words.your_own_shop());
}

/// As whom the visitors of the page look at what the owner sees.
async fn owner(store: &Store, words: Words) -> Result<OwnerId, DemoError> {
    let now = clock::now().wall;
    let secret = store.invite_owner("you@example.com", now).await?;
    let Link::Good(owner) = store.set_up_link(&secret, now).await? else { return Err(DemoError::NoOwner) };
    store.set_owner_language(owner.id, Some(words.0)).await?;
    Ok(owner.id)
}

async fn open_call(nth: u32, cast: &mut Cast, service: &Service, words: Words) -> Result<(), Fault> {
    Story::new(cast, service, words).open_call(nth).await
}

fn told(story: Result<(), Fault>, words: Words) -> ExitCode {
    match story {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("{}", words.went_wrong(&fault));
            ExitCode::FAILURE
        }
    }
}

/// Three phones and two customers, each plugged in at a free port. What they see is shown in the scene first.
async fn cast(store: &Store, scene: Arc<watch::Sender<Scene>>) -> std::io::Result<Cast> {
    let (raw, raw_seen) = unbounded_channel();
    let (story, seen) = unbounded_channel();
    tokio::spawn(stage::show(scene, raw_seen, story));
    let customers = [JO_VOICE, CARMEN_VOICE];
    let voices: Arc<[Voice]> = customers.into_iter().chain(DESKS.iter().map(|desk| desk.voice)).collect();
    let eye = |who: &str| Eye { who: who.into(), story: raw.clone() };
    let plug_in = |n: usize| {
        let desk: &shop::Desk = &DESKS[n];
        Phone::plug_in(LOOPBACK, desk.voice, voices.clone(), eye(desk.name))
    };
    let phones = Arc::new([plug_in(0).await?, plug_in(1).await?, plug_in(2).await?]);
    let [jos, carmens] = [JO_NUMBER, CARMEN_NUMBER].map(|number| look_into(store.clone(), number));
    // The store's readers connect at the first question: not while the story is timed.
    jos().await;
    let jo = Caller::plug_in(LOOPBACK, JO_NUMBER, JO_VOICE, voices.clone(), eye(JO), jos).await?;
    let carmen = Caller::plug_in(LOOPBACK, CARMEN_NUMBER, CARMEN_VOICE, voices.clone(), eye(CARMEN), carmens).await?;
    Ok(Cast { jo, carmen: Arc::new(carmen), phones, seen })
}

/// Looks, through a connection that is not the service's, for a call of this caller's that goes on.
fn look_into(store: Store, caller: &'static str) -> Look {
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            let filter = CallFilter { caller: Number::from_e164(caller), limit: 1, ..CallFilter::default() };
            match store.calls(&filter).await {
                Ok(calls) => calls.first().is_some_and(|call| call.record.ended.is_none()),
                Err(_) => false,
            }
        })
    })
}

fn media_ports() -> (u16, u16) {
    let range = u16::try_from(chance() % MEDIA_RANGES).unwrap_or(0);
    let first = MEDIA_FIRST + range * MEDIA_PORTS;
    (first, first + MEDIA_PORTS - 1)
}

/// Each Enter, when somebody sits at the keyboard.
fn enter_pressed() -> Option<UnboundedReceiver<()>> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let (pressed, presses) = unbounded_channel();
    // A thread, not a task: reading the keyboard cannot be given up, and must not hold back the end.
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            if line.is_err() || pressed.send(()).is_err() {
                return;
            }
        }
    });
    Some(presses)
}
