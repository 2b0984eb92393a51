use crate::pages::{good_form, make_webhook};
use crate::support::{App, Form, Page, Place, Visitor};

/// A change that makes the valid form invalid, the slug of its field, and the message in both languages.
type Case = (fn(Form) -> Form, &'static str, &'static str, &'static str);

const CASES: [Case; 26] = [
    (
        |form| form.set("name", &"я".repeat(121)),
        "name",
        "Name must be 120 characters or fewer",
        "Назва має містити не більше ніж 120 символів",
    ),
    (|form| form.set("url", " "), "url", "Enter the webhook URL", "Введіть URL вебхука"),
    (
        |form| form.set("url", "example.com"),
        "url",
        "Enter a full URL, for example https://example.com/webhook",
        "Введіть повний URL, наприклад https://example.com/webhook",
    ),
    (
        |form| form.set("url", "http://a.example.com/"),
        "url",
        "Webhook URL must start with https://",
        "URL вебхука має починатися з https://",
    ),
    (
        |form| form.set("url", "https://anna:pw@a.example.com/"),
        "url",
        "Remove the login and password from the URL and use Basic authorization",
        "Приберіть логін і пароль з URL та скористайтеся авторизацією Basic",
    ),
    (
        |form| form.set("url", "https://a.example.com/#part"),
        "url",
        "Remove the part after # from the URL",
        "Приберіть з URL частину після #",
    ),
    (
        |form| form.set("url", "https://192.168.0.1/"),
        "url",
        "This URL points to a private or denied network. Use a public address, or ask the operator of this server to allow the network with HACHOK_ALLOW_NETWORKS",
        "Цей URL веде до приватної або забороненої мережі. Скористайтеся публічною адресою або попросіть адміністратора сервера дозволити цю мережу в HACHOK_ALLOW_NETWORKS",
    ),
    (
        |form| form.set("url", &format!("https://a.example.com/{}", "a".repeat(2048))),
        "url",
        "Webhook URL must be 2,048 characters or fewer",
        "URL вебхука має містити не більше ніж 2 048 символів",
    ),
    (|form| form.set("auth", "digest"), "auth", "Select an authorization method", "Виберіть метод авторизації"),
    (|form| form.without("auth"), "auth", "Select an authorization method", "Виберіть метод авторизації"),
    (|form| form.set("auth", "bearer"), "token", "Enter the token", "Введіть токен"),
    (
        |form| form.set("auth", "bearer").set("bearer_token", "a b"),
        "token",
        "Token must not contain spaces or line breaks",
        "Токен не може містити пробілів і розривів рядка",
    ),
    (
        |form| form.set("auth", "bearer").set("bearer_token", &"a".repeat(4097)),
        "token",
        "Token must be 4,096 characters or fewer",
        "Токен має містити не більше ніж 4 096 символів",
    ),
    (|form| form.set("auth", "basic").set("basic_password", "p"), "login", "Enter the login", "Введіть логін"),
    (
        |form| form.set("auth", "basic").set("basic_login", "a:b").set("basic_password", "p"),
        "login",
        "Login must not contain a colon",
        "Логін не може містити двокрапки",
    ),
    (|form| form.set("auth", "basic").set("basic_login", "a"), "password", "Enter the password", "Введіть пароль"),
    (
        |form| form.set("auth", "custom").set("custom_value", "v"),
        "custom-name",
        "Enter the header name",
        "Введіть назву заголовка",
    ),
    (
        |form| form.set("auth", "custom").set("custom_name", "X Key").set("custom_value", "v"),
        "custom-name",
        "Header name can contain only Latin letters, digits and signs such as - and _",
        "Назва заголовка може містити лише латинські літери, цифри та знаки на зразок - і _",
    ),
    (
        |form| form.set("auth", "custom").set("custom_name", "Host").set("custom_value", "v"),
        "custom-name",
        "Host cannot be set here. Choose another name",
        "Заголовок Host тут задати не можна. Виберіть іншу назву",
    ),
    (
        |form| form.set("auth", "custom").set("custom_name", "X-Key"),
        "custom-value",
        "Enter the header value",
        "Введіть значення заголовка",
    ),
    (
        |form| form.set("auth", "custom").set("custom_name", "X-Key").set("custom_value", "ключ"),
        "custom-value",
        "Header value must be one line of Latin letters, digits and symbols",
        "Значення заголовка має бути одним рядком із латинських літер, цифр і символів",
    ),
    (|form| form.without("events"), "events", "Select at least one event", "Виберіть принаймні одну подію"),
    (
        |form| form.tick("events", "message_exploded"),
        "events",
        "One of the events no longer exists. Check your selection",
        "Однієї з подій більше не існує. Перевірте вибір",
    ),
    (
        |form| form.set("inbox_scope", "selected"),
        "inboxes",
        "Select all inboxes or at least one inbox",
        "Виберіть усі канали або принаймні один канал",
    ),
    (
        |form| form.set("inbox_scope", "selected").tick("inboxes", "999"),
        "inboxes",
        "One of the selected inboxes was deleted. Check your selection",
        "Один із вибраних каналів видалено. Перевірте вибір",
    ),
    (
        |form| form.set("secret", "short"),
        "secret",
        "Signing secret is too short: enter 24–64 characters, or whsec_ followed by 24–64 bytes in base64",
        "Ключ підпису закороткий: введіть 24–64 символи або whsec_ і 24–64 байти в base64",
    ),
];

/// The text with no-break spaces replaced: they group the digits of numbers.
pub fn plain(text: &str) -> String {
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

#[tokio::test]
async fn every_error_is_shown_beside_its_field_in_both_languages() {
    let app = App::at(Place::bare());
    let admin = app.admin().await;
    for (spoil, slug, english, ukrainian) in CASES {
        for (language, words) in [("en", english), ("uk", ukrainian)] {
            let mut form = spoil(good_form(&admin, "https://a.example.com/").await);
            form.action = format!("/webhooks?lang={language}");
            let page = admin.submit(form).await.expect(422);
            assert_eq!(plain(&page.error(slug)), words, "{language} {slug}: {}", page.text("#errsum"));
            summarised(&page, language, words);
        }
    }
    assert!(admin.open("/webhooks?lang=en").await.says("No webhooks yet"), "nothing was stored");
}

fn summarised(page: &Page, language: &str, words: &str) {
    let (heading, title) = if language == "en" {
        ("The webhook was not saved", "Error:")
    } else {
        ("Вебхук не збережено", "Помилка:")
    };
    let summary = plain(&page.text("#errsum"));
    assert!(summary.contains(heading) && summary.contains(words), "{summary}");
    assert!(page.text("title").starts_with(title), "{}", page.text("title"));
    assert!(page.has("#errsum [role=alert], #errsum[role=alert]"), "{}", page.html("#errsum"));
    let link = page.attribute("#errsum a", "href").unwrap_or_default();
    assert!(link.starts_with('#') && page.has(&link), "the summary links to its field: {link}");
}

#[tokio::test]
async fn an_invalid_form_comes_back_with_what_was_typed_except_secrets() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "nonsense").await;
    let form = form
        .set("name", "<b>Назва</b>")
        .tick("events", "team_changed")
        .set("auth", "bearer")
        .set("bearer_token", "canary-token")
        .set("secret", "canary-secret-canary-secret")
        .set("headers[0][name]", "X-Source")
        .set("headers[0][value]", "desk")
        .set("headers[1][name]", "X-Key")
        .set("headers[1][value]", "canary-header")
        .set("headers[1][hide]", "on");
    let page = admin.submit(form).await.expect(422);
    assert!(!page.body.contains("canary"), "a secret is never echoed");
    let again = page.form("#f-url");
    assert_eq!((again.value("name"), again.value("url")), ("<b>Назва</b>", "nonsense"));
    assert_eq!(again.values("events").len(), 2);
    assert_eq!(again.value("auth"), "bearer");
    assert_eq!((again.value("headers[0][name]"), again.value("headers[0][value]")), ("X-Source", "desk"));
    assert_eq!(again.value("headers[1][name]"), "X-Key");
    assert_eq!(page.attribute("#f-url", "aria-invalid").as_deref(), Some("true"));
    assert!(page.attribute("#f-url", "aria-describedby").is_some_and(|ids| ids.contains("err-url")));
}

#[tokio::test]
async fn all_errors_are_shown_together() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "").await.without("events").set("auth", "basic").set("inbox_scope", "selected");
    let page = admin.submit(form).await.expect(422);
    for slug in ["url", "login", "password", "events", "inboxes"] {
        assert!(!page.error(slug).is_empty(), "{slug}: {}", page.text("#errsum"));
    }
    assert_eq!(page.texts("#errsum a").len(), 5, "{}", page.html("#errsum"));
}

#[tokio::test]
async fn a_valid_form_has_an_empty_slot_for_every_error() {
    let app = App::start();
    let admin = app.admin().await;
    let page = admin.open("/webhooks/new").await;
    for (_, slug, ..) in CASES {
        assert!(page.has(&format!("#err-{slug}")), "#err-{slug}");
        assert_eq!(page.error(slug), "", "#err-{slug}");
    }
    assert!(page.has("#errsum") && page.text("#errsum").is_empty());
    assert!(page.has("form[novalidate] #f-url"));
}

#[tokio::test]
async fn an_invalid_edit_changes_nothing() {
    let app = App::start();
    let admin = app.admin().await;
    let (id, _) = make_webhook(&admin, "https://a.example.com/").await;
    let edit = |visitor: Visitor| async move {
        let form = visitor.open(&format!("/webhooks/{id}/edit")).await.form("#f-url");
        visitor.submit(form.set("name", "New").set("url", "nonsense")).await.expect(422)
    };
    let page = edit(admin).await;
    assert_eq!(page.form("#f-url").value("name"), "New");
    let stored = app.api("read").get(&format!("webhooks/{id}")).await.json()["payload"]["webhook"].clone();
    assert_eq!((stored["name"].as_str(), stored["url"].as_str()), (None, Some("https://a.example.com/")));
}

#[tokio::test]
async fn fields_that_the_form_does_not_have_change_nothing() {
    let app = App::start();
    let admin = app.admin().await;
    let form = good_form(&admin, "https://a.example.com/").await;
    let page = admin.submit(form.set("enabled", "false").set("account_id", "2").set("id", "77")).await;
    if page.status == 303 {
        let stored = app.api("read").get("webhooks").await.json()["payload"]["webhooks"][0].clone();
        assert_eq!((&stored["id"] == 77, stored["enabled"].as_bool()), (false, Some(true)), "{stored}");
    } else {
        assert!(matches!(page.status, 400 | 422), "{}", page.status);
    }
}
