//! A caller is greeted and recorded, on real sockets.

use super::*;

impl Rig {
    /// A caller who speaks A-law is greeted with three frames.
    fn attend(&self, caller: &Peer) -> Pair {
        self.attend_with(caller, None, Keep::File)
    }

    pub(super) fn attend_with(&self, caller: &Peer, keys: Option<Keys>, keep: Keep) -> Pair {
        let pair = self.two()[0];
        let attend = Attend {
            recording: RECORDING,
            sounds: [Sound::Recorded([g711::encode_ulaw(1000); 480].into())].into(),
            stream: Stream { law: Law::Ulaw, payload_type: 0, ssrc: 2, sequence: 10, timestamp: 100 },
            listens: Listens { audio: vec![(0, Law::Ulaw)], keys: Some(101) },
            keep,
        };
        let mut a = caller.side(pair.id, (8, Carry::AlawToUlaw(0)));
        a.payloads.push((101, Carry::As(101)));
        a.keys = keys.map(Box::new);
        self.shell.command(Command::Attend {
            relay: RELAY,
            lane: LANE,
            a,
            b: vec![(0, Carry::UlawToAlaw(8))],
            attend: Box::new(attend),
        });
        pair
    }

    fn attended(&self, caller: &Peer) -> Pair {
        let pair = self.attend(caller);
        assert_eq!(self.fact(), Fact::Greeted { recording: RECORDING });
        pair
    }

    pub(super) fn sealed(&self) -> Kept {
        loop {
            if let Fact::Sealed { recording: RECORDING, kept } = self.fact() {
                return kept;
            }
        }
    }
}

#[test]
fn a_caller_is_greeted_and_then_recorded() {
    let rig = Rig::new((23_310, 23_329));
    let caller = Peer::at("127.0.0.1:0");
    let pair = rig.attended(&caller);
    for n in 0..5_u16 {
        let (bytes, from) = caller.hears();
        let sound = if n < 3 { g711::encode_alaw(1000) } else { g711::ALAW_SILENCE };
        let timestamp = 100 + 160 * u32::from(n);
        let header = rtp::Header { marker: n == 0, payload_type: 8, sequence: 10 + n, timestamp, ssrc: 2 };
        assert_eq!((bytes, from), (header.packet(&[sound; 160]), pair.rtp), "frame {n}");
    }
    for n in 0..100_u16 {
        let header =
            rtp::Header { marker: false, payload_type: 8, sequence: n, timestamp: 160 * u32::from(n), ssrc: 1 };
        caller.sends(pair.rtp, &header.packet(&[LOUD; 160]));
    }
    let stranger = Peer::at("127.0.0.2:0");
    stranger.sends(pair.rtp, &packet(8, 1, LOUD));
    // Its report is of no interest to the machine, and does no harm.
    caller.sends(pair.rtp + 1, &[0x80, 201, 0, 1, 1, 2, 3, 4]);
    // The pound key, which comes after all the others.
    let key = rtp::Header { marker: true, payload_type: 101, sequence: 100, timestamp: 16_000, ssrc: 1 };
    caller.sends(pair.rtp, &key.packet(&[11, 10, 0, 160]));
    let Kept::Message { length, voice } = rig.sealed() else { panic!("it is a message") };
    // Counted in frames of the file, which begin elsewhere than the caller's.
    assert!((Duration::from_secs(2)..=Duration::from_millis(2020)).contains(&voice), "{voice:?}");
    let file = std::fs::read(rig.recordings.path(RECORDING)).expect("a file");
    let samples = wav::samples(&file);
    let (loud, quiet): (Vec<u8>, Vec<u8>) = samples.iter().partition(|sample| **sample != g711::ULAW_SILENCE);
    let mut expected = [LOUD];
    g711::alaw_to_ulaw(&mut expected);
    assert_eq!(loud, [expected[0]; 16_000]);
    assert!(quiet.len() < 8_000, "{} samples before the first word", quiet.len());
    assert_eq!(length, Duration::from_micros(u64::try_from(samples.len()).unwrap() * 125));
}

#[test]
fn who_says_nothing_leaves_no_file() {
    let rig = Rig::new((23_330, 23_349));
    let caller = Peer::at("127.0.0.1:0");
    let pair = rig.attended(&caller);
    rig.release(Some(RELAY), &[pair]);
    assert_eq!(rig.sealed(), Kept::Nothing);
    assert_eq!(std::fs::read_dir(rig.recordings.dir()).expect("a folder").count(), 0);
}

#[test]
fn who_hangs_up_on_the_greeting_was_never_recorded() {
    let rig = Rig::new((23_350, 23_369));
    let caller = Peer::at("127.0.0.1:0");
    let pair = rig.attend(&caller);
    caller.hears();
    rig.release(Some(RELAY), &[pair]);
    let Fact::Relayed { b_to_a, .. } = rig.fact() else { panic!("nothing is sealed") };
    assert!((1..=3).contains(&b_to_a));
    assert_eq!(std::fs::read_dir(rig.recordings.dir()).expect("a folder").count(), 0);
}

#[test]
fn a_service_that_stops_finishes_what_it_records() {
    let rig = Rig::new((23_390, 23_409));
    let caller = Peer::at("127.0.0.1:0");
    rig.attended(&caller);
    let Rig { shell, facts, .. } = rig;
    drop(shell);
    assert!(facts.iter().any(|fact| matches!(fact, Fact::Sealed { recording: RECORDING, .. })));
}
