use crate::pages::{good_form, make_webhook};
use crate::support::{App, Form};

#[tokio::test]
async fn a_viewer_reads_and_does_nothing_else() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let viewer = app.signed_in("viewer").await;
    for path in ["/webhooks", "/deliveries", "/inboxes", "/settings", "/status", &format!("/webhooks/{id}")] {
        let page = viewer.open(path).await;
        let forms = page.texts("form[method=post]").len();
        assert!(forms <= 1, "{path}: signing out is the only form, there are {forms}");
    }
    let token = viewer.open("/webhooks").await.form_to("/sign-out").value("_csrf").to_owned();
    let borrowed = |form: Form| form.set("_csrf", &token);
    let list = admin.open("/webhooks").await;
    for form in [
        good_form(&admin, "https://b.example.com/").await,
        admin.open(&format!("/webhooks/{id}/edit")).await.form("#f-url").set("name", "forged"),
        admin.open(&format!("/webhooks/{id}/delete")).await.form_to(&format!("/webhooks/{id}/delete")),
        list.form_to(&format!("/webhooks/{id}/deactivation")),
        admin.open(&format!("/webhooks/{id}/test")).await.form("[name=body]"),
        admin.open(&format!("/webhooks/{id}/secret")).await.form_to(&format!("/webhooks/{id}/secret")),
        admin.open("/inboxes").await.form("#f-inbox-name").fill("f-inbox-name", "forged"),
    ] {
        let page = viewer.submit(borrowed(form)).await;
        assert_eq!(page.status, 403, "{}", page.path);
    }
    for path in ["/webhooks/new", &format!("/webhooks/{id}/edit"), &format!("/webhooks/{id}/secret")] {
        assert_eq!(viewer.get(path).await.status, 403, "{path}");
    }
    let list = admin.open("/webhooks").await;
    assert!(list.says("a.example.com") && !list.says("b.example.com") && !list.says("forged"));
}
