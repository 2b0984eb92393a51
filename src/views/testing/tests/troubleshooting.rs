//! Banners, held deliveries, sending again: their texts and links, in both languages.

use crate::domain::accounts::user::{Language, Role};
use crate::views::testing::gallery::pictures;

/// A page in English and in Ukrainian.
fn both(name: &str) -> [String; 2] {
    [Language::En, Language::Uk].map(|language| page(name, language, Role::Admin))
}

fn page(name: &str, language: Language, role: Role) -> String {
    let found = pictures(language, role).into_iter().find(|(other, _)| *other == name);
    found.map(|(_, html)| html).expect("a page of that name")
}

/// The page holds the English and the Ukrainian text.
fn says(name: &str, words: [&str; 2]) {
    for (html, words) in both(name).into_iter().zip(words) {
        let text = html.replace("<strong>", "").replace("</strong>", "");
        assert!(text.contains(words), "{name}: {words}");
    }
}

#[test]
fn each_stage_has_a_text() {
    says("webhook-exhausted", ["A delivery failed after 10 attempts.", "Доставку припинено після 10\u{a0}спроб."]);
    says("webhook-day", ["Every attempt has failed for 26\u{a0}h.", "Усі спроби невдалі вже 26\u{a0}год."]);
    says(
        "webhook-off-soon",
        [
            "It will be turned off on 22 Nov 2026 at 09:25 unless a delivery succeeds.",
            "Вебхук буде вимкнено 22.11.2026 о 09:25, якщо до того не вдасться жодна доставка.",
        ],
    );
    says(
        "list",
        [
            "Turned off: every attempt failed for 5 days. 38 events held.",
            "Вимкнено: усі спроби були невдалими 5\u{a0}днів поспіль. 38\u{a0}подій чекають.",
        ],
    );
    says("webhook-off", ["Turned off: every attempt failed.", "Вимкнено: усі спроби були невдалими."]);
    says(
        "webhook-off-asked",
        ["the receiver asked for it (webhook-delivery: disable)", "на прохання отримувача (webhook-"],
    );
    says("webhook-gone", ["the receiver returned 410", "отримувач відповів 410"]);
}

#[test]
fn the_list_shows_the_worst_three_and_links_to_the_rest() {
    for html in both("list-alerts") {
        assert_eq!(html.matches("<span class=\"why\">").count(), 3);
        assert!(
            html.contains("action=\"/webhooks/4/activation\"") && html.contains("href=\"/webhooks?state=trouble\"")
        );
    }
    says("list-alerts", ["5 webhooks need attention", "5\u{a0}вебхуків потребують уваги"]);
    says("list-alerts", ["Show all 5 webhooks", "Показати всі 5\u{a0}вебхуків"]);
    assert!(!page("list-alerts", Language::En, Role::Viewer).contains("/activation"));
}

#[test]
fn a_banner_links_to_the_deliveries_that_explain_it() {
    let leads = |name, to: &str| both(name).iter().all(|html| html.contains(&format!("href=\"/deliveries?{to}\"")));
    assert!(leads("webhook-exhausted", "webhook=1&#38;status=failed"));
    assert!(leads("webhook-day", "webhook=2"));
    assert!(leads("webhook-off", "webhook=4&#38;status=failed"));
    assert!(leads("webhook-gone", "webhook=5") && leads("webhook-off-asked", "webhook=5"));
    // One button turns it on.
    assert!(both("webhook-off").iter().all(|html| html.matches("/webhooks/4/activation").count() == 1));
}

#[test]
fn a_slow_webhook_says_why_and_until_when() {
    says(
        "webhook-off-soon",
        ["so deliveries are sent one at a time until one succeeds. Next attempt at 09:29.", "о 09:29."],
    );
    says("webhook-day", ["so nothing is sent until 09:40.", "тому до 09:40 нічого не надсилається."]);
    assert!(both("webhook-exhausted").iter().all(|html| !html.contains("09:29") && !html.contains("09:40")));
}

#[test]
fn one_form_sends_or_discards_held_deliveries() {
    says("held", ["1,148 deliveries were held", "накопичилося 1\u{a0}148\u{a0}доставок."]);
    for html in both("held") {
        let form = html.split("action=\"/webhooks/4/held\"").nth(1).expect("the form");
        assert!(form.contains("name=\"choice\" value=\"send\"") && form.contains("name=\"choice\" value=\"discard\""));
    }
    assert!(both("held-none").iter().all(|html| !html.contains("discard") && html.contains("value=\"send\"")));
}

#[test]
fn failed_deliveries_are_counted_before_they_are_sent() {
    says("resend-found", ["1,148 failed deliveries", "1\u{a0}148\u{a0}невдалих доставок"]);
    says("resend-found", ["up to 50 per second, about 23\u{a0}s", "до 50 за секунду, приблизно 23\u{a0}с"]);
    says("resend-many", ["Only the oldest 10,000 will be sent.", "не більше ніж 10\u{a0}000."]);
    says("resend-many", ["Resend 10,000 deliveries", "Надіслати повторно 10\u{a0}000\u{a0}доставок"]);
    says("resend-none", ["There is nothing to resend", "Немає чого надсилати повторно"]);
    says("resend-errors", ["<title>Error: ", "<title>Помилка: "]);
    let sends = |name| both(name).iter().all(|html| html.contains("method=\"post\" action=\"/deliveries/resend\""));
    assert!(sends("resend-found") && sends("resend-many"));
    assert!(!sends("resend") && !sends("resend-none") && !sends("resend-errors"));
    for html in both("resend-found") {
        let form = html.split("method=\"post\" action=\"/deliveries/resend\"").nth(1).expect("the form");
        let form = form.split_whitespace().collect::<Vec<_>>().join(" ");
        for field in [
            "webhook\" value=\"2\"",
            "event\" value=\"message_created\"",
            "from\" value=\"2026-11-20T09:00\"",
            "inbox\" value=\"1\"",
        ] {
            assert!(form.contains(&format!("name=\"{field}")), "{field}");
        }
    }
}

#[test]
fn the_page_of_a_recovery_polls_only_while_it_runs() {
    for name in ["recovery", "recovery-done", "recovery-cancelled"] {
        let runs = name == "recovery";
        for html in both(name) {
            assert_eq!(html.contains("hx-trigger=\"every 2s\""), runs, "{name}");
            assert_eq!(html.contains("action=\"/recoveries/7/cancellation\""), runs, "{name}");
            assert_eq!(html.contains("class=\"btn if-nojs\" href=\"/recoveries/7\""), runs, "{name}");
        }
    }
    says("recovery", ["412 of 1,148 sent", "Надіслано 412 з 1\u{a0}148"]);
    says("recovery-cancelled", ["736 deliveries were not resent.", "736\u{a0}доставок не надіслано повторно."]);
}

#[test]
fn only_administrators_get_links_to_send_again() {
    for language in [Language::En, Language::Uk] {
        for (name, way) in [
            ("log", "id=\"resend-failed\" href=\"/deliveries/resend?"),
            ("webhook-day", "/deliveries/resend?webhook=2\""),
        ] {
            assert!(page(name, language, Role::Admin).contains(way), "{name}");
            assert!(!page(name, language, Role::Viewer).contains("/deliveries/resend"), "{name}");
        }
        // Nothing is sent to a webhook that is off.
        assert!(!page("webhook-off", language, Role::Admin).contains("/deliveries/resend"));
    }
}
