//! `/start`: the first steps, from a name to a ringing phone. Each can be skipped and returned to, and sending one twice does
//! nothing more; what is done already is seen from what is stored, so that nothing is kept of the steps themselves.

pub mod closed_days;
pub mod greeting;
pub mod hours;

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};

use crate::number::Number;
use crate::routing::plan::{Language, Plan, Shop};
use crate::web::Web;
use crate::web::drill::{self, DrillForm};
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Frame, Plain, Tab, View, at_shop, looked_at, newest_plan, page, shown};
use crate::web::hours::closed_days::asked_year;
use crate::web::phone_add::AddForm;
use crate::web::shop::{self, BasicsForm};
use crate::web::visit::Visitor;
use crate::words::page::shop as shop_words;
use crate::words::page::shop::phones;
use crate::words::page::shop::start::{Labels, labels};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Shop,
    Hours,
    ClosedDays,
    Phone,
    Number,
    Greeting,
    Call,
}

const STEPS: [Step; 7] =
    [Step::Shop, Step::Hours, Step::ClosedDays, Step::Phone, Step::Number, Step::Greeting, Step::Call];

impl Step {
    fn path(self) -> &'static str {
        match self {
            Step::Shop => "/start/shop",
            Step::Hours => "/start/hours",
            Step::ClosedDays => "/start/closed-days",
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
            Step::ClosedDays => w.step_closed_days,
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

    fn is_done(self, stored: &Stored) -> bool {
        let Some(shop) = stored.shop else { return false };
        match self {
            Step::Shop => true,
            Step::Hours => shop.hours.is_some(),
            Step::ClosedDays => stored.closed_days == Asked::Yes,
            Step::Phone => !shop.phones.is_empty(),
            Step::Number => !shop.numbers.is_empty(),
            Step::Greeting => !shop.greeting.words.is_empty(),
            // Nobody need do anything here.
            Step::Call => false,
        }
    }
}

/// What is stored of the shop that is set up.
struct Stored<'s> {
    /// `None`: there is none yet.
    shop: Option<&'s Shop>,
    closed_days: Asked,
}

/// Whether the owner was asked which days the shop closes on, for this year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Yes,
    NotYet,
}

impl Stored<'_> {
    async fn of<'s>(web: &Web, shop: Option<&'s Shop>) -> Result<Stored<'s>, Fault> {
        let Some(there) = shop else { return Ok(Stored { shop, closed_days: Asked::NotYet }) };
        let year = asked_year(there, (web.clock)().wall);
        let is_asked = web.store.closed_days_year(there.id).await? >= year;
        Ok(Stored { shop, closed_days: if is_asked { Asked::Yes } else { Asked::NotYet } })
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
    fn at(here: Step, stored: &Stored, language: Language, at: impl Fn(&str) -> String) -> Way {
        let w = labels(language);
        let link = |step: Step| StepLink {
            name: step.name(w),
            href: at(step.path()),
            done: step.is_done(stored),
            here: step == here,
        };
        // Without a shop there is nowhere else to go.
        let known = STEPS.into_iter().filter(|step| stored.shop.is_some() || *step == Step::Shop);
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
    lines: Field,
    carriers: Vec<String>,
}

#[derive(Template)]
#[template(path = "start_call.html")]
struct CallPage {
    frame: Frame,
    t: &'static Labels,
    way: Way,
    p: &'static phones::Labels,
    fault: Option<String>,
    phones: Vec<DrillForm>,
}

/// The first step that is not done.
pub async fn begin(State(web): State<Arc<Web>>, uri: Uri) -> Result<Response, Fault> {
    let first = First::of(&web, &uri).await?;
    let stored = Stored::of(&web, first.shop.as_deref()).await?;
    let next = STEPS.into_iter().find(|step| !step.is_done(&stored)).unwrap_or(Step::Call);
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
    build_shop(&web, &visitor, &first, form).await
}

pub async fn save_shop(
    State(web): State<Arc<Web>>,
    Extension(visitor): Extension<Visitor>,
    uri: Uri,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let first = First::of(&web, &uri).await?;
    let again = async |form| {
        let page = build_shop(&web, &visitor, &first, form).await?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let (basics, form) = match first.form(&headers, visitor.language).read(&fields, visitor.language) {
        Ok(read) => read,
        Err(form) => return again(*form).await,
    };
    let saved = match &first.shop {
        Some(shop) => web.store.set_shop_basics(shop.id, &basics).await,
        None => web.store.create_shop(&basics).await.map(drop),
    };
    if let Err(error) = saved {
        return again(form.refused(error, visitor.language)?).await;
    }
    web.plan_changed().await;
    Ok(Redirect::to(&first.at(Step::Shop.next())).into_response())
}

async fn build_shop(web: &Web, visitor: &Visitor, first: &First, form: BasicsForm) -> Result<Response, Fault> {
    let language = visitor.language;
    let stored = Stored::of(web, first.shop.as_deref()).await?;
    let t = labels(language);
    page(ShopPage {
        plain: Plain::new(language, t.step_shop),
        t,
        way: Way::at(Step::Shop, &stored, language, |path| first.at(path)),
        s: shop_words::labels(language),
        csrf: visitor.form_mark(),
        form,
        script: crate::web::assets::GUESS.as_str(),
        may_skip: stored.shop.is_some(),
    })
}

async fn way(here: Step, view: &View) -> Result<Way, Fault> {
    let stored = Stored::of(&view.web, Some(&view.shop)).await?;
    Ok(Way::at(here, &stored, view.language(), |path| view.at(path)))
}

/// On to the step after this one.
fn on_from(step: Step, view: &View) -> Response {
    Redirect::to(&view.at(step.next())).into_response()
}

pub async fn phone(view: View) -> Result<Response, Fault> {
    let t = labels(view.language());
    page(PhonePage {
        frame: view.frame(Tab::Shop, t.step_phone),
        t,
        way: way(Step::Phone, &view).await?,
        p: phones::labels(view.language()),
        form: AddForm::fresh(&view, Step::Phone.next()),
        there: !view.shop.phones.is_empty(),
    })
}

pub async fn number(view: View) -> Result<Response, Fault> {
    let numbers: Vec<&str> = view.shop.numbers.iter().map(Number::as_str).collect();
    build_number(&view, Field::fresh(&numbers.join("\n"))).await
}

pub async fn save_number(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    match shop::set_numbers(&view, fields.text("lines")).await? {
        Ok(()) => Ok(on_from(Step::Number, &view)),
        Err(typed) => Ok((StatusCode::UNPROCESSABLE_ENTITY, build_number(&view, typed).await?).into_response()),
    }
}

async fn build_number(view: &View, lines: Field) -> Result<Response, Fault> {
    let t = labels(view.language());
    page(NumberPage {
        frame: view.frame(Tab::Shop, t.step_number),
        t,
        way: way(Step::Number, view).await?,
        s: shop_words::labels(view.language()),
        action: view.at(Step::Number.path()),
        lines,
        carriers: view.web.site.carriers.iter().map(|name| shown(name)).collect(),
    })
}

pub async fn call(view: View) -> Result<Response, Fault> {
    build_call(&view, None).await
}

pub async fn ring(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    match drill::ring(&view, &id).await? {
        Ok(()) => Ok(Redirect::to(&view.at(Step::Call.path())).into_response()),
        Err(fault) => Ok((StatusCode::CONFLICT, build_call(&view, Some(fault)).await?).into_response()),
    }
}

async fn build_call(view: &View, fault: Option<String>) -> Result<Response, Fault> {
    let t = labels(view.language());
    let phones = drill::forms(view, |phone| format!("{}/{}", Step::Call.path(), phone.0)).await?;
    let going_on = drill::is_going_on(&phones);
    let built = page(CallPage {
        frame: view.frame(Tab::Shop, t.step_call),
        t,
        way: way(Step::Call, view).await?,
        p: phones::labels(view.language()),
        fault,
        phones,
    })?;
    Ok(drill::looking_again(built, going_on))
}
