//! Values as they may stand in a phone's file, whatever a phone is called.

use std::fmt::{Display, Formatter, Result, Write};

use crate::plain_text::visible;

/// A value in XML, between tags or in quotes (XML 1.0 §2.4). What XML cannot hold at all is left out.
pub struct Xml<'a>(pub &'a str);

impl Display for Xml<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for c in visible(self.0) {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&apos;")?,
                '\u{fffe}' | '\u{ffff}' => {}
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A value behind `key = `: the rest of the line.
pub struct Line<'a>(pub &'a str);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        f.write_str(visible(self.0).collect::<String>().trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_more_than_a_value() {
        let hostile = "\"><&'\n#\r\u{0}\u{202e}]]>";
        assert_eq!(Xml(hostile).to_string(), "&quot;&gt;&lt;&amp;&apos; # ]]&gt;");
        assert_eq!(Line(hostile).to_string(), "\"><&' # ]]>");
        assert_eq!(Line(" \n account.1.enable = 0").to_string(), "account.1.enable = 0");
        assert_eq!(Xml("Caña ☎").to_string(), "Caña ☎");
    }
}
