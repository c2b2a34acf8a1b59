//! What the people of the stories send as sound, packet by packet.

use std::net::SocketAddr;

use ringall::media::rtp::Header;

use crate::cast::Person;

/// 20 ms of it.
const FRAME_SAMPLES: usize = 160;

impl Person {
    /// Nothing more comes from this telephone: it is muted, or gone.
    pub fn falls_quiet(&self) {
        let audio = self.listens_at();
        self.world.borrow_mut().media.fall_quiet(audio, true);
    }

    /// Sound comes from it again.
    pub fn speaks_again(&self) {
        self.is_to_be_heard();
        let audio = self.listens_at();
        let voice = self.speaks_by();
        self.sends_from(audio, voice, 1).expect("it is let through");
    }

    /// From now on sound comes from it whenever it is on the telephone.
    pub fn is_to_be_heard(&self) {
        let audio = self.listens_at();
        self.world.borrow_mut().media.fall_quiet(audio, false);
    }

    /// Where it listens, and speaks from unless it says otherwise.
    pub fn listens_at(&self) -> SocketAddr {
        self.see(|far_end| far_end.audio)
    }

    /// A frame of sound by this number and of this source, from this address: where it comes out, and by which number.
    pub fn sends_from(&self, from: SocketAddr, payload_type: u8, ssrc: u32) -> Option<(SocketAddr, u8)> {
        let header = Header { marker: false, payload_type, sequence: 7, timestamp: 1_120, ssrc };
        let (to, packet) = self.sends(from, &header, &[0x55; FRAME_SAMPLES])?;
        Some((to, packet[1] & 0x7f))
    }

    /// This packet, from this address: where it comes out, and as what.
    pub fn sends(&self, from: SocketAddr, header: &Header, payload: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
        let to = self.see(|far_end| far_end.legs.last().and_then(|leg| leg.send_audio_to));
        let to_port = to.expect("somebody on the telephone").port();
        self.world.borrow_mut().packet(from, to_port, header.packet(payload))
    }

    /// The number of its own voice.
    pub fn speaks_by(&self) -> u8 {
        self.see(|far_end| far_end.legs.last().and_then(|leg| leg.voice)).expect("somebody who was told a codec")
    }

    /// Refuses every re-INVITE with this from now on.
    pub fn refuses_again(&self, code: u16) {
        self.act(|far_end, _| far_end.refuses_again = Some(code));
    }

    /// It is there no more: nothing is answered, and no sound comes.
    pub fn vanishes(&self) {
        self.falls_quiet();
        self.act(|far_end, _| far_end.falls_silent());
    }
}
