//! A person with a browser without scripts: cookies, links and forms.

use std::collections::BTreeMap;
use std::sync::Mutex;

use reqwest::{Client, Method, RequestBuilder};

use super::{Answer, App, Form, Page, http};

/// The administrator of the tests.
pub const EMAIL: &str = "admin@example.com";
pub const PASSWORD: &str = "correct horse battery";

pub struct Visitor {
    base: String,
    client: Client,
    cookies: Mutex<BTreeMap<String, String>>,
    language: String,
}

impl Visitor {
    /// A browser without cookies.
    pub fn new(base: &str) -> Self {
        Self { base: base.into(), client: http(), cookies: Mutex::default(), language: "en".into() }
    }

    /// A browser that sends its requests through that client.
    pub fn with(base: &str, client: Client) -> Self {
        Self { client, ..Self::new(base) }
    }

    /// The same browser with another `Accept-Language`.
    pub fn speaking(mut self, accept_language: &str) -> Self {
        self.language = accept_language.into();
        self
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("cookies").get(name).cloned()
    }

    /// Name and value of the session cookie.
    pub fn session(&self) -> (String, String) {
        self.cookie_of("hachok_session")
    }

    /// Name and value of the cookie whose name is `kind` and the id of the installation.
    pub fn cookie_of(&self, kind: &str) -> (String, String) {
        let cookies = self.cookies.lock().expect("cookies");
        let is_it = |name: &str| name.trim_start_matches("__Host-").starts_with(&format!("{kind}_"));
        let found = cookies.iter().find(|(name, _)| is_it(name));
        found.map(|(name, value)| (name.clone(), value.clone())).unwrap_or_else(|| panic!("a cookie {kind}_…"))
    }

    /// Copies all cookies of another browser, for a browser that knows both servers.
    pub fn take_cookies(&self, other: &Self) {
        let theirs = other.cookies.lock().expect("cookies").clone();
        self.cookies.lock().expect("cookies").extend(theirs);
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("cookies").insert(name.into(), value.into());
    }

    /// A request with the cookies and the language of the browser.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        let cookies: Vec<_> =
            self.cookies.lock().expect("cookies").iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.base));
        let request = request.header("accept-language", &self.language).header("accept", "text/html");
        if cookies.is_empty() { request } else { request.header("cookie", cookies.join("; ")) }
    }

    /// Sends a request and stores the cookies of the response.
    pub async fn send(&self, path: &str, request: RequestBuilder) -> Page {
        let answer = Answer::of(request).await;
        let mut cookies = self.cookies.lock().expect("cookies");
        for line in answer.headers.get_all("set-cookie") {
            let mut parts = line.to_str().expect("text").split(';').map(str::trim);
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            if parts.any(|part| part.eq_ignore_ascii_case("max-age=0")) {
                cookies.remove(name);
            } else {
                cookies.insert(name.into(), value.into());
            }
        }
        drop(cookies);
        Page::new(path, answer)
    }

    /// GET; any status is accepted.
    pub async fn get(&self, path: &str) -> Page {
        self.send(path, self.request(Method::GET, path)).await
    }

    /// GET of a page; asserts 200.
    pub async fn open(&self, path: &str) -> Page {
        self.get(path).await.expect(200)
    }

    /// GET of a fragment, as htmx requests it.
    pub async fn fetch(&self, path: &str) -> Page {
        self.send(path, self.request(Method::GET, path).header("hx-request", "true")).await
    }

    /// A request that sends the form, with the headers of a browser.
    pub fn form_request(&self, form: &Form) -> RequestBuilder {
        let encode = || {
            let mut text = url::form_urlencoded::Serializer::new(String::new());
            text.extend_pairs(&form.fields).finish()
        };
        if form.method == "get" {
            return self.request(Method::GET, &format!("{}?{}", form.action, encode()));
        }
        self.request(Method::POST, &form.action)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.base)
            .header("sec-fetch-site", "same-origin")
            .body(encode())
    }

    pub async fn submit(&self, form: Form) -> Page {
        self.send(&form.action, self.form_request(&form)).await
    }

    /// Sends a form as htmx does.
    pub async fn submit_htmx(&self, form: Form) -> Page {
        self.send(&form.action, self.form_request(&form).header("hx-request", "true")).await
    }

    /// Sends a form that must succeed; opens the page that it redirects to.
    pub async fn follow(&self, form: Form) -> Page {
        let target = self.submit(form).await.leads_to();
        self.open(target.split('#').next().unwrap_or_default()).await
    }

    /// Tries to sign in; returns the response.
    pub async fn try_sign_in(&self, email: &str, password: &str) -> Page {
        let form = self.open("/sign-in").await.form("[name=password]");
        self.submit(form.set("email", email).set("password", password)).await
    }

    pub async fn sign_in(&self, email: &str, password: &str) {
        self.try_sign_in(email, password).await.leads_to();
    }

    /// Creates the first account through the printed link and signs in with it.
    pub async fn set_up(&self, app: &App) -> Page {
        let link = app.set_up_link();
        let form = self.open(&link).await.form("[type=password]");
        self.follow(form.fill("f-user-name", "Olena").fill("f-email", EMAIL).fill("f-new-password", PASSWORD)).await
    }
}
