//! `/phones/ID/connect`: a link by which a desk phone fetches its settings. It is shown once, in answer to the form: only
//! its hash is kept.

use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};

use crate::routing::plan::{Line, Phone, PhoneId};
use crate::store::provisioning::LINK_LASTS;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::qr_code::{self, Drawing};
use crate::words;

#[derive(Template)]
#[template(path = "connect.html")]
struct Page {
    frame: Frame,
    phone: String,
    until: String,
    /// Why it may not do as it is.
    warnings: Vec<String>,
    makers: Vec<Maker>,
    end_action: String,
    phones: String,
}

/// Where to type what, on one maker's phones.
struct Maker {
    name: &'static str,
    place: &'static str,
    address: String,
    /// The same for a camera, where a phone of this maker has one.
    code: Option<Drawing>,
}

pub async fn make(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let phone = phone(&view, &id)?;
    let (w, language) = (view.w(), view.language());
    let secret = view.web.store.make_provisioning_link(phone.id, view.now).await?;
    let site = &view.web.site;
    let base = format!("{}/p/{secret}", site.base);
    let without_scheme = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
    let warnings = match (site.is_here_alone(), site.is_in_the_open()) {
        (true, _) => vec![words::page::link_is_here_alone(&site.base, language)],
        (false, true) => vec![w.link_in_the_open.to_owned()],
        (false, false) => Vec::new(),
    };
    let moment = words::page::moment_within(view.now + LINK_LASTS, language, view.shop.time_zone, view.now);
    let maker = |name, place, address| Maker { name, place, address, code: None };
    let app = format!("{base}/linphone.xml");
    page(Page {
        frame: view.frame(Tab::Shop, w.connect),
        phone: shown(&phone.name),
        until: words::page::link_until(&moment, language),
        warnings,
        makers: vec![
            maker("Yealink", w.at_yealink, format!("{base}/")),
            maker("Grandstream", w.at_grandstream, without_scheme.to_owned()),
            maker("Snom", w.at_snom, format!("{base}/snom-{{mac}}.xml")),
            maker("Poly", w.at_poly, without_scheme.to_owned()),
            Maker { code: qr_code::drawn(&app), ..maker("Linphone", w.at_linphone, app) },
        ],
        end_action: view.at(&format!("/phones/{}/connect/end", phone.id.0)),
        phones: view.at("/phones"),
    })
}

pub async fn end(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let phone = phone(&view, &id)?;
    view.web.store.end_provisioning_link(phone.id).await?;
    Ok(Redirect::to(&view.at("/phones")).into_response())
}

/// A phone of this shop that registers.
fn phone<'v>(view: &'v View, id: &str) -> Result<&'v Phone, Fault> {
    let id = PhoneId(id.parse().map_err(|_| Fault::NotFound)?);
    let phone = view.shop.phone(id).ok_or(Fault::NotFound)?;
    match phone.line {
        Line::Registers { .. } => Ok(phone),
        Line::Fixed { .. } | Line::Cell { .. } => Err(Fault::NotFound),
    }
}
