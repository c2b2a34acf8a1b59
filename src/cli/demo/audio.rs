//! Sound over RTP: says its voice every 20 ms in real time, and knows whose voice comes back (RFC 3550, RFC 3551).

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::line::{Eye, What, lock};
use super::text::chance;
use super::tone::{FRAME, Voice, recognise};

/// One packet's time.
pub const PACKET: Duration = Duration::from_millis(20);
/// So many packets of one voice in a row (100 ms) are heard clearly.
pub const CLEARLY: u64 = 5;
/// RTP's fixed header (RFC 3550 §5.1), and μ-law's payload type.
const HEADER: usize = 12;
const PCMU: u8 = 0;
/// Tries to get an even port, as RTP's should be (RFC 3550 §11): each has an even chance.
const TRIES: u32 = 40;

/// What one side said and heard in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hearing {
    /// Packets sent.
    pub said: u64,
    /// Packets that came, repeated ones not counted.
    pub came: u64,
    /// Of those, packets with each voice.
    pub voices: Vec<(Voice, u64)>,
}

impl Hearing {
    /// Packets with this voice.
    pub fn of(&self, voice: Voice) -> u64 {
        self.voices.iter().find(|(heard, _)| *heard == voice).map_or(0, |(_, count)| *count)
    }
}

/// What has come since the start, as it came.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    pub first: Option<Instant>,
    /// μ-law, as much as fits into [`KEPT`].
    pub samples: Vec<u8>,
}

/// A minute: longer than anything that is listened to here.
const KEPT: usize = 60 * 8_000;

/// One side's microphone and ear.
pub struct Audio {
    socket: Arc<UdpSocket>,
    pub address: SocketAddr,
    voice: Voice,
    voices: Arc<[Voice]>,
    hearing: Arc<Mutex<Hearing>>,
    /// The far side.
    to: Mutex<Option<SocketAddr>>,
    sound: Arc<Mutex<Sound>>,
    speaking: Mutex<Option<JoinHandle<()>>>,
    listening: Mutex<Option<JoinHandle<()>>>,
    eye: Eye,
}

impl Audio {
    /// Binds a free even port at `ip`. `voices` are those it can tell apart.
    pub async fn bind(ip: IpAddr, voice: Voice, voices: Arc<[Voice]>, eye: Eye) -> std::io::Result<Audio> {
        let mut socket = UdpSocket::bind((ip, 0)).await?;
        for _ in 0..TRIES {
            if socket.local_addr()?.port() % 2 == 0 {
                break;
            }
            socket = UdpSocket::bind((ip, 0)).await?;
        }
        let address = socket.local_addr()?;
        Ok(Audio {
            socket: Arc::new(socket),
            address,
            voice,
            voices,
            hearing: Arc::default(),
            to: Mutex::default(),
            sound: Arc::default(),
            speaking: Mutex::default(),
            listening: Mutex::default(),
            eye,
        })
    }

    /// Speaks to this address and listens, from now on; the counts begin anew.
    pub fn start(&self, to: SocketAddr) {
        self.forget();
        self.listen_to(to);
        self.speak();
    }

    /// What an earlier call left in the socket is not the next one's.
    pub fn forget(&self) {
        let mut buffer = [0; 2048];
        while self.socket.try_recv_from(&mut buffer).is_ok() {}
    }

    /// Listens, and says nothing yet. What came since [`Audio::forget`] is heard too.
    pub fn listen_to(&self, to: SocketAddr) {
        self.stop();
        *lock(&self.hearing) = Hearing::default();
        *lock(&self.sound) = Sound::default();
        *lock(&self.to) = Some(to);
        let listening = listen(
            self.socket.clone(),
            self.voices.clone(),
            self.hearing.clone(),
            self.sound.clone(),
            self.eye.clone(),
        );
        *lock(&self.listening) = Some(tokio::spawn(listening));
    }

    /// Speaks to whom it listens.
    pub fn speak(&self) {
        if let Some(to) = *lock(&self.to) {
            *lock(&self.speaking) =
                Some(tokio::spawn(speak(self.socket.clone(), to, self.voice, self.hearing.clone())));
        }
    }

    /// What has come so far.
    pub fn sound(&self) -> Sound {
        lock(&self.sound).clone()
    }

    /// Says no more, but still listens.
    pub fn hush(&self) {
        if let Some(task) = lock(&self.speaking).take() {
            task.abort();
        }
    }

    /// Neither speaks nor listens; tells what was heard since the start.
    pub fn stop(&self) -> Hearing {
        self.hush();
        if let Some(task) = lock(&self.listening).take() {
            task.abort();
        }
        lock(&self.hearing).clone()
    }
}

async fn speak(socket: Arc<UdpSocket>, to: SocketAddr, voice: Voice, hearing: Arc<Mutex<Hearing>>) {
    let start = chance();
    let ssrc = (chance() as u32).to_be_bytes();
    // The first packet leaves when 20 ms of sound are there to send.
    let mut clock = tokio::time::interval_at(tokio::time::Instant::now() + PACKET, PACKET);
    for n in 0_u64.. {
        clock.tick().await;
        // Both start anywhere and wrap (RFC 3550 §5.1).
        let sequence = (start.wrapping_add(n) as u16).to_be_bytes();
        let stamp = ((start >> 16).wrapping_add(n.wrapping_mul(FRAME as u64)) as u32).to_be_bytes();
        let marker = if n == 0 { 0x80 } else { 0 };
        let mut packet = Vec::with_capacity(HEADER + FRAME);
        packet.extend([0x80, marker | PCMU]);
        packet.extend(sequence);
        packet.extend(stamp);
        packet.extend(ssrc);
        packet.extend(voice.frame(n));
        // Counted first: what the other side has heard, this side has said.
        lock(&hearing).said += 1;
        let _ = socket.send_to(&packet, to).await;
    }
}

async fn listen(
    socket: Arc<UdpSocket>,
    voices: Arc<[Voice]>,
    hearing: Arc<Mutex<Hearing>>,
    heard: Arc<Mutex<Sound>>,
    eye: Eye,
) {
    let mut buffer = [0; 2048];
    let mut last: Option<u16> = None;
    let mut row: Option<(Voice, u64)> = None;
    while let Ok((length, _)) = socket.recv_from(&mut buffer).await {
        let Some((sequence, sound)) = read_rtp(&buffer[..length]) else { continue };
        if last == Some(sequence) {
            continue;
        }
        last = Some(sequence);
        {
            let mut heard = lock(&heard);
            heard.first.get_or_insert_with(Instant::now);
            if heard.samples.len() + sound.len() <= KEPT {
                heard.samples.extend_from_slice(sound);
            }
        }
        let voice = recognise(sound, &voices);
        row = voice.map(|voice| match row {
            Some((same, count)) if same == voice => (voice, count + 1),
            _ => (voice, 1),
        });
        {
            let mut hearing = lock(&hearing);
            hearing.came += 1;
            if let Some(voice) = voice {
                match hearing.voices.iter_mut().find(|(heard, _)| *heard == voice) {
                    Some((_, count)) => *count += 1,
                    None => hearing.voices.push((voice, 1)),
                }
            }
        }
        if let Some((voice, CLEARLY)) = row {
            eye.saw(What::Hears(voice));
        }
    }
}

/// Sequence number and sound of a μ-law packet; `None` for anything else.
fn read_rtp(packet: &[u8]) -> Option<(u16, &[u8])> {
    let header: &[u8; HEADER] = packet.first_chunk()?;
    let contributors = usize::from(header[0] & 0x0f) * 4;
    if header[0] >> 6 != 2 || header[1] & 0x7f != PCMU {
        return None;
    }
    Some((u16::from_be_bytes([header[2], header[3]]), packet.get(HEADER + contributors..)?))
}
