//! What is said of a caller with one tap: not to be called back, and whose other number this is.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::{KnownCaller, Shown, build};
use crate::number::Number;
use crate::store::Joined;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{View, shown};
use crate::words;

pub async fn call_back(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let may = match fields.text("may") {
        "yes" => true,
        "no" => false,
        _ => return Err(Fault::BadForm),
    };
    // It is the person who says it, of whichever number of theirs.
    for number in view.web.store.numbers_of(view.shop.id, &number).await? {
        view.web.store.set_called_back(view.shop.id, &number, may).await?;
    }
    if !may {
        view.web.taken_on(view.shop.id, &number).await;
    }
    done(&view, &number).await
}

pub async fn join(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let typed = fields.text("other");
    let refused = async |fault: &str| {
        let again =
            Shown { other: shown(typed), join_fault: Some(fault.to_owned()), ..Shown::now(&view, &number).await? };
        Ok((StatusCode::UNPROCESSABLE_ENTITY, build(&view, &number, again).await?).into_response())
    };
    let Some(other) = Number::parse(typed, view.shop.country) else {
        return refused(view.w().not_a_number).await;
    };
    match view.web.store.join_numbers(view.shop.id, &number, &other).await? {
        Joined::Done => {
            // Who wants no call at one of the numbers wants none at the others.
            if view.web.store.is_not_called_back(view.shop.id, &number).await? {
                view.web.taken_on(view.shop.id, &number).await;
            }
            done(&view, &number).await
        }
        Joined::Refused => refused(words::page::calls::labels(view.language()).not_joined).await,
    }
}

pub async fn part(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let other = Number::from_e164(fields.text("other")).ok_or(Fault::BadForm)?;
    view.web.store.part_number(view.shop.id, &other).await?;
    done(&view, &number).await
}

async fn done(view: &View, number: &Number) -> Result<Response, Fault> {
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at(&format!("/callers/{}?saved=yes", number.as_str()))).into_response())
}
