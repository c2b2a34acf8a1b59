//! Everything that is kept about a caller, erased.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use super::kept::all_messages;
use super::{KnownCaller, Shown, build};
use crate::number::Number;
use crate::store::Erased;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page};
use crate::words;
use crate::words::page::calls::Labels;

#[derive(askama::Template)]
#[template(path = "erased.html")]
struct Page {
    frame: Frame,
    l: &'static Labels,
    calls: String,
}

pub async fn erase(view: View, KnownCaller(number): KnownCaller) -> Result<Response, Fault> {
    let l = words::page::calls::labels(view.language());
    let numbers = view.web.store.numbers_of(view.shop.id, &number).await?;
    for of in &numbers {
        if view.web.store.is_on_the_line(view.shop.id, of).await? {
            return on_the_line(&view, &number, l).await;
        }
    }
    for of in &numbers {
        // The sound first: what is on the disk and in no row would be taken up again at the next start.
        let files = all_messages(&view, of).await?.into_iter().map(|stored| stored.recording);
        delete(&view, files).await?;
        match view.web.store.erase_caller(view.shop.id, of).await? {
            Erased::Done { recordings } => delete(&view, recordings.into_iter()).await?,
            Erased::OnTheLine => return on_the_line(&view, &number, l).await,
        }
        view.web.board.erased(view.shop.id, of.clone()).await;
    }
    view.web.plan_changed().await;
    page(Page { frame: view.frame(Tab::Calls, l.erased), l, calls: view.at("/calls") })
}

async fn on_the_line(view: &View, number: &Number, l: &Labels) -> Result<Response, Fault> {
    let shown = Shown { erase_fault: Some(l.erase_live.to_owned()), ..Shown::now(view, number).await? };
    Ok((StatusCode::CONFLICT, build(view, number, shown).await?).into_response())
}

async fn delete(view: &View, recordings: impl Iterator<Item = Uuid>) -> Result<(), Fault> {
    for recording in recordings {
        match tokio::fs::remove_file(view.web.recordings.path(recording)).await {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(%recording, %error, "a recording cannot be deleted; its caller is not erased");
                return Err(Fault::Broken);
            }
        }
    }
    Ok(())
}
