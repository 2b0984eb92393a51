//! `/healthz` and `/readyz`, for supervisors and load balancers.

use actix_web::web::Data;
use actix_web::{HttpResponse, Responder};

use super::State;
use crate::db::accounts::users;

/// `/healthz`: 200 as long as the process serves requests.
pub async fn lives() -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// `/readyz`: 200 if the database answers and the delivery task runs; otherwise 503 with the cause.
pub async fn ready(state: Data<State>) -> impl Responder {
    let answers = state.db.read(users::is_empty).await.is_ok();
    let (mut response, text) = match (state.db.unusable(), answers, state.engine.is_running()) {
        (None, true, true) => (HttpResponse::Ok(), "ready\n".to_owned()),
        (Some(why), ..) => (HttpResponse::ServiceUnavailable(), format!("{why}\n")),
        (None, false, _) => (HttpResponse::ServiceUnavailable(), "the database does not answer\n".to_owned()),
        (None, true, false) => (HttpResponse::ServiceUnavailable(), "stopping\n".to_owned()),
    };
    response.content_type("text/plain; charset=utf-8").body(text)
}
