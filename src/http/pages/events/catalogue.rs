//! `/events`: the catalogue, one event, its JSON Schema.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};

use crate::db::webhooks;
use crate::domain::events::catalogue::EventName;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, render};
use crate::http::request::page_context::SignedIn;
use crate::views::events::catalogue::{CataloguePage, EventPage};

pub async fn list(state: Data<State>, SignedIn(context): SignedIn) -> Answer {
    let webhooks = state.db.read(webhooks::list).await?;
    render(StatusCode::OK, &CataloguePage::new(context.layout(), &webhooks))
}

pub async fn show(state: Data<State>, SignedIn(context): SignedIn, name: Path<String>) -> Answer {
    let event = EventName::parse(&name).ok_or(PageError::NotFound)?;
    let webhooks = state.db.read(webhooks::list).await?;
    render(StatusCode::OK, &EventPage::new(context.layout(), event, &webhooks))
}

/// The JSON Schema of an event, as a file.
pub async fn schema(_: SignedIn, name: Path<String>) -> Result<HttpResponse, PageError> {
    let event = EventName::parse(&name).ok_or(PageError::NotFound)?;
    Ok(HttpResponse::Ok().content_type("application/schema+json").body(format!("{:#}\n", event.schema())))
}
