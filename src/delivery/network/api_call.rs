//! Calls of another program's API, such as Chatwoot's. Like requests to receivers they pass the address guard and follow no
//! redirect; unlike them they have any method, and their answer is read whole.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Request;
use reqwest::header::RETRY_AFTER;
use tokio::time::timeout;

use super::connection_use::ConnectionUse;
use super::sender::{ConnectionChoice, Failure, Headers, Sender};
use crate::domain::deliveries::failure_cause::FailureCause;
use crate::domain::webhooks::target_url::TargetUrl;

/// The longest answer: 2,000 inboxes as Chatwoot describes them. A longer one is not read to its end.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// The methods of the APIs that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, or reads by a filter in the body.
    Post,
    /// Changes the given fields.
    Patch,
    /// Removes.
    Delete,
}

/// A call.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// The method.
    pub method: Method,
    /// The whole URL.
    pub url: TargetUrl,
    /// All headers but `host` and `content-length`.
    pub headers: Headers,
    /// The body; empty for none.
    pub body: Bytes,
    /// The time from the lookup of the name to the last byte of the answer.
    pub timeout: Duration,
}

/// An answer with any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The value of `Retry-After`.
    pub retry_after: Option<String>,
    /// The body; `None` if it is longer than 4 MiB or broke.
    pub body: Option<Vec<u8>>,
}

impl Sender {
    /// Makes a call, once.
    pub async fn call(&self, call: ApiCall) -> Result<ApiAnswer, Failure> {
        self.check(&call.url)?;
        // What is not safe to repeat must not meet the end of a kept connection.
        let connection = match call.method {
            Method::Get => ConnectionChoice::Kept,
            Method::Post | Method::Patch | Method::Delete => ConnectionChoice::New,
        };
        let client = self.client(&call.url, connection);
        let whole = async {
            let answer = client.execute(built(&call)).await;
            let mut answer = answer.map_err(|error| self.failure(&error, ConnectionUse::First))?;
            let remote = answer.remote_addr().map(|remote| remote.ip());
            if remote.is_some_and(|ip| !self.policy.admits(ip, call.url.is_https())) {
                tracing::error!(ip = ?remote, "the client connected to an address that the guard does not admit");
                return Err(FailureCause::Internal.into());
            }
            let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
            let retry_after = retry_after.map(str::to_owned);
            Ok(ApiAnswer { status: answer.status().as_u16(), retry_after, body: read(&mut answer).await })
        };
        timeout(call.timeout, whole).await.map_err(|_| Failure::from(FailureCause::Timeout))?
    }
}

fn built(call: &ApiCall) -> Request {
    let method = match call.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let mut built = Request::new(method, call.url.url().clone());
    *built.headers_mut() = call.headers.0.clone();
    if !call.body.is_empty() {
        *built.body_mut() = Some(call.body.clone().into());
    }
    built
}

async fn read(answer: &mut reqwest::Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.ok()? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}
