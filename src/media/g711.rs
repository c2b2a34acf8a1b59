//! G.711 (ITU-T, 11/88): the two laws, converted code by code without going through linear samples, as the
//! recommendation's tables 3 and 4 do. So a sample that crosses twice comes back as near as the laws allow.

use audio_codec_algorithms as codec;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    Ulaw,
    Alaw,
}

impl Law {
    /// Its payload type where none was agreed upon (RFC 3551 table 4).
    pub fn static_payload_type(self) -> u8 {
        match self {
            Law::Ulaw => 0,
            Law::Alaw => 8,
        }
    }
}

/// A frame of silence is made of these: +0 in μ-law.
pub const ULAW_SILENCE: u8 = 0xff;
/// A frame of silence is made of these: A-law's smallest value (it has no zero), even bits inverted.
pub const ALAW_SILENCE: u8 = 0xd5;

/// Rewrites μ-law samples as A-law.
pub fn ulaw_to_alaw(samples: &mut [u8]) {
    for sample in samples {
        *sample = codec::convert_ulaw_to_alaw(*sample);
    }
}

/// Rewrites A-law samples as μ-law.
pub fn alaw_to_ulaw(samples: &mut [u8]) {
    for sample in samples {
        *sample = codec::convert_alaw_to_ulaw(*sample);
    }
}

/// The linear value of a μ-law sample, −32124 to 32124.
pub fn decode_ulaw(sample: u8) -> i16 {
    codec::decode_ulaw(sample)
}

/// The linear value of an A-law sample, −32256 to 32256.
pub fn decode_alaw(sample: u8) -> i16 {
    codec::decode_alaw(sample)
}

/// The μ-law sample nearest to a linear value.
pub fn encode_ulaw(linear: i16) -> u8 {
    codec::encode_ulaw(linear)
}

/// The A-law sample nearest to a linear value.
pub fn encode_alaw(linear: i16) -> u8 {
    codec::encode_alaw(linear)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_code() -> [u8; 256] {
        std::array::from_fn(|code| u8::try_from(code).expect("256 codes"))
    }

    #[test]
    fn silence_stays_silence() {
        let mut samples = [ULAW_SILENCE; 160];
        ulaw_to_alaw(&mut samples);
        assert_eq!(samples, [ALAW_SILENCE; 160]);
        alaw_to_ulaw(&mut samples);
        // A-law has no zero: its smallest value is 8, one step of μ-law above silence.
        assert_eq!(samples.map(decode_ulaw), [8; 160]);
        assert_eq!((decode_ulaw(ULAW_SILENCE), decode_alaw(ALAW_SILENCE)), (0, 8));
    }

    #[test]
    fn a_sample_that_crosses_twice_loses_at_most_its_last_bit() {
        let (mut there, mut back) = (every_code(), every_code());
        ulaw_to_alaw(&mut there);
        back.copy_from_slice(&there);
        alaw_to_ulaw(&mut back);
        let changed = every_code().iter().zip(back).filter(|(was, is)| **was != *is).count();
        assert!(every_code().iter().zip(back).all(|(was, is)| was.abs_diff(is) <= 1));
        assert_eq!(changed, 16, "μ-law has codes near zero that A-law cannot tell apart");

        let mut again = back;
        ulaw_to_alaw(&mut again);
        assert_eq!(again, there, "what came back crosses without further loss");
    }

    #[test]
    fn a_converted_sample_sounds_the_same() {
        for code in every_code() {
            let mut sample = [code];
            ulaw_to_alaw(&mut sample);
            let (was, is) = (i32::from(decode_ulaw(code)), i32::from(decode_alaw(sample[0])));
            // Half a step of the coarser law: 1/16 of the value, or one step of 16 near zero.
            assert!((was - is).abs() <= was.abs() / 16 + 16, "μ-law {code}: {was} became {is}");
        }
    }

    #[test]
    fn linear_and_back_is_exact() {
        for code in every_code() {
            // μ-law has a second zero, 0x7f (−0); it comes back as +0.
            let expected = if code == 0x7f { ULAW_SILENCE } else { code };
            assert_eq!(encode_ulaw(decode_ulaw(code)), expected);
            assert_eq!(encode_alaw(decode_alaw(code)), code);
        }
    }
}
