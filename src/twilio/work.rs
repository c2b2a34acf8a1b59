//! What is to be asked of Twilio by REST: it takes its time, so nobody waits for it.

use uuid::Uuid;

/// A request of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// Fetch what a caller has said, and keep it as the message of this call of ours; answered by the switchboard's
    /// `RecordingFetched`.
    FetchRecording { call: Uuid, recording: Recording },
    /// This caller is about to be recorded: note it, so that what they say is found whatever becomes of us.
    AwaitRecording { call: Uuid, call_sid: String },
    /// Nobody has told what became of the recording: look there, and go on as with [`Work::FetchRecording`].
    SeekRecording { call: Uuid, call_sid: String },
    /// There is none.
    NoRecording { call: Uuid },
    /// Forget it there; tried again until it is done.
    DeleteRecording { recording: Recording },
    /// Hang up on this caller.
    EndCall { call_sid: String },
}

/// A recording at Twilio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    pub sid: String,
    /// As the carrier wrote it: which host it may be at is checked by whoever fetches it.
    pub url: String,
}
