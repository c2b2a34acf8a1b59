//! A shop where everything that anybody can write anywhere is written by somebody who means harm, or just writes a lot.

use ringall::call::record::Disposition;

use crate::customer::{Customer, Placed, Ringer};
use crate::installation::{Files, Installation, fixed_phone};
use crate::page::Seed;

/// What strangers call themselves. Whatever of it becomes part of a page says `data-foreign`, and sets `ran` if it runs.
pub const STRANGERS: [&str; 10] = [
    "<script>ran=1</script><img data-foreign src=x onerror=ran=1>",
    "\" autofocus onfocus=\"ran=1\" data-foreign=\"",
    "' onmouseover='ran=1' data-foreign='",
    "</title></textarea></option><svg data-foreign onload=ran=1>{{7*7}}${7*7}",
    "javascript:ran=1//<a data-foreign href=javascript:ran=1>",
    "&lt;b data-foreign&gt;&#60;b data-foreign&#62;",
    "\u{202e}moc.live\u{202c}\u{0}\u{7}\u{1b}[31m\u{9b}31m\u{200b} مرحبا",
    "=cmd|' /C calc'!A0",
    "👩‍👩‍👧‍👦🏳️‍🌈🇪🇸e\u{301}\u{332}\u{489}",
    "supercalifragilistic",
];
/// Of those who know how to write into a form, and into the shop's file: no control characters.
pub const MARKUP: &str = "<script>ran=1</script><b data-foreign>";
pub const ATTRIBUTE: &str = "\"' autofocus onfocus=ran=1 data-foreign='";
/// Longer than any line, in one word.
pub const LONG: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

pub const OWNER: &str = "ana@example.com";
pub const KNOWN: &str = "+34600999888";
/// Has an answered call, which something can be written down of.
pub const SPOKEN: &str = "+34600200000";
const CALLS: u32 = 400;

/// How a network shows who calls; whole values of From.
const FROM: [&str; 7] = [
    "\"<script>ran=1</script><b data-foreign>\" <sip:+34600300001@carrier.example>",
    "\"\\\"><img data-foreign src=x onerror=ran=1>\" <sip:+34600300002@carrier.example>",
    "\"' onmouseover='ran=1\" <sip:%3Cb%20data-foreign%3E@carrier.example>",
    "<sip:javascript&ran=1;x='y'@carrier.example>",
    "\"\u{202e}moc.live\u{7}\u{1b}[31m مرحبا\" <sip:+34600300003@carrier.example>",
    "\"👩‍👩‍👧‍👦🏳️‍🌈\" <sip:+34600999888@carrier.example>",
    "\"=HYPERLINK(1)\" <sip:=1+1@carrier.example>",
];

/// What else a caller's program may say.
const MORE: &str = "User-Agent: <script>ran=1</script><b data-foreign>\r\nSubject: <b data-foreign>\r\n\
    Organization: \"><b data-foreign>\r\n";

/// A shop of strangers that is open.
pub struct Shop {
    pub installation: Installation,
    pub link: String,
    _ringer: Ringer,
}

impl Shop {
    pub fn opens() -> Shop {
        let files = Files::new();
        let ringer = Ringer::start();
        let shop = shop_file(&ringer);
        files.write("shop.toml", &shop);
        let imported = files.run(&["import", "shop.toml"]);
        assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
        tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
            let mut seed = Seed::new(&files).await;
            for nth in 0..CALLS {
                let stranger = STRANGERS[nth as usize % STRANGERS.len()];
                // A page with as much on it as can be.
                let name = if nth % 10 == 9 { stranger.repeat(100) } else { stranger.repeat(1 + nth as usize % 3) };
                let number = format!("+346002{:05}", nth / 2);
                let minutes = 30 + i64::from(nth) * 7;
                match nth % 4 {
                    0 => seed.call(minutes, Some(&number), &name, Disposition::Answered),
                    1 => seed.call(minutes, Some(&number), &name, Disposition::Missed),
                    2 => seed.call(minutes, None, &name, Disposition::Missed),
                    _ => {
                        let call = seed.call(minutes, Some(&number), &name, Disposition::Message);
                        seed.message(&call);
                        call
                    }
                };
            }
            seed.call(5, Some(SPOKEN), STRANGERS[0], Disposition::Answered);
            seed.log.flush().await.expect("the log is durable");
            seed.store.close().await;
        });
        for nth in 0..6 {
            let mail = format!("'\"><b/data-foreign/onfocus=ran=1>{nth}{LONG}@example.com");
            assert!(files.run(&["owner", "invite", &mail]).status.success(), "{mail}");
        }
        let invited = files.run(&["owner", "invite", OWNER]);
        let link = String::from_utf8_lossy(&invited.stdout).trim().to_owned();
        Shop { installation: Installation::start_with(files, &shop), link, _ringer: ringer }
    }

    /// Strangers call, all at once, and ring.
    pub fn strangers_call(&self) -> Vec<(Customer, Placed)> {
        let target = self.installation.target();
        let called = ["shop", "%3Cb%20data-foreign%3E", "javascript:ran=1"];
        let ring = FROM.iter().enumerate().filter_map(|(nth, from)| {
            let mut customer = Customer::of(&target);
            let placed = customer.calls(called[nth % called.len()], from, MORE).ok()?;
            Some((customer, placed))
        });
        let ringing: Vec<_> = ring.collect();
        assert!(ringing.len() >= 5, "only {} of {} strangers ring", ringing.len(), FROM.len());
        ringing
    }

    /// The ids of calls from this number, newest first.
    pub fn call_of(&self, number: &str) -> String {
        let list = self.installation.api(&format!("/api/v1/calls?limit=1&caller={}", number.replace('+', "%2B")));
        list["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{number} called: {list}")).to_owned()
    }
}

fn shop_file(ringer: &Ringer) -> String {
    let quoted = |text: &str| serde_json::to_string(text).expect("a string");
    let mut shop = format!(
        "[shop]\nname = {}\ntime_zone = \"Europe/Madrid\"\ncountry = \"ES\"\nlanguage = \"en\"\nhours = \"24/7\"\n\
         notify = [\"mailto:ana@example.com\"]\n{}",
        quoted("Ruiz & <b data-foreign>Sons</b> \"' onfocus=ran=1"),
        fixed_phone("Counter", ringer.port),
    );
    for (nth, name) in [MARKUP, ATTRIBUTE, LONG, STRANGERS[8], "{{7*7}}"].into_iter().enumerate() {
        let name: String = name.chars().take(60).collect();
        shop += &format!(
            "\n[[phone]]\nname = {}\nuser = \"desk{nth}\"\npassword = \"a long secret {nth}\"\n",
            quoted(&name)
        );
    }
    shop +=
        &format!("\n[[phone]]\nname = {}\nnumber = \"+34600111222\"\nafter_s = 15\n", quoted("<i data-foreign>cell"));
    for (nth, why) in [MARKUP, ATTRIBUTE, LONG].into_iter().enumerate() {
        let day = 20 + nth;
        shop += &format!(
            "\n[[closure]]\nfrom = \"2098-12-{day}T14:00\"\nto = \"2098-12-{day}T19:00\"\nwhy = {}\n",
            quoted(why)
        );
    }
    let note = format!("{MARKUP}\n{ATTRIBUTE}\n{}", LONG.repeat(20));
    for (number, name) in [
        (KNOWN, format!("{MARKUP}{ATTRIBUTE}")),
        ("+34600200001", ATTRIBUTE.to_owned()),
        ("+34600200002", LONG.repeat(2)),
        ("+34600200003", format!("{MARKUP}{ATTRIBUTE}")),
        ("+34600200005", STRANGERS[7].to_owned()),
        ("+34600200007", STRANGERS[8].repeat(8)),
    ] {
        shop += &format!("\n[[contact]]\nnumber = \"{number}\"\nname = {}\nnote = {}\n", quoted(&name), quoted(&note));
    }
    shop
}
