//! Requests in a conversation, written into the scenario of either side of it.

use crate::sipp;

/// One request in the conversation, and what its answer must be.
pub struct Asks {
    pub method: &'static str,
    pub headers: &'static str,
    pub body: Body,
    pub status: u16,
    /// The header or body that must be in the answer, and what must stand there.
    pub check: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Copy)]
pub enum Body {
    None,
    /// An SDP with these payload types and this direction.
    Audio(&'static str, &'static str),
    Text(&'static str),
}

impl Asks {
    pub fn new(method: &'static str, status: u16) -> Asks {
        Asks { method, headers: "", body: Body::None, status, check: None }
    }

    /// A re-INVITE that is agreed to.
    pub fn offers(codecs: &'static str, direction: &'static str) -> Asks {
        Asks { body: Body::Audio(codecs, direction), ..Asks::new("INVITE", 200) }
    }

    pub fn headers(self, headers: &'static str) -> Asks {
        Asks { headers, ..self }
    }

    pub fn text(self, body: &'static str) -> Asks {
        Asks { body: Body::Text(body), ..self }
    }

    /// The answer's `place`, a header's name or "body", has this in it.
    pub fn and_hears(self, place: &'static str, text: &'static str) -> Asks {
        Asks { check: Some((place, text)), ..self }
    }
}

/// Who asks, in SIPp's words.
pub struct Asker {
    scenario: &'static str,
    from: &'static str,
    to: &'static str,
    /// What the steps are put behind, in the scenario.
    after: &'static str,
    /// What comes before the first of them.
    first: &'static str,
}

pub const CALLER: Asker = Asker {
    scenario: sipp::CALLER,
    from: "<sip:[from]@[local_ip]:[local_port]>;tag=caller[call_number]",
    to: "<sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]",
    after: "  <pause/>\n",
    first: "",
};
pub const PHONE: Asker = Asker {
    scenario: sipp::PHONE_HANGS_UP,
    from: "[$to];tag=phone[pid]x[call_number]",
    to: "[$from]",
    after: "<log message=\"[timestamp] acknowledged\"/></action></recv>\n",
    // The caller's 200 waits for the row to be durable, at most half a second; until then there is nobody to ask.
    first: "  <pause milliseconds=\"700\"/>\n",
};

impl Asker {
    /// The scenario with these steps in the middle of the conversation.
    pub fn asking(&self, steps: &[Asks]) -> String {
        let steps: String = (10..).zip(steps).map(|(number, step)| self.step(number, step)).collect();
        let (before, after) = self.scenario.split_once(self.after).expect("the scenario has such a line");
        // The hang-up comes after all of them.
        let after = ["1", "2"]
            .iter()
            .fold(after.to_owned(), |text, number| text.replace(&format!("CSeq: {number} BYE"), "CSeq: 90 BYE"));
        let checked = if steps.contains("assign_to=\"checked\"") { "<Reference variables=\"checked\"/>" } else { "" };
        format!("{before}{}{}{steps}{after}", self.after, self.first)
            .replace("</scenario>", &format!("{checked}</scenario>"))
    }

    fn step(&self, number: u32, step: &Asks) -> String {
        let audio = |codecs: &str, direction: &str| {
            let lines = ["v=0", "o=- 20261122 2 IN IP4 [local_ip]", "s=-", "c=IN IP4 [local_ip]", "t=0 0"];
            let media = format!("m=audio [rtp] RTP/AVP {codecs}");
            [lines.as_slice(), &[&media, &format!("a={direction}")]].concat().join("\n      ")
        };
        let (kind, body) = match step.body {
            Body::None => ("", String::new()),
            Body::Audio(codecs, direction) => ("Content-Type: application/sdp\n      ", audio(codecs, direction)),
            Body::Text(text) => ("", text.to_owned()),
        };
        let check = step.check.map_or(String::new(), |(place, text)| {
            let place = match place {
                "body" => "search_in=\"body\"".to_owned(),
                header => format!("search_in=\"hdr\" header=\"{header}:\""),
            };
            format!("<ereg regexp=\"{text}\" {place} check_it=\"true\" assign_to=\"checked\"/>")
        });
        let mut text = include_str!("scenarios/asks.xml")
            .replace("CHECK", &check)
            .replace("STATUS", &step.status.to_string())
            .replace("METHOD", step.method);
        let mut headers = format!("{kind}{}", step.headers);
        text = fill(&text, &headers, &body);
        if step.method == "INVITE" {
            // An offer of ours is answered in the ACK.
            let late = matches!(step.body, Body::None) && step.status == 200;
            headers = if late { "Content-Type: application/sdp".to_owned() } else { String::new() };
            let answer = if late { audio("0 101", "sendrecv") } else { String::new() };
            let own = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]";
            let via = if step.status < 300 { own } else { "[last_Via:]" };
            text += &fill(&include_str!("scenarios/acknowledges.xml").replace("VIA", via), &headers, &answer);
        }
        text.replace("FROM", self.from).replace("TO", self.to).replace("NUMBER", &number.to_string())
    }
}

fn fill(text: &str, headers: &str, body: &str) -> String {
    let headers = if headers.trim().is_empty() { String::new() } else { format!("      {}\n", headers.trim_end()) };
    let body = if body.is_empty() { String::new() } else { format!("      {body}\n\n") };
    text.replace("      HEADERS\n", &headers).replace("BODY\n", &body)
}
