//! `ringall demo`: the real service on free loopback ports with a demo shop, three phones and two callers, by real SIP and
//! RTP. The phones and the callers are user agents of the demo's own, down to the text of their messages and the sound
//! in their packets: they see the service from outside, as customers and staff do.

mod audio;
mod caller;
mod line;
mod log;
mod phone;
mod shop;
mod story;
mod text;
mod tone;
mod words;

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::app::{AppError, Running};
use crate::clock;
use crate::config::{Config, Peer, Profile, Trunk};
use crate::number::Number;
use crate::store::{CallFilter, Store, StoreError};

use caller::{Caller, Look};
use line::Eye;
use log::Api;
use phone::Phone;
use shop::{CARMEN, CARMEN_NUMBER, CARMEN_VOICE, DESKS, EARLIER_CALLS, Folder, JO, JO_NUMBER, JO_VOICE, ShopError};
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
    let mut cast = cast(&store).await.map_err(DemoError::Port)?;
    let phones = cast.phones.each_ref().map(Phone::address);
    shop::set_up(&store, &folder, phones, words.0, &config.sip.realm, clock::now().wall).await?;

    config.web.listen = SocketAddr::new(LOOPBACK, 0);
    config.sip.udp = vec![SocketAddr::new(LOOPBACK, 0)];
    config.sip.tcp = vec![SocketAddr::new(LOOPBACK, 0)];
    config.media.ports = media_ports();
    let peers = [&cast.jo, &cast.carmen].map(|caller| Peer::Exactly(caller.address()));
    config.trunks = vec![Trunk {
        name: "carrier".to_owned(),
        peers: peers.into(),
        register: None,
        outbound: None,
        channels: None,
        called: Profile::generic().called.to_vec(),
        authority: None,
    }];
    let running = Running::start(config).await?;

    let token = running.store.create_token("demo").await?;
    let sip = running.sip.first().copied().ok_or(AppError::NoSipSocket)?;
    let service = Service { sip, api: Api { web: running.web, token }, store: running.store.clone() };
    println!("{}", words.opening(shop::NAME, &sip.to_string()));
    let told = tokio::select! {
        told = tell(once, &mut cast, &service, words) => told,
        stopped = crate::app::stop_asked() => { stopped?; ExitCode::SUCCESS }
    };
    running.stop().await?;
    store.close().await;
    Ok(told)
}

/// Tells both halves of the story; without `once` the first again for each Enter, and never ends by itself.
async fn tell(once: bool, cast: &mut Cast, service: &Service, words: Words) -> ExitCode {
    let mut nth = EARLIER_CALLS + 1;
    let mut code = told(open_call(nth, cast, service, words).await, words);
    if code == ExitCode::SUCCESS {
        code = told(Story::new(cast, service, words).closed_call().await, words);
    }
    if once {
        return code;
    }
    let mut enter = enter_pressed();
    invite(service, words).await;
    let invitation = if enter.is_some() { words.again(JO) } else { words.ctrl_c() };
    println!("{invitation}");
    loop {
        let pressed = match &mut enter {
            Some(enter) => enter.recv().await.is_some(),
            None => std::future::pending().await,
        };
        if pressed {
            nth += 1;
            told(open_call(nth, cast, service, words).await, words);
            println!("{invitation}");
        } else {
            enter = None;
        }
    }
}

/// What a newcomer can do now.
async fn invite(service: &Service, words: Words) {
    let Api { web, token } = &service.api;
    println!("{}", words.your_turn());
    match service.store.invite_owner("you@example.com", clock::now().wall).await {
        Ok(secret) => println!("  {} http://{web}/set-up/{secret}", words.the_page_is()),
        Err(error) => tracing::warn!(%error, "no link to the page could be made"),
    }
    println!("  {} curl -H 'Authorization: Bearer {token}' http://{web}/api/v1/calls", words.the_log_is());
    println!("  {} ssh -L {port}:{web} {}", words.elsewhere(), words.this_machine(), port = web.port());
    println!("  {} ringall import config/demo-shop.toml && ringall", words.your_own_shop());
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

/// Three phones and Jo, each plugged in at a free port.
async fn cast(store: &Store) -> std::io::Result<Cast> {
    let (story, seen) = unbounded_channel();
    let voices: Arc<[Voice]> = std::iter::once(JO_VOICE).chain(DESKS.iter().map(|desk| desk.voice)).collect();
    let eye = |who: &str| Eye { who: who.into(), story: story.clone() };
    let plug_in = |n: usize| {
        let desk: &shop::Desk = &DESKS[n];
        Phone::plug_in(LOOPBACK, desk.voice, voices.clone(), eye(desk.name))
    };
    let phones = [plug_in(0).await?, plug_in(1).await?, plug_in(2).await?];
    let look = look_into(store.clone());
    // The store's readers connect at the first question: not while the story is timed.
    look().await;
    let jo = Caller::plug_in(LOOPBACK, JO_NUMBER, JO_VOICE, voices.clone(), eye(JO), look.clone()).await?;
    let carmen = Caller::plug_in(LOOPBACK, CARMEN_NUMBER, CARMEN_VOICE, voices.clone(), eye(CARMEN), look).await?;
    Ok(Cast { jo, carmen, phones, seen })
}

/// Looks, through a connection that is not the service's, for a call of Jo's that goes on.
fn look_into(store: Store) -> Look {
    Arc::new(move || {
        let store = store.clone();
        Box::pin(async move {
            let filter = CallFilter { caller: Number::from_e164(JO_NUMBER), limit: 1, ..CallFilter::default() };
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
