use crate::support::App;

#[tokio::test]
async fn the_form_lists_six_events_first_and_every_event_with_its_name() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.open("/webhooks/new").await;
    let html = scraper::Html::parse_document(&page.body);
    let boxes = scraper::Selector::parse("input[name=events]").expect("a selector");
    let names: Vec<_> = html.select(&boxes).filter_map(|input| input.attr("value")).collect();
    assert_eq!(names.len(), 19, "{names:?}");
    let mut first: Vec<_> = names[..6].to_vec();
    first.sort_unstable();
    let six = [
        "assignee_changed",
        "conversation_status_changed",
        "conversation_substatus_changed",
        "message_created",
        "message_updated",
        "team_changed",
    ];
    assert_eq!(first, six);
    assert!(!names.contains(&"webhook_test"));
    for name in names {
        assert!(page.says(name), "{name}");
    }
}
