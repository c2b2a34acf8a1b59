//! By which number a packet of a protected stream leaves. The receiver counts the rounds of numbers by itself, from those
//! that it hears (RFC 3711 §3.3.1): one that is further ahead than half a round it takes for one of the past, and hears
//! nothing of that stream any more. Somebody who is held for a quarter of an hour, and then spoken to again, is so far
//! ahead. So what we send goes on by small steps, whatever came; and it begins in the lower half of a round, so that the
//! first loss cannot hide that a round is over.

/// RFC 3550 appendix A.1: a packet that is further behind, or further ahead, was not reordered or lost; its stream has
/// paused or counts anew.
const MISORDER_MAX: i16 = 100;
const DROPOUT_MAX: i16 = 3_000;
/// The upper half of a round.
const UPPER_HALF: u16 = 1 << 15;

/// How the numbers of one stream have come, and are sent on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    /// The newest that has come; `None`: none has.
    newest: Option<u16>,
    /// So much lower is what we send, in all. Reports count rounds too, so more than the 16 bits are kept.
    lower: u32,
}

impl Numbers {
    /// The number by which a packet leaves that came with this one.
    pub(super) fn leaving(&mut self, came: u16) -> u16 {
        match self.newest {
            None => {
                self.lower = u32::from(came & UPPER_HALF);
                self.newest = Some(came);
            }
            Some(newest) => {
                let ahead = came.wrapping_sub(newest).cast_signed();
                if !(-MISORDER_MAX..=DROPOUT_MAX).contains(&ahead) {
                    // The very next one leaves.
                    let skipped = came.wrapping_sub(newest).wrapping_sub(1);
                    self.lower = self.lower.wrapping_add(u32::from(skipped));
                    self.newest = Some(came);
                } else if ahead > 0 {
                    self.newest = Some(came);
                }
            }
        }
        let [.., high, low] = self.lower.to_be_bytes();
        came.wrapping_sub(u16::from_be_bytes([high, low]))
    }

    /// The highest number that the other side has heard, with its rounds (RFC 3550 §6.4.1), as who sent the stream to us
    /// counts them.
    pub(super) fn reported(&self, extended: u32) -> u32 {
        extended.wrapping_add(self.lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(numbers: &mut Numbers, came: &[u16]) -> Vec<u16> {
        came.iter().map(|came| numbers.leaving(*came)).collect()
    }

    #[test]
    fn what_comes_in_order_leaves_as_it_came() {
        let came = [9, 10, 12, 11, 11, 2_000, 1_950];
        assert_eq!(left(&mut Numbers::default(), &came), came);
    }

    #[test]
    fn a_stream_begins_in_the_lower_half() {
        let mut numbers = Numbers::default();
        assert_eq!(left(&mut numbers, &[65_535, 0, 1]), [32_767, 32_768, 32_769]);
        assert_eq!(numbers.reported(32_769), 65_537, "a round further, where it came from");
    }

    #[test]
    fn a_jump_is_one_step_and_all_after_it_goes_on() {
        for jump in [3_001, 20_000, 32_768, 40_000, 65_535 - 101] {
            let mut numbers = Numbers::default();
            let came = [1, 2, 2_u16.wrapping_add(jump), 3_u16.wrapping_add(jump)];
            assert_eq!(left(&mut numbers, &came), [1, 2, 3, 4], "a jump by {jump}");
            assert_eq!(numbers.reported(4), u32::from(jump) + 3);
        }
    }
}
