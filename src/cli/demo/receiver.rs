//! The receiver of the demo: answers each path in its own way, verifies signatures, and prints what arrives.

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use url::Url;

use crate::clock;
use crate::command_error::CommandError;
use crate::domain::webhooks::signing::SigningSecret;

/// How a path answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// 200 at once.
    Accepts,
    /// 500 for the first attempt of some deliveries, 200 for the others.
    Stumbles,
    /// 200 after two seconds.
    Slow,
    /// 500.
    Broken,
    /// 429 with a pause of a minute.
    Busy,
    /// 410.
    Gone,
}

const SLOW: Duration = Duration::from_secs(2);
/// [`Fate::Stumbles`] refuses the first attempt of every fourth delivery.
const STUMBLES_EACH: u8 = 4;

/// The signing secret and the fate of each path.
type Paths = Arc<Mutex<HashMap<String, (SigningSecret, Fate)>>>;

/// A running receiver.
pub struct Receiver {
    /// Its base URL.
    pub url: Url,
    paths: Paths,
}

impl Receiver {
    /// Starts one on a free port of loopback. It ends with the process.
    pub fn start() -> Result<Self, CommandError> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = Url::parse(&format!("http://{}", listener.local_addr()?))?;
        let paths = Paths::default();
        let known = Data::new(Arc::clone(&paths));
        let app = move || App::new().app_data(known.clone()).default_service(web::to(receive));
        tokio::spawn(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run());
        Ok(Self { url, paths })
    }

    /// What it verifies requests of this path with, and how it answers them.
    pub fn expect(&self, path: &str, secret: SigningSecret, fate: Fate) {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), (secret, fate));
    }
}

async fn receive(paths: Data<Paths>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let known = paths.lock().unwrap_or_else(PoisonError::into_inner).get(request.path()).cloned();
    let Some((secret, fate)) = known else { return HttpResponse::NotFound().finish() };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signature = if is_signed(&secret, &header, &body) { "signature valid" } else { "signature wrong" };
    if fate == Fate::Slow {
        tokio::time::sleep(SLOW).await;
    }
    let status = status(fate, header("x-hachok-delivery"), header("x-hachok-attempt"));
    let time = clock::now().to_string();
    let time = time.get(11..19).unwrap_or_default();
    let (event, id) = (header("x-hachok-event"), header("webhook-id"));
    println!("{time}  {:<10} {}  {event} {id}  {signature}", request.path(), status.as_u16());
    let mut answer = HttpResponse::build(status);
    if fate == Fate::Busy {
        answer.insert_header((RETRY_AFTER, "60"));
    }
    answer.finish()
}

/// Verifies the signature as Standard Webhooks 1.0 says: one of its entries has to match.
fn is_signed<'a>(secret: &SigningSecret, header: &impl Fn(&str) -> &'a str, body: &[u8]) -> bool {
    let Ok(timestamp) = header("webhook-timestamp").parse() else { return false };
    let expected = secret.sign(header("webhook-id"), timestamp, body);
    header("webhook-signature").split(' ').any(|entry| entry == expected)
}

fn status(fate: Fate, delivery: &str, attempt: &str) -> StatusCode {
    let stumbles = attempt == "1" && delivery.bytes().fold(0, u8::wrapping_add) % STUMBLES_EACH == 0;
    match fate {
        Fate::Stumbles if stumbles => StatusCode::INTERNAL_SERVER_ERROR,
        Fate::Accepts | Fate::Slow | Fate::Stumbles => StatusCode::OK,
        Fate::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        Fate::Busy => StatusCode::TOO_MANY_REQUESTS,
        Fate::Gone => StatusCode::GONE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stumbling_path_refuses_some_first_attempts_and_no_second_one() {
        let ids: Vec<String> = (0..100).map(|number| format!("dlv_{number}")).collect();
        let refused = ids.iter().filter(|id| status(Fate::Stumbles, id, "1").as_u16() == 500).count();
        assert!((10..50).contains(&refused), "{refused}");
        assert!(ids.iter().all(|id| status(Fate::Stumbles, id, "2").as_u16() == 200));
    }
}
