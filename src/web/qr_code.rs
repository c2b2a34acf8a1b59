//! QR codes (ISO 18004), drawn into the page itself: no picture is fetched, and no style is set that the page's policy forbids.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// Light modules around a code, without which readers do not find it (ISO 18004 §6.3.8).
const QUIET: usize = 4;

/// A code, to be drawn in black on a white square.
pub struct Drawing {
    /// Of the square, in modules.
    pub side: usize,
    /// The black modules, as SVG has a path.
    pub path: String,
}

/// `None`: the text is longer than a code holds, which is more than 2,000 letters.
pub fn drawn(text: &str) -> Option<Drawing> {
    // A camera sees a screen well: a coarser code is worth more than one that bears more damage.
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let mut path = String::new();
    for (row, modules) in code.to_colors().chunks(code.width()).enumerate() {
        let mut column = 0;
        // What stands side by side is one stroke, so that no light gets between.
        for run in modules.chunk_by(|one, other| one == other) {
            let length = run.len();
            if run.first() == Some(&Color::Dark) {
                // A String takes everything.
                let _ = write!(path, "M{} {}h{length}v1h-{length}z", column + QUIET, row + QUIET);
            }
            column += length;
        }
    }
    Some(Drawing { side: code.width() + 2 * QUIET, path })
}

/// The same for a terminal, two modules a character; light on dark, as terminals are. `None` as above.
pub fn in_terminal(text: &str) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let (width, colors) = (code.width(), code.to_colors());
    let is_dark = |row: usize, column: usize| {
        let inside = (QUIET..QUIET + width).contains(&row) && (QUIET..QUIET + width).contains(&column);
        inside && colors[(row - QUIET) * width + column - QUIET] == Color::Dark
    };
    let side = width + 2 * QUIET;
    let mut lines = String::new();
    for row in (0..side).step_by(2) {
        let halves = (0..side).map(|column| match (is_dark(row, column), is_dark(row + 1, column)) {
            (false, false) => '█',
            (false, true) => '▀',
            (true, false) => '▄',
            (true, true) => ' ',
        });
        lines.extend(halves);
        lines.push('\n');
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What somebody reads who looks at it, each module so many pixels wide.
    fn read(drawing: &Drawing) -> String {
        const PIXELS: usize = 3;
        let mut dark = vec![vec![false; drawing.side]; drawing.side];
        for stroke in drawing.path.split('z').filter(|stroke| !stroke.is_empty()) {
            let (start, strokes) = stroke.trim_start_matches('M').split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            let length: usize = strokes.split_once('v').unwrap().0.parse().unwrap();
            dark[y][x..x + length].fill(true);
        }
        let side = drawing.side * PIXELS;
        let pixel = |x: usize, y: usize| if dark[y / PIXELS][x / PIXELS] { 0 } else { 255 };
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, pixel);
        image.detect_grids().first().expect("a code").decode().expect("a code that can be read").1
    }

    #[test]
    fn what_a_terminal_shows_is_read() {
        const PIXELS: usize = 4;
        let lines = in_terminal("http://192.168.1.20:8080/set-up/0123456789abcdef").unwrap();
        let rows: Vec<Vec<char>> = lines.lines().map(|line| line.chars().collect()).collect();
        let dark = |x: usize, y: usize| match (rows[y / 2][x], y % 2) {
            (' ', _) | ('▄', 0) | ('▀', 1) => 0,
            _ => 255,
        };
        let (width, height) = (rows[0].len() * PIXELS, rows.len() * 2 * PIXELS);
        let pixel = |x: usize, y: usize| dark(x / PIXELS, y / PIXELS);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
        let read = image.detect_grids().first().expect("a code").decode().expect("it can be read").1;
        assert_eq!(read, "http://192.168.1.20:8080/set-up/0123456789abcdef");
    }

    #[test]
    fn what_is_drawn_is_read() {
        let link = format!("https://phone.example.com/p/{}/linphone.xml", "0123456789abcdef".repeat(4));
        for text in ["a", "http://192.168.1.20:8080/p/0/linphone.xml", &link] {
            assert_eq!(read(&drawn(text).unwrap()), text);
        }
        assert!(drawn(&"x".repeat(10_000)).is_none());
    }
}
