//! `ringall explain`: the owner asks what a caller would get.

use std::process::Output;

use serde_json::Value;

use crate::installation::Files;

const RUIZ: &str = r#"
[shop]
name = "Ferretería Ruiz"
time_zone = "Europe/Madrid"
country = "ES"
language = "es"
hours = "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off"
numbers = ["+34911234567"]

[[phone]]
name = "Counter"
contact = "sip:counter@127.0.0.1:6001"

[[phone]]
name = "Ana's cell"
number = "+34600111222"
after_s = 15
hours = "Mo-Fr 08:00-18:00"

[[closure]]
from = "2026-12-24T14:00"
to = "2026-12-26T09:00"
why = "Christmas"

[[block]]
number = "+34900000000"
"#;

fn shop() -> Files {
    let files = Files::new();
    files.write("shop.toml", RUIZ);
    let imported = files.run(&["import", "shop.toml"]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    files
}

fn explain(files: &Files, language: &str, arguments: &[&str]) -> Output {
    let mut command = files.command(&[&["explain"], arguments].concat());
    command.env("LC_ALL", language).output().expect("the binary is built")
}

fn told(files: &Files, language: &str, arguments: &[&str]) -> String {
    let output = explain(files, language, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_call_at_any_hour_is_explained_in_words() {
    let files = shop();
    assert_eq!(
        told(&files, "C", &["--at", "2026-12-23T18:05"]),
        "Ferretería Ruiz, 2026-12-23 18:05 (Europe/Madrid)\n\
         Open until 20:00. The phones ring.\n\
         \x20 Counter     It rings.\n\
         \x20 Ana's cell  Outside its own hours until tomorrow at 8:00.\n"
    );
    assert_eq!(
        told(&files, "es_ES.UTF-8", &["--at", "2026-12-24T18:05", "--to", "911 234 567"]),
        "Ferretería Ruiz, 2026-12-24 18:05 (Europe/Madrid)\n\
         Christmas: cerrado hasta el sábado a las 10:00. Quien llama oye el saludo y puede dejar un mensaje.\n\
         \x20 Counter     Christmas: cerrado hasta el sábado a las 10:00.\n\
         \x20 Ana's cell  Christmas: cerrado hasta el sábado a las 10:00.\n"
    );
}

#[test]
fn blocked_callers_and_numbers_of_nobody_are_explained_for_programs() {
    let files = shop();
    let json = |arguments: &[&str]| -> Value {
        let arguments = [&["--json", "--at", "2026-12-23T10:00"], arguments].concat();
        serde_json::from_str(&told(&files, "C", &arguments)).expect("JSON")
    };
    let rings = json(&["--from", "600999888"]);
    assert_eq!((rings["action"].as_str(), rings["phones"][1]["after_s"].as_u64()), (Some("ring"), Some(15)));
    let blocked = json(&["--from", "900000000"]);
    assert_eq!((blocked["action"].as_str(), blocked["because"]["code"].as_str()), (Some("refuse"), Some("blocked")));
    assert_eq!(blocked["phones"][0]["rings"], false);
    let nobody = json(&["--to", "+34900123123"]);
    assert_eq!((&nobody["shop"], nobody["because"]["code"].as_str()), (&Value::Null, Some("not_our_number")));
    assert_eq!(nobody["phones"], Value::Array(Vec::new()));
}

#[test]
fn what_is_no_time_is_refused_with_an_example() {
    let output = explain(&shop(), "C", &["--at", "tomorrow"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("2026-12-24T18:05") && said.contains("tomorrow"), "{said}");
    assert_eq!(explain(&Files::new(), "C", &[]).status.code(), Some(1), "no shop yet");
}
