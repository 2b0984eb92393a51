use crate::support::{App, EMAIL, PASSWORD};

#[tokio::test]
async fn the_printed_link_creates_the_first_account_and_opens_the_webhooks() {
    let app = App::start();
    let visitor = app.visitor();
    let page = visitor.set_up(&app).await;
    assert_eq!(page.path, "/webhooks");
    assert!(app.run_ok(&["user", "list"]).contains("admin"));
    assert_eq!(visitor.get("/sign-in").await.status, 303, "a signed-in person need not sign in");
    app.visitor().sign_in(EMAIL, PASSWORD).await;
}

#[tokio::test]
async fn the_set_up_link_works_once() {
    let app = App::start();
    let link = app.set_up_link();
    let stale = app.visitor();
    let form = stale.open(&link).await.form("[type=password]");
    let fill = form.clone().fill("f-user-name", "Olena").fill("f-email", EMAIL).fill("f-new-password", PASSWORD);
    let visitor = app.visitor();
    let first = visitor.open(&link).await.form("[type=password]");
    let first = first.fill("f-user-name", "Olena").fill("f-email", EMAIL).fill("f-new-password", PASSWORD);
    visitor.submit(first).await.leads_to();
    assert_eq!(stale.submit(fill.fill("f-email", "evil@example.com")).await.status, 404);
    for path in [link.as_str(), "/setup", "/setup?token=x"] {
        let page = app.visitor().get(path).await.expect(404);
        assert!(!page.has("[type=password]") && !page.text("h1").is_empty(), "{}", page.body);
    }
    assert!(!app.run_ok(&["user", "list"]).contains("evil"));
}

#[tokio::test]
async fn a_wrong_link_is_refused_in_the_readers_language() {
    let app = App::start();
    app.set_up_link();
    for path in ["/setup", "/setup?token=", "/setup?token=0123456789abcdef"] {
        for (language, other) in [("en", "uk"), ("uk", "en")] {
            let page = app.visitor().speaking(language).get(path).await;
            assert!((400..500).contains(&page.status), "{path} {}", page.status);
            assert!(!page.has("[type=password]") && !page.text("h1").is_empty(), "{}", page.body);
            let words = app.visitor().speaking(other).get(path).await.text("h1");
            assert_ne!(page.text("h1"), words);
        }
    }
}

#[tokio::test]
async fn a_new_link_replaces_the_old_one_at_the_next_start() {
    let mut app = App::start();
    let old = app.set_up_link().rsplit('/').next().unwrap_or_default().to_owned();
    app.stop();
    app.start_again();
    let new = app.set_up_link();
    assert_ne!(old, new.rsplit('/').next().unwrap_or_default());
    app.visitor().open(&new).await;
}

#[tokio::test]
async fn set_up_errors_are_shown_beside_their_fields_and_other_fields_keep_their_values() {
    let app = App::start();
    let visitor = app.visitor();
    let form = visitor.open(&app.set_up_link()).await.form("[type=password]");
    let form = form.fill("f-user-name", "Олена").fill("f-email", "nonsense").fill("f-new-password", "short");
    let page = visitor.submit(form).await.expect(422);
    assert!(!page.error("email").is_empty() && !page.error("new-password").is_empty(), "{}", page.body);
    assert_eq!(page.error("user-name"), "");
    assert_eq!(page.attribute("#f-user-name", "value").as_deref(), Some("Олена"));
    assert_eq!(page.attribute("#f-email", "value").as_deref(), Some("nonsense"));
    assert!(!page.body.contains("short"), "a password is never echoed");
    let again = page.form("[type=password]").fill("f-email", EMAIL).fill("f-new-password", PASSWORD);
    assert_eq!(visitor.follow(again).await.path, "/webhooks");
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_refused() {
    let app = App::start();
    let (visitor, link) = (app.visitor(), app.set_up_link());
    for (language, words) in [("en", "easy to guess"), ("uk", "легко вгадати")] {
        let form = visitor.open(&format!("{link}&lang={language}")).await.form("[type=password]");
        for easy in ["password1234", "qwertyuiop[]", EMAIL, "olena-olena-1"] {
            let fill = form.clone().fill("f-user-name", "Olena").fill("f-email", EMAIL).fill("f-new-password", easy);
            let page = visitor.submit(fill).await.expect(422);
            assert!(page.error("new-password").contains(words), "{easy}: {}", page.error("new-password"));
        }
    }
}

#[tokio::test]
async fn the_set_up_link_is_valid_for_an_hour() {
    let app = App::start();
    let link = app.set_up_link();
    let form = app.visitor().open(&link).await.form("[type=password]");
    app.run_sql("UPDATE setup_links SET expires_at = expires_at - 3700000000");
    let page = app.visitor().get(&link).await;
    assert!((400..500).contains(&page.status) && !page.text("h1").is_empty(), "{}", page.body);
    assert!(!page.has("[type=password]"));
    let visitor = app.visitor();
    let late = form.fill("f-user-name", "Olena").fill("f-email", EMAIL).fill("f-new-password", PASSWORD);
    assert!((400..500).contains(&visitor.submit(late).await.status));
    assert_eq!(app.run_ok(&["user", "list"]), "");
}
