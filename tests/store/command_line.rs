//! The commands that need no service, as a script sees them: what they print, where, and how they end.

use std::path::Path;
use std::process::{Command, Output};

use crate::cast::RUIZ;

#[test]
fn an_imported_shop_is_exported() {
    let shop = Workplace::new();
    shop.file("ruiz.toml", RUIZ);
    assert_eq!(shop.runs(&["import", "ruiz.toml"]).code(), 0);
    let exported = shop.runs(&["export"]);
    assert_eq!(exported.code(), 0);
    assert!(exported.out().starts_with("[shop]\nname = \"Ferretería Ruiz\"\n"), "{}", exported.out());
    shop.file("again.toml", &exported.out());
    assert_eq!(shop.runs(&["import", "again.toml"]).code(), 0);
    assert_eq!(shop.runs(&["export"]).out(), exported.out());
}

#[test]
fn with_several_shops_export_asks_which() {
    let shop = Workplace::new();
    assert_eq!(shop.runs(&["export"]).code(), 1, "there is none yet");
    for name in ["One", "Two"] {
        shop.file("shop.toml", &format!("[shop]\nname = \"{name}\"\ntime_zone = \"Europe/Madrid\"\ncountry = \"ES\""));
        assert_eq!(shop.runs(&["import", "shop.toml"]).code(), 0);
    }
    let which = shop.runs(&["export"]);
    assert_eq!(which.code(), 2);
    assert!(which.err().contains("One, Two"), "{}", which.err());
    assert!(shop.runs(&["export", "Two"]).out().contains("name = \"Two\""));
    assert_eq!(shop.runs(&["export", "Three"]).code(), 2);
}

#[test]
fn a_wrong_shop_ends_with_2_and_the_place() {
    let shop = Workplace::new();
    shop.file("ruiz.toml", &RUIZ.replace("Europe/Madrid", "Europe/Madird"));
    let import = shop.runs(&["import", "ruiz.toml"]);
    assert_eq!(import.code(), 2);
    assert!(import.err().contains("ruiz.toml: shop.time_zone: expected"), "{}", import.err());
    assert_eq!(shop.runs(&["import", "nowhere.toml"]).code(), 2);
}

#[test]
fn a_wrong_configuration_ends_with_2_and_the_place() {
    let shop = Workplace::new();
    shop.file("config/ringall.toml", "[sip]\nudp = [\"5060\"]");
    let export = shop.runs(&["export"]);
    assert_eq!(export.code(), 2);
    assert!(export.err().contains("config/ringall.toml: sip.udp[0]: expected ADDRESS:PORT"), "{}", export.err());
    shop.file("other.toml", "database = \"sqlite:data/other.db\"");
    assert_eq!(shop.runs(&["--config", "other.toml", "token", "create", "page"]).code(), 0);
    assert!(shop.folder.path().join("data/other.db").exists());
    assert_eq!(shop.runs(&["--config", "none.toml", "export"]).code(), 2);
    assert_eq!(shop.runs(&["sell"]).code(), 2);
}

#[test]
fn a_backup_is_put_back_and_what_is_none_is_refused() {
    let shop = Workplace::new();
    let nothing = shop.runs(&["backup", "backup.db"]);
    assert_eq!(nothing.code(), 1);
    assert!(nothing.err().contains("no shop and no call"), "{}", nothing.err());
    shop.file("ruiz.toml", RUIZ);
    assert_eq!(shop.runs(&["import", "ruiz.toml"]).code(), 0);
    let exported = shop.runs(&["export"]).out();
    assert_eq!(shop.runs(&["backup", "backup.db"]).code(), 0);
    shop.file("ruiz.toml", &RUIZ.replace("Workshop", "Office"));
    assert_eq!(shop.runs(&["import", "ruiz.toml"]).code(), 0);
    let restored = shop.runs(&["restore", "backup.db"]);
    assert_eq!(restored.code(), 0, "{}", restored.err());
    assert_eq!(shop.runs(&["export"]).out(), exported);
    // What was there before is named, and can be put back itself.
    let before = std::fs::read_dir(shop.folder.path().join("data")).unwrap().map(|entry| entry.unwrap().path());
    let before = before.into_iter().find(|path| path.to_string_lossy().contains("before-restore-")).unwrap();
    let name = before.file_name().unwrap().to_string_lossy().into_owned();
    assert!(restored.err().contains(&name), "{}", restored.err());
    assert_eq!(shop.runs(&["restore", &format!("data/{name}")]).code(), 0);
    assert!(shop.runs(&["export"]).out().contains("Office"));

    shop.file("data/journal", "no journal of ours, and yet in its place");
    let warned = shop.runs(&["backup", "backup.db"]);
    assert_eq!((warned.code(), warned.err().contains("is not in the backup")), (0, true), "{}", warned.err());

    let refused = shop.runs(&["backup", "ruiz.toml"]);
    assert_eq!((refused.code(), refused.err().contains("ruiz.toml")), (2, true), "{}", refused.err());
    let refused = shop.runs(&["restore", "ruiz.toml"]);
    assert_eq!((refused.code(), refused.err().contains("ringall backup")), (2, true), "{}", refused.err());
    assert_eq!(shop.runs(&["restore", "nowhere.db"]).code(), 1);
    assert_eq!(shop.runs(&["backup"]).code(), 2);
}

#[test]
fn a_token_stands_alone_on_its_line() {
    let shop = Workplace::new();
    let token = shop.runs(&["token", "create", "page"]);
    assert_eq!(token.code(), 0);
    let out = token.out();
    assert!(out.starts_with("ringall_") && out.ends_with('\n') && out.lines().count() == 1, "{out}");
    assert_eq!(shop.runs(&["token", "create", " "]).code(), 2);
}

#[test]
fn an_owners_link_stands_alone_on_its_line() {
    let shop = Workplace::new();
    shop.file("config/ringall.toml", "[web]\npublic_url = \"https://phone.example.com/\"");
    let link = shop.runs(&["owner", "invite", "ana@example.com"]);
    assert_eq!(link.code(), 0, "{}", link.err());
    let out = link.out();
    assert!(out.starts_with("https://phone.example.com/set-up/") && out.lines().count() == 1, "{out}");
    assert_ne!(shop.runs(&["owner", "invite", "ana@example.com"]).out(), out, "each is another");
    for wrong in ["", "ana", "@example.com", "ana@", "ana @example.com", "a@b@c"] {
        let refused = shop.runs(&["owner", "invite", wrong]);
        assert_eq!((refused.code(), refused.out().as_str()), (2, ""), "{wrong:?}");
        assert!(refused.err().contains("ana@example.com"), "says what an address looks like: {}", refused.err());
    }
}

#[test]
fn a_damaged_database_ends_with_1() {
    let shop = Workplace::new();
    shop.file("data/ringall.db", "not a database at all");
    let export = shop.runs(&["export"]);
    assert_eq!(export.code(), 1);
    assert!(export.err().contains("data/ringall.db is not an SQLite database"), "{}", export.err());
}

#[test]
fn the_shipped_files_are_what_they_say() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shop = Workplace::new();
    let config = root.join("config/ringall.toml");
    let demo = root.join("config/demo-shop.toml");
    let import = shop.runs(&["--config", config.to_str().unwrap(), "import", demo.to_str().unwrap()]);
    assert_eq!(import.code(), 0, "{}", import.err());
}

/// A folder to run the program in.
struct Workplace {
    folder: tempfile::TempDir,
}

struct Ended(Output);

impl Workplace {
    fn new() -> Workplace {
        Workplace { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn runs(&self, arguments: &[&str]) -> Ended {
        let program = env!("CARGO_BIN_EXE_ringall");
        Ended(Command::new(program).args(arguments).current_dir(self.folder.path()).output().unwrap())
    }
}

impl Ended {
    fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    fn out(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    fn err(&self) -> String {
        // Logs are JSON when nobody watches; quotes in them are escaped.
        String::from_utf8(self.0.stderr.clone()).unwrap().replace("\\\"", "\"")
    }
}
