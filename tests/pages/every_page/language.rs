use crate::support::{App, PASSWORD};

async fn language(app: &App, accept: &str) -> String {
    let page = app.visitor().speaking(accept).open("/sign-in").await;
    page.attribute("html", "lang").unwrap_or_default()
}

#[tokio::test]
async fn accept_language_chooses_the_language() {
    let app = App::start();
    for (accept, expected) in [
        ("uk", "uk"),
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("en-GB,uk;q=0.5", "en"),
        ("en;q=0.4, uk;q=0.9", "uk"),
        ("de, fr;q=0.8, uk;q=0.1", "uk"),
        ("de", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;q=,", "en"),
    ] {
        assert_eq!(language(&app, accept).await, expected, "{accept:?}");
    }
}

#[tokio::test]
async fn the_language_in_the_address_overrides_the_browser_and_is_remembered() {
    let app = App::start();
    let visitor = app.visitor().speaking("en");
    let lang = |page: crate::support::Page| page.attribute("html", "lang").unwrap_or_default();
    assert_eq!(lang(visitor.open("/sign-in?lang=uk").await), "uk");
    assert_eq!(lang(visitor.open("/sign-in").await), "uk");
    assert_eq!(lang(visitor.open("/sign-in?lang=en").await), "en");
    assert_eq!(lang(visitor.open("/sign-in?lang=de").await), "en");
    assert_eq!(lang(visitor.open("/sign-in?lang=%3Cscript%3E").await), "en");
}

#[tokio::test]
async fn each_page_offers_the_other_language() {
    let app = App::start();
    let admin = app.admin().await;
    for path in ["/webhooks", "/webhooks/new", "/deliveries?status=failed", "/inboxes"] {
        let page = admin.open(path).await;
        let link = page.links().into_iter().find(|link| link.contains("lang=uk"));
        let link = link.unwrap_or_else(|| panic!("a link to Ukrainian on {path}"));
        let joined =
            if link.starts_with('?') { format!("{}{link}", path.split('?').next().unwrap_or_default()) } else { link };
        let other = admin.open(&joined).await;
        assert_eq!(other.attribute("html", "lang").as_deref(), Some("uk"), "{path}");
        admin.open("/webhooks?lang=en").await;
    }
}

#[tokio::test]
async fn no_ukrainian_page_speaks_english_in_its_headings_and_buttons() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = crate::pages::make_webhook(&admin, "https://a.example.com/").await;
    for path in [
        "/webhooks".to_owned(),
        "/webhooks/new".to_owned(),
        format!("/webhooks/{id}"),
        format!("/webhooks/{id}/edit"),
        format!("/webhooks/{id}/delete"),
        format!("/webhooks/{id}/test"),
        format!("/webhooks/{id}/secret"),
        "/deliveries".to_owned(),
        "/inboxes".to_owned(),
        "/tokens".to_owned(),
        "/users".to_owned(),
        "/users/1".to_owned(),
        "/profile".to_owned(),
        "/settings".to_owned(),
        "/status".to_owned(),
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = admin.open(&format!("{path}{separator}lang=uk")).await;
        for words in page.texts("h1, h2, h3, button, label > b, th, legend") {
            let ukrainian = words.chars().any(|c| ('\u{400}'..='\u{4ff}').contains(&c));
            let latin = words.chars().any(|c| c.is_ascii_alphabetic());
            let name = [
                "a.example.com",
                "@example.com",
                "None",
                "Bearer",
                "Basic",
                "Custom",
                "English",
                "Hachok",
                "URL",
                "HTTP",
                "ID",
                "#",
            ];
            assert!(ukrainian || !latin || name.iter().any(|name| words.contains(name)), "{path}: {words}");
        }
        assert!(!page.body.contains('\u{2068}'), "{path}");
    }
}

#[tokio::test]
async fn a_viewer_signs_in_in_ukrainian() {
    let app = App::start();
    app.user("anna@example.com", "viewer", PASSWORD);
    let visitor = app.visitor().speaking("uk");
    assert!(visitor.open("/sign-in").await.says("Увійти"));
    visitor.sign_in("anna@example.com", PASSWORD).await;
    let page = visitor.open("/webhooks").await;
    assert!(page.says("Вебхуки") && page.says("Журнал доставок"), "{}", page.text("body"));
}
