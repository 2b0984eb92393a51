use crate::support::App;

#[tokio::test]
async fn the_root_redirects_to_the_webhooks() {
    let app = App::start();
    assert_eq!(app.admin().await.get("/").await.leads_to(), "/webhooks");
    assert_eq!(app.visitor().get("/").await.leads_to(), "/sign-in");
}
