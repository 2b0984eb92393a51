use crate::pages::good_form;
use crate::support::App;

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_webhook() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let (first, duplicate) = tokio::join!(admin.submit(form.clone()), admin.submit(form.clone()));
    assert_eq!(first.leads_to(), duplicate.leads_to());
    assert_eq!(admin.submit(form.clone()).await.leads_to(), first.leads_to());
    let shown = admin.open(&first.leads_to()).await;
    assert!(shown.body.contains("whsec_"), "the key is shown after the last of them");
    assert_eq!(app.api("read").get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len), Some(1));
    let other = admin.submit(form.set("name", "Another")).await.leads_to();
    assert_ne!(other, first.leads_to(), "a changed form counts");
    let alike = good_form(&admin, "https://a.example.com/").await;
    assert_ne!(admin.submit(alike).await.leads_to(), first.leads_to(), "a new form counts");
}

#[tokio::test]
async fn a_form_from_another_site_is_named_as_one() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "forged");
    let mut request = admin.form_request(&form).build().expect("a request");
    request.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a value"));
    let request = reqwest::RequestBuilder::from_parts(crate::support::http(), request);
    let page = admin.send(&form.action, request).await.expect(403);
    assert_eq!(page.text("h1"), "The form was sent from another site");
}

#[tokio::test]
async fn a_form_without_a_timeout_uses_the_default() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await.without("timeout_s");
    admin.submit(form).await.leads_to();
    let list = app.api("read").get("webhooks").await.json();
    assert_eq!(list["payload"]["webhooks"][0]["timeout_s"], 15);
    let form = good_form(&admin, "https://b.example.com/").await.set("name", "a\u{7}b");
    let page = admin.submit(form).await.expect(422);
    assert!(page.says("Name must be one line of plain text"));
}
