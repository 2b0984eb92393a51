//! For supervisors and load balancers.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};

use super::State;
use crate::db::users;

/// The process lives.
pub async fn lives() -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// The database answers and the delivery task runs.
pub async fn ready(state: Data<State>) -> impl Responder {
    let answers = state.db.read(users::none_yet).await.is_ok();
    let (mut response, text) = match (answers, state.engine.is_running()) {
        (true, true) => (HttpResponse::Ok(), "ready\n"),
        (false, _) => (HttpResponse::ServiceUnavailable(), "the database does not answer\n"),
        (true, false) => (HttpResponse::ServiceUnavailable(), "stopping\n"),
    };
    response.content_type("text/plain; charset=utf-8").body(text)
}
