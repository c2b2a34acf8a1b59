//! Every address of the pages' router, and what a browser finds there. A new one has no row here yet: its test says so.

/// What an address is.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// Pages, at these addresses. CALL, CALLER and PHONE stand for ones of the shop.
    Page(&'static [&'static str]),
    /// A page for those who are not signed in, with a test of its own.
    Guests,
    /// Forms are sent there.
    Form,
    /// Something to keep, or to hear.
    File,
    /// What scripts of ours ask for, and what pages are made of.
    Part,
}

use Found::{File, Form, Guests, Page, Part};

pub const ADDRESSES: &[(&str, Found)] = &[
    ("/", Page(&["/", "/?saved=1&was=0"])),
    ("/live/now", Part),
    ("/live/news", Part),
    (
        "/calls",
        Page(&["/calls", "/calls?outcome=missed", "/calls?q=%3Cscript%3Eran%3D1&from=2020-01-01&to=x", "/calls?q=ran"]),
    ),
    ("/calls/{id}", Page(&["/calls/CALL", "/calls/NAMELESS"])),
    ("/callers/{number}", Page(&["/callers/CALLER", "/callers/SPOKEN"])),
    ("/calls.csv", File),
    ("/callers/import", Page(&["/callers/import"])),
    ("/callers/import/do", Form),
    ("/callers/{number}/no-call-back", Form),
    ("/callers/{number}/join", Form),
    ("/callers/{number}/part", Form),
    ("/callers/{number}/export", File),
    ("/callers/{number}/erase", Form),
    ("/callers/{number}/call", Form),
    ("/calls/{id}/pick-up", Form),
    ("/owed/{number}/claim", Form),
    ("/owed/{number}/release", Form),
    ("/owed/{number}/settle", Form),
    ("/calls/{id}/after", Page(&["/calls/CALL/after"])),
    ("/calls/{id}/wanted", Form),
    ("/calls/{id}/promise", Form),
    ("/few-phones", Form),
    ("/figures", Page(&["/figures"])),
    ("/figures/words", Form),
    ("/messages", Page(&["/messages"])),
    ("/messages/{id}/audio", File),
    ("/override", Form),
    ("/override/end", Form),
    ("/override/undo", Form),
    ("/hours", Page(&["/hours"])),
    ("/hours/week", Form),
    ("/hours/text", Form),
    ("/hours/closed-days", Page(&["/hours/closed-days"])),
    ("/hours/sign", Page(&["/hours/sign"])),
    ("/hours/closures", Form),
    ("/hours/closures/{id}/delete", Form),
    ("/greeting", Page(&["/greeting", "/greeting?at=2098-12-20T15:00", "/greeting?at=x"])),
    ("/greeting/heard", File),
    ("/greeting/record", Form),
    ("/greeting/remove", Form),
    ("/greeting/ring", Form),
    ("/greeting/spoken", File),
    ("/greeting/spoken/keep", Form),
    ("/greeting/spoken/drop", Form),
    ("/greeting/also", Form),
    ("/phones", Page(&["/phones"])),
    ("/phones/call-back-ring", Form),
    ("/phones/add", Page(&["/phones/add"])),
    ("/phones/drill", Page(&["/phones/drill"])),
    ("/phones/drill/before-opening", Form),
    ("/phones/{id}/drill", Form),
    ("/phones/{id}", Page(&["/phones/PHONE"])),
    ("/phones/{id}/name", Form),
    ("/phones/{id}/hours", Form),
    ("/phones/{id}/wave", Form),
    ("/phones/{id}/off", Form),
    ("/phones/{id}/password", Form),
    ("/phones/{id}/remove", Form),
    ("/my-phone/off", Form),
    ("/phones/{id}/connect", Form),
    ("/phones/{id}/connect/end", Form),
    ("/shop", Page(&["/shop"])),
    ("/shop/basics", Page(&["/shop/basics"])),
    ("/shop/numbers", Page(&["/shop/numbers"])),
    ("/shop/notices", Page(&["/shop/notices"])),
    ("/shop/screens", Page(&["/shop/screens"])),
    ("/shop/screens/{id}/end", Form),
    ("/start", Part),
    ("/start/shop", Page(&["/start/shop"])),
    ("/start/hours", Page(&["/start/hours"])),
    ("/start/closed-days", Page(&["/start/closed-days"])),
    ("/start/phone", Page(&["/start/phone"])),
    ("/start/number", Page(&["/start/number"])),
    ("/start/greeting", Page(&["/start/greeting"])),
    ("/start/call", Page(&["/start/call"])),
    ("/start/call/{id}", Form),
    ("/people", Page(&["/people"])),
    ("/people/{id}/link", Form),
    ("/people/{id}/role", Form),
    ("/people/{id}/sign-out", Form),
    ("/people/{id}/remove", Form),
    ("/what-if", Page(&["/what-if", "/what-if?at=2098-12-20T15:00&from=%3Cb%20data-foreign%3E", "/what-if?at=x"])),
    ("/account", Page(&["/account"])),
    ("/account/language", Form),
    ("/sign-out", Form),
    ("/sign-in", Guests),
    ("/set-up/{secret}", Guests),
    ("/counter/pair/{secret}", Guests),
    ("/counter", Guests),
    ("/counter/live", Part),
    ("/counter/news", Part),
    ("/static/{version}/{name}", Part),
];

#[test]
fn every_address_has_a_row_and_every_row_an_address() {
    let mut routed = ringall::web::page_addresses();
    let mut rows: Vec<&str> = ADDRESSES.iter().map(|(address, _)| *address).collect();
    routed.sort_unstable();
    rows.sort_unstable();
    assert_eq!(rows, routed, "a page that is not listed here is looked at by nobody: give it a row");
}

/// A form on a page, what is typed into it, and what becomes of it. Fields that are not on the page, such as what a
/// button says, are sent besides.
pub struct Filled {
    pub on: &'static str,
    /// By its action's end.
    pub form: &'static str,
    pub fields: &'static [(&'static str, &'static str)],
}

const fn filled(on: &'static str, form: &'static str, fields: &'static [(&'static str, &'static str)]) -> Filled {
    Filled { on, form, fields }
}

/// What every form refuses: its page comes back, and says what is wrong.
pub const REFUSED: &[Filled] = &[
    filled("/", "/override", &[("state", "closed"), ("until", "2020-01-01T00:00"), ("for", "")]),
    filled("/callers/CALLER", "/callers/CALLER", &[("tag", "of long ago"), ("name", "Somebody")]),
    filled("/callers/CALLER", "/join", &[("other", "12")]),
    filled("/callers/import", "/import", &[("file", "neither a table nor a card")]),
    filled("/calls/CALL/after", "/wanted", &[("kind", "not_had"), ("said", "LONG")]),
    filled("/calls/CALL/after", "/promise", &[("what", "<b data-foreign>"), ("due", ""), ("until", "")]),
    filled("/figures", "/words", &[("words", "LONG")]),
    filled("/hours", "/week", &[("d0", "nine to five <b data-foreign>")]),
    filled("/hours", "/text", &[("hours", "Mo-Fr 9-")]),
    filled("/hours", "/closures", &[("from", "2098-02-02T10:00"), ("to", "2098-02-01T10:00"), ("why", "x")]),
    filled("/hours/closed-days", "/closed-days", &[("l0name", "<b data-foreign>"), ("l0date", "")]),
    filled("/greeting", "/record", &[("words", "<b data-foreign>"), ("sound", "no sound")]),
    filled("/phones/add", "/add", &[("name", "Cell"), ("kind", "cell"), ("line", "12 <b data-foreign>")]),
    filled("/phones/add", "/add", &[("name", " "), ("kind", "desk"), ("then", "/start/number")]),
    filled("/phones/add", "/add", &[("name", "Hut"), ("kind", "fixed"), ("line", "<b data-foreign>")]),
    filled("/phones/PHONE", "/name", &[("name", " ")]),
    filled("/phones/PHONE", "/hours", &[("hours", "Mo-Fr 9- <b data-foreign>")]),
    filled("/phones/PHONE", "/off", &[("until", "2020-01-01T00:00")]),
    filled("/shop/basics", "/basics", &[("name", ""), ("time_zone", "<b data-foreign>"), ("country", "XX")]),
    filled("/shop/numbers", "/numbers", &[("lines", "12\n<b data-foreign>")]),
    filled("/shop/notices", "/notices", &[("lines", "carrier pigeon <b data-foreign>")]),
    filled("/start/shop", "/shop", &[("name", ""), ("time_zone", "Mars"), ("country", "XX")]),
    filled("/start/number", "/number", &[("lines", "12\n<b data-foreign>")]),
    filled("/people", "/people", &[("email", "nobody"), ("role", "staff")]),
];

/// What forms take, written by somebody who means harm: each leads to a page too.
pub const TAKEN: &[Filled] = &[
    filled("/calls/CALL/after", "/wanted", &[("kind", "not_had"), ("said", "MARKUP")]),
    filled("/calls/CALL/after", "/promise", &[("what", "ATTRIBUTE"), ("due", "hour")]),
    filled("/figures", "/words", &[("words", "order\n<i data-foreign>\nrepair")]),
    filled("/hours", "/closures", &[("from", "2098-03-01T10:00"), ("to", "2098-03-01T12:00"), ("why", "MARKUP")]),
    filled("/callers/CALLER", "/join", &[("other", "+34600200003")]),
    filled("/callers/CALLER", "/no-call-back", &[("may", "no")]),
    filled("/callers/import", "/import", &[("file", "Name,Phone\n\"<b data-foreign>\",600400400\n=1+1,<script>\n")]),
    filled("/phones", "/connect", &[]),
    filled("/phones/add", "/add", &[("name", "<b data-foreign>LANGUAGE"), ("kind", "desk")]),
    filled("/phones/PHONE", "/off", &[]),
    filled("/phones/PHONE", "/off", &[("off", "end")]),
    filled("/phones/drill", "/phones/drill", &[]),
    filled("/people", "/people", &[("email", "'><b/data-foreign>LANGUAGE@example.com"), ("role", "staff")]),
    filled("/shop/screens", "/shop/screens", &[]),
    filled("/", "/override", &[("state", "closed"), ("for", "hour")]),
    filled("/", "/override/end", &[]),
];
