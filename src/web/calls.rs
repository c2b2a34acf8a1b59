//! `/calls`: the log, newest first, searched by name, number and note; and the same as a table.

pub mod table;

use askama::Template;
use axum::response::Response;
use chrono::{Days, NaiveDate, NaiveTime};

use crate::call::record::{CallId, Disposition};
use crate::caller::visible;
use crate::routing::local_time;
use crate::store::{CallFilter, FoundCaller, SearchTerms, StoreError, StoredCall};
use crate::web::fault::Fault;
use crate::web::form::encoded;
use crate::web::frame::{Choice, Frame, Tab, View, page, shown};
use crate::web::who::CallLine;
use crate::words;
use crate::words::page::calls::Labels;

/// What a telephone shows in a few turns of the thumb.
const A_PAGE: usize = 30;
/// Somebody who rings and rings fills a page with one line: so often is more read to fill it.
const MOST_READS: usize = 4;
/// Of callers that are found.
const MOST_CALLERS: usize = 10;

#[derive(Template)]
#[template(path = "calls.html")]
struct Page {
    frame: Frame,
    l: &'static Labels,
    outcomes: Vec<Choice>,
    typed: Typed,
    fault: Option<&'static str>,
    day_fault: Option<&'static str>,
    /// Whether anything but the search is set.
    filtered: bool,
    found: Vec<FoundLine>,
    calls: Vec<CallLine>,
    older: Option<String>,
    /// An owner's alone.
    table: String,
    import: String,
}

/// A caller who was found.
struct FoundLine {
    href: String,
    name: String,
    /// Where the name is not it.
    number: String,
}

/// What is asked for, as it was typed.
pub struct Typed {
    pub q: String,
    pub outcome: String,
    pub from: String,
    pub to: String,
}

/// What is asked for, read.
pub struct Asked {
    pub typed: Typed,
    pub filter: CallFilter,
    /// What is looked for, and who fits.
    pub search: Option<(SearchTerms, Vec<FoundCaller>)>,
    /// A day could not be read.
    pub day_fault: bool,
}

impl Typed {
    /// As the parameters of an address, behind a question mark.
    fn parameters(&self) -> String {
        let Typed { q, outcome, from, to } = self;
        format!("q={}&outcome={}&from={}&to={}", encoded(q), encoded(outcome), encoded(from), encoded(to))
    }
}

impl Asked {
    /// # Errors
    /// A call that pages are turned at, and that has no such id; or the log cannot be read.
    pub async fn of(view: &View) -> Result<Asked, Fault> {
        let text = |name: &str| visible(view.query.text(name)).take(MOST_TYPED).collect::<String>();
        let q = match text("q") {
            q if q.is_empty() => text("caller"),
            q => q,
        };
        let typed = Typed { q, outcome: text("outcome"), from: text("from"), to: text("to") };
        let zone = view.shop.time_zone;
        let midnight = |day: NaiveDate| local_time::earliest(zone, day.and_time(NaiveTime::MIN));
        let day = |text: &str| match text {
            "" => Ok(None),
            text => NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Some).map_err(|_| ()),
        };
        let (from, to) = (day(&typed.from), day(&typed.to));
        let filter = CallFilter {
            shop: view.only_shop(),
            since: from.ok().flatten().map(midnight),
            until: to.ok().flatten().and_then(|day| day.checked_add_days(Days::new(1))).map(midnight),
            before: match view.query.text("before") {
                "" => None,
                id => Some(super::call::id(id)?),
            },
            disposition: Disposition::parse(&typed.outcome),
            ..CallFilter::default()
        };
        let day_fault = from.is_err() || to.is_err();
        let search = match SearchTerms::read(&typed.q, view.shop.country) {
            Some(terms) => {
                let found = view.web.store.callers_found(Some(view.shop.id), &terms).await?;
                Some((terms, found))
            }
            None => None,
        };
        Ok(Asked { typed, filter, search, day_fault })
    }

    /// So many calls, older than this one.
    pub async fn calls(
        &self,
        view: &View,
        before: Option<CallId>,
        limit: usize,
    ) -> Result<Vec<StoredCall>, StoreError> {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let filter = CallFilter { before, limit, ..self.filter.clone() };
        match &self.search {
            Some((terms, callers)) => view.web.store.calls_found(&filter, terms, callers).await,
            None => view.web.store.calls(&filter).await,
        }
    }
}

/// Of a field of the search.
const MOST_TYPED: usize = 100;

pub async fn show(view: View) -> Result<Response, Fault> {
    let (w, l) = (view.w(), words::page::calls::labels(view.language()));
    let asked = Asked::of(&view).await?;
    let (mut stored, mut lines, mut is_more) = (Vec::<StoredCall>::new(), Vec::new(), !asked.day_fault);
    for _ in 0..MOST_READS {
        if !is_more || lines.len() >= A_PAGE {
            break;
        }
        let last = stored.last().map(|call| call.record.id).or(asked.filter.before);
        let mut more = asked.calls(&view, last, A_PAGE + 1).await?;
        is_more = more.len() > A_PAGE;
        more.truncate(A_PAGE);
        stored.append(&mut more);
        lines = CallLine::all(&stored, &view).await?;
    }
    let last = stored.last().filter(|_| is_more);
    let older = last.map(|call| view.at(&format!("/calls?before={}&{}", call.record.id, asked.typed.parameters())));
    let found = match &asked.search {
        // On the first page alone.
        Some((_, found)) if asked.filter.before.is_none() => found.iter().take(MOST_CALLERS).collect(),
        _ => Vec::new(),
    };
    let choice = |kind: Disposition| {
        let value = kind.as_str();
        Choice { value, name: words::disposition(kind, view.language()), chosen: asked.typed.outcome == value }
    };
    let found: Vec<FoundLine> = found.into_iter().map(|caller| FoundLine::of(caller, &view)).collect();
    page(Page {
        frame: view.frame(Tab::Calls, w.calls),
        l,
        outcomes: Disposition::ALL.map(choice).into(),
        fault: (lines.is_empty() && found.is_empty() && asked.search.is_some()).then_some(l.nobody_found),
        day_fault: asked.day_fault.then_some(l.not_a_day),
        filtered: [&asked.typed.outcome, &asked.typed.from, &asked.typed.to].iter().any(|text| !text.is_empty()),
        found,
        calls: lines,
        older,
        table: view.at(&format!("/calls.csv?{}", asked.typed.parameters())),
        import: view.at("/callers/import"),
        typed: asked.typed,
    })
}

impl FoundLine {
    fn of(caller: &FoundCaller, view: &View) -> FoundLine {
        let number = caller.number.national(view.shop.country);
        let href = view.at(&format!("/callers/{}", caller.number.as_str()));
        match shown(&caller.name) {
            name if name.is_empty() => FoundLine { href, name: number, number: String::new() },
            name => FoundLine { href, name, number },
        }
    }
}
