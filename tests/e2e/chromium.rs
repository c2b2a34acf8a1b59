//! A browser: headless Chromium, driven by WebDriver (W3C) through Debian's chromedriver. Enough of the protocol for our
//! own pages, and no client library.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ports;
use crate::process::{Process, until};

/// A browser starts and a page loads on a machine busy with the other tests.
const LIMIT: Duration = Duration::from_secs(60);

pub struct Chromium {
    driver: Process,
    port: u16,
    session: String,
    folder: tempfile::TempDir,
}

/// What WebDriver names an element by (W3C WebDriver §12.2).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How large the window is, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    pub name: &'static str,
    pub width: u32,
    pub height: u32,
    /// Fingers, no mouse.
    pub mobile: bool,
}

pub const PHONE: Screen = Screen { name: "360", width: 360, height: 740, mobile: true };
pub const DESK: Screen = Screen { name: "1280", width: 1280, height: 800, mobile: false };

impl Chromium {
    pub fn start() -> Chromium {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = ports::free(1);
        let mut command = Command::new("chromedriver");
        command.arg(format!("--port={port}")).env("HOME", folder.path());
        let mut driver = Process::start(&mut command, folder.path().join("driver.log"));
        let ready = until(LIMIT, || exchange(port, "GET", "/status", None).filter(|status| status["ready"] == true));
        assert!(ready.is_some() && !driver.has_ended(), "chromedriver does not start: {}", driver.printed());
        let profile = folder.path().join("profile").display().to_string();
        let options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
                "--no-first-run", "--hide-scrollbars", "--autoplay-policy=no-user-gesture-required",
                // A microphone that beeps, allowed to every page.
                "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
                format!("--user-data-dir={profile}"),
            ],
        });
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let started = exchange(port, "POST", "/session", Some(&wanted)).expect("chromedriver answers");
        let session = started["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {started}")).to_owned();
        Chromium { driver, port, session, folder }
    }

    pub fn opens(&self, url: &str) {
        self.does("POST", "/url", &json!({"url": url}));
    }

    pub fn address(&self) -> String {
        self.asks("GET", "/url", None).as_str().unwrap_or_default().to_owned()
    }

    /// Runs `script` in the page as a function; what it returns.
    pub fn script(&self, script: &str) -> Value {
        self.does("POST", "/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The same for a script that hands over what it has found to the last of its arguments, when it has.
    pub fn script_later(&self, script: &str) -> Value {
        self.does("POST", "/execute/async", &json!({"script": script, "args": []}))
    }

    /// Each page has run `script` before its own, from the next page on.
    pub fn brings(&self, script: &str) {
        self.commands("Page.addScriptToEvaluateOnNewDocument", &json!({"source": script}));
    }

    /// From the next page on, [`Chromium::streams`] knows of each stream that a page opens.
    pub fn notes_streams(&self) {
        self.brings(
            "window.streams = []; window.EventSource = class extends EventSource { \
             constructor(...of) { super(...of); streams.push(this); } }",
        );
    }

    /// How many streams this page has open or is opening.
    pub fn streams(&self) -> u64 {
        let script = "return streams.filter(one => one.readyState !== EventSource.CLOSED).length";
        self.script(script).as_u64().expect("a number")
    }

    /// The reader looks at another tab, or at this one again.
    pub fn is_hidden(&self, hidden: bool) {
        self.script(&format!(
            "Object.defineProperty(document, 'hidden', {{value: {hidden}, configurable: true}}); \
             document.dispatchEvent(new Event('visibilitychange'))"
        ));
    }

    /// Strikes these keys one after the other, wherever the focus is.
    pub fn strikes(&self, keys: &str) {
        let strokes: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key.to_string()})))
            .collect();
        self.does("POST", "/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]}));
    }

    /// The page's visible text.
    pub fn text(&self) -> String {
        self.script("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a page is there whole whose address has this in it: one that shows what the page before it showed too.
    #[track_caller]
    pub fn comes_to(&self, part: &str) {
        let look = || {
            let script = "return document.readyState == 'complete' ? location.href : ''";
            let address = self.asks("POST", "/execute/sync", Some(&json!({"script": script, "args": []})));
            address.as_str().is_some_and(|address| address.contains(part)).then_some(())
        };
        assert!(until(LIMIT, look).is_some(), "{} is not {part}", self.address());
    }

    /// Waits until the page shows `words`.
    #[track_caller]
    pub fn shows(&self, words: &str) {
        // A page that is being replaced has no body for a moment.
        let look = || {
            let text = self.asks(
                "POST",
                "/execute/sync",
                Some(&json!({"script": "return document.body ? document.body.innerText : ''", "args": []})),
            );
            text.as_str().is_some_and(|text| text.contains(words)).then_some(())
        };
        assert!(until(LIMIT, look).is_some(), "{words:?} is not on {}:\n{}", self.address(), self.text());
    }

    #[track_caller]
    pub fn clicks(&self, css: &str) {
        // What follows a call is put anew between finding and clicking, now and then.
        let clicked = until(LIMIT, || {
            let element = self.finds_soon(css);
            // As a thumb would, so that the bar below does not cover it. Where no script may run it is in view.
            let argument = json!([{ELEMENT: element}]);
            let script = json!({"script": "arguments[0].scrollIntoView({block: 'center'})", "args": argument});
            self.asks("POST", "/execute/sync", Some(&script));
            let answer = self.asks("POST", &format!("/element/{element}/click"), Some(&json!({})));
            match answer["error"].as_str() {
                None => Some(()),
                Some("stale element reference") => None,
                Some(_) => panic!("{css} cannot be clicked on {}: {answer}", self.address()),
            }
        });
        assert!(clicked.is_some(), "{css} does not hold still on {}", self.address());
    }

    /// Clicks what leads to another page, and waits until that is there: a page that shows what the one before it showed
    /// is otherwise taken for it, and what is opened next gives way to what comes late.
    #[track_caller]
    pub fn sends(&self, css: &str) {
        let before = self.finds_soon("html");
        self.clicks(css);
        let is_gone = || self.asks("GET", &format!("/element/{before}/name"), None).get("error").map(drop);
        assert!(until(LIMIT, is_gone).is_some(), "{css} leads nowhere on {}", self.address());
        self.finds_soon("body");
    }

    /// Types into a field, in place of what was there.
    #[track_caller]
    pub fn types(&self, css: &str, text: &str) {
        let element = self.finds(css);
        self.does("POST", &format!("/element/{element}/clear"), &json!({}));
        self.does("POST", &format!("/element/{element}/value"), &json!({"text": text}));
    }

    /// Puts a value into a field whose keys differ by locale, such as a time.
    #[track_caller]
    pub fn sets(&self, css: &str, value: &str) {
        self.finds(css);
        self.script(&format!("document.querySelector({}).value = {}", json!(css), json!(value)));
    }

    #[track_caller]
    fn finds(&self, css: &str) -> String {
        let found = self.asks("POST", "/element", Some(&json!({"using": "css selector", "value": css})));
        let id = found.as_object().filter(|found| !found.contains_key("error")).and_then(|found| found.values().next());
        let id = id.and_then(Value::as_str);
        id.unwrap_or_else(|| panic!("{css} is not on {}: {found}", self.address())).to_owned()
    }

    /// Whether a dialogue of a script is open, which only a foreign script would do.
    pub fn has_dialogue(&self) -> bool {
        self.asks("GET", "/alert/text", None).is_string()
    }

    /// What the browser complained of since the last look, such as a broken policy.
    pub fn complaints(&self) -> Vec<String> {
        let entries = self.does("POST", "/se/log", &json!({"type": "browser"}));
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    pub fn looks_at(&self, screen: Screen) {
        self.resizes(screen, screen.height);
    }

    /// From the next page on.
    pub fn runs_no_scripts(&self) {
        self.commands("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    }

    /// An element's visible text, also where no script may run.
    #[track_caller]
    pub fn reads(&self, css: &str) -> String {
        let text = self.asks("GET", &format!("/element/{}/text", self.finds_soon(css)), None);
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The same as [`Chromium::finds`], on a page that is still loading.
    #[track_caller]
    fn finds_soon(&self, css: &str) -> String {
        let look = || {
            let found = self.asks("POST", "/element", Some(&json!({"using": "css selector", "value": css})));
            found.as_object().filter(|found| !found.contains_key("error")).map(|_| ())
        };
        assert!(until(LIMIT, look).is_some(), "{css} is not on {}", self.address());
        self.finds(css)
    }

    pub fn is_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": value}, {"name": "prefers-reduced-motion", "value": "reduce"}]);
        self.commands("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    fn resizes(&self, screen: Screen, height: u32) {
        let size = json!({"width": screen.width, "height": height, "deviceScaleFactor": 1, "mobile": screen.mobile});
        self.commands("Emulation.setDeviceMetricsOverride", &size);
    }

    /// The whole page as a picture, as long as it is.
    pub fn pictures(&self, screen: Screen, path: &Path) {
        self.looks_at(screen);
        let long = self.script("return Math.ceil(document.documentElement.scrollHeight)").as_u64().unwrap_or(0);
        let height = u32::try_from(long).unwrap_or(u32::MAX).clamp(screen.height, 6_000);
        self.resizes(screen, height);
        let picture = self.commands("Page.captureScreenshot", &json!({"format": "png"}));
        let bytes = from_base64(picture["data"].as_str().expect("a picture"));
        assert!(bytes.starts_with(b"\x89PNG"), "a picture is a PNG file");
        std::fs::create_dir_all(path.parent().expect("a file in a folder")).expect("the folder is writable");
        std::fs::write(path, bytes).expect("the folder is writable");
        self.looks_at(screen);
    }

    /// A command of the Chrome DevTools Protocol.
    fn commands(&self, name: &str, parameters: &Value) -> Value {
        self.does("POST", "/goog/cdp/execute", &json!({"cmd": name, "params": parameters}))
    }

    #[track_caller]
    fn does(&self, method: &str, path: &str, body: &Value) -> Value {
        let value = self.asks(method, path, Some(body));
        assert!(value.get("error").is_none(), "{path}: {value}");
        value
    }

    fn asks(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let path = format!("/session/{}{path}", self.session);
        let answer = exchange(self.port, method, &path, body);
        answer.unwrap_or_else(|| panic!("chromedriver is silent: {}", self.driver.printed()))
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Ends the browser; the driver is ended with its process, the profile with its folder.
        let _ = exchange(self.port, "DELETE", &format!("/session/{}", self.session), None);
        let _ = &self.folder;
    }
}

/// One request over a fresh connection; the answer's `value`. `None`: nobody listens, or it is cut short.
fn exchange(port: u16, method: &str, path: &str, body: Option<&Value>) -> Option<Value> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let (mut bytes, mut piece) = (Vec::new(), [0; 65_536]);
    let whole = loop {
        // It may keep the connection open after the answer.
        if let Some(answer) = whole(&bytes) {
            break answer;
        }
        match stream.read(&mut piece).ok()? {
            0 => return None,
            read => bytes.extend_from_slice(&piece[..read]),
        }
    };
    let answer: Value = serde_json::from_slice(whole).ok()?;
    Some(answer["value"].clone())
}

/// The body, when it has come whole.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    bytes[end + 4..].get(..length.trim().parse().ok()?)
}

/// RFC 4648 §4.
fn from_base64(text: &str) -> Vec<u8> {
    let value = |digit: u8| match digit {
        b'A'..=b'Z' => Some(u32::from(digit - b'A')),
        b'a'..=b'z' => Some(u32::from(digit - b'a') + 26),
        b'0'..=b'9' => Some(u32::from(digit - b'0') + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u32> = text.bytes().filter_map(value).collect();
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for four in digits.chunks(4) {
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(four.len() - 1));
    }
    bytes
}

#[test]
fn pictures_are_decoded() {
    for (text, bytes) in [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("Zm9vYmFy", b"foobar")] {
        assert_eq!(from_base64(text), bytes);
    }
}
