use crate::support::App;

#[tokio::test]
async fn the_front_door_leads_to_the_webhooks() {
    let app = App::start();
    assert_eq!(app.admin().await.get("/").await.leads_to(), "/webhooks");
    assert_eq!(app.visitor().get("/").await.leads_to(), "/sign-in");
}
