//! Written by `prompts/make` from `prompts/en.txt`; change those.

use super::{Clip, Voice, ulaw};

pub(super) static VOICE: Voice = Voice {
    closed: Clip { words: "We are closed at the moment", samples: ulaw(include_bytes!("../../prompts/en/closed.wav")) },
    further_notice: Clip {
        words: "We are closed until further notice",
        samples: ulaw(include_bytes!("../../prompts/en/further_notice.wav")),
    },
    message: Clip {
        words: "Please leave a message after the tone",
        samples: ulaw(include_bytes!("../../prompts/en/message.wav")),
    },
    opens: [
        Clip {
            words: "We open again today",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-today.wav")),
        },
        Clip {
            words: "We open again tomorrow",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-tomorrow.wav")),
        },
        Clip {
            words: "We open again on Monday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-monday.wav")),
        },
        Clip {
            words: "We open again on Tuesday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-tuesday.wav")),
        },
        Clip {
            words: "We open again on Wednesday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-wednesday.wav")),
        },
        Clip {
            words: "We open again on Thursday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-thursday.wav")),
        },
        Clip {
            words: "We open again on Friday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-friday.wav")),
        },
        Clip {
            words: "We open again on Saturday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-saturday.wav")),
        },
        Clip {
            words: "We open again on Sunday",
            samples: ulaw(include_bytes!("../../prompts/en/opens-we-open-again-on-sunday.wav")),
        },
    ],
    days: [
        Clip { words: "the first", samples: ulaw(include_bytes!("../../prompts/en/days-the-first.wav")) },
        Clip { words: "the second", samples: ulaw(include_bytes!("../../prompts/en/days-the-second.wav")) },
        Clip { words: "the third", samples: ulaw(include_bytes!("../../prompts/en/days-the-third.wav")) },
        Clip { words: "the fourth", samples: ulaw(include_bytes!("../../prompts/en/days-the-fourth.wav")) },
        Clip { words: "the fifth", samples: ulaw(include_bytes!("../../prompts/en/days-the-fifth.wav")) },
        Clip { words: "the sixth", samples: ulaw(include_bytes!("../../prompts/en/days-the-sixth.wav")) },
        Clip { words: "the seventh", samples: ulaw(include_bytes!("../../prompts/en/days-the-seventh.wav")) },
        Clip { words: "the eighth", samples: ulaw(include_bytes!("../../prompts/en/days-the-eighth.wav")) },
        Clip { words: "the ninth", samples: ulaw(include_bytes!("../../prompts/en/days-the-ninth.wav")) },
        Clip { words: "the tenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-tenth.wav")) },
        Clip { words: "the eleventh", samples: ulaw(include_bytes!("../../prompts/en/days-the-eleventh.wav")) },
        Clip { words: "the twelfth", samples: ulaw(include_bytes!("../../prompts/en/days-the-twelfth.wav")) },
        Clip { words: "the thirteenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-thirteenth.wav")) },
        Clip { words: "the fourteenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-fourteenth.wav")) },
        Clip { words: "the fifteenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-fifteenth.wav")) },
        Clip { words: "the sixteenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-sixteenth.wav")) },
        Clip { words: "the seventeenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-seventeenth.wav")) },
        Clip { words: "the eighteenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-eighteenth.wav")) },
        Clip { words: "the nineteenth", samples: ulaw(include_bytes!("../../prompts/en/days-the-nineteenth.wav")) },
        Clip { words: "the twentieth", samples: ulaw(include_bytes!("../../prompts/en/days-the-twentieth.wav")) },
        Clip { words: "the twenty-first", samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-first.wav")) },
        Clip {
            words: "the twenty-second",
            samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-second.wav")),
        },
        Clip { words: "the twenty-third", samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-third.wav")) },
        Clip {
            words: "the twenty-fourth",
            samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-fourth.wav")),
        },
        Clip { words: "the twenty-fifth", samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-fifth.wav")) },
        Clip { words: "the twenty-sixth", samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-sixth.wav")) },
        Clip {
            words: "the twenty-seventh",
            samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-seventh.wav")),
        },
        Clip {
            words: "the twenty-eighth",
            samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-eighth.wav")),
        },
        Clip { words: "the twenty-ninth", samples: ulaw(include_bytes!("../../prompts/en/days-the-twenty-ninth.wav")) },
        Clip { words: "the thirtieth", samples: ulaw(include_bytes!("../../prompts/en/days-the-thirtieth.wav")) },
        Clip { words: "the thirty-first", samples: ulaw(include_bytes!("../../prompts/en/days-the-thirty-first.wav")) },
    ],
    months: [
        Clip { words: "of January", samples: ulaw(include_bytes!("../../prompts/en/months-of-january.wav")) },
        Clip { words: "of February", samples: ulaw(include_bytes!("../../prompts/en/months-of-february.wav")) },
        Clip { words: "of March", samples: ulaw(include_bytes!("../../prompts/en/months-of-march.wav")) },
        Clip { words: "of April", samples: ulaw(include_bytes!("../../prompts/en/months-of-april.wav")) },
        Clip { words: "of May", samples: ulaw(include_bytes!("../../prompts/en/months-of-may.wav")) },
        Clip { words: "of June", samples: ulaw(include_bytes!("../../prompts/en/months-of-june.wav")) },
        Clip { words: "of July", samples: ulaw(include_bytes!("../../prompts/en/months-of-july.wav")) },
        Clip { words: "of August", samples: ulaw(include_bytes!("../../prompts/en/months-of-august.wav")) },
        Clip { words: "of September", samples: ulaw(include_bytes!("../../prompts/en/months-of-september.wav")) },
        Clip { words: "of October", samples: ulaw(include_bytes!("../../prompts/en/months-of-october.wav")) },
        Clip { words: "of November", samples: ulaw(include_bytes!("../../prompts/en/months-of-november.wav")) },
        Clip { words: "of December", samples: ulaw(include_bytes!("../../prompts/en/months-of-december.wav")) },
    ],
    times: [
        [
            Clip { words: "at midnight", samples: ulaw(include_bytes!("../../prompts/en/times-at-midnight.wav")) },
            Clip {
                words: "at a quarter past twelve at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-twelve-at-night.wav")),
            },
            Clip {
                words: "at half past twelve at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-twelve-at-night.wav")),
            },
            Clip {
                words: "at a quarter to one at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-one-at-night.wav")),
            },
        ],
        [
            Clip {
                words: "at one in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-one-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter past one in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-one-in-the-morning.wav")),
            },
            Clip {
                words: "at half past one in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-one-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter to two in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-two-in-the-morning.wav")),
            },
        ],
        [
            Clip {
                words: "at two in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-two-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter past two in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-two-in-the-morning.wav")),
            },
            Clip {
                words: "at half past two in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-two-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter to three in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-three-in-the-morning.wav")),
            },
        ],
        [
            Clip {
                words: "at three in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-three-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter past three in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-three-in-the-morning.wav")),
            },
            Clip {
                words: "at half past three in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-three-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter to four in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-four-in-the-morning.wav")),
            },
        ],
        [
            Clip {
                words: "at four in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-four-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter past four in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-four-in-the-morning.wav")),
            },
            Clip {
                words: "at half past four in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-four-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter to five in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-five-in-the-morning.wav")),
            },
        ],
        [
            Clip {
                words: "at five in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-five-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter past five in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-five-in-the-morning.wav")),
            },
            Clip {
                words: "at half past five in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-five-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter to six in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-six-in-the-morning.wav")),
            },
        ],
        [
            Clip {
                words: "at six in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-six-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter past six in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-six-in-the-morning.wav")),
            },
            Clip {
                words: "at half past six in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-six-in-the-morning.wav")),
            },
            Clip {
                words: "at a quarter to seven in the morning",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-seven-in-the-morning.wav")),
            },
        ],
        [
            Clip { words: "at seven", samples: ulaw(include_bytes!("../../prompts/en/times-at-seven.wav")) },
            Clip {
                words: "at a quarter past seven",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-seven.wav")),
            },
            Clip {
                words: "at half past seven",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-seven.wav")),
            },
            Clip {
                words: "at a quarter to eight",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-eight.wav")),
            },
        ],
        [
            Clip { words: "at eight", samples: ulaw(include_bytes!("../../prompts/en/times-at-eight.wav")) },
            Clip {
                words: "at a quarter past eight",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-eight.wav")),
            },
            Clip {
                words: "at half past eight",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-eight.wav")),
            },
            Clip {
                words: "at a quarter to nine",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-nine.wav")),
            },
        ],
        [
            Clip { words: "at nine", samples: ulaw(include_bytes!("../../prompts/en/times-at-nine.wav")) },
            Clip {
                words: "at a quarter past nine",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-nine.wav")),
            },
            Clip {
                words: "at half past nine",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-nine.wav")),
            },
            Clip {
                words: "at a quarter to ten",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-ten.wav")),
            },
        ],
        [
            Clip { words: "at ten", samples: ulaw(include_bytes!("../../prompts/en/times-at-ten.wav")) },
            Clip {
                words: "at a quarter past ten",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-ten.wav")),
            },
            Clip {
                words: "at half past ten",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-ten.wav")),
            },
            Clip {
                words: "at a quarter to eleven",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-eleven.wav")),
            },
        ],
        [
            Clip { words: "at eleven", samples: ulaw(include_bytes!("../../prompts/en/times-at-eleven.wav")) },
            Clip {
                words: "at a quarter past eleven",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-eleven.wav")),
            },
            Clip {
                words: "at half past eleven",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-eleven.wav")),
            },
            Clip {
                words: "at a quarter to twelve",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-twelve.wav")),
            },
        ],
        [
            Clip { words: "at noon", samples: ulaw(include_bytes!("../../prompts/en/times-at-noon.wav")) },
            Clip {
                words: "at a quarter past twelve",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-twelve.wav")),
            },
            Clip {
                words: "at half past twelve",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-twelve.wav")),
            },
            Clip {
                words: "at a quarter to one",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-one.wav")),
            },
        ],
        [
            Clip { words: "at one", samples: ulaw(include_bytes!("../../prompts/en/times-at-one.wav")) },
            Clip {
                words: "at a quarter past one",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-one.wav")),
            },
            Clip {
                words: "at half past one",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-one.wav")),
            },
            Clip {
                words: "at a quarter to two",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-two.wav")),
            },
        ],
        [
            Clip { words: "at two", samples: ulaw(include_bytes!("../../prompts/en/times-at-two.wav")) },
            Clip {
                words: "at a quarter past two",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-two.wav")),
            },
            Clip {
                words: "at half past two",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-two.wav")),
            },
            Clip {
                words: "at a quarter to three",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-three.wav")),
            },
        ],
        [
            Clip { words: "at three", samples: ulaw(include_bytes!("../../prompts/en/times-at-three.wav")) },
            Clip {
                words: "at a quarter past three",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-three.wav")),
            },
            Clip {
                words: "at half past three",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-three.wav")),
            },
            Clip {
                words: "at a quarter to four",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-four.wav")),
            },
        ],
        [
            Clip { words: "at four", samples: ulaw(include_bytes!("../../prompts/en/times-at-four.wav")) },
            Clip {
                words: "at a quarter past four",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-four.wav")),
            },
            Clip {
                words: "at half past four",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-four.wav")),
            },
            Clip {
                words: "at a quarter to five",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-five.wav")),
            },
        ],
        [
            Clip { words: "at five", samples: ulaw(include_bytes!("../../prompts/en/times-at-five.wav")) },
            Clip {
                words: "at a quarter past five",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-five.wav")),
            },
            Clip {
                words: "at half past five",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-five.wav")),
            },
            Clip {
                words: "at a quarter to six",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-six.wav")),
            },
        ],
        [
            Clip {
                words: "at six in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-six-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter past six in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-six-in-the-evening.wav")),
            },
            Clip {
                words: "at half past six in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-six-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter to seven in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-seven-in-the-evening.wav")),
            },
        ],
        [
            Clip {
                words: "at seven in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-seven-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter past seven in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-seven-in-the-evening.wav")),
            },
            Clip {
                words: "at half past seven in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-seven-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter to eight in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-eight-in-the-evening.wav")),
            },
        ],
        [
            Clip {
                words: "at eight in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-eight-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter past eight in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-eight-in-the-evening.wav")),
            },
            Clip {
                words: "at half past eight in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-eight-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter to nine in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-nine-in-the-evening.wav")),
            },
        ],
        [
            Clip {
                words: "at nine in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-nine-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter past nine in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-nine-in-the-evening.wav")),
            },
            Clip {
                words: "at half past nine in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-nine-in-the-evening.wav")),
            },
            Clip {
                words: "at a quarter to ten in the evening",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-ten-in-the-evening.wav")),
            },
        ],
        [
            Clip {
                words: "at ten at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-ten-at-night.wav")),
            },
            Clip {
                words: "at a quarter past ten at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-ten-at-night.wav")),
            },
            Clip {
                words: "at half past ten at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-ten-at-night.wav")),
            },
            Clip {
                words: "at a quarter to eleven at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-eleven-at-night.wav")),
            },
        ],
        [
            Clip {
                words: "at eleven at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-eleven-at-night.wav")),
            },
            Clip {
                words: "at a quarter past eleven at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-past-eleven-at-night.wav")),
            },
            Clip {
                words: "at half past eleven at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-half-past-eleven-at-night.wav")),
            },
            Clip {
                words: "at a quarter to twelve at night",
                samples: ulaw(include_bytes!("../../prompts/en/times-at-a-quarter-to-twelve-at-night.wav")),
            },
        ],
    ],
    hours: [
        Clip { words: "at twelve", samples: ulaw(include_bytes!("../../prompts/en/hours-at-twelve.wav")) },
        Clip { words: "at one", samples: ulaw(include_bytes!("../../prompts/en/hours-at-one.wav")) },
        Clip { words: "at two", samples: ulaw(include_bytes!("../../prompts/en/hours-at-two.wav")) },
        Clip { words: "at three", samples: ulaw(include_bytes!("../../prompts/en/hours-at-three.wav")) },
        Clip { words: "at four", samples: ulaw(include_bytes!("../../prompts/en/hours-at-four.wav")) },
        Clip { words: "at five", samples: ulaw(include_bytes!("../../prompts/en/hours-at-five.wav")) },
        Clip { words: "at six", samples: ulaw(include_bytes!("../../prompts/en/hours-at-six.wav")) },
        Clip { words: "at seven", samples: ulaw(include_bytes!("../../prompts/en/hours-at-seven.wav")) },
        Clip { words: "at eight", samples: ulaw(include_bytes!("../../prompts/en/hours-at-eight.wav")) },
        Clip { words: "at nine", samples: ulaw(include_bytes!("../../prompts/en/hours-at-nine.wav")) },
        Clip { words: "at ten", samples: ulaw(include_bytes!("../../prompts/en/hours-at-ten.wav")) },
        Clip { words: "at eleven", samples: ulaw(include_bytes!("../../prompts/en/hours-at-eleven.wav")) },
    ],
    minutes: [
        Clip { words: "oh one", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-one.wav")) },
        Clip { words: "oh two", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-two.wav")) },
        Clip { words: "oh three", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-three.wav")) },
        Clip { words: "oh four", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-four.wav")) },
        Clip { words: "oh five", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-five.wav")) },
        Clip { words: "oh six", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-six.wav")) },
        Clip { words: "oh seven", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-seven.wav")) },
        Clip { words: "oh eight", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-eight.wav")) },
        Clip { words: "oh nine", samples: ulaw(include_bytes!("../../prompts/en/minutes-oh-nine.wav")) },
        Clip { words: "ten", samples: ulaw(include_bytes!("../../prompts/en/minutes-ten.wav")) },
        Clip { words: "eleven", samples: ulaw(include_bytes!("../../prompts/en/minutes-eleven.wav")) },
        Clip { words: "twelve", samples: ulaw(include_bytes!("../../prompts/en/minutes-twelve.wav")) },
        Clip { words: "thirteen", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirteen.wav")) },
        Clip { words: "fourteen", samples: ulaw(include_bytes!("../../prompts/en/minutes-fourteen.wav")) },
        Clip { words: "sixteen", samples: ulaw(include_bytes!("../../prompts/en/minutes-sixteen.wav")) },
        Clip { words: "seventeen", samples: ulaw(include_bytes!("../../prompts/en/minutes-seventeen.wav")) },
        Clip { words: "eighteen", samples: ulaw(include_bytes!("../../prompts/en/minutes-eighteen.wav")) },
        Clip { words: "nineteen", samples: ulaw(include_bytes!("../../prompts/en/minutes-nineteen.wav")) },
        Clip { words: "twenty", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty.wav")) },
        Clip { words: "twenty-one", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-one.wav")) },
        Clip { words: "twenty-two", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-two.wav")) },
        Clip { words: "twenty-three", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-three.wav")) },
        Clip { words: "twenty-four", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-four.wav")) },
        Clip { words: "twenty-five", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-five.wav")) },
        Clip { words: "twenty-six", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-six.wav")) },
        Clip { words: "twenty-seven", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-seven.wav")) },
        Clip { words: "twenty-eight", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-eight.wav")) },
        Clip { words: "twenty-nine", samples: ulaw(include_bytes!("../../prompts/en/minutes-twenty-nine.wav")) },
        Clip { words: "thirty-one", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-one.wav")) },
        Clip { words: "thirty-two", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-two.wav")) },
        Clip { words: "thirty-three", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-three.wav")) },
        Clip { words: "thirty-four", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-four.wav")) },
        Clip { words: "thirty-five", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-five.wav")) },
        Clip { words: "thirty-six", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-six.wav")) },
        Clip { words: "thirty-seven", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-seven.wav")) },
        Clip { words: "thirty-eight", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-eight.wav")) },
        Clip { words: "thirty-nine", samples: ulaw(include_bytes!("../../prompts/en/minutes-thirty-nine.wav")) },
        Clip { words: "forty", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty.wav")) },
        Clip { words: "forty-one", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-one.wav")) },
        Clip { words: "forty-two", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-two.wav")) },
        Clip { words: "forty-three", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-three.wav")) },
        Clip { words: "forty-four", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-four.wav")) },
        Clip { words: "forty-six", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-six.wav")) },
        Clip { words: "forty-seven", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-seven.wav")) },
        Clip { words: "forty-eight", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-eight.wav")) },
        Clip { words: "forty-nine", samples: ulaw(include_bytes!("../../prompts/en/minutes-forty-nine.wav")) },
        Clip { words: "fifty", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty.wav")) },
        Clip { words: "fifty-one", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-one.wav")) },
        Clip { words: "fifty-two", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-two.wav")) },
        Clip { words: "fifty-three", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-three.wav")) },
        Clip { words: "fifty-four", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-four.wav")) },
        Clip { words: "fifty-five", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-five.wav")) },
        Clip { words: "fifty-six", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-six.wav")) },
        Clip { words: "fifty-seven", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-seven.wav")) },
        Clip { words: "fifty-eight", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-eight.wav")) },
        Clip { words: "fifty-nine", samples: ulaw(include_bytes!("../../prompts/en/minutes-fifty-nine.wav")) },
    ],
    parts: &[
        Clip { words: "in the morning", samples: ulaw(include_bytes!("../../prompts/en/parts-in-the-morning.wav")) },
        Clip { words: "in the evening", samples: ulaw(include_bytes!("../../prompts/en/parts-in-the-evening.wav")) },
        Clip { words: "at night", samples: ulaw(include_bytes!("../../prompts/en/parts-at-night.wav")) },
    ],
    withheld: Clip { words: "Number withheld", samples: ulaw(include_bytes!("../../prompts/en/withheld.wav")) },
    unknown: Clip { words: "Unknown number", samples: ulaw(include_bytes!("../../prompts/en/unknown.wav")) },
    digits: [
        Clip { words: "zero", samples: ulaw(include_bytes!("../../prompts/en/digits-zero.wav")) },
        Clip { words: "one", samples: ulaw(include_bytes!("../../prompts/en/digits-one.wav")) },
        Clip { words: "two", samples: ulaw(include_bytes!("../../prompts/en/digits-two.wav")) },
        Clip { words: "three", samples: ulaw(include_bytes!("../../prompts/en/digits-three.wav")) },
        Clip { words: "four", samples: ulaw(include_bytes!("../../prompts/en/digits-four.wav")) },
        Clip { words: "five", samples: ulaw(include_bytes!("../../prompts/en/digits-five.wav")) },
        Clip { words: "six", samples: ulaw(include_bytes!("../../prompts/en/digits-six.wav")) },
        Clip { words: "seven", samples: ulaw(include_bytes!("../../prompts/en/digits-seven.wav")) },
        Clip { words: "eight", samples: ulaw(include_bytes!("../../prompts/en/digits-eight.wav")) },
        Clip { words: "nine", samples: ulaw(include_bytes!("../../prompts/en/digits-nine.wav")) },
        Clip { words: "plus", samples: ulaw(include_bytes!("../../prompts/en/digits-plus.wav")) },
    ],
    calls: [
        Clip { words: "first call", samples: ulaw(include_bytes!("../../prompts/en/calls-first-call.wav")) },
        Clip { words: "second call", samples: ulaw(include_bytes!("../../prompts/en/calls-second-call.wav")) },
        Clip { words: "third call", samples: ulaw(include_bytes!("../../prompts/en/calls-third-call.wav")) },
        Clip { words: "fourth call", samples: ulaw(include_bytes!("../../prompts/en/calls-fourth-call.wav")) },
        Clip { words: "fifth call", samples: ulaw(include_bytes!("../../prompts/en/calls-fifth-call.wav")) },
        Clip { words: "sixth call", samples: ulaw(include_bytes!("../../prompts/en/calls-sixth-call.wav")) },
        Clip { words: "seventh call", samples: ulaw(include_bytes!("../../prompts/en/calls-seventh-call.wav")) },
        Clip { words: "eighth call", samples: ulaw(include_bytes!("../../prompts/en/calls-eighth-call.wav")) },
        Clip { words: "ninth call", samples: ulaw(include_bytes!("../../prompts/en/calls-ninth-call.wav")) },
        Clip { words: "tenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-tenth-call.wav")) },
        Clip { words: "eleventh call", samples: ulaw(include_bytes!("../../prompts/en/calls-eleventh-call.wav")) },
        Clip { words: "twelfth call", samples: ulaw(include_bytes!("../../prompts/en/calls-twelfth-call.wav")) },
        Clip { words: "thirteenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-thirteenth-call.wav")) },
        Clip { words: "fourteenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-fourteenth-call.wav")) },
        Clip { words: "fifteenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-fifteenth-call.wav")) },
        Clip { words: "sixteenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-sixteenth-call.wav")) },
        Clip {
            words: "seventeenth call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-seventeenth-call.wav")),
        },
        Clip { words: "eighteenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-eighteenth-call.wav")) },
        Clip { words: "nineteenth call", samples: ulaw(include_bytes!("../../prompts/en/calls-nineteenth-call.wav")) },
        Clip { words: "twentieth call", samples: ulaw(include_bytes!("../../prompts/en/calls-twentieth-call.wav")) },
        Clip {
            words: "twenty-first call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-first-call.wav")),
        },
        Clip {
            words: "twenty-second call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-second-call.wav")),
        },
        Clip {
            words: "twenty-third call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-third-call.wav")),
        },
        Clip {
            words: "twenty-fourth call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-fourth-call.wav")),
        },
        Clip {
            words: "twenty-fifth call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-fifth-call.wav")),
        },
        Clip {
            words: "twenty-sixth call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-sixth-call.wav")),
        },
        Clip {
            words: "twenty-seventh call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-seventh-call.wav")),
        },
        Clip {
            words: "twenty-eighth call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-eighth-call.wav")),
        },
        Clip {
            words: "twenty-ninth call",
            samples: ulaw(include_bytes!("../../prompts/en/calls-twenty-ninth-call.wav")),
        },
        Clip { words: "thirtieth call", samples: ulaw(include_bytes!("../../prompts/en/calls-thirtieth-call.wav")) },
    ],
    many_calls: Clip {
        words: "more than thirty calls",
        samples: ulaw(include_bytes!("../../prompts/en/many_calls.wav")),
    },
    press: Clip { words: "Press any key", samples: ulaw(include_bytes!("../../prompts/en/press.wav")) },
    has_it: Clip { words: "has it", samples: ulaw(include_bytes!("../../prompts/en/has_it.wav")) },
    somebody_has_it: Clip {
        words: "Somebody else has it",
        samples: ulaw(include_bytes!("../../prompts/en/somebody_has_it.wav")),
    },
    gone: Clip { words: "The caller has hung up", samples: ulaw(include_bytes!("../../prompts/en/gone.wav")) },
    speak: Clip {
        words: "Speak after the tone, and press the pound key when you are done",
        samples: ulaw(include_bytes!("../../prompts/en/speak.wav")),
    },
};
