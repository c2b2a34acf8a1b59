//! Everything goes into one file and comes back from it, into either database; what cannot come back whole changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringall::call::record::{CallId, Disposition, EndedBy, EventKind};
use ringall::cli::shop_file;
use ringall::config::DatabaseUrl;
use ringall::media::recordings::Recordings;
use ringall::now::UnixMs;
use ringall::routing::plan::ShopId;
use ringall::sip::address::Address;
use ringall::sip::hop::Hop;
use ringall::sip::registrar::{KeptBinding, KeptUser};
use ringall::store::{BackupError, Before, Beside, CallFilter, Claimed, Contents, Link, Store};
use ringall::switchboard::SocketId;
use ringall::wrap_up::{PromiseSaid, Wanted};
use sqlx::{Connection, Row};

use crate::cast::{Database, RUIZ, answered, call, jo, message, missed, shop};

crate::on_both! {
    what_was_backed_up_comes_back_whole,
    a_backup_comes_into_another_database,
    a_call_that_lives_is_an_interrupted_one_in_a_backup,
    what_comes_while_a_backup_is_put_back_stays,
    what_lives_while_a_backup_is_put_back_stays_as_it_is,
    what_people_say_while_a_backup_is_put_back_stays,
    a_restore_that_was_killed_is_brought_to_an_end,
    who_was_signed_in_signs_in_anew,
    what_belongs_to_the_machine_stays,
    no_id_is_used_again_after_a_restore,
    who_is_owed_a_call_is_read_anew,
    a_message_without_its_sound_is_told_of,
    what_is_not_what_was_written_changes_nothing,
    files_that_cannot_be_written_change_nothing,
    what_is_no_backup_is_neither_read_nor_replaced,
    an_empty_installation_is_not_backed_up,
    a_backup_replaces_the_one_before_it_and_only_its_owner_reads_it,
    two_at_once_do_not_spoil_each_other,
}

const NOW: UnixMs = UnixMs(1_764_000_900_000);
const SOUND: &[u8] = b"RIFF and what Jo said";
const NOTE: &str = "call-00000000000070008000000000000001.json";

async fn what_was_backed_up_comes_back_whole(db: Database) {
    has_one_of_each(&db).await;
    let (first, second, before) = (path(&db, "first.db"), path(&db, "second.db"), path(&db, "before.db"));
    let contents = db.store.back_up(&beside(&db), &first, NOW).await.unwrap();
    assert_eq!(contents, Contents { shops: 1, calls: 2, messages: 1, without_sound: 0 });

    let sons = RUIZ.replace("Ferretería Ruiz", "Sons").replace("+3491123456", "+3491123450").replace("counter", "sons");
    db.store.replace_shop(&shop(&sons)).await.unwrap();
    db.log().whole(&missed(9)).await;
    db.shell("DELETE FROM voice_messages").await;
    fs::remove_file(db.recordings().path(call(2).id.0)).unwrap();
    fs::remove_dir_all(beside(&db).notes).unwrap();
    let restored = db.store.restore(&first, &beside(&db), &before, NOW).await.unwrap();
    assert_eq!(restored, (contents, Before::Kept));

    db.store.back_up(&beside(&db), &second, NOW).await.unwrap();
    assert_eq!(rows(&second).await, rows(&first).await);
    let sound = db.recordings().path(call(2).id.0);
    assert_eq!(fs::read(&sound).unwrap(), SOUND);
    assert_eq!(fs::metadata(&sound).unwrap().modified().unwrap(), recorded());
    assert_eq!(fs::read_to_string(beside(&db).notes.join(NOTE)).unwrap(), "{}");
    assert_eq!(rows(&before).await["calls"].len(), 3, "what there was is not lost either");
    assert_eq!(leftovers(&db), ["before.db", "first.db", "second.db"]);

    // And back again: the message's row goes, and its sound with it.
    db.store.restore(&before, &beside(&db), &path(&db, "again.db"), NOW).await.unwrap();
    assert_eq!(db.store.calls(&CallFilter::default()).await.unwrap().len(), 3);
    assert!(!db.recordings().path(call(2).id.0).exists());
}

async fn a_backup_comes_into_another_database(db: Database) {
    let here = another(&db).await;
    has_one_of_each(&here).await;
    let file = path(&db, "backup.db");
    here.store.back_up(&beside(&here), &file, NOW).await.unwrap();
    let (contents, before) = db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    assert_eq!((contents.calls, before), (2, Before::Nothing));
    assert_eq!(exported(&db).await, exported(&here).await);
    assert_eq!(db.store.bindings().await.unwrap(), here.store.bindings().await.unwrap());
    assert_eq!(
        db.store.calls(&CallFilter::default()).await.unwrap(),
        here.store.calls(&CallFilter::default()).await.unwrap()
    );
    assert_eq!(db.event_rows(call(2).id).await, here.event_rows(call(2).id).await);
    let sound = db.recordings().path(call(2).id.0);
    assert_eq!(fs::read(&sound).unwrap(), SOUND);
    for (path, rights) in [(db.recordings().dir(), 0o700), (&sound, 0o600)] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, rights, "people speak there");
    }
    assert!(!path(&db, "before.db").exists());
}

async fn a_call_that_lives_is_an_interrupted_one_in_a_backup(db: Database) {
    db.log().record(&call(1));
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    let [lives] = &db.store.calls(&CallFilter::default()).await.unwrap()[..] else { panic!("one call") };
    assert_eq!(lives.record.ended, None, "the live one goes on");
    let there = another(&db).await;
    there.store.restore(&file, &beside(&there), &path(&db, "before.db"), NOW).await.unwrap();
    let [kept] = &there.store.calls(&CallFilter::default()).await.unwrap()[..] else { panic!("one call") };
    let (disposition, by) = (kept.record.disposition, kept.record.ended_by);
    assert_eq!((disposition, by), (Some(Disposition::Interrupted), Some(EndedBy::Crash)));
}

async fn what_comes_while_a_backup_is_put_back_stays(db: Database) {
    has_one_of_each(&db).await;
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    let log = db.log();
    // Over before it begins; begun before and over after; after.
    for call in [700, 880, 950].map(missed) {
        log.whole(&call).await;
        log.event(&call, 1, EventKind::Arrived);
        log.message(message(&call));
        fs::write(db.recordings().path(call.id.0), SOUND).unwrap();
    }
    log.writer.flush().await.unwrap();
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    assert_eq!(logged(&db).await, [950, 880, 2, 1].map(|n| call(n).id));
    for stays in [950, 880].map(call) {
        assert_eq!(db.event_rows(stays.id).await.len(), 1);
        assert!(db.recordings().path(stays.id.0).exists(), "its message is heard");
    }
    let calls = db.store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls.iter().map(|call| call.has_message).collect::<Vec<_>>(), [true, true, true, false]);
    assert!(db.event_rows(call(700).id).await.is_empty());
    assert!(!db.recordings().path(call(700).id.0).exists());
}

async fn what_lives_while_a_backup_is_put_back_stays_as_it_is(db: Database) {
    has_one_of_each(&db).await;
    let (file, log) = (path(&db, "backup.db"), db.log());
    // In the backup, they are interrupted ones.
    for lives in [800, 801].map(call) {
        log.record(&lives);
        log.event(&lives, 1, EventKind::Arrived);
    }
    log.writer.flush().await.unwrap();
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    log.record(&call(850));
    log.event(&call(850), 1, EventKind::Arrived);
    log.whole(&answered(801)).await;
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    assert_eq!(logged(&db).await, [850, 801, 800, 2, 1].map(|n| call(n).id));
    assert_eq!(db.store.open_calls().await.unwrap(), [800, 850].map(|n| call(n).id).into());
    for (lives, events) in [(800, 1), (850, 1)] {
        assert_eq!(db.event_rows(call(lives).id).await.len(), events, "no end that was not one: {lives}");
    }
    // One that was over when the restore began is as it was in the backup.
    let calls = db.store.calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls[1].record.disposition, Some(Disposition::Interrupted));
}

async fn what_people_say_while_a_backup_is_put_back_stays(db: Database) {
    has_one_of_each(&db).await;
    let (file, shop) = (path(&db, "backup.db"), ShopId(1));
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    let log = db.log();
    let lives = missed(880);
    log.whole(&lives).await;
    let plan = db.store.plan().await.unwrap();
    let (ruiz, wanted) = (plan.shops[0].clone(), Wanted::Unsaid);
    assert_eq!(ruiz.id, shop);
    for (call, at) in [(call(1), NOW), (lives, UnixMs(NOW.0 - 60_000)), (call(2), UnixMs(NOW.0 - 60_000))] {
        db.store.say_wanted((shop, call.id), &wanted, PromiseSaid::Nothing, ("Ana", at)).await.unwrap();
    }
    assert!(matches!(db.store.claim(&ruiz, &jo(), "Ana", NOW).await.unwrap(), Claimed::Yours(_)));
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    for (call, stays) in [(call(1), true), (call(880), true), (call(2), false)] {
        assert_eq!(db.store.wrap_up(call.id).await.unwrap().is_some(), stays, "{}", call.key);
    }
    let again = db.store.claim(&ruiz, &jo(), "Bob", NOW).await.unwrap();
    assert!(matches!(again, Claimed::Theirs(_)), "{again:?}");
}

async fn a_restore_that_was_killed_is_brought_to_an_end(db: Database) {
    has_one_of_each(&db).await;
    let (file, data) = (path(&db, "backup.db"), db.folder.path().join("data"));
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    let sound = db.recordings().path(call(2).id.0);
    let staged = |restore: u32| PathBuf::from(format!("{}.restored-{restore}", sound.display()));
    let left = data.join("restoring.db");
    // Killed behind its rows, or before them.
    for (restore, stays) in [(1, true), (2, false)] {
        fs::write(staged(restore), SOUND).unwrap();
        let _ = fs::remove_file(&sound);
        let running = File::create(&left).unwrap();
        running.lock().unwrap();
        db.store.settle_restore(&beside(&db), &data).await.unwrap();
        assert!(staged(restore).exists(), "it goes on");
        drop(running);
        db.store.settle_restore(&beside(&db), &data).await.unwrap();
        assert_eq!((sound.exists(), staged(restore).exists()), (stays, false));
        assert!(!left.exists());
    }
    // The next restore does the same.
    fs::write(staged(1), SOUND).unwrap();
    db.store.restore(&file, &beside(&db), &path(&db, "again.db"), NOW).await.unwrap();
    assert!(sound.exists() && !staged(1).exists());
}

async fn who_was_signed_in_signs_in_anew(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let link = db.store.invite_owner("ana@example.com", NOW).await.unwrap();
    db.store.use_set_up_link(&link, "argon2", NOW).await.unwrap();
    let (owner, _) = db.store.owner_password("ana@example.com").await.unwrap().unwrap();
    let then = db.store.sign_in(owner, NOW).await.unwrap();
    let other_link = db.store.invite_owner("bob@example.com", NOW).await.unwrap();
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    db.store.sign_out(&then).await.unwrap();
    let now = db.store.sign_in(owner, NOW).await.unwrap();
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    for browser in [then, now] {
        assert!(db.store.signed_in(&browser, NOW).await.unwrap().is_none());
    }
    assert!(matches!(db.store.set_up_link(&other_link, NOW).await.unwrap(), Link::Unknown));
    assert!(db.store.owner_password("ana@example.com").await.unwrap().is_some());
}

async fn what_belongs_to_the_machine_stays(db: Database) {
    let here = another(&db).await;
    has_one_of_each(&here).await;
    let (file, own) = (path(&db, "backup.db"), vec![registered("counter", "192.0.2.77")]);
    let _of_there = here.store.nonce_secret().await.unwrap();
    here.store.back_up(&beside(&here), &file, NOW).await.unwrap();
    db.store.keep_bindings(&own).await.unwrap();
    let secret = db.store.nonce_secret().await.unwrap();
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    assert_eq!(db.store.bindings().await.unwrap(), own);
    assert_eq!(db.store.nonce_secret().await.unwrap().0, secret.0);
}

async fn no_id_is_used_again_after_a_restore(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    let version = db.store.plan_version().await.unwrap();
    let restores = db.store.restores().await.unwrap();
    db.store.replace_shop(&shop(&RUIZ.replace("Workshop", "Office"))).await.unwrap();
    let ids = |plan: &ringall::routing::Plan| -> BTreeSet<u64> {
        plan.shops.iter().flat_map(|shop| &shop.phones).map(|phone| phone.id.0.unsigned_abs()).collect()
    };
    let used = ids(&db.store.plan().await.unwrap());
    db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    assert!(db.store.plan_version().await.unwrap() > version + 1, "a running service looks again");
    assert_eq!(db.store.restores().await.unwrap(), restores + 1);
    db.store.replace_shop(&shop(&RUIZ.replace("Workshop", "Back room"))).await.unwrap();
    let plan = db.store.plan().await.unwrap();
    let new = plan.shops[0].phones.iter().find(|phone| &*phone.name == "Back room").unwrap().id;
    assert!(!used.contains(&new.0.unsigned_abs()), "{new:?} of {used:?}");
}

async fn who_is_owed_a_call_is_read_anew(db: Database) {
    let ruiz = db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    db.log().whole(&ringall::call::record::CallRecord { shop: Some(ruiz), ..missed(1) }).await;
    let shop = db.store.plan().await.unwrap().shops[0].clone();
    let owed = async || db.store.owed(&shop, None, 9).await.unwrap().len();
    assert_eq!(owed().await, 1);
    db.open_again().await.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    db.store.forget_candidates().await;
    assert_eq!(owed().await, 0);
    assert_eq!(db.store.callers().await.unwrap().calls(ruiz, &jo()), 0);
}

async fn a_message_without_its_sound_is_told_of(db: Database) {
    has_one_of_each(&db).await;
    fs::remove_file(db.recordings().path(call(2).id.0)).unwrap();
    let file = path(&db, "backup.db");
    let contents = db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    assert_eq!((contents.messages, contents.without_sound), (1, 1));
    let (restored, _) = db.store.restore(&file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap();
    assert_eq!(restored, contents);
}

async fn what_is_not_what_was_written_changes_nothing(db: Database) {
    has_one_of_each(&db).await;
    let (whole, half, before) = (path(&db, "whole.db"), path(&db, "half.db"), path(&db, "before.db"));
    db.store.back_up(&beside(&db), &whole, NOW).await.unwrap();
    db.log().whole(&missed(9)).await;
    let bytes = fs::read(&whole).unwrap();
    for cut in [bytes.len() - 1, bytes.len() - 4096, bytes.len() / 2, 8192, 4096, 100] {
        fs::write(&half, &bytes[..cut]).unwrap();
        let error = db.store.restore(&half, &beside(&db), &before, NOW).await.unwrap_err();
        let told = error.to_string();
        assert!(matches!(error, BackupError::Damaged { .. }) && told.contains("half.db"), "{cut} bytes: {told}");
        assert!(told.contains("nothing was changed"), "{told}");
        assert!(!before.exists(), "{cut} {told}");
    }
    // A disk that has grown old: one bit.
    for at in [100, bytes.len() / 3, bytes.len() / 2, bytes.len() - 4096, bytes.len() - 33, bytes.len() - 1] {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        fs::write(&half, &flipped).unwrap();
        let error = db.store.restore(&half, &beside(&db), &before, NOW).await.unwrap_err();
        assert!(matches!(error, BackupError::Damaged { .. }), "{at}: {error}");
    }
    assert_eq!(db.store.calls(&CallFilter::default()).await.unwrap().len(), 3);
    assert_eq!(db.store.restores().await.unwrap(), 0);
    assert_eq!(leftovers(&db), ["half.db", "whole.db"]);
}

async fn files_that_cannot_be_written_change_nothing(db: Database) {
    has_one_of_each(&db).await;
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    // Nobody may make a folder there.
    let nowhere = PathBuf::from("/proc/nowhere/twilio");
    let blocked = Beside { notes: nowhere, recordings: Recordings::in_data_dir(&db.folder.path().join("new")) };
    db.log().whole(&missed(9)).await;
    let error = db.store.restore(&file, &blocked, &path(&db, "before.db"), NOW).await.unwrap_err();
    assert!(error.to_string().contains("/proc/nowhere"), "{error}");
    assert_eq!(db.store.calls(&CallFilter::default()).await.unwrap().len(), 3);
    assert_eq!(fs::read_dir(blocked.recordings.dir()).unwrap().count(), 0, "no file stays whose row did not come");
    assert_eq!(leftovers(&db), ["backup.db"], "what there was before is there itself");
}

async fn what_is_no_backup_is_neither_read_nor_replaced(db: Database) {
    has_one_of_each(&db).await;
    let here = another(&db).await;
    has_one_of_each(&here).await;
    let database = PathBuf::from(here.url.strip_prefix("sqlite:").unwrap());
    let letter = path(&db, "letter.txt");
    fs::write(&letter, "Dear Jo").unwrap();
    for file in [&database, &letter] {
        let error = db.store.back_up(&beside(&db), file, NOW).await.unwrap_err();
        assert!(matches!(error, BackupError::Occupied(_)), "{error}");
        let error = db.store.restore(file, &beside(&db), &path(&db, "before.db"), NOW).await.unwrap_err();
        assert!(matches!(error, BackupError::NotABackup(_)), "{error}");
    }
    assert_eq!(fs::read_to_string(&letter).unwrap(), "Dear Jo");
    assert_eq!(here.open_again().await.calls(&CallFilter::default()).await.unwrap().len(), 2);
    let nowhere = db.store.restore(&path(&db, "nowhere.db"), &beside(&db), &path(&db, "before.db"), NOW).await;
    assert!(matches!(nowhere, Err(BackupError::File { .. })));
}

async fn an_empty_installation_is_not_backed_up(db: Database) {
    let file = path(&db, "backup.db");
    let error = db.store.back_up(&beside(&db), &file, NOW).await.unwrap_err();
    assert!(matches!(error, BackupError::Nothing) && error.to_string().contains("--config"), "{error}");
    assert!(leftovers(&db).is_empty());
}

async fn a_backup_replaces_the_one_before_it_and_only_its_owner_reads_it(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let file = path(&db, "backup.db");
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    assert_eq!(rows(&file).await["calls"].len(), 0);
    // What a killed process has left is in nobody's way.
    fs::write(path(&db, "backup.db.partial"), "half").unwrap();
    fs::write(path(&db, "backup.db.partial-wal"), "half").unwrap();
    db.log().whole(&answered(1)).await;
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    assert_eq!(rows(&file).await["calls"].len(), 1);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(leftovers(&db), ["backup.db"]);
}

async fn two_at_once_do_not_spoil_each_other(db: Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    let (file, before) = (path(&db, "backup.db"), path(&db, "before.db"));
    db.store.back_up(&beside(&db), &file, NOW).await.unwrap();
    for other in ["backup.db.partial", "restoring.db"] {
        let another = File::create(path(&db, other)).unwrap();
        another.lock().unwrap();
        let outcome = match other {
            "restoring.db" => db.store.restore(&file, &beside(&db), &before, NOW).await.map(|_| ()),
            _ => db.store.back_up(&beside(&db), &file, NOW).await.map(|_| ()),
        };
        assert!(matches!(outcome, Err(BackupError::UnderWay(_))), "{outcome:?}");
        assert!(path(&db, other).exists(), "it is the other's");
        drop(another);
        fs::remove_file(path(&db, other)).unwrap();
    }
    db.store.restore(&file, &beside(&db), &before, NOW).await.unwrap();
}

/// A shop, an answered call, a closed one with its message, and a phone that is registered.
async fn has_one_of_each(db: &Database) {
    db.store.replace_shop(&shop(RUIZ)).await.unwrap();
    db.store.keep_bindings(&[registered("counter", "192.0.2.11")]).await.unwrap();
    let log = db.log();
    log.whole(&answered(1)).await;
    log.whole(&missed(2)).await;
    log.event(&call(2), 1, EventKind::Arrived);
    log.message(message(&call(2)));
    log.writer.flush().await.unwrap();
    fs::create_dir_all(db.recordings().dir()).unwrap();
    fs::create_dir_all(beside(db).notes).unwrap();
    for (path, bytes) in [(db.recordings().path(call(2).id.0), SOUND), (beside(db).notes.join(NOTE), b"{}")] {
        fs::write(&path, bytes).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(recorded()).unwrap();
    }
}

/// When the message was last written: long before a restore writes it anew.
fn recorded() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(NOW.0.unsigned_abs())
}

fn registered(name: &str, host: &str) -> (String, KeptUser) {
    let binding = KeptBinding {
        contact: Address::parse(&format!("<sip:{name}@{host}:5060>")).unwrap(),
        source: Hop::udp(SocketId(0), format!("{host}:5060").parse().unwrap(), "192.0.2.1".parse().unwrap()),
        registered: UnixMs(NOW.0 - 1_000),
        expires: UnixMs(NOW.0 + 300_000),
        call_id: format!("a-call@{host}"),
        cseq: 1,
    };
    (name.to_owned(), KeptUser { password_mark: "0123456789abcdef".to_owned(), bindings: vec![binding] })
}

/// The calls in the log, newest first.
async fn logged(db: &Database) -> Vec<CallId> {
    db.store.calls(&CallFilter::default()).await.unwrap().iter().map(|call| call.record.id).collect()
}

async fn exported(db: &Database) -> String {
    shop_file::write(&db.store.shop_settings("Ferretería Ruiz").await.unwrap().unwrap())
}

/// A second installation, on SQLite.
async fn another(db: &Database) -> Database {
    let folder = tempfile::tempdir_in(db.folder.path()).unwrap();
    let url = format!("sqlite:{}", folder.path().join("ringall.db").display());
    let store = Store::open(&DatabaseUrl::parse(&url).unwrap()).await.unwrap();
    Database { store, url, folder }
}

fn beside(db: &Database) -> Beside {
    Beside { recordings: db.recordings(), notes: db.folder.path().join("data").join("twilio") }
}

/// In a folder that has backups alone.
fn path(db: &Database, name: &str) -> PathBuf {
    let folder = db.folder.path().join("backups");
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

fn leftovers(db: &Database) -> Vec<String> {
    let entries = fs::read_dir(path(db, "")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What a backup has of each table but the settings, as text, in no order.
async fn rows(file: &Path) -> BTreeMap<String, BTreeSet<String>> {
    const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
         AND name NOT IN ('settings', '_sqlx_migrations')";
    let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let tables: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut connection).await.unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
            .bind(&table)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
        let sql = format!("SELECT {} FROM {table}", quoted.join(" || ',' || "));
        let texts = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
        rows.insert(table, texts.iter().map(|row| row.get(0)).collect());
    }
    connection.close().await.unwrap();
    rows
}
