use std::io::{self, Write as _};
use std::sync::Mutex;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;

use super::command::{SAID_MAX, in_short, is_ours};
use super::*;
use crate::number::Number;
use crate::routing::plan::{Country, Phone, PhoneId, ShopId};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Notes each run, and does what the text says.
const SCRIPT: &str = r#"
cd "$(dirname "$0")"
echo "$1 $2" >> runs
case "$2" in
    Fails) echo "starting" >&2; echo "no such voice" >&2; exit 3 ;;
    Hangs) echo $$ > pid; exec sleep 1000 ;;
    Mumbles) echo "Usage: voice TEXT" ;;
    Chatters) exec cat /dev/zero ;;
    "Is silent") head -c 44 word.wav; head -c 16000 /dev/zero ;;
    "Never ends") cat word.wav; for n in 1 2 3 4 5 6 7 8 9; do tail -c 16000 word.wav; done ;;
    "Complains at length") head -c 300000 /dev/zero >&2; cat word.wav ;;
    *) cat word.wav ;;
esac
"#;

/// A folder with a voice in it, and what comes of it.
struct Booth {
    dir: tempfile::TempDir,
    limit: Duration,
}

/// A speaker at work.
struct Life {
    plans: watch::Sender<Arc<Plan>>,
    contacts: watch::Sender<Arc<[Contact]>>,
    told: UnboundedReceiver<Names>,
    speaking: JoinHandle<()>,
}

impl Booth {
    fn new() -> Booth {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("voice"), SCRIPT).unwrap();
        std::fs::write(dir.path().join("word.wav"), word()).unwrap();
        Booth { dir, limit: PATIENCE }
    }

    fn starts(&self, shops: &[(&str, Language)]) -> Life {
        self.starts_with(&["/bin/sh", "{dir}/voice", "{language}", "{text}"], shops)
    }

    fn starts_with(&self, words: &[&str], shops: &[(&str, Language)]) -> Life {
        let dir = self.dir.path().to_str().unwrap();
        let say = Say::new(words.iter().map(|word| word.replace("{dir}", dir)).collect()).unwrap();
        let (plans, watched) = watch::channel(Arc::new(plan(shops)));
        let (tell, told) = unbounded_channel();
        let mut speaker = Speaker::new(say, self.dir.path(), move |names| tell.send(names).unwrap_or_default());
        speaker.limit = self.limit;
        let (contacts, named) = watch::channel(Arc::from([]));
        Life { plans, contacts, told, speaking: tokio::spawn(speaker.run(watched, named)) }
    }

    fn runs(&self) -> Vec<String> {
        let runs = std::fs::read_to_string(self.dir.path().join("runs")).unwrap_or_default();
        runs.lines().map(str::to_owned).collect()
    }

    fn kept(&self) -> Vec<PathBuf> {
        let dir = std::fs::read_dir(self.dir.path().join("speech"));
        dir.map(|dir| dir.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
    }
}

impl Life {
    /// Waits until the names that are known are these.
    async fn tells(&mut self, names: &[(Language, &str)]) -> Names {
        let mut last = None;
        let told = async {
            loop {
                let told = self.told.recv().await.expect("it goes on");
                let knows = |(language, name): &(Language, &str)| told.get(*language, name).is_some();
                if told.len() == names.len() && names.iter().all(knows) {
                    return told;
                }
                last = Some(told);
            }
        };
        let told = tokio::time::timeout(PATIENCE, told).await;
        told.unwrap_or_else(|_| panic!("{names:?} were never told, but {last:?}"))
    }

    fn changes(&self, shops: &[(&str, Language)]) {
        self.plans.send_replace(Arc::new(plan(shops)));
    }

    /// Waits until all is done, which is when nobody has plans any more.
    async fn ends(self) -> Vec<Names> {
        drop(self.plans);
        tokio::time::timeout(PATIENCE, self.speaking).await.expect("it ends").unwrap();
        let mut told = self.told;
        std::iter::from_fn(|| told.try_recv().ok()).collect()
    }
}

/// Shops 1, 2, … of these names.
fn plan(shops: &[(&str, Language)]) -> Plan {
    let shop = |(id, (name, language)): (i64, &(&str, Language))| {
        Arc::new(Shop::new(ShopId(id), name, chrono_tz::UTC, Country::UNKNOWN, *language, Duration::from_secs(120)))
    };
    Plan { version: 1, shops: (1..).zip(shops).map(shop).collect() }
}

/// A second of a tone, 8 kHz, 16 bits, mono; its length is not known beforehand.
fn word() -> Vec<u8> {
    let header =
        b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\xff\xff\xff\xff";
    let sound = (0..8_000).flat_map(|n| (((f64::from(n) * 0.7).sin() * 9_000.0).round() as i16).to_le_bytes());
    header.iter().copied().chain(sound).collect()
}

/// What is logged while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(lines)
    }

    fn lines_with(&self, words: &str) -> Vec<String> {
        let log = self.0.lock().unwrap();
        String::from_utf8_lossy(&log).lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_name_is_spoken_once_in_all_lives() {
    let booth = Booth::new();
    let mut first = booth.starts(&[("Ferretería Ruiz S.L.", Language::Es)]);
    let spoken = first.tells(&[(Language::Es, "Ferretería Ruiz S.L")]).await;
    assert!((900..1_100).contains(&spoken.get(Language::Es, "Ferretería Ruiz S.L.").unwrap().length().as_millis()));
    first.changes(&[("Ferretería Ruiz S.L. ", Language::Es)]);
    first.tells(&[(Language::Es, "Ferretería Ruiz S.L")]).await;
    first.ends().await;
    let again = booth.starts(&[("Ferretería Ruiz S.L.", Language::Es)]).ends().await;
    assert_eq!(again, [spoken], "at once, and the same");
    assert_eq!(booth.runs(), ["es Ferretería Ruiz S.L"]);
    assert_eq!(booth.kept().len(), 1);
}

#[tokio::test]
async fn another_name_or_language_is_spoken_anew() {
    let booth = Booth::new();
    let mut life = booth.starts(&[("Ruiz", Language::Es), ("Miller", Language::En)]);
    life.tells(&[(Language::Es, "Ruiz"), (Language::En, "Miller")]).await;
    life.changes(&[("Ruiz e Hijas", Language::Es), ("Miller", Language::En)]);
    life.tells(&[(Language::En, "Miller")]).await;
    life.tells(&[(Language::Es, "Ruiz e Hijas"), (Language::En, "Miller")]).await;
    life.changes(&[("Ruiz e Hijas", Language::Es), ("Miller", Language::Es)]);
    life.tells(&[(Language::Es, "Ruiz e Hijas")]).await;
    life.tells(&[(Language::Es, "Ruiz e Hijas"), (Language::Es, "Miller")]).await;
    life.changes(&[("Ruiz", Language::Es), ("Miller", Language::En)]);
    life.tells(&[(Language::Es, "Ruiz"), (Language::En, "Miller")]).await;
    assert_eq!(booth.runs(), ["es Ruiz", "en Miller", "es Ruiz e Hijas", "es Miller"], "none twice");
}

#[tokio::test]
async fn another_command_speaks_anew() {
    let booth = Booth::new();
    booth.starts(&[("Ruiz", Language::Es)]).ends().await;
    let told = booth.starts_with(&["/bin/sh", "{dir}/voice", "fast", "{text}"], &[("Ruiz", Language::Es)]).ends().await;
    assert_eq!(told.iter().map(Names::len).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(booth.runs(), ["es Ruiz", "fast Ruiz"]);
}

#[tokio::test]
async fn what_cannot_be_spoken_is_left_out_and_said_once() {
    let log = Log::default();
    let _listening = log.listen();
    for (name, why) in [
        ("Fails", "it failed with exit status: 3, saying \"no such voice\"; run it by hand"),
        ("Mumbles", "of no use, it is no WAVE file; it must print a WAVE file"),
        ("Is silent", "of no use, there is no voice in it; "),
        ("Never ends", "of no use, it takes 10.0 s, and there is no room for more than "),
        ("Chatters", "it printed more than 8 MiB; "),
    ] {
        let booth = Booth::new();
        let mut life = booth.starts(&[(name, Language::En), ("Ruiz", Language::Es)]);
        life.tells(&[(Language::Es, "Ruiz")]).await;
        life.changes(&[(name, Language::En), ("Ruiz", Language::Es), ("Miller", Language::En)]);
        life.tells(&[(Language::Es, "Ruiz"), (Language::En, "Miller")]).await;
        life.ends().await;
        let runs = booth.runs();
        assert_eq!(runs.iter().filter(|run| run.ends_with(name)).count(), 1, "{runs:?}");
        let lines = log.lines_with(&format!("shop=\"{name}\""));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("ERROR") && lines[0].contains(why), "{}", lines[0]);
    }
}

#[tokio::test]
async fn a_command_that_hangs_is_killed() {
    let log = Log::default();
    let _listening = log.listen();
    let booth = Booth { limit: Duration::from_secs(2), ..Booth::new() };
    let told = booth.starts(&[("Hangs", Language::En)]).ends().await;
    assert_eq!(told, [Names::default()]);
    assert_eq!(log.lines_with("it was not done after 2 s; choose a faster voice").len(), 1);
    let pid = std::fs::read_to_string(booth.dir.path().join("pid")).unwrap();
    let gone = async {
        while Path::new("/proc").join(pid.trim()).exists() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("it was killed");
}

#[tokio::test]
async fn a_command_that_is_not_there_is_said() {
    let log = Log::default();
    let _listening = log.listen();
    let told = Booth::new().starts_with(&["{dir}/nowhere", "{text}"], &[("Ruiz", Language::Es)]).ends().await;
    assert_eq!(told, [Names::default()]);
    assert_eq!(log.lines_with("it cannot be run: No such file or directory").len(), 1);
}

#[tokio::test]
async fn a_command_may_say_much_beside() {
    let booth = Booth::new();
    booth.starts(&[("Complains at length", Language::En)]).tells(&[(Language::En, "Complains at length")]).await;
}

#[tokio::test]
async fn a_damaged_sound_is_spoken_again() {
    let booth = Booth::new();
    let spoken = booth.starts(&[("Ruiz", Language::Es)]).tells(&[(Language::Es, "Ruiz")]).await;
    let [path] = booth.kept().try_into().expect("one is kept");
    let whole = std::fs::read(&path).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", &[&whole[..], b"x"].concat()] {
        std::fs::File::create(&path).unwrap().write_all(damaged).unwrap();
        assert_eq!(booth.starts(&[("Ruiz", Language::Es)]).tells(&[(Language::Es, "Ruiz")]).await, spoken);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
    assert_eq!(booth.runs().len(), 4);
}

#[tokio::test]
async fn a_disk_that_keeps_nothing_keeps_nobody_from_speaking() {
    let booth = Booth::new();
    std::fs::write(booth.dir.path().join("speech"), "no folder").unwrap();
    booth.starts(&[("Ruiz", Language::Es)]).tells(&[(Language::Es, "Ruiz")]).await;
}

#[tokio::test]
async fn a_shop_without_a_name_has_nothing_spoken() {
    let booth = Booth::new();
    assert_eq!(booth.starts(&[(" . ", Language::Es)]).ends().await, [Names::default()]);
    assert_eq!(booth.runs().len(), 0);
}

/// Shops as above, of which each has these phones besides a cell.
fn with_cells(shops: &[(&str, Language)], phones: &[&str]) -> Plan {
    let mut plan = plan(shops);
    for shop in &mut plan.shops {
        let phone = |(id, name, line): (i64, &str, Line)| Phone {
            id: PhoneId(id),
            name: name.into(),
            line,
            after: Duration::ZERO,
            hours: None,
            off_until: None,
        };
        let cell = Line::Cell { number: number(600_111_222) };
        let fixed = phones.iter().map(|name| (2, *name, Line::Fixed { contact: "sip:x@192.0.2.10".to_owned() }));
        Arc::make_mut(shop).phones = [(1, "Ana's cell", cell)].into_iter().chain(fixed).map(phone).collect();
    }
    plan
}

fn number(national: u32) -> Number {
    Number::from_e164(&format!("+34{national}")).unwrap()
}

/// Contacts of the first shop.
fn contacts(names: &[&str]) -> Arc<[Contact]> {
    let contact = |(at, name): (u32, &&str)| Contact {
        shop: ShopId(1),
        number: number(600_000_000 + at),
        name: (*name).to_owned(),
    };
    (0..).zip(names).map(contact).collect()
}

impl Life {
    /// The owner changes all this at once, as the service reads it.
    fn changes_to(&self, plan: Plan, names: &[&str]) {
        self.contacts.send_replace(contacts(names));
        self.plans.send_replace(Arc::new(plan));
    }
}

#[tokio::test]
async fn a_shop_with_cell_phones_has_its_phones_and_contacts_spoken() {
    let booth = Booth::new();
    let mut life = booth.starts(&[("Ruiz", Language::Es)]);
    life.tells(&[(Language::Es, "Ruiz")]).await;
    life.changes_to(plan(&[("Ruiz", Language::Es)]), &["Jo Miller"]);
    life.tells(&[(Language::Es, "Ruiz")]).await;
    assert_eq!(booth.runs(), ["es Ruiz"], "nobody hears those");
    life.changes_to(with_cells(&[("Ruiz", Language::Es)], &["Counter", " ", "Ruiz"]), &["Jo Miller", "Counter"]);
    let all = ["Ruiz", "Ana's cell", "Counter", "Jo Miller"].map(|name| (Language::Es, name));
    life.tells(&all).await;
    assert_eq!(booth.runs(), ["es Ruiz", "es Ana's cell", "es Counter", "es Jo Miller"], "each once");
    life.ends().await;
}

const RUIZ_AND_ANA: [(Language, &str); 2] = [(Language::Es, "Ruiz"), (Language::Es, "Ana's cell")];

fn ruiz() -> Plan {
    with_cells(&[("Ruiz", Language::Es)], &[])
}

/// A cell of the shop's is told who calls: Jo Miller's name has been spoken.
async fn jo_is_spoken(booth: &Booth) -> Life {
    let mut life = booth.starts(&[("Ruiz", Language::Es)]);
    life.changes_to(ruiz(), &["Jo Miller"]);
    let [ruiz, ana] = RUIZ_AND_ANA;
    life.tells(&[ruiz, ana, (Language::Es, "Jo Miller")]).await;
    life
}

#[tokio::test]
async fn somebody_with_a_new_name_is_not_called_by_the_old_one() {
    let booth = Booth::new();
    let mut life = jo_is_spoken(&booth).await;
    life.changes_to(ruiz(), &["Jo Smith"]);
    life.tells(&RUIZ_AND_ANA).await;
    let [ruiz, ana] = RUIZ_AND_ANA;
    life.tells(&[ruiz, ana, (Language::Es, "Jo Smith")]).await;
}

#[tokio::test]
async fn a_customers_name_is_kept_no_longer_than_they_are() {
    let booth = Booth::new();
    let mut life = jo_is_spoken(&booth).await;
    assert_eq!(booth.kept().len(), 3);
    life.changes_to(ruiz(), &[]);
    life.tells(&RUIZ_AND_ANA).await;
    life.ends().await;
    assert_eq!(booth.kept().len(), 2);
}

#[tokio::test]
async fn a_command_that_fails_for_contacts_is_left_alone_after_a_while() {
    let log = Log::default();
    let _listening = log.listen();
    let booth = Booth::new();
    let mut life = booth.starts(&[("Ruiz", Language::Es)]);
    let names = ["Jo", "Is silent", "Fails", "Fails.", "Mumbles", "Never ends", "Bea"];
    life.changes_to(with_cells(&[("Ruiz", Language::Es)], &[]), &names);
    life.tells(&["Ruiz", "Ana's cell", "Jo"].map(|name| (Language::Es, name))).await;
    life.ends().await;
    let expected = ["Ruiz", "Ana's cell", "Jo", "Is silent", "Fails", "Mumbles"].map(|name| format!("es {name}"));
    assert_eq!(booth.runs(), expected);
    let lines = log.lines_with("did not speak a contact's name");
    assert_eq!(lines.len(), FAILURES_MAX);
    assert!(lines.iter().all(|line| line.contains("+34•••••00")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("Mumbles")), "nobody's name is logged: {lines:?}");
}

#[test]
fn of_many_contacts_so_many_are_spoken() {
    let plan = with_cells(&[("Ruiz", Language::Es), ("Ruiz", Language::En)], &["Counter"]);
    let names: Vec<String> = (0..600).map(|n| format!("Jo {n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let wanted = wanted(&plan, &contacts(&names));
    assert_eq!(wanted.len(), 2 + 2 * 2 + CONTACTS_MAX);
    assert_eq!(wanted.last().map(|wanted| wanted.words.text.as_str()), Some("Jo 499"));
}

#[tokio::test]
async fn sounds_that_nobody_wants_are_deleted_when_there_are_too_many() {
    let booth = Booth::new();
    let stranger = |n: usize| booth.dir.path().join("speech").join(format!("{n}.wav"));
    booth.starts(&[("Ruiz", Language::Es)]).ends().await;
    (0..10).for_each(|n| std::fs::write(stranger(n), "x").unwrap());
    booth.starts(&[("Ruiz", Language::Es)]).ends().await;
    assert_eq!(booth.kept().len(), 11);
    (10..FILES_MAX).for_each(|n| std::fs::write(stranger(n), "x").unwrap());
    booth.starts(&[("Ruiz", Language::Es)]).ends().await;
    assert_eq!((booth.kept().len(), booth.runs().len()), (1, 1), "its name is kept");
}

#[test]
fn our_variables_are_not_the_commands() {
    assert!(is_ours(&"RINGALL_DATABASE".into()) && !is_ours(&"PATH".into()));
}

#[test]
fn the_last_line_says_why() {
    assert_eq!(in_short(b"loading\nno such voice: \x1b[1mes\x1b[0m\n\n"), "no such voice:  [1mes [0m");
    assert_eq!(in_short(b""), "");
    assert_eq!(in_short(&[0xff; 5_000]).chars().count(), SAID_MAX);
}
