//! axe-core, which finds what keeps people from using a page. A test's browser brings it along to each page, past the
//! policy that lets no foreign script in.

use std::path::PathBuf;

use serde_json::Value;

use crate::chromium::Chromium;
use crate::peers;

/// Where the package of PyPI keeps it, below a Python's own folder.
const FILE: &str = "site-packages/axe_playwright_python/axe.min.js";

/// All that the guidelines of WCAG 2.2 ask for at levels A and AA, and what is good practice besides.
const LOOK: &str = "const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const says = (node) => node.target.join(' ') + ': ' + node.failureSummary.replace(/\\s+/g, ' ');
    axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then(
      (found) => done(found.violations.map((one) => one.id + ': ' + one.nodes.slice(0, 3).map(says).join(' | '))),
      (error) => done(['axe itself: ' + error]));";

pub struct Axe {
    source: String,
}

impl Axe {
    /// As `.ci/run` installs it, beside a program that PATH finds. `None`: it is not there, which is said.
    pub fn installed(test: &str) -> Option<Axe> {
        let source = peers::in_a_python(FILE).and_then(|file: PathBuf| std::fs::read_to_string(file).ok());
        if source.is_none() {
            peers::missing(test, "axe-core, not installed");
        }
        source.map(|source| Axe { source })
    }

    /// Every page of this browser has it from now on.
    pub fn comes_along(&self, browser: &Chromium) {
        browser.brings(&self.source);
    }
}

/// What axe-core finds wrong on the page that `browser` is on.
pub fn wrong_on(browser: &Chromium) -> Vec<String> {
    let found = browser.script_later(LOOK);
    let found = found.as_array().unwrap_or_else(|| panic!("axe-core says {found} of {}", browser.address())).clone();
    found.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
