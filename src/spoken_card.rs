use std::sync::Arc;
use std::time::Duration;

use crate::media::player::Sound;
use crate::number::Number;
use crate::routing::plan::Language;

pub fn card(_: Language, _: Option<&()>, _: Option<&Number>, _: u32) -> Vec<Sound> {
    vec![Sound::silence(Duration::from_secs(3))]
}
pub fn asked_twice(card: Vec<Sound>) -> Arc<[Sound]> {
    [card.clone(), card].concat().into()
}
pub fn taken(_: Language, _: Option<&()>) -> Vec<Sound> {
    vec![Sound::silence(Duration::from_secs(1))]
}
pub fn gone(_: Language) -> Vec<Sound> {
    vec![Sound::silence(Duration::from_secs(1))]
}
