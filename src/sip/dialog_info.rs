//! How somebody's calls stand, as a document (RFC 4235 §4): all of them in each.

use std::fmt::Write;

use super::uri::Uri;

/// See the module.
#[derive(Clone, Debug)]
pub struct DialogInfo<'a> {
    /// Whose calls these are.
    pub entity: &'a Uri,
    /// One more than that of the document before, for the same subscriber.
    pub version: u32,
    pub dialogs: &'a [Entry],
}

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The same as long as the call lives.
    pub id: String,
    pub state: State,
    pub name: Option<Name>,
    pub direction: Option<Direction>,
    pub remote: Option<Remote>,
}

/// By what the call can be taken (RFC 3891): what it is called at the phone that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub call_id: String,
    pub local_tag: String,
    pub remote_tag: String,
}

/// Who is on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    pub display: String,
    pub uri: Uri,
}

/// RFC 4235 §3.7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Early,
    Confirmed,
    Terminated,
}

/// Who has begun the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Initiator,
    Recipient,
}

impl DialogInfo<'_> {
    /// The document.
    pub fn write(&self) -> Vec<u8> {
        let mut text = String::with_capacity(512);
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n");
        text.push_str("<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\"");
        attribute(&mut text, "version", &self.version.to_string());
        text.push_str(" state=\"full\"");
        attribute(&mut text, "entity", &self.entity.to_string());
        text.push_str(">\r\n");
        self.dialogs.iter().for_each(|dialog| dialog.write(&mut text));
        text.push_str("</dialog-info>\r\n");
        text.into_bytes()
    }
}

impl Entry {
    fn write(&self, text: &mut String) {
        text.push_str("<dialog");
        attribute(text, "id", &self.id);
        if let Some(name) = &self.name {
            attribute(text, "call-id", &name.call_id);
            attribute(text, "local-tag", &name.local_tag);
            attribute(text, "remote-tag", &name.remote_tag);
        }
        match self.direction {
            Some(Direction::Initiator) => attribute(text, "direction", "initiator"),
            Some(Direction::Recipient) => attribute(text, "direction", "recipient"),
            None => {}
        }
        let state = match self.state {
            State::Early => "early",
            State::Confirmed => "confirmed",
            State::Terminated => "terminated",
        };
        let _ = write!(text, ">\r\n<state>{state}</state>\r\n");
        if let Some(Remote { display, uri }) = &self.remote {
            text.push_str("<remote>\r\n<identity");
            if !display.is_empty() {
                attribute(text, "display", display);
            }
            text.push('>');
            escape(text, &uri.to_string());
            text.push_str("</identity>\r\n<target");
            attribute(text, "uri", &uri.to_string());
            text.push_str("/>\r\n</remote>\r\n");
        }
        text.push_str("</dialog>\r\n");
    }
}

fn attribute(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, " {name}=\"");
    escape(text, value);
    text.push('"');
}

/// XML 1.0 §2.4. What is no character there (§2.2) is left out: a display name comes from strangers.
fn escape(text: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_caller_is_called_is_text_and_no_markup() {
        let uri = |text: &str| Uri::parse(text).expect("a URI");
        let entry = Entry {
            id: "1".to_owned(),
            state: State::Early,
            name: Some(Name {
                call_id: "a\"b@host".to_owned(),
                local_tag: "<1>".to_owned(),
                remote_tag: "2&3".to_owned(),
            }),
            direction: Some(Direction::Recipient),
            remote: Some(Remote {
                display: "</identity>\u{1}\u{ffff}&'\"".to_owned(),
                uri: uri("sip:+34600111222@192.0.2.1"),
            }),
        };
        let entity = uri("sip:ana@192.0.2.1");
        let document = DialogInfo { entity: &entity, version: 7, dialogs: &[entry] }.write();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
            <dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"7\" state=\"full\" \
            entity=\"sip:ana@192.0.2.1\">\r\n\
            <dialog id=\"1\" call-id=\"a&quot;b@host\" local-tag=\"&lt;1&gt;\" remote-tag=\"2&amp;3\" \
            direction=\"recipient\">\r\n<state>early</state>\r\n<remote>\r\n\
            <identity display=\"&lt;/identity&gt;&amp;&apos;&quot;\">sip:+34600111222@192.0.2.1</identity>\r\n\
            <target uri=\"sip:+34600111222@192.0.2.1\"/>\r\n</remote>\r\n</dialog>\r\n</dialog-info>\r\n";
        assert_eq!(String::from_utf8(document).expect("text"), expected);
    }
}
