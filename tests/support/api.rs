//! A client of the API.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use super::http;

/// A client with a token.
pub struct Api {
    base: String,
    token: String,
    client: Client,
}

/// A response that has been read to its end.
#[derive(Debug)]
pub struct Answer {
    pub method: Method,
    pub path: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Api {
    /// A client with that token.
    pub fn new(base: &str, token: &str) -> Self {
        Self { base: base.into(), token: token.into(), client: http() }
    }

    /// A request without a token. A path without a leading slash is relative to `/api/v1/accounts/1`.
    pub fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/accounts/1/{path}") };
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// A request with the token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, path).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// A request with a JSON body.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path).header("content-type", "application/json").body(body.to_string());
        Answer::of(request).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, body).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.call(Method::PATCH, path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Sends these bytes as an event.
    pub async fn send(&self, body: impl Into<Vec<u8>>) -> Answer {
        Answer::of(self.event_request(body)).await
    }

    /// Sends these bytes as an event with an `Idempotency-Key`.
    pub async fn send_once(&self, key: &str, body: impl Into<Vec<u8>>) -> Answer {
        Answer::of(self.event_request(body).header("idempotency-key", key)).await
    }

    /// A request that posts an event, not sent yet.
    pub fn event_request(&self, body: impl Into<Vec<u8>>) -> RequestBuilder {
        self.request(Method::POST, "/api/v1/events").header("content-type", "application/json").body(body.into())
    }

    /// Sends an event, which must be accepted; returns its id.
    pub async fn accepted(&self, body: impl Into<Vec<u8>>) -> String {
        let answer = self.send(body).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.json()["id"].as_str().expect("an id").to_owned()
    }

    /// Creates a webhook and returns `payload.webhook` of the response.
    pub async fn webhook(&self, body: &Value) -> Value {
        let answer = self.post("webhooks", body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["payload"]["webhook"].clone()
    }

    /// The deliveries that match the query, newest first.
    pub async fn deliveries(&self, filter: &str) -> Vec<Value> {
        let answer = self.get(&format!("deliveries?{filter}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["payload"].as_array().expect("a list").clone()
    }

    /// One delivery with its attempts.
    pub async fn delivery(&self, id: &str) -> Value {
        let answer = self.get(&format!("deliveries/{id}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["payload"]["delivery"].clone()
    }
}

impl Answer {
    /// Sends a request and reads the whole response.
    pub async fn of(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { method, path, status, headers, text: response.text().await.expect("a body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("JSON: {self:?}"))
    }

    /// The error without the members that Chatwoot's own errors do not have.
    pub fn chatwoot_error(&self) -> Value {
        let mut body = self.json();
        let members = body.as_object_mut().expect("an object");
        assert!(members.remove("code").is_some_and(|code| code.is_string()), "{self:?}");
        let id = members.remove("request_id").expect("the id of the request");
        assert_eq!(id, self.header("x-request-id"), "{self:?}");
        if members.contains_key("error") || members.contains_key("message") {
            assert!(members.remove("errors").is_some_and(|errors| errors[0]["detail"].is_string()), "{self:?}");
        }
        body
    }

    /// The header's value; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// Asserts a problem (RFC 9457) of that status; returns the codes that it names.
    pub fn problem(&self, status: u16) -> Vec<String> {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status, "{body}");
        for member in ["type", "title", "detail"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {body}");
        }
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let mut codes: Vec<_> = errors.iter().filter_map(|error| error["code"].as_str().map(Into::into)).collect();
        codes.extend(body["type"].as_str().and_then(|kind| kind.rsplit(['/', ':', '#']).next()).map(Into::into));
        codes
    }
}
