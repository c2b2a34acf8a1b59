//! The story of the closed shop: Carmen hears when it opens, and leaves a message.

use std::time::{Duration, Instant};

use super::super::closing;
use super::super::line::What;
use super::super::log::{self, LoggedMessage, OwedCall};
use super::super::shop::{CARMEN, CARMEN_NUMBER, CARMEN_VOICE, SHOP_NUMBER};
use super::super::tone::{FRAME, recognise, to_ulaw};
use super::judged::{ended, of, refused};
use super::{Fault, LOG_LOOK_EVERY, LOG_LOOKS, PATIENCE, Story};
use crate::clock;
use crate::greeting::Greeting;
use crate::media::player::Sound;
use crate::now::UnixMs;
use crate::routing::decision::Opening;
use crate::routing::plan::Shop;

/// How long Carmen speaks.
const SPEAKS: Duration = Duration::from_secs(4);
/// Of 1000 parts of the greeting so many must be heard as they were meant, and of 100 frames spoken so many be in the
/// message: on a busy machine a packet may be late.
const MUST_BE_HEARD: usize = 950;
const MUST_BE_KEPT: usize = 90;
/// A message may be longer than what is said in it by the moments before the first word and after the last.
const AROUND: Duration = Duration::from_millis(1_000);

impl Story<'_> {
    /// The owner closes the shop until half past four, and Carmen calls.
    ///
    /// # Errors
    /// What was not as it should be; the call is hung up then.
    pub async fn closed_call(&mut self) -> Result<(), Fault> {
        let Some(shop) = closing::the_shop(self.service).await? else { return Ok(()) };
        while self.cast.seen.try_recv().is_ok() {}
        self.past.clear();
        self.began = Instant::now();
        let closing = closing::close(self.service, &shop).await?;
        let played = self.play_closed_call(&shop, closing.until).await;
        if played.is_err() {
            self.cast.carmen.hang_up();
        }
        closing.end(self.service).await?;
        played
    }

    async fn play_closed_call(&mut self, shop: &Shop, until: UnixMs) -> Result<(), Fault> {
        let wall = clock::now().wall;
        self.tell(Instant::now(), &self.words.closes(&self.words.moment(until, shop.time_zone, wall)));

        let dialled = self.cast.carmen.dial_to_listen(SHOP_NUMBER, self.service.sip);
        self.tell(dialled, &self.words.calls(CARMEN));
        let greeting = Greeting::new(None, Opening::At(until), shop.time_zone, wall, shop.language);
        self.is_greeted(&greeting).await?;

        let spoke = Instant::now();
        self.cast.carmen.speak();
        tokio::time::sleep_until((spoke + SPEAKS).into()).await;
        let now = Instant::now();
        self.cast.carmen.hang_up();
        let hearing = self.until(|past| ended(past, CARMEN).cloned()).await;
        hearing.ok_or(Fault::CallGoesOn(CARMEN.into()))?;
        self.tell(now, &self.words.speaks(CARMEN, now - spoke));
        self.message_is_safe(now - spoke).await?;
        self.is_owed(until, shop).await
    }

    /// What Carmen hears is this greeting, sample by sample.
    async fn is_greeted(&mut self, greeting: &Greeting) -> Result<(), Fault> {
        self.until(|past| of(past, CARMEN).find(|seen| seen.what == What::IsAnswered).map(|_| ())).await;
        if let Some(refused) = refused(&self.past, CARMEN) {
            return Err(refused);
        }
        let expected = samples(&greeting.sounds());
        let length = Duration::from_micros(u64::try_from(expected.len()).unwrap_or(u64::MAX).saturating_mul(125));
        let deadline = Instant::now() + length + PATIENCE;
        while self.cast.carmen.sound().samples.len() < expected.len() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let heard = self.cast.carmen.sound();
        let first = heard.first.ok_or(Fault::HearsNothing(CARMEN))?;
        let right = heard.samples.iter().zip(&expected).filter(|(heard, meant)| heard == meant).count();
        let per_mille = right * 1000 / expected.len().max(1);
        if per_mille < MUST_BE_HEARD {
            return Err(Fault::HearsAnotherGreeting { who: CARMEN, per_mille });
        }
        self.tell(first, &self.words.hears_the_greeting(CARMEN, &greeting.text(), length));
        Ok(())
    }

    /// The message is in the log, and what plays is Carmen's voice.
    async fn message_is_safe(&self, spoken: Duration) -> Result<(), Fault> {
        let api = |why| Fault::Api { path: log::NEWEST_MESSAGE, why };
        for _ in 0..LOG_LOOKS {
            let message: Option<LoggedMessage> = self.service.api.first(log::NEWEST_MESSAGE).await.map_err(api)?;
            let Some(message) = message.filter(|message| message.caller.number.as_deref() == Some(CARMEN_NUMBER))
            else {
                tokio::time::sleep(LOG_LOOK_EVERY).await;
                continue;
            };
            let file = self.service.api.bytes(&message.audio).await.map_err(api)?;
            let length = Duration::from_millis(message.length_ms);
            let (frames, voice) = judge_sound(&file);
            let needed = usize::try_from(spoken.as_millis() / 20).unwrap_or(usize::MAX) * MUST_BE_KEPT / 100;
            if message.cut_off || length < spoken.saturating_sub(AROUND) || length > spoken + AROUND || voice < needed {
                return Err(Fault::MessageIsAnother { length_ms: message.length_ms, frames, voice });
            }
            self.tell(Instant::now(), &self.words.message_is_safe(CARMEN, length, voice, frames));
            return Ok(());
        }
        Err(Fault::NoMessage(CARMEN))
    }

    /// Carmen waits for a call, and there is a time for it.
    async fn is_owed(&self, opens: UnixMs, shop: &Shop) -> Result<(), Fault> {
        let api = |why| Fault::Api { path: log::OWED, why };
        let owed: Option<OwedCall> = self.service.api.first(log::OWED).await.map_err(api)?;
        let due = owed.filter(|owed| owed.number == CARMEN_NUMBER).and_then(|owed| {
            let due = chrono::DateTime::parse_from_rfc3339(&owed.due_at?).ok()?;
            Some(UnixMs(due.timestamp_millis()))
        });
        match due {
            Some(due) if due > opens => {
                let before = self.words.moment(due, shop.time_zone, clock::now().wall);
                self.tell_untimed(&self.words.call_back(CARMEN, &before));
                Ok(())
            }
            _ => Err(Fault::NotOwed(CARMEN)),
        }
    }
}

fn samples(sounds: &[Sound]) -> Vec<u8> {
    let mut samples = Vec::new();
    for sound in sounds {
        match sound {
            Sound::Clip(clip) => samples.extend_from_slice(clip),
            Sound::Recorded(recorded) => samples.extend_from_slice(recorded),
            Sound::Silence { samples: silence } => samples.extend(std::iter::repeat_n(0xff, *silence)),
        }
    }
    samples
}

/// How many frames a WAVE file of 16 bits has, and how many of them are in Carmen's voice.
fn judge_sound(file: &[u8]) -> (usize, usize) {
    let data = file.windows(4).position(|name| name == b"data").map_or(file.len(), |at| at + 8);
    let samples = file.get(data..).unwrap_or_default().chunks_exact(2);
    let ulaw: Vec<u8> = samples.map(|pair| to_ulaw(i16::from_le_bytes([pair[0], pair[1]]))).collect();
    let frames: Vec<&[u8]> = ulaw.chunks(FRAME).collect();
    let voice = frames.iter().filter(|frame| recognise(frame, &[CARMEN_VOICE]).is_some()).count();
    (frames.len(), voice)
}
