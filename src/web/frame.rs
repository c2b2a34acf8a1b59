//! What surrounds the pages, and what each is made from.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};

use crate::call::record::CallRecord;
use crate::now::UnixMs;
use crate::routing::plan::{Language, PhoneId, Shop, ShopId};
use crate::routing::{Plan, local_time};
use crate::store::StoreError;
use crate::web::Web;
use crate::web::assets::{ICON, SCRIPT, STYLE};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::role::May;
use crate::web::visit::Visitor;
use crate::words::page::{Labels, labels, shop};

/// Around a page for somebody who is not signed in.
pub struct Plain {
    pub w: &'static Labels,
    pub language: &'static str,
    pub title: String,
    pub style: &'static str,
    pub icon: &'static str,
}

impl Plain {
    pub fn new(language: Language, title: &str) -> Plain {
        Plain {
            w: labels(language),
            language: language.as_str(),
            title: title.to_owned(),
            style: STYLE.as_str(),
            icon: ICON.as_str(),
        }
    }
}

/// Around a page for somebody who is.
pub struct Frame {
    pub w: &'static Labels,
    pub language: &'static str,
    pub title: String,
    pub style: &'static str,
    pub icon: &'static str,
    pub script: &'static str,
    /// What every form carries as `csrf`.
    pub csrf: String,
    /// What the reader may do: asked before a form or a link is shown that is not everybody's.
    pub may: May,
    pub shop_name: String,
    /// The shop's id, where forms must name it because there are several.
    pub shop_field: Option<i64>,
    pub home: String,
    pub messages: String,
    pub account: String,
    /// Empty when there is only one.
    pub shops: Vec<ShopLink>,
    pub tabs: Vec<TabLink>,
}

pub struct ShopLink {
    pub href: String,
    pub name: String,
    pub here: bool,
}

pub struct TabLink {
    pub href: String,
    pub name: &'static str,
    pub here: bool,
    /// The outline of its picture, 24 by 24.
    pub icon: &'static str,
}

/// The pages that every page leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Now,
    Calls,
    Hours,
    Shop,
    /// None of them.
    Other,
}

const TABS: [Tab; 4] = [Tab::Now, Tab::Calls, Tab::Hours, Tab::Shop];

impl Tab {
    fn path(self) -> &'static str {
        match self {
            Tab::Now | Tab::Other => "/",
            Tab::Calls => "/calls",
            Tab::Hours => "/hours",
            Tab::Shop => "/shop",
        }
    }

    fn name(self, language: Language) -> &'static str {
        let w = labels(language);
        match self {
            Tab::Now | Tab::Other => w.now,
            Tab::Calls => w.calls,
            Tab::Hours => w.hours,
            Tab::Shop => shop::labels(language).shop,
        }
    }

    fn icon(self) -> &'static str {
        match self {
            // A clock, a handset, a calendar, a shop's front.
            Tab::Now | Tab::Other => "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7v5l3 2",
            Tab::Calls => "M5 4h4l2 5-2.5 1.5a11 11 0 0 0 5 5L15 13l5 2v4a1 1 0 0 1-1 1A15 15 0 0 1 4 5a1 1 0 0 1 1-1",
            Tab::Shop => {
                "M4 9l1-5h14l1 5a2.7 2.7 0 0 1-5.3 0a2.7 2.7 0 0 1-5.4 0A2.7 2.7 0 0 1 4 9M5 12v8h14v-8M10 20v-5h4v5"
            }
            Tab::Hours => "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1M4 10h16M8 3v4M16 3v4",
        }
    }
}

/// One of several in a form.
pub struct Choice {
    pub value: &'static str,
    pub name: &'static str,
    pub chosen: bool,
}

/// What a page is made from: who looks, at which shop, when, and what the owner has set.
pub struct View {
    pub web: Arc<Web>,
    pub visitor: Visitor,
    pub plan: Arc<Plan>,
    pub shop: Arc<Shop>,
    pub now: UnixMs,
    pub query: Fields,
    /// The phone that was last chosen in this browser.
    pub phone: Option<PhoneId>,
    /// How many phones rang when somebody at it said that they know how few it is.
    pub few_known: Option<usize>,
}

impl FromRequestParts<Arc<Web>> for View {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<View, Fault> {
        let visitor = parts.extensions.get::<Visitor>().cloned().ok_or(Fault::Broken)?;
        let query = Fields::of_query(&parts.uri);
        let plan = newest_plan(web).await?;
        let shop = looked_at(&plan, &query)?.ok_or(Fault::NoShop)?.clone();
        let phone = web.entrance.cookie.phone(&parts.headers);
        let few_known = web.entrance.cookie.few_known(&parts.headers);
        Ok(View { web: web.clone(), visitor, plan, shop, now: (web.clock)().wall, query, phone, few_known })
    }
}

/// The shop that an address asks for, else the first. `None`: there is none yet.
///
/// # Errors
/// There is none such.
pub fn looked_at<'p>(plan: &'p Plan, query: &Fields) -> Result<Option<&'p Arc<Shop>>, Fault> {
    match query.get("shop").filter(|id| !id.is_empty()) {
        Some(id) => plan.shops.iter().find(|shop| shop.id.0.to_string() == id).map(Some).ok_or(Fault::NotFound),
        None => Ok(plan.shops.first()),
    }
}

/// This address in this shop. `path` may have parameters.
pub fn at_shop(plan: &Plan, path: &str, shop: &Shop) -> String {
    match plan.shops.as_slice() {
        [_] => path.to_owned(),
        _ if path.contains('?') => format!("{path}&shop={}", shop.id.0),
        _ => format!("{path}?shop={}", shop.id.0),
    }
}

/// The owner's settings as they are stored: the loop may hear of a change a second later.
pub async fn newest_plan(web: &Web) -> Result<Arc<Plan>, StoreError> {
    let known = web.plan.borrow().clone();
    if web.store.plan_version().await? == known.version { Ok(known) } else { Ok(Arc::new(web.store.plan().await?)) }
}

impl View {
    pub fn language(&self) -> Language {
        self.visitor.language
    }

    /// What the reader may do.
    pub fn may(&self) -> May {
        May::of(self.visitor.owner.role)
    }

    pub fn w(&self) -> &'static Labels {
        labels(self.visitor.language)
    }

    /// The shop a call was to, else the one that is looked at.
    pub fn shop_of(&self, record: &CallRecord) -> &Shop {
        record.shop.and_then(|id| self.plan.shop(id)).unwrap_or(&self.shop)
    }

    /// The instant that somebody means who types a day and a time, by the shop's clock.
    pub fn instant(&self, typed: &str) -> Option<UnixMs> {
        local_time::read(typed).map(|local| local_time::earliest(self.shop.time_zone, local))
    }

    /// Which shop's calls to list: with one shop all, also those of numbers that are nobody's.
    pub fn only_shop(&self) -> Option<ShopId> {
        (self.plan.shops.len() > 1).then_some(self.shop.id)
    }

    /// This address in the same shop. `path` may have parameters.
    pub fn at(&self, path: &str) -> String {
        at_shop(&self.plan, path, &self.shop)
    }

    pub fn frame(&self, tab: Tab, title: &str) -> Frame {
        let w = self.w();
        let several = self.plan.shops.len() > 1;
        let shop_link = |shop: &Arc<Shop>| ShopLink {
            href: at_shop(&self.plan, tab.path(), shop),
            name: shown(&shop.name),
            here: shop.id == self.shop.id,
        };
        let tab_link = |to: Tab| TabLink {
            href: self.at(to.path()),
            name: to.name(self.language()),
            here: to == tab,
            icon: to.icon(),
        };
        Frame {
            w,
            language: self.language().as_str(),
            title: title.to_owned(),
            style: STYLE.as_str(),
            icon: ICON.as_str(),
            script: SCRIPT.as_str(),
            csrf: self.visitor.form_mark(),
            may: self.may(),
            shop_name: shown(&self.shop.name),
            shop_field: several.then_some(self.shop.id.0),
            home: self.at("/"),
            messages: self.at("/messages"),
            account: self.at("/account"),
            shops: if several { self.plan.shops.iter().map(shop_link).collect() } else { Vec::new() },
            tabs: TABS.into_iter().map(tab_link).collect(),
        }
    }
}

/// A page, written.
pub fn page(template: impl Template) -> Result<Response, Fault> {
    Ok(Html(template.render()?).into_response())
}

/// A text from outside as one line for people: without control characters and those that only change how others look,
/// and no longer than a name can be.
pub fn shown(text: &str) -> String {
    let mut line: String = crate::caller::visible(text).take(MOST_SHOWN + 1).collect();
    if line.chars().count() > MOST_SHOWN {
        line = line.chars().take(MOST_SHOWN).collect::<String>() + "…";
    }
    line.trim().to_owned()
}

/// The same for a note of several lines.
pub fn shown_lines(text: &str) -> String {
    let lines = text.lines().map(|line| crate::caller::visible(line).collect::<String>().trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n").chars().take(MOST_NOTE).collect()
}

/// Characters of a note; the page itself takes fewer.
const MOST_NOTE: usize = 2000;
/// Characters of a name: the longest of a person or a firm stay below it.
const MOST_SHOWN: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_one_short_line() {
        assert_eq!(shown("Jo\r\nMiller\u{0}"), "Jo Miller");
        assert_eq!(shown("\u{202e}relliM oJ\u{202c}"), "relliM oJ");
        assert_eq!(shown("مها <b>"), "مها <b>", "letters are kept; the template escapes");
        assert_eq!(shown(&"x".repeat(2_000)).chars().count(), MOST_SHOWN + 1);
        assert_eq!(shown(" \t "), "");
    }
}
