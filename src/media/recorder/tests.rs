use super::*;
use crate::chance::Chance;
use crate::media::sdp::{Codec, Format};

const ULAW: u8 = 0;
const ALAW: u8 = 8;
const KEYS: u8 = 101;
/// RFC 4733 §3.2: the pound key.
const POUND: u8 = 11;

fn listens() -> Listens {
    let g722 = Codec::Other { name: "G722".to_owned(), clock: 8000, channels: 1, fmtp: None };
    let codecs = [(ULAW, Codec::Pcmu), (9, g722), (ALAW, Codec::Pcma), (KEYS, Codec::TelephoneEvent)];
    let listens = Listens::to(&codecs.map(|(payload, codec)| Format { payload, codec }));
    assert_eq!(listens, Listens { audio: vec![(ULAW, Law::Ulaw), (ALAW, Law::Alaw)], keys: Some(KEYS) });
    listens
}

fn at(ms: u64) -> Mono {
    Mono(Duration::from_millis(ms))
}

/// A telephone that speaks to the recorder; each frame has its own sound, so that the file tells which came where.
struct Caller {
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    payload_type: u8,
}

impl Caller {
    fn new() -> Caller {
        Caller { sequence: 65_500, timestamp: u32::MAX - 1_000, ssrc: 1, payload_type: ULAW }
    }

    /// The next packet: 20 ms of this sample.
    fn says(&mut self, sample: u8) -> Vec<u8> {
        let packet = self.packet(self.payload_type, &[sample; FRAME_SAMPLES]);
        self.pauses(1);
        packet
    }

    /// So many frames pass in which nothing is sent; the next packet is lost or not, as its sequence number says.
    fn pauses(&mut self, frames: u32) {
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160 * frames);
    }

    fn packet(&self, payload_type: u8, payload: &[u8]) -> Vec<u8> {
        let Caller { sequence, timestamp, ssrc, .. } = *self;
        rtp::Header { marker: false, payload_type, sequence, timestamp, ssrc }.packet(payload)
    }

    /// RFC 4733 §2.3.
    fn presses(&mut self, event: u8, duration: u16) -> Vec<u8> {
        let [high, low] = duration.to_be_bytes();
        let packet = self.packet(KEYS, &[event, 10, high, low]);
        self.sequence = self.sequence.wrapping_add(1);
        packet
    }
}

/// The samples of a file.
#[derive(Default)]
struct File(Vec<u8>);

impl File {
    fn frames(&self) -> Vec<u8> {
        self.0.chunks(FRAME_SAMPLES).map(|frame| frame[frame.len() / 2]).collect()
    }
}

/// Records packets at their times, asks in between as a shell does, and ends when nothing more comes.
fn record(mut packets: Vec<(u64, Vec<u8>)>, hangs_up_ms: u64) -> (File, Recorded, u64) {
    packets.sort_by_key(|(ms, _)| *ms);
    let mut recorder = Recorder::new(listens(), at(0));
    let mut file = File::default();
    let mut packets = packets.into_iter().peekable();
    let mut ended = hangs_up_ms;
    for ms in (0..=hangs_up_ms).step_by(5) {
        while let Some((_, packet)) = packets.next_if(|(due, _)| *due <= ms) {
            recorder.rtp(at(ms), &packet);
        }
        if recorder.poll_timeout().is_some_and(|due| due <= at(ms)) {
            recorder.handle_timeout(at(ms));
        }
        if let Some(samples) = recorder.poll_write(at(ms)) {
            assert!(!samples.is_empty());
            file.0.extend(samples);
        }
        if recorder.end().is_some() {
            assert_eq!(recorder.poll_timeout(), None);
            ended = ms;
            break;
        }
    }
    let (last, told) = recorder.finish(End::Stopped);
    file.0.extend(last);
    let samples = length(file.0.len());
    assert_eq!(told.length, Duration::from_micros(samples * 125), "the facts tell the file's own length");
    (file, told, ended)
}

/// μ-law sounds above −45 dBFS that are all different for frames near each other.
fn sound(frame: usize) -> u8 {
    u8::try_from(frame % 64).unwrap()
}

fn spoken(frames: usize) -> Vec<(u64, Vec<u8>)> {
    let mut caller = Caller::new();
    (0..frames).map(|frame| (length(frame) * 20, caller.says(sound(frame)))).collect()
}

#[test]
fn what_was_said_is_in_the_file() {
    let (file, told, _) = record(spoken(150), 3_000);
    assert_eq!(file.frames(), (0..150).map(sound).collect::<Vec<_>>());
    let expected =
        Recorded { end: End::Stopped, length: Duration::from_secs(3), voice: Duration::from_secs(3), lost: 0, late: 0 };
    assert_eq!(told, expected);
    assert!(told.is_message());
    assert_eq!(voice_in(&file.0), told.voice, "the file alone tells it too");
}

#[test]
fn lost_packets_are_silence_of_their_length() {
    for (percent, seed) in [(0, 1), (5, 2), (20, 3), (20, 4)] {
        let mut chance = Chance::new([seed; 32]);
        let lost: Vec<bool> = (0..500).map(|n| n != 0 && n != 499 && chance.bits() % 100 < percent).collect();
        let heard = spoken(500).into_iter().zip(&lost).filter(|(_, lost)| !**lost).map(|(packet, _)| packet).collect();
        let (file, told, _) = record(heard, 10_000);
        let expected: Vec<u8> = (0..500).map(|n| if lost[n] { g711::ULAW_SILENCE } else { sound(n) }).collect();
        assert_eq!(file.frames(), expected, "{percent} % lost");
        let count = length(lost.iter().filter(|lost| **lost).count());
        assert_eq!((told.length, told.lost), (Duration::from_secs(10), count));
        assert_eq!(told.voice, Duration::from_millis(20 * (500 - count)));
    }
}

#[test]
fn reordered_repeated_and_late_packets_find_their_places() {
    for seed in 0..20 {
        let mut chance = Chance::new([seed; 32]);
        let mut packets = spoken(300);
        for at in 1..packets.len() {
            packets[at].0 += chance.bits() % 120;
            if chance.bits().is_multiple_of(10) {
                let again = (packets[at].0 + chance.bits() % 60, packets[at].1.clone());
                packets.push(again);
            }
        }
        let (file, told, _) = record(packets, 7_000);
        assert_eq!(file.frames(), (0..300).map(sound).collect::<Vec<_>>(), "seed {seed}");
        assert_eq!((told.length, told.late, told.lost), (Duration::from_secs(6), 0, 0));
    }
}

#[test]
fn a_packet_behind_the_window_is_late_and_changes_nothing() {
    let mut packets = spoken(100);
    packets[20].0 += 500;
    let (file, told, _) = record(packets, 2_000);
    let mut expected: Vec<u8> = (0..100).map(sound).collect();
    expected[20] = g711::ULAW_SILENCE;
    assert_eq!(file.frames(), expected);
    assert_eq!(told.late, 1);
}

#[test]
fn a_late_first_packet_leaves_the_beginning_silent() {
    let packets = spoken(50).into_iter().map(|(ms, packet)| (ms + 400, packet)).collect();
    let (file, told, _) = record(packets, 2_000);
    assert_eq!(file.frames()[..20], [g711::ULAW_SILENCE; 20]);
    assert_eq!(file.frames()[20], sound(0));
    assert_eq!(told.length, Duration::from_millis(1_400));
}

#[test]
fn a_pause_without_packets_has_its_length() {
    // Silence suppression: the timestamp goes on, the sequence number does not.
    let mut caller = Caller::new();
    let mut packets = vec![(0, caller.says(1))];
    caller.timestamp = caller.timestamp.wrapping_add(160 * 149);
    packets.push((3_000, caller.says(2)));
    let (file, told, _) = record(packets, 3_100);
    assert_eq!(told.length, Duration::from_millis(3_020));
    assert_eq!((file.frames()[0], file.frames()[75], file.frames()[150]), (1, g711::ULAW_SILENCE, 2));
    assert_eq!(told.lost, 0);
}

#[test]
fn a_clock_that_stood_still_in_a_pause_does_not_shorten_it() {
    let mut caller = Caller::new();
    let packets = vec![(0, caller.says(1)), (3_000, caller.says(2)), (3_020, caller.says(3))];
    let (file, told, _) = record(packets, 3_100);
    assert_eq!(told.length, Duration::from_millis(3_040));
    assert_eq!((file.frames()[150], file.frames()[151]), (2, 3));
}

#[test]
fn a_jump_of_the_timestamp_moves_nothing() {
    for jump in [1 << 16, 1 << 30, 1 << 31, u32::MAX - (1 << 20), 160_u32.wrapping_neg()] {
        let mut caller = Caller::new();
        let mut packets = Vec::new();
        for frame in 0..100 {
            if frame == 50 {
                caller.timestamp = caller.timestamp.wrapping_add(jump);
            }
            packets.push((length(frame) * 20, caller.says(sound(frame))));
        }
        let (file, told, _) = record(packets, 2_000);
        assert_eq!(file.frames(), (0..100).map(sound).collect::<Vec<_>>(), "a jump by {jump}");
        assert_eq!((told.length, told.late), (Duration::from_secs(2), 0));
    }
}

#[test]
fn a_sender_that_counts_anew_is_heard_on() {
    let mut caller = Caller::new();
    let mut packets = Vec::new();
    for frame in 0..100 {
        if frame == 50 {
            (caller.sequence, caller.timestamp) = (caller.sequence.wrapping_sub(9_000), 77);
        }
        packets.push((length(frame) * 20, caller.says(sound(frame))));
    }
    let (file, told, _) = record(packets, 2_000);
    assert_eq!(file.frames(), (0..100).map(sound).collect::<Vec<_>>());
    assert_eq!((told.lost, told.late), (0, 0));
}

#[test]
fn a_new_source_goes_on_when_the_old_one_is_silent() {
    let mut caller = Caller::new();
    let mut other = Caller { sequence: 7, timestamp: 7, ssrc: 2, payload_type: ULAW };
    let mut packets: Vec<_> = (0..50).map(|frame| (length(frame) * 20, caller.says(1))).collect();
    packets.extend((40..100).map(|frame| (length(frame) * 20 + 5, other.says(2))));
    let (file, told, _) = record(packets, 2_100);
    let frames = file.frames();
    assert_eq!(frames[..50], [1; 50], "nobody else is mixed in while our source speaks");
    assert!(frames[50..59].iter().all(|sample| *sample == g711::ULAW_SILENCE));
    assert!(frames[61..].iter().all(|sample| *sample == 2), "{frames:?}");
    assert!(told.length.abs_diff(Duration::from_secs(2)) <= Duration::from_millis(20));
}

#[test]
fn a_stalled_network_loses_no_word() {
    let mut packets = spoken(200);
    for (ms, _) in &mut packets[50..150] {
        *ms = 3_000;
    }
    let (file, told, _) = record(packets, 4_100);
    let heard: Vec<u8> = file.frames().into_iter().filter(|sample| *sample != g711::ULAW_SILENCE).collect();
    assert_eq!(heard, (0..200).map(sound).collect::<Vec<_>>());
    assert_eq!((told.late, told.lost), (0, 0));
}

#[test]
fn alaw_is_written_as_ulaw() {
    let mut caller = Caller { payload_type: ALAW, ..Caller::new() };
    let packets = (0..50).map(|frame| (frame * 20, caller.says(g711::encode_alaw(8_000)))).collect();
    let (file, told, _) = record(packets, 1_000);
    let mut expected = [g711::encode_alaw(8_000)];
    g711::alaw_to_ulaw(&mut expected);
    assert!(file.frames().iter().all(|sample| *sample == expected[0]));
    assert_eq!(told.voice, Duration::from_secs(1));
}

#[test]
fn the_pound_key_ends_it_and_no_other() {
    let mut caller = Caller::new();
    let mut packets: Vec<_> = (0..100).map(|frame| (frame * 20, caller.says(1))).collect();
    packets.push((1_000, caller.presses(5, 160)));
    assert_eq!(record(packets.clone(), 2_000).1.end, End::Stopped);
    packets.push((1_500, caller.presses(POUND, 160)));
    let (_, told, ended) = record(packets, 2_000);
    assert_eq!((told.end, ended), (End::Pound, 1_500));
}

#[test]
fn a_key_in_between_is_silence_of_its_length_and_nothing_lost() {
    let mut caller = Caller::new();
    let mut packets: Vec<_> = (0..50).map(|frame| (frame * 20, caller.says(1))).collect();
    for frame in 50..55_u16 {
        packets.push((u64::from(frame) * 20, caller.presses(5, 160 * (frame - 49))));
    }
    caller.timestamp = caller.timestamp.wrapping_add(160 * 5);
    packets.extend((55..100).map(|frame| (frame * 20, caller.says(2))));
    let (file, told, _) = record(packets, 2_000);
    assert_eq!(file.frames(), [&[1; 50][..], &[g711::ULAW_SILENCE; 5], &[2; 45]].concat());
    assert_eq!((told.lost, told.late), (0, 0));
}

#[test]
fn a_pound_key_that_was_down_before_the_beep_ends_nothing() {
    let mut caller = Caller::new();
    let mut packets: Vec<_> = [40, 60, 80].map(|ms| (ms, caller.presses(POUND, 1_600))).into();
    assert_eq!(record(packets.clone(), 2_000).1.end, End::Stopped);
    caller.timestamp = caller.timestamp.wrapping_add(16_000);
    packets.push((1_000, caller.presses(POUND, 160)));
    assert_eq!(record(packets, 2_000).1.end, End::Pound, "the next press does");
}

#[test]
fn eight_seconds_without_a_word_end_it() {
    let (_, told, ended) = record(Vec::new(), 60_000);
    assert_eq!((told.end, ended, told.length), (End::Silent, 8_000, Duration::ZERO));
    assert!(!told.is_message());

    let mut caller = Caller::new();
    let quiet = g711::encode_ulaw(100);
    let noise = (0..1_000).map(|frame| (frame * 20, caller.says(if frame < 100 { 1 } else { quiet }))).collect();
    let (_, told, ended) = record(noise, 60_000);
    assert_eq!((told.end, told.voice), (End::Silent, Duration::from_secs(2)));
    assert_eq!(ended, 99 * 20 + 8_000, "a line's hum is no voice");
}

#[test]
fn three_minutes_are_the_most() {
    let (_, told, ended) = record(spoken(10_000), 300_000);
    assert_eq!((told.end, ended), (End::Full, 180_000));
    assert!(told.length <= LENGTH_MAX && told.length >= LENGTH_MAX - Duration::from_millis(40));
}

#[test]
fn less_than_a_second_of_voice_is_no_message() {
    let said = |frames: usize| record(spoken(frames), 3_000).1;
    assert!(!said(49).is_message());
    assert!(said(50).is_message());
}

#[test]
fn voice_begins_at_45_decibels_below_full_scale() {
    // μ-law's steps around 184, the amplitude of −45 dBFS.
    assert!(!is_voice(&[g711::encode_ulaw(180); 160]));
    assert!(is_voice(&[g711::encode_ulaw(188); 160]));
    let power = (32_768.0 * 10_f64.powf(VOICE_DBFS / 20.0)).powi(2);
    assert!((power - 33_954.0).abs() < 1.0, "{power}");
    assert_eq!(VOICE_POWER, 33_954);
}

#[test]
fn what_is_heard_is_on_its_way_to_the_disk_within_two_seconds() {
    let mut recorder = Recorder::new(listens(), at(0));
    let mut written = 0;
    let mut caller = Caller::new();
    for ms in (0..10_000).step_by(20) {
        // The caller falls silent in the middle, and nothing is sent any more.
        if ms < 5_000 {
            recorder.rtp(at(ms), &caller.says(1));
        }
        if recorder.poll_timeout().is_some_and(|due| due <= at(ms)) {
            recorder.handle_timeout(at(ms));
        }
        written += recorder.poll_write(at(ms)).map_or(0, |samples| length(samples.len()));
        assert!(samples_in(at(ms.min(4_980)) - at(0)) <= written + 12_800, "{ms} ms: {written} samples");
    }
    assert_eq!(written, 40_000, "also what came last, while the recording waits for more");
}

#[test]
fn foreign_and_broken_packets_leave_no_trace() {
    let mut recorder = Recorder::new(listens(), at(0));
    let caller = Caller::new();
    recorder.rtp(at(1), &caller.packet(18, &[1; 160]));
    recorder.rtp(at(2), &caller.packet(ULAW, &[]));
    recorder.rtp(at(3), &caller.packet(ULAW, &[1; PAYLOAD_MAX + 1]));
    recorder.rtp(at(4), &caller.packet(KEYS, &[POUND, 0, 0]));
    recorder.rtp(at(5), &[0x80, 0, 1]);
    let (last, told) = recorder.finish(End::Stopped);
    assert!(last.is_empty());
    assert_eq!((told.length, told.voice, told.end), (Duration::ZERO, Duration::ZERO, End::Stopped));
}

#[test]
fn an_odd_number_of_samples_is_made_even() {
    let mut recorder = Recorder::new(listens(), at(0));
    recorder.rtp(at(0), &Caller::new().packet(ULAW, &[1; 81]));
    let (samples, _) = recorder.finish(End::Stopped);
    assert_eq!((samples.len(), samples[81]), (82, g711::ULAW_SILENCE));
}

proptest::proptest! {
    /// Whatever is sent, whenever: no panic, no file longer than a message may be, no memory without bound.
    #[test]
    fn no_packets_break_it(
        packets in proptest::collection::vec((0_u64..400_000, 0_u16.., 0_u32.., 0_u32..3, 0_usize..400), 0..200)
    ) {
        let mut recorder = Recorder::new(listens(), at(0));
        let mut now = 0;
        for (ms, sequence, timestamp, ssrc, length) in packets {
            now += ms % 700;
            let header = rtp::Header { marker: false, payload_type: ULAW, sequence, timestamp, ssrc };
            recorder.rtp(at(now), &header.packet(&vec![1; length]));
            recorder.handle_timeout(at(now));
            recorder.poll_write(at(now));
        }
        let (_, told) = recorder.finish(End::Stopped);
        proptest::prop_assert!(told.length <= LENGTH_MAX);
    }
}
