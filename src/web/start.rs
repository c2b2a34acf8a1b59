//! `/start`: the first steps, from a name to a ringing phone. Each can be skipped and returned to; what is done already is
//! seen from the plan, so that nothing is kept of them.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::number::Number;
use crate::routing::plan::{Language, Plan, Shop};
use crate::routing::week::{DAY_MIN, Span, Week, minutes};
use crate::routing::{Hours, HoursTag};
use crate::store::Saved;
use crate::web::Web;
use crate::web::drill::{self, DrillForm};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Plain, Tab, View, at_shop, looked_at, newest_plan, page, shown};
use crate::web::phone::Typed;
use crate::web::phone_add::AddForm;
use crate::web::shop::{self, BasicsForm};
use crate::web::visit::Visitor;
use crate::words;
use crate::words::page::shop as shop_words;
use crate::words::page::shop::phones;
use crate::words::page::shop::start::{Labels, labels};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Shop,
    Hours,
    Phone,
    Number,
    Greeting,
    Call,
}

const STEPS: [Step; 6] = [Step::Shop, Step::Hours, Step::Phone, Step::Number, Step::Greeting, Step::Call];

impl Step {
    fn path(self) -> &'static str {
        match self {
            Step::Shop => "/start/shop",
            Step::Hours => "/start/hours",
            Step::Phone => "/start/phone",
            Step::Number => "/start/number",
            Step::Greeting => "/start/greeting",
            Step::Call => "/start/call",
        }
    }

    fn name(self, w: &Labels) -> &'static str {
        match self {
            Step::Shop => w.step_shop,
            Step::Hours => w.step_hours,
            Step::Phone => w.step_phone,
            Step::Number => w.step_number,
            Step::Greeting => w.step_greeting,
            Step::Call => w.step_call,
        }
    }

    /// Where the next one is.
    fn next(self) -> &'static str {
        let at = STEPS.iter().position(|step| *step == self).unwrap_or_default();
        STEPS.get(at + 1).map_or("/", |step| step.path())
    }

    fn is_done(self, shop: Option<&Shop>) -> bool {
        let Some(shop) = shop else { return false };
        match self {
            Step::Shop => true,
            Step::Hours => shop.hours.is_some(),
            Step::Phone => !shop.phones.is_empty(),
            Step::Number => !shop.numbers.is_empty(),
            // Nobody need do anything here.
            Step::Greeting | Step::Call => false,
        }
    }
}

/// The way through.
struct Way {
    steps: Vec<StepLink>,
    skip: String,
}

struct StepLink {
    name: &'static str,
    href: String,
    done: bool,
    here: bool,
}

impl Way {
    fn at(here: Step, shop: Option<&Shop>, language: Language, at: impl Fn(&str) -> String) -> Way {
        let w = labels(language);
        let link = |step: Step| StepLink {
            name: step.name(w),
            href: at(step.path()),
            done: step.is_done(shop),
            here: step == here,
        };
        // Without a shop there is nowhere else to go.
        let known = STEPS.into_iter().filter(|step| shop.is_some() || *step == Step::Shop);
        Way { steps: known.map(link).collect(), skip: at(here.next()) }
    }
}

#[derive(Template)]
#[template(path = "start_shop.html")]
struct ShopPage {
    plain: Plain,
    t: &'static Labels,
    way: Way,
    s: &'static shop_words::Labels,
    csrf: String,
    form: BasicsForm,
    script: &'static str,
    /// There is a shop: it may be left as it is.
    may_skip: bool,
}

#[derive(Template)]
#[template(path = "start_hours.html")]
struct HoursPage {
    frame: Frame,
    t: &'static Labels,
    way: Way,
    action: String,
    spans: Vec<SpanForm>,
    holidays_off: bool,
    fault: Option<String>,
    /// They are set already: where they are changed.
    there: Option<String>,
}

/// A row of the form: Monday to Friday, or Saturday.
struct SpanForm {
    name: &'static str,
    field: String,
    from: String,
    to: String,
}

#[derive(Template)]
#[template(path = "start_phone.html")]
struct PhonePage {
    frame: Frame,
    t: &'static Labels,
    way: Way,
    p: &'static phones::Labels,
    form: AddForm,
    there: bool,
}

#[derive(Template)]
#[template(path = "start_number.html")]
struct NumberPage {
    frame: Frame,
    t: &'static Labels,
    way: Way,
    s: &'static shop_words::Labels,
    action: String,
    lines: Typed,
    carriers: Vec<String>,
}

#[derive(Template)]
#[template(path = "start_greeting.html")]
struct GreetingPage {
    frame: Frame,
    t: &'static Labels,
    way: Way,
}

#[derive(Template)]
#[template(path = "start_call.html")]
struct CallPage {
    frame: Frame,
    t: &'static Labels,
    way: Way,
    p: &'static phones::Labels,
    phones: Vec<DrillForm>,
}

/// Of the form: Monday to Friday twice, for those who close at noon, then Saturday.
const SPANS: [&str; 4] = ["w0", "w1", "s0", "s1"];

/// The first step that is not done.
pub async fn begin(State(web): State<Arc<Web>>, uri: Uri) -> Result<Response, Fault> {
    let first = First::of(&web, &uri).await?;
    let shop = first.shop.as_deref();
    let next = STEPS.into_iter().find(|step| !step.is_done(shop)).unwrap_or(Step::Call);
    Ok(Redirect::to(&first.at(next.path())).into_response())
}

/// What the first step is made from.
struct First {
    plan: Arc<Plan>,
    /// The one that is looked at. `None`: there is none yet.
    shop: Option<Arc<Shop>>,
}

impl First {
    async fn of(web: &Web, uri: &Uri) -> Result<First, Fault> {
        let plan = newest_plan(web).await?;
        let shop = looked_at(&plan, &Fields::of_query(uri))?.cloned();
        Ok(First { plan, shop })
    }

    /// This address in the same shop.
    fn at(&self, path: &str) -> String {
        self.shop.as_ref().map_or_else(|| path.to_owned(), |shop| at_shop(&self.plan, path, shop))
    }

    fn form(&self, headers: &HeaderMap, language: Language) -> BasicsForm {
        let action = self.at(Step::Shop.path());
        match &self.shop {
            Some(shop) => BasicsForm::of(shop, action, language),
            None => BasicsForm::guessed(headers, action, language),
        }
    }
}

/// There may be no shop yet: this page stands alone.
pub async fn shop(
    State(web): State<Arc<Web>>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let first = First::of(&web, &uri).await?;
    let form = first.form(&headers, visitor.language);
    build_shop(&visitor, &first, form)
}

pub async fn save_shop(
    State(web): State<Arc<Web>>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let first = First::of(&web, &uri).await?;
    let again = |form| Ok((StatusCode::UNPROCESSABLE_ENTITY, build_shop(&visitor, &first, form)?).into_response());
    let (basics, form) = match first.form(&headers, visitor.language).read(&fields, visitor.language) {
        Ok(read) => read,
        Err(form) => return again(*form),
    };
    let saved = match &first.shop {
        Some(shop) => web.store.set_shop_basics(shop.id, &basics).await,
        None => web.store.create_shop(&basics).await.map(drop),
    };
    if let Err(error) = saved {
        return again(form.refused(error, visitor.language)?);
    }
    web.plan_changed().await;
    Ok(Redirect::to(&first.at(Step::Shop.next())).into_response())
}

fn build_shop(visitor: &Visitor, first: &First, form: BasicsForm) -> Result<Response, Fault> {
    let (language, shop) = (visitor.language, first.shop.as_deref());
    let t = labels(language);
    page(ShopPage {
        plain: Plain::new(language, t.step_shop),
        t,
        way: Way::at(Step::Shop, shop, language, |path| first.at(path)),
        s: shop_words::labels(language),
        csrf: visitor.form_mark(),
        form,
        script: crate::web::assets::GUESS.as_str(),
        may_skip: shop.is_some(),
    })
}

fn way(here: Step, view: &View) -> Way {
    Way::at(here, Some(&view.shop), view.language(), |path| view.at(path))
}

pub async fn hours(view: View) -> Result<Response, Fault> {
    build_hours(&view, &Fields::default(), None)
}

pub async fn save_hours(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let again = |fault: String| {
        Ok((StatusCode::UNPROCESSABLE_ENTITY, build_hours(&view, &fields, Some(fault))?).into_response())
    };
    let Some(week) = read_week(&fields) else { return again(labels(view.language()).half_a_span.to_owned()) };
    let hours = match Hours::parse(&week.write(), view.shop.country) {
        Ok(hours) => hours,
        Err(error) => return again(words::hours_error(&error, view.language())),
    };
    let none = HoursTag::of(None);
    match view.web.store.set_hours(view.shop.id, Some(&hours), Some(&none)).await? {
        Saved::Done => {
            view.web.plan_changed().await;
            Ok(Redirect::to(&view.at(Step::Hours.next())).into_response())
        }
        // The page says so, and where they are changed.
        Saved::ChangedMeanwhile(_) => Ok(Redirect::to(&view.at(Step::Hours.path())).into_response()),
    }
}

fn build_hours(view: &View, fields: &Fields, fault: Option<String>) -> Result<Response, Fault> {
    let t = labels(view.language());
    let row = |field: &&str| SpanForm {
        name: if field.starts_with('w') { t.weekdays } else { t.saturday },
        field: (*field).to_owned(),
        from: fields.text(&format!("{field}from")).to_owned(),
        to: fields.text(&format!("{field}to")).to_owned(),
    };
    page(HoursPage {
        frame: view.frame(Tab::Shop, t.step_hours),
        t,
        way: way(Step::Hours, view),
        action: view.at(Step::Hours.path()),
        spans: SPANS.iter().map(row).collect(),
        holidays_off: fault.is_none() || fields.get("holidays_off").is_some(),
        fault,
        there: view.shop.hours.as_ref().map(|_| view.at("/hours")),
    })
}

/// Both empty: no span. An end at midnight is the day's.
fn read_span(from: &str, to: &str) -> Result<Option<Span>, ()> {
    if from.is_empty() && to.is_empty() {
        return Ok(None);
    }
    let (from, to) = (minutes(from).filter(|from| *from < DAY_MIN).ok_or(())?, minutes(to).ok_or(())?);
    let to = if to == 0 { DAY_MIN } else { to };
    if from == to || to > DAY_MIN { Err(()) } else { Ok(Some(Span { from, to })) }
}

/// `None`: a span has no beginning or no end.
fn read_week(fields: &Fields) -> Option<Week> {
    let mut week = Week { holidays_off: fields.get("holidays_off").is_some(), ..Week::default() };
    for field in SPANS {
        let (from, to) = (fields.text(&format!("{field}from")), fields.text(&format!("{field}to")));
        let span = read_span(from, to).ok()?;
        let days = if field.starts_with('w') { 0..5 } else { 5..6 };
        for day in &mut week.days[days] {
            day.extend(span);
        }
    }
    Some(week)
}

pub async fn phone(view: View) -> Result<Response, Fault> {
    let t = labels(view.language());
    page(PhonePage {
        frame: view.frame(Tab::Shop, t.step_phone),
        t,
        way: way(Step::Phone, &view),
        p: phones::labels(view.language()),
        form: AddForm::fresh(&view, Step::Phone.next()),
        there: !view.shop.phones.is_empty(),
    })
}

pub async fn number(view: View) -> Result<Response, Fault> {
    let numbers: Vec<&str> = view.shop.numbers.iter().map(Number::as_str).collect();
    build_number(&view, Typed::fresh(&numbers.join("\n")))
}

pub async fn save_number(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match shop::set_numbers(&view, fields.text("lines")).await? {
        Ok(()) => Ok(Redirect::to(&view.at(Step::Number.next())).into_response()),
        Err(typed) => Ok((StatusCode::UNPROCESSABLE_ENTITY, build_number(&view, typed)?).into_response()),
    }
}

fn build_number(view: &View, lines: Typed) -> Result<Response, Fault> {
    let t = labels(view.language());
    page(NumberPage {
        frame: view.frame(Tab::Shop, t.step_number),
        t,
        way: way(Step::Number, view),
        s: shop_words::labels(view.language()),
        action: view.at(Step::Number.path()),
        lines,
        carriers: view.web.site.carriers.iter().map(|name| shown(name)).collect(),
    })
}

pub async fn greeting(view: View) -> Result<Response, Fault> {
    let t = labels(view.language());
    page(GreetingPage { frame: view.frame(Tab::Shop, t.step_greeting), t, way: way(Step::Greeting, &view) })
}

pub async fn call(view: View) -> Result<Response, Fault> {
    let t = labels(view.language());
    let phones = drill::forms(&view, Step::Call.path()).await?;
    let going_on = drill::is_going_on(&phones);
    let built = page(CallPage {
        frame: view.frame(Tab::Shop, t.step_call),
        t,
        way: way(Step::Call, &view),
        p: phones::labels(view.language()),
        phones,
    })?;
    Ok(drill::looking_again(built, going_on))
}
