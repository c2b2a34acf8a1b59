use tokio::sync::watch;

use super::*;
use crate::call::event::Medium;
use crate::call::record::{CallId, CallRecord, Direction, Disposition, Door, VoiceMessage};
use crate::config::DatabaseUrl;
use crate::number::{Country, Number};
use crate::routing::decision::Because;
use crate::routing::plan::ShopId;
use crate::store::{Erased, LogWriter, MessageFilter};
use crate::switchboard::{LogEntry, Ticket};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const NOW: UnixMs = UnixMs(1_798_131_900_000);

/// Notes each run and what it was given, and does what the word in `mood` says.
const SCRIPT: &str = r#"
cd "$(dirname "$0")"
echo "$1 $(head -c 4 "$2") $(stat -c %a "$2")" >> runs
case "$(cat mood)" in
    fails) echo "heard: my card is 4711" >&2; exit 3 ;;
    hangs) exec sleep 1000 ;;
    chatters) exec cat /dev/zero ;;
    silent) ;;
    *) printf ' I want the blue door.\n\n It is\tJo\007. \n' ;;
esac
"#;

/// A folder with a program in it, and a store with messages.
struct Desk {
    dir: tempfile::TempDir,
    store: Store,
    log: LogWriter,
}

impl Desk {
    async fn new() -> Desk {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("writes"), SCRIPT).unwrap();
        let store = Store::open(&DatabaseUrl::Sqlite(dir.path().join("ringall.db"))).await.unwrap();
        let log = LogWriter::start(store.clone(), dir.path().join("journal"), |_| ()).unwrap();
        let desk = Desk { dir, store, log };
        desk.is("well");
        desk
    }

    fn is(&self, mood: &str) {
        std::fs::write(self.dir.path().join("mood"), mood).unwrap();
    }

    fn recordings(&self) -> Recordings {
        Recordings::in_data_dir(self.dir.path())
    }

    async fn has_message(&self, n: u128, recorded: UnixMs) -> CallId {
        let call = CallId(Uuid::from_u128(n));
        let samples = [0x55; 800];
        std::fs::create_dir_all(self.recordings().dir()).unwrap();
        let file = [&wav::header(800)[..], &samples].concat();
        std::fs::write(self.recordings().path(call.0), file).unwrap();
        let length = Duration::from_millis(100);
        self.log.log(LogEntry::Message(VoiceMessage { call, recorded, length, voice: length }));
        self.log.flush().await.unwrap();
        call
    }

    fn transcriber(&self) -> Transcriber {
        let script = self.dir.path().join("writes").display().to_string();
        let words = ["/bin/sh", &script, "{language}", "{in}"].map(str::to_owned).to_vec();
        Transcriber::new(Transcribe::new(words).unwrap(), self.store.clone(), self.recordings(), self.dir.path())
    }

    async fn transcripts(&self) -> Vec<Option<String>> {
        let messages = self.store.messages(&MessageFilter::default()).await.unwrap();
        messages.into_iter().map(|message| message.transcript).collect()
    }

    fn runs(&self) -> Vec<String> {
        let runs = std::fs::read_to_string(self.dir.path().join("runs")).unwrap_or_default();
        runs.lines().map(str::to_owned).collect()
    }

    fn files_left(&self) -> usize {
        std::fs::read_dir(self.dir.path().join("transcribing")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn a_message_is_written_down_once_and_no_file_is_left() {
    let desk = Desk::new().await;
    desk.has_message(1, NOW).await;
    let mut transcriber = desk.transcriber();
    transcriber.catch_up(&Plan::default(), UnixMs(0)).await.unwrap();
    assert_eq!(desk.transcripts().await, [Some("I want the blue door. It is Jo .".to_owned())], "one line");
    transcriber.catch_up(&Plan::default(), UnixMs(0)).await.unwrap();
    assert_eq!(desk.runs(), ["en RIFF 600"], "once, and nobody else reads it");
    assert_eq!(desk.files_left(), 0);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_tried_once_and_holds_nobody_up() {
    for (mood, why) in [("fails", "it failed with exit status: 3"), ("chatters", "without end"), ("hangs", "not done")]
    {
        let desk = Desk::new().await;
        desk.has_message(1, NOW).await;
        desk.is(mood);
        let mut transcriber = desk.transcriber();
        transcriber.limit = Duration::from_secs(if mood == "hangs" { 1 } else { 60 });
        let waiting = desk.store.unwritten(UnixMs(0)).await.unwrap();
        let said = transcriber.written(&Plan::default(), &waiting[0]).await.unwrap_err().to_string();
        assert!(said.contains(why) && !said.contains("4711"), "{mood}: {said}, and nothing of the message");
        transcriber.catch_up(&Plan::default(), UnixMs(0)).await.unwrap();
        let runs = desk.runs().len();
        desk.is("well");
        desk.has_message(2, UnixMs(NOW.0 + 1_000)).await;
        transcriber.catch_up(&Plan::default(), UnixMs(0)).await.unwrap();
        assert_eq!(desk.runs().len(), runs + 1, "{mood}: the next one, and not the first again");
        let transcripts = desk.transcripts().await;
        assert!(transcripts[0].is_some() && transcripts[1].is_none(), "{mood}: {transcripts:?}");
        assert_eq!((desk.files_left(), transcriber.health), (0, Health::Works));
    }
}

#[tokio::test]
async fn a_recording_that_is_gone_and_a_program_that_is_not_there_are_left_out() {
    let desk = Desk::new().await;
    let call = desk.has_message(1, NOW).await;
    std::fs::remove_file(desk.recordings().path(call.0)).unwrap();
    let mut transcriber = desk.transcriber();
    transcriber.catch_up(&Plan::default(), UnixMs(0)).await.unwrap();
    assert_eq!((desk.transcripts().await, transcriber.health), (vec![None], Health::Fails));
    let words = ["/nowhere/whisper", "{in}"].map(str::to_owned).to_vec();
    desk.has_message(2, NOW).await;
    let mut nobody = Transcriber { command: Transcribe::new(words).unwrap(), ..desk.transcriber() };
    nobody.catch_up(&Plan::default(), UnixMs(0)).await.unwrap();
    assert_eq!(nobody.health, Health::Fails);
    assert!(desk.runs().is_empty());
}

#[tokio::test]
async fn no_word_understood_is_an_end_and_old_messages_are_left_alone() {
    let desk = Desk::new().await;
    desk.has_message(1, UnixMs(NOW.0 - 2 * 24 * 3_600_000)).await;
    desk.has_message(2, NOW).await;
    desk.is("silent");
    std::fs::create_dir_all(desk.dir.path().join("transcribing")).unwrap();
    std::fs::write(desk.dir.path().join("transcribing/message-1.wav"), "a caller").unwrap();
    let (_plans, watched) = watch::channel(Arc::new(Plan::default()));
    let running = tokio::spawn(desk.transcriber().run(watched, NOW));
    let written = async {
        while desk.store.unwritten(UnixMs(0)).await.unwrap().len() > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, written).await.expect("it is written down");
    running.abort();
    assert_eq!(desk.transcripts().await, [None, None]);
    assert_eq!((desk.runs().len(), desk.files_left()), (1, 0), "what a killed process left is swept away");
}

#[tokio::test]
async fn nothing_is_left_of_a_caller_who_is_erased_while_their_message_is_written_down() {
    let desk = Desk::new().await;
    let (jo, ruiz) = (Number::parse("+34600999888", Country::UNKNOWN).unwrap(), ShopId(1));
    let call = desk.has_message(1, NOW).await;
    desk.log.record(Ticket(1), Medium::Store, Box::new(called(call, &jo, ruiz)));
    desk.log.flush().await.unwrap();
    desk.is("hangs");
    let mut transcriber = desk.transcriber();
    transcriber.look_every = Duration::from_millis(10);
    let erased = async {
        while desk.runs().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(desk.files_left(), 1, "the command is given what they said");
        desk.store.erase_caller(ruiz, &jo).await.unwrap()
    };
    let plan = Plan::default();
    let both = async { tokio::join!(transcriber.catch_up(&plan, UnixMs(0)), erased) };
    let (caught_up, erased) = tokio::time::timeout(PATIENCE, both).await.expect("the command is not waited for");
    caught_up.unwrap();
    assert_eq!(erased, Erased::Done { recordings: vec![call.0] });
    assert_eq!((desk.files_left(), desk.transcripts().await), (0, vec![]));
    assert_eq!(transcriber.health, Health::Works, "nothing has failed");
}

/// Jo has left a message.
fn called(id: CallId, jo: &Number, shop: ShopId) -> CallRecord {
    CallRecord {
        id,
        shop: Some(shop),
        direction: Direction::In,
        caller: Some(jo.clone()),
        caller_raw: String::new(),
        caller_display: String::new(),
        withheld: false,
        called: String::new(),
        door: Door::Sip,
        key: id.to_string(),
        started: NOW,
        answered: None,
        ended: Some(NOW),
        disposition: Some(Disposition::Message),
        because: Because::ClosedHours { opens: None },
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 1,
    }
}
