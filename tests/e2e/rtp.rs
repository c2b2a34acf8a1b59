//! One end of a talk: says a tone as G.711 over RTP, and keeps all that it hears.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crate::tone::{self, Law};

const FRAME: Duration = Duration::from_millis(20);
const FRAME_SAMPLES: usize = 160;
const SECOND_SAMPLES: usize = 8_000;
/// The number that scenarios give to telephone-event.
const EVENT_PAYLOAD_TYPE: u8 = 101;
/// A key is held for 100 ms, and its end said three times (RFC 4733 §2.5.1.4).
const KEY_FRAMES: usize = 5;
const KEY_ENDS: usize = 3;

pub struct Ear {
    ip: IpAddr,
    port: u16,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    speaks_to: Mutex<Option<SocketAddr>>,
    /// So many of 100 packets never leave.
    lost_percent: AtomicUsize,
    /// Pressed, and not yet said.
    keys: Mutex<VecDeque<u8>>,
    heard: Mutex<Vec<Packet>>,
    stop: AtomicBool,
}

/// A packet that arrived.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Seconds since 1970, by the machine's clock.
    pub at: f64,
    pub payload_type: u8,
    pub payload: Vec<u8>,
}

impl Ear {
    /// Listens at a loopback port; once told where to, says `hz` in `law`.
    pub fn on(port: u16, law: Law, hz: f64) -> Ear {
        Ear::at(Ipv4Addr::LOCALHOST.into(), port, law, hz)
    }

    /// The same at this loopback address.
    pub fn at(ip: IpAddr, port: u16, law: Law, hz: f64) -> Ear {
        let socket = UdpSocket::bind((ip, port)).expect("a port given by ports::free");
        let shared = Arc::new(Shared {
            speaks_to: Mutex::new(None),
            lost_percent: AtomicUsize::new(0),
            keys: Mutex::new(VecDeque::new()),
            heard: Mutex::new(Vec::new()),
            stop: AtomicBool::new(false),
        });
        let thread = std::thread::spawn({
            let shared = shared.clone();
            move || talk(&socket, &shared, law, hz)
        });
        Ear { ip, port, shared, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Begins to speak to this loopback port.
    pub fn speaks_to(&self, port: u16) {
        self.speaks_to_address((self.ip, port).into());
    }

    /// The same wherever that is.
    pub fn speaks_to_address(&self, to: SocketAddr) {
        *self.shared.speaks_to.lock().expect("not poisoned") = Some(to);
    }

    /// From now on so many of 100 packets are lost on the way, here and there.
    pub fn loses(&self, percent: usize) {
        self.shared.lost_percent.store(percent, Ordering::Relaxed);
    }

    /// Presses this key, 0 to 9, beside the tone (RFC 4733).
    pub fn presses(&self, key: u8) {
        self.shared.keys.lock().expect("not poisoned").push_back(key);
    }

    /// All sound that was heard, as it came.
    pub fn codes(&self) -> Vec<u8> {
        let sound = |packet: &Packet| Law::of_payload_type(packet.payload_type).is_some();
        self.packets().into_iter().filter(sound).flat_map(|packet| packet.payload).collect()
    }

    pub fn packets(&self) -> Vec<Packet> {
        self.shared.heard.lock().expect("not poisoned").clone()
    }

    /// What was heard, decoded by each packet's own payload type, without the packets of other types.
    pub fn heard(&self) -> Vec<i16> {
        let sound = |packet: &Packet| {
            let law = Law::of_payload_type(packet.payload_type)?;
            Some(packet.payload.iter().map(|code| law.decode(*code)).collect::<Vec<_>>())
        };
        self.packets().iter().filter_map(sound).flatten().collect()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn talk(socket: &UdpSocket, shared: &Shared, law: Law, hz: f64) {
    let second = second(law, hz);
    let mut frame: usize = 0;
    let mut due = Instant::now();
    let mut buffer = [0; 2048];
    let mut pressed: Option<Pressed> = None;
    while !shared.stop.load(Ordering::Relaxed) {
        if Instant::now() >= due {
            // 37 has no divisor in common with 100: each hundred packets loses the same number, never the same places.
            let lost = (frame * 37 + frame / 100) % 100 < shared.lost_percent.load(Ordering::Relaxed);
            if !lost && let Some(to) = *shared.speaks_to.lock().expect("not poisoned") {
                pressed = pressed.or_else(|| {
                    let key = shared.keys.lock().expect("not poisoned").pop_front()?;
                    Some(Pressed { key, first: frame })
                });
                let packet = match pressed {
                    Some(pressed) => pressed.packet(frame),
                    None => packet(law, &second, frame),
                };
                pressed = pressed.filter(|pressed| !pressed.is_over(frame));
                // Nobody listening there yet is no reason to stop.
                socket.send_to(&packet, to).ok();
            }
            frame += 1;
            due += FRAME;
        }
        let wait = due.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        socket.set_read_timeout(Some(wait)).expect("not zero");
        let Ok((length, _)) = socket.recv_from(&mut buffer) else { continue };
        // RFC 3550 §5.1: version 2; we are sent no CSRC list and no extension.
        if length > 12 && buffer[0] == 0x80 {
            let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs_f64();
            let packet = Packet { at, payload_type: buffer[1] & 0x7f, payload: buffer[12..length].to_vec() };
            shared.heard.lock().expect("not poisoned").push(packet);
        }
    }
}

/// A second of the tone, which begins anew where it ends. Coded once: many who speak at once must not starve each other.
fn second(law: Law, hz: f64) -> Vec<u8> {
    assert!(hz.fract() == 0.0, "{hz} Hz are no whole waves a second");
    let mut codes = HashMap::new();
    let samples = tone::sine(hz, 0, SECOND_SAMPLES);
    samples.into_iter().map(|sample| *codes.entry(sample).or_insert_with(|| law.encode(sample))).collect()
}

/// This frame of 20 ms of that second, which begins anew where it ends.
pub fn packet(law: Law, second: &[u8], frame: usize) -> Vec<u8> {
    let first = frame * FRAME_SAMPLES;
    let mut bytes = header(law.payload_type(), frame, frame);
    bytes.extend(&second[first % SECOND_SAMPLES..][..FRAME_SAMPLES]);
    bytes
}

/// RFC 3550 §5.1: the packet of this frame, about what began with another.
fn header(payload_type: u8, frame: usize, began: usize) -> Vec<u8> {
    let sequence = u16::try_from(frame % 0x1_0000).expect("taken modulo 65536");
    let timestamp = u32::try_from(began * FRAME_SAMPLES % 0x1_0000_0000).expect("taken modulo 2^32");
    let mut bytes = vec![0x80, payload_type];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend(0x7269_6e67_u32.to_be_bytes());
    bytes
}

/// A key that is held since its first frame.
#[derive(Clone, Copy)]
struct Pressed {
    key: u8,
    first: usize,
}

impl Pressed {
    fn is_over(self, frame: usize) -> bool {
        frame - self.first + 1 >= KEY_FRAMES + KEY_ENDS
    }

    /// RFC 4733 §2.3: event, end and volume, duration.
    fn packet(self, frame: usize) -> Vec<u8> {
        let held = frame - self.first + 1;
        let mut bytes = header(EVENT_PAYLOAD_TYPE, frame, self.first);
        // The first packet bears the marker.
        bytes[1] |= if held == 1 { 0x80 } else { 0 };
        let ended = if held > KEY_FRAMES { 0x80 } else { 0 };
        let duration = u16::try_from(held.min(KEY_FRAMES) * FRAME_SAMPLES).expect("a short press");
        bytes.extend([self.key, ended | 10]);
        bytes.extend(duration.to_be_bytes());
        bytes
    }
}
