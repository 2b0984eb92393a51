use crate::support::{App, PASSWORD};

const EMAIL: &str = "anna@example.com";

#[tokio::test]
async fn a_wrong_email_and_a_wrong_password_have_the_same_message() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    for (language, words) in
        [("en", "Wrong email or password"), ("uk", "Неправильна адреса електронної пошти або неправильний пароль")]
    {
        for (email, password) in [(EMAIL, "wrong password"), ("nobody@example.com", PASSWORD), ("", "")] {
            let page = app.visitor().speaking(language).try_sign_in(email, password).await.expect(422);
            assert!(page.says(words), "{language} {email}: {}", page.text("body"));
            assert_eq!(page.attribute("[name=email]", "value").unwrap_or_default(), email);
            assert!(!page.body.contains("wrong password"));
        }
    }
}

#[tokio::test]
async fn after_five_failures_there_is_a_wait_in_seconds() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    app.user("ivan@example.com", "admin", PASSWORD);
    let visitor = app.visitor();
    for _ in 0..5 {
        assert_eq!(visitor.try_sign_in(EMAIL, "wrong password").await.status, 422);
    }
    let page = visitor.try_sign_in(EMAIL, PASSWORD).await;
    assert!(matches!(page.status, 422 | 429), "{}", page.status);
    assert!(!page.says("Wrong email or password"), "{}", page.text("body"));
    assert!(page.text("main").chars().any(|c| c.is_ascii_digit()), "seconds: {}", page.text("main"));
    assert_eq!(visitor.get("/webhooks").await.status, 303, "still signed out");
    app.visitor().sign_in("ivan@example.com", PASSWORD).await;
}

#[tokio::test]
async fn pages_redirect_to_the_sign_in_page_and_back() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    let visitor = app.visitor();
    let asked = visitor.get("/deliveries?status=failed").await.leads_to();
    assert!(asked.starts_with("/sign-in"), "{asked}");
    let form = visitor.open(&asked).await.form("[name=password]").set("email", EMAIL).set("password", PASSWORD);
    assert_eq!(visitor.submit(form).await.leads_to(), "/deliveries?status=failed");
}

#[tokio::test]
async fn signing_in_never_leads_to_another_site() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    for next in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\t/evil.example",
        "///evil.example",
        "@evil.example",
    ] {
        let visitor = app.visitor();
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let form = visitor.open(&format!("/sign-in?{query}")).await.form("[name=password]");
        let form = form.set("email", EMAIL).set("password", PASSWORD).set("next", next);
        let target = visitor.submit(form).await.leads_to();
        let inside = target.starts_with('/') && !target.starts_with("//") && !target.starts_with("/\\");
        assert!(inside && !target.contains("evil"), "{next} leads to {target}");
    }
}

#[tokio::test]
async fn a_disabled_account_is_signed_out_at_once() {
    let app = App::start();
    let admin = app.admin().await;
    admin.open("/webhooks").await;
    let ran = app.run(&["user", "disable", "--email", "admin@example.com"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(admin.get("/webhooks").await.status, 303);
    assert_eq!(app.visitor().try_sign_in("admin@example.com", PASSWORD).await.status, 422);
}
