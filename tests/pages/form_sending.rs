use crate::pages::good_form;
use crate::support::App;

#[tokio::test]
async fn a_form_that_is_sent_twice_makes_one_webhook() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let (first, twin) = tokio::join!(admin.submit(form.clone()), admin.submit(form.clone()));
    assert_eq!(first.leads_to(), twin.leads_to());
    assert_eq!(admin.submit(form.clone()).await.leads_to(), first.leads_to());
    let shown = admin.open(&first.leads_to()).await;
    assert!(shown.body.contains("whsec_"), "the key is shown after the last of them");
    assert_eq!(app.api("read").get("webhooks").await.json()["payload"]["webhooks"].as_array().map(Vec::len), Some(1));
    let other = admin.submit(form.set("name", "Another")).await.leads_to();
    assert_ne!(other, first.leads_to(), "what was changed is meant");
    let alike = good_form(&admin, "https://a.example.com/").await;
    assert_ne!(admin.submit(alike).await.leads_to(), first.leads_to(), "a new form is meant");
}
