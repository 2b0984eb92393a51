use serde_json::json;

use crate::delivery::after_attempt;
use crate::pages::make_webhook;
use crate::support::{Api, App, Receiver, Reply, Visitor, event, webhook};

/// Spellings in which receivers repeat the path of their URL, or only its last segment.
const REPEATED: &str = r"\/services\/T0CANARY %54%30CANARY &#84;0CANARY /SERVICES/T0CANARY \u002fservices T0CANARY Cannot POST /services/T0CANARY";
const LINE: &str = "Only administrators can see the headers and body of this response";

struct World {
    app: App,
    api: Api,
    viewer: Visitor,
    receiver: Receiver,
    delivery: String,
}

impl World {
    /// Creates a webhook with that path, whose receiver repeats it.
    async fn with(path: &str) -> Self {
        let (app, receiver) = (App::start(), Receiver::start());
        let head = vec![("x-canary", "T0CANARY".to_owned()), ("location", "/services/T0CANARY".to_owned())];
        receiver.answers(path, [Reply::Full(308, head, REPEATED.into())]);
        let admin = app.admin().await;
        make_webhook(&admin, &receiver.at(path)).await;
        let api = app.api("admin");
        api.accepted(event("message_created")).await;
        let delivery = after_attempt(&api, 1).await["id"].as_str().expect("an id").to_owned();
        let viewer = app.signed_in("viewer").await;
        Self { app, api, viewer, receiver, delivery }
    }

    async fn admin(&self) -> Visitor {
        let admin = self.app.visitor();
        admin.sign_in(crate::support::EMAIL, crate::support::PASSWORD).await;
        admin
    }

    /// Everything that this person sees of the delivery: the page and its live parts.
    async fn seen_by(&self, visitor: &Visitor) -> String {
        let path = format!("/deliveries/{}", self.delivery);
        let mut all = String::new();
        for path in [path.clone(), format!("{path}?attempt=1"), format!("{path}?body=raw&seen=x")] {
            all.push_str(&visitor.open(&path).await.body);
            all.push_str(&visitor.fetch(&path).await.body);
        }
        for path in ["/deliveries", "/webhooks/1", "/webhooks/1/deliveries", "/webhooks"] {
            all.push_str(&visitor.open(path).await.body);
        }
        all
    }

    async fn found(&self, visitor: &Visitor, text: &str) -> usize {
        let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let mut counts = Vec::new();
        for path in ["/deliveries?", "/webhooks/1/deliveries?", "/deliveries?status=failed&webhook=1&"] {
            counts.push(visitor.open(&format!("{path}q={text}")).await.texts("#log tbody tr:not(.day)").len());
            let fragment = visitor.fetch(&format!("{path}q={text}")).await.texts("tbody tr:not(.day)").len();
            counts.push(fragment);
        }
        // The poll for new deliveries uses the same search.
        let news = visitor.fetch(&format!("/deliveries?q={text}&live=1&seen=dlv_0000000000000&known=0")).await;
        counts.push(usize::from(news.status == 200 && news.has("a")));
        let first = counts[0];
        assert!(counts[..2].iter().all(|count| *count == first), "{text}: {counts:?}");
        counts.into_iter().max().unwrap_or_default()
    }
}

#[tokio::test]
async fn a_viewer_sees_no_answer_of_a_webhook_whose_url_has_a_path_or_query() {
    for path in ["/services/T0CANARY", "/?key=T0CANARY"] {
        let world = World::with(path).await;
        let (admin, viewer) = (world.admin().await, &world.viewer);
        let (whole, shown) = (world.seen_by(&admin).await, world.seen_by(viewer).await);
        assert!(whole.contains("T0CANARY") && !whole.contains(LINE), "{path}");
        assert!(shown.contains(LINE) && shown.contains("308"), "{path}");
        for secret in ["CANARY", "services", "SERVICES", "x-canary"] {
            assert!(!shown.contains(secret), "{path}: {secret}");
        }
        // The search reveals nothing letter by letter, and still finds what the viewer sees.
        for text in ["T0CANARY", "T0CAN", "t0x", "services", "SERVICES", "%54"] {
            let expected = usize::from(REPEATED.to_lowercase().contains(&text.to_lowercase()));
            assert_eq!(world.found(&admin, text).await, expected, "an administrator, {path}: {text}");
            assert_eq!(world.found(viewer, text).await, 0, "a viewer, {path}: {text}");
        }
        for seen in ["message_created", "308", &world.delivery[..12]] {
            assert_eq!(world.found(viewer, seen).await, 1, "{path}: {seen}");
        }
        // A program with a read token sees answers whole.
        let reads = world.app.api("read");
        assert!(reads.delivery(&world.delivery).await.to_string().contains("T0CANARY"));
        let found = reads.deliveries("q=T0CANARY").await;
        assert_eq!(found.len(), 1);
        // Answers of a deleted webhook cannot be allowed.
        assert_eq!(world.api.delete("webhooks/1").await.status, 200);
        assert!(!world.seen_by_deleted(viewer).await.contains("CANARY"), "{path}");
        assert_eq!(world.found_among_all(viewer, "T0CANARY").await, 0, "{path}");
        drop(world.receiver);
    }
}

impl World {
    async fn seen_by_deleted(&self, visitor: &Visitor) -> String {
        visitor.open(&format!("/deliveries/{}", self.delivery)).await.body
    }

    async fn found_among_all(&self, visitor: &Visitor, text: &str) -> usize {
        visitor.open(&format!("/deliveries?q={text}")).await.texts("#log tbody tr:not(.day)").len()
    }
}

#[tokio::test]
async fn a_viewer_sees_the_answers_of_a_webhook_without_a_path() {
    let world = World::with("/").await;
    assert!(world.seen_by(&world.viewer).await.contains("T0CANARY"));
    assert_eq!(world.found(&world.viewer, "T0CANARY").await, 1);
}

#[tokio::test]
async fn an_administrator_may_show_the_answers_of_one_webhook_or_of_all() {
    let world = World::with("/services/T0CANARY").await;
    let (admin, viewer) = (world.admin().await, &world.viewer);
    let path = format!("/deliveries/{}", world.delivery);
    let shows = async || viewer.open(&path).await.says("%54%30CANARY");
    assert!(!shows().await);
    let form = admin.open("/webhooks/1/edit").await.form("#f-url");
    assert_eq!(form.value("viewers_see_answers"), "");
    admin.submit(form.tick("viewers_see_answers", "1")).await.leads_to();
    assert_eq!(admin.open("/webhooks/1/edit").await.form("#f-url").value("viewers_see_answers"), "1");
    assert!(shows().await);
    assert_eq!(world.found(viewer, "%54%30CANARY").await, 1);
    // The URL itself stays hidden from viewers even then, and from their search.
    let page = viewer.open(&path).await;
    assert!(page.says("Cannot POST /…") && !page.body.contains("/services/T0CANARY"), "{}", page.text("main"));
    assert_eq!(world.found(viewer, "post /services/t0canary").await, 0);
    assert_eq!(world.found(viewer, "post /…").await, 1);
    let answer = world.api.get("webhooks/1").await.json();
    assert_eq!(answer["payload"]["webhook"]["viewers_see_answers"], true);
    let hide = json!({ "viewers_see_answers": false });
    assert_eq!(world.api.patch("webhooks/1", &hide).await.json()["payload"]["webhook"]["viewers_see_answers"], false);
    assert!(!shows().await);
    assert_eq!(world.found(viewer, "%54%30CANARY").await, 0);
    // For the whole installation.
    let form = admin.open("/settings").await.form("#f-language");
    assert_eq!(form.value("viewers_see_answers"), "");
    admin.submit(form.tick("viewers_see_answers", "1")).await.leads_to();
    assert!(shows().await);
    assert_eq!(world.found(viewer, "%54%30CANARY").await, 1);
    let form = admin.open("/settings").await.form("#f-language");
    assert_eq!(form.value("viewers_see_answers"), "1");
    admin.submit(form.without("viewers_see_answers")).await.leads_to();
    assert!(!shows().await);
}

#[tokio::test]
async fn viewers_see_answers_is_a_boolean_attribute_of_the_api() {
    let (app, receiver) = (App::start(), Receiver::start());
    let api = app.api("admin");
    let mut body = webhook(&receiver.at("/a"));
    assert_eq!(api.webhook(&body).await["viewers_see_answers"], false);
    body["url"] = json!(receiver.at("/b"));
    body["viewers_see_answers"] = json!(true);
    let made = api.webhook(&body).await;
    assert_eq!(made["viewers_see_answers"], true);
    let path = format!("webhooks/{}", made["id"]);
    let kept = api.patch(&path, &json!({ "name": "B" })).await.json();
    assert_eq!(kept["payload"]["webhook"]["viewers_see_answers"], true);
    let wrong = api.patch(&path, &json!({ "viewers_see_answers": "yes" })).await;
    assert_eq!((wrong.status, &wrong.json()["attributes"]), (422, &json!(["viewers_see_answers"])));
}
