//! `/healthz` and `/readyz`, for supervisors and load balancers.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, Responder};

use super::State;
use super::request::local_peer::is_local;
use crate::db::accounts::users;
use crate::version::VERSION;

/// `/healthz`: 200 as long as the process serves requests. Programs on this machine also get the version: it would show
/// strangers which faults to try.
pub async fn lives(request: HttpRequest) -> impl Responder {
    let body = if is_local(&request) { format!("ok\nhachok {VERSION}\n") } else { "ok\n".to_owned() };
    HttpResponse::Ok().content_type(PLAIN_TEXT).body(body)
}

/// `/readyz`: 200 if the database answers and takes writes, and the background tasks run; otherwise 503 with the cause.
pub async fn ready(state: Data<State>) -> impl Responder {
    match obstacle(&state).await {
        None => HttpResponse::Ok().content_type(PLAIN_TEXT).body("ready\n"),
        Some(why) => HttpResponse::ServiceUnavailable().content_type(PLAIN_TEXT).body(format!("{why}\n")),
    }
}

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";

/// Why the process cannot do its work.
async fn obstacle(state: &State) -> Option<String> {
    if let Some(why) = state.db.unusable() {
        return Some(why.to_string());
    }
    if state.db.is_newer() {
        return Some("a newer version has migrated the database: this process stops".into());
    }
    if state.db.read(users::is_empty).await.is_err() {
        return Some("the database does not answer".into());
    }
    if let Some(why) = state.db.write_outage() {
        return Some(format!("the database cannot be written to: {why}"));
    }
    if state.db.is_disk_full() {
        return Some("the disk of the database is nearly full".into());
    }
    if !state.engine.is_running() {
        return Some("stopping".into());
    }
    let ended = state.engine.supervisor().ended();
    (!ended.is_empty()).then(|| format!("tasks ended unexpectedly and are started again: {}", ended.join(", ")))
}
