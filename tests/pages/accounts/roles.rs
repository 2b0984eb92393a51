use reqwest::Method;

use crate::house::routes::{self, Route};
use crate::pages::{good_form, make_webhook};
use crate::support::{Answer, Api, App, Form, Page, Visitor, event};

/// Routes that act for a viewer, all on the viewer's own account or session.
const OWN: [&str; 8] =
    ["/setup", "/sign-in", "/sign-out", "/invite/{token}", "/profile", "/profile/password", "/profile/sign-outs", "/"];
/// Routes that a viewer may not open: pages of secrets, people and forms.
const ADMINS: [&str; 16] = [
    "/webhooks/new",
    "/webhooks/header-row",
    "/webhooks/{id}/edit",
    "/webhooks/{id}/delete",
    "/webhooks/{id}/secret",
    "/webhooks/{id}/verify",
    "/webhooks/{id}/test",
    "/webhooks/{id}/held",
    "/deliveries/resend",
    "/inboxes/{id}/edit",
    "/chatwoot/{id}/disconnection",
    "/tokens",
    "/tokens/{id}/revocation",
    "/users",
    "/users/{id}",
    "/users/{id}/deletion",
];
/// Routes that are open without a session.
const DOORS: [&str; 3] = ["/setup", "/sign-in", "/invite/{token}"];

/// A URL that is a credential: chat services issue such URLs instead of a password.
const ADDRESS: &str = "https://a.example.com/services/T0CANARY/B1?key=C4N4RY";
const CREDENTIALS: [&str; 3] = ["T0CANARY", "C4N4RY", "/services"];

/// An installation in which every route has an object, and the addresses of those.
struct World {
    app: App,
    api: Api,
    admin: Visitor,
    delivery: String,
    event: String,
}

impl World {
    async fn new() -> Self {
        let app = App::start();
        let admin = app.admin().await;
        make_webhook(&admin, ADDRESS).await;
        let api = app.api("admin");
        let event = api.accepted(event("message_created")).await;
        let manual = admin.open("/chatwoot").await.form("#f-chatwoot-name").fill("f-chatwoot-name", "By hand");
        admin.submit(manual).await.leads_to();
        api.post("inboxes", &serde_json::json!({ "name": "Site", "external_id": "7" })).await;
        let delivery = api.deliveries("").await[0]["id"].as_str().unwrap_or_default().to_owned();
        Self { app, api, admin, delivery, event }
    }

    fn address(&self, route: &Route) -> String {
        let id = match route.path.split('/').nth(1) {
            Some("deliveries") => &self.delivery,
            Some("received") => &self.event,
            _ => "1",
        };
        route.path.replace("{id}", id).replace("{name}", "message_created").replace("{token}", "0")
    }

    /// A text that differs when anything has changed that a request could change.
    async fn everything(&self) -> String {
        // Attempts continue meanwhile, but their number does not change.
        let mut state = format!("{} deliveries", self.api.deliveries("").await.len());
        for path in ["webhooks", "inboxes", "received"] {
            state.push_str(&self.api.get(path).await.text);
        }
        for path in ["/users", "/tokens", "/chatwoot"] {
            state.push_str(&self.admin.open(path).await.texts("tbody td:first-child, tbody .badge").concat());
        }
        state.push_str(self.admin.open("/settings").await.form("#f-language").value("language"));
        state
    }
}

fn token_of(page: &Page) -> String {
    page.form_to("/sign-out").value("_csrf").to_owned()
}

async fn post(visitor: &Visitor, path: &str, csrf: &str) -> Page {
    let body =
        format!("_csrf={csrf}&name=forged&role=admin&scope=admin&lifetime=never&language=uk&webhook=1&choice=send");
    let request = visitor.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
    visitor.send(path, request.body(body)).await
}

#[tokio::test]
async fn no_route_acts_for_a_viewer_or_without_a_session_or_without_a_form_token() {
    let world = World::new().await;
    let (viewer, stranger) = (world.app.signed_in("viewer").await, world.app.visitor());
    let (own, borrowed) = (token_of(&viewer.open("/webhooks").await), token_of(&world.admin.open("/webhooks").await));
    let form: Form = stranger.open("/sign-in").await.form("[name=password]");
    let before = world.everything().await;
    for route in routes::pages().iter().filter(|route| route.methods.contains(&"post")) {
        let path = world.address(route);
        let page = post(&world.admin, &path, "made-up").await;
        assert!(matches!(page.status, 403 | 404), "without a token {path}: {}", page.status);
        if OWN.contains(&route.path.as_str()) {
            continue;
        }
        assert_eq!(post(&viewer, &path, &own).await.status, 403, "a viewer {path}");
        assert_eq!(post(&viewer, &path, &borrowed).await.status, 403, "a viewer with an administrator's token {path}");
        let page = post(&stranger, &path, form.value("_csrf")).await;
        assert!(page.leads_to().starts_with("/sign-in"), "a stranger {path}: {}", page.status);
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn each_page_is_shown_to_its_roles_and_is_not_cached() {
    let world = World::new().await;
    let (viewer, stranger) = (world.app.signed_in("viewer").await, world.app.visitor());
    for route in routes::pages().iter().filter(|route| route.methods.contains(&"get")) {
        let (path, name) = (world.address(route), route.path.as_str());
        let page = viewer.get(&path).await;
        assert_eq!(page.status == 403, ADMINS.contains(&name), "a viewer {path}: {}", page.status);
        let forms = page.texts("form[method=post]").len();
        assert!(forms <= 1 || name == "/profile", "{path}: a viewer's only form is to sign out, there are {forms}");
        let page = stranger.get(&path).await;
        let sent_away = page.status == 303 && page.leads_to().starts_with("/sign-in");
        assert_eq!(!sent_away, DOORS.contains(&name), "a stranger {path}: {}", page.status);
        for page in [page, world.admin.get(&path).await] {
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
            assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
        }
    }
}

#[tokio::test]
async fn a_viewer_sees_the_host_of_a_webhook_but_not_its_path() {
    let world = World::new().await;
    let viewer = world.app.signed_in("viewer").await;
    let (mut hosts, mut control) = (0, 0);
    for route in routes::pages().iter().filter(|route| route.methods.contains(&"get")) {
        let path = world.address(route);
        for page in [viewer.get(&path).await, viewer.fetch(&path).await] {
            hosts += usize::from(page.body.contains("a.example.com"));
            let found: Vec<_> = CREDENTIALS.into_iter().filter(|part| page.body.contains(part)).collect();
            assert!(found.is_empty(), "{path} shows {found:?}");
        }
        control += usize::from(world.admin.get(&path).await.body.contains(CREDENTIALS[0]));
    }
    assert!(hosts > 5 && control > 2, "{hosts}, {control}");
    for (visitor, text, count) in
        [(&viewer, "t0canary", 0), (&viewer, "a.EXAMPLE", 1), (&world.admin, "t0canary", 1), (&viewer, "https://a", 1)]
    {
        let found = visitor.open(&format!("/webhooks?q={text}")).await.texts("tbody tr");
        assert_eq!(found.len(), count, "{text}: {found:?}");
    }
}

#[tokio::test]
async fn a_token_may_do_in_the_api_what_its_scope_allows() {
    let world = World::new().await;
    let (reads, sends) = (world.app.api("read"), world.app.api("ingest"));
    let before = world.everything().await;
    for route in routes::management() {
        let path = format!("/api/v1/accounts/1{}", world.address(&route));
        for method in &route.methods {
            let method: Method = method.to_uppercase().parse().expect("a method");
            let of = async |api: &Api| {
                let request = api.request(method.clone(), &path).header("content-type", "application/json").body("{}");
                Answer::of(request).await.status
            };
            assert_eq!(of(&sends).await, 401, "ingest {method} {path}");
            let status = of(&reads).await;
            let is_accounts = ["/users", "/tokens"].iter().any(|of| route.path.starts_with(of));
            assert_eq!(status == 401, is_accounts || method != Method::GET, "read {method} {path}: {status}");
        }
    }
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn each_page_answers_head_as_get_and_options_with_its_methods() {
    let world = World::new().await;
    let before = world.everything().await;
    let mut found = 0;
    for route in routes::pages() {
        let path = world.address(&route);
        let mut expected: Vec<_> = route.methods.iter().map(|method| method.to_uppercase()).collect();
        expected.push("OPTIONS".into());
        if route.methods.contains(&"get") {
            expected.push("HEAD".into());
            let (get, head) = (world.admin.get(&path).await, world.admin.request(Method::HEAD, &path));
            let head = world.admin.send(&path, head).await;
            assert_eq!((head.status, head.body.as_str()), (get.status, ""), "{path}");
            for name in ["content-type", "location", "cache-control", "content-security-policy", "vary"] {
                assert_eq!(head.header(name), get.header(name), "{name} of {path}");
            }
            // Times in words differ in length from one second to the next.
            let length = |page: &Page| page.header("content-length").parse::<usize>().expect("a length");
            assert!(length(&get).abs_diff(length(&head)) < 200, "{path}: {} {}", length(&get), length(&head));
            found += usize::from(get.status == 200 && length(&head) > 1000);
        }
        expected.sort();
        for visitor in [&world.admin, &world.app.visitor()] {
            let page = visitor.send(&path, visitor.request(Method::OPTIONS, &path)).await;
            let mut allowed: Vec<_> = page.header("allow").split(", ").map(ToOwned::to_owned).collect();
            allowed.sort();
            assert_eq!((page.status, page.body.as_str(), &allowed), (204, "", &expected), "{path}");
            assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
        }
    }
    assert!(found > 20, "{found}");
    assert_eq!(world.everything().await, before);
}

#[tokio::test]
async fn a_head_request_does_not_use_up_a_one_time_secret() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let secret = admin.submit(form).await.leads_to();
    let head = async |path: &str| admin.send(path, admin.request(Method::HEAD, path)).await.expect(200);
    for _ in 0..2 {
        head(&secret).await;
        admin.send(&secret, admin.request(Method::OPTIONS, &secret)).await.expect(204);
    }
    let page = admin.open(&secret).await;
    assert!(page.text("#key").starts_with("whsec_"), "{}", page.text("main"));
    assert!(page.says("The webhook was created"), "{}", page.text("body"));
    let again = admin.open(&secret).await;
    assert!(!again.has("#key") && !again.says("The webhook was created"), "the control: GET does use it up");
}
