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
        assert!(html.contains(words), "{name}: {words}");
    }
}

#[test]
fn each_stage_has_a_text() {
    says(
        "webhook-exhausted",
        [
            "A delivery to “CRM: customer cards” was given up after 10 attempts.",
            "Доставку вебхука «CRM: картки клієнтів» припинено після 10 спроб.",
        ],
    );
    says(
        "webhook-day",
        [
            "Every attempt to “Analytics warehouse” has failed for 26 h.",
            "Жодна спроба вебхука «Сховище аналітики» не вдалася впродовж такого часу: 26\u{a0}год.",
        ],
    );
    says(
        "webhook-off-soon",
        [
            "Webhook “Duty bot alerts” will be turned off on 22 Nov 2026, 09:25 if nothing succeeds.",
            "Вебхук «Сповіщення чергового бота» буде вимкнено 22.11.2026 09:25, якщо до того не вдасться жодна доставка.",
        ],
    );
    says(
        "list",
        [
            "Webhook “Legacy ERP” was turned off: every delivery failed for 5 days. 38 events are kept for 7 days.",
            "Вебхук «Стара ERP» вимкнено: жодна доставка не вдалася впродовж такого часу: 5 днів. \
             38 подій зберігатимуться 7\u{a0}днів.",
        ],
    );
    says("webhook-off", ["was turned off: every delivery failed.", "вимкнено: жодна доставка не вдалася."]);
    says("webhook-gone", ["the receiver answered 410", "отримувач відповів 410"]);
}

#[test]
fn the_list_shows_the_worst_three_and_counts_the_rest() {
    for html in both("list-alerts") {
        assert_eq!(html.matches("<div class=\"notice").count(), 3);
        let first = html.split("<div class=\"notice").nth(1).expect("a banner");
        assert!(first.starts_with(" bad\"") && first.contains("/webhooks/4/held"), "{first}");
    }
    says("list-alerts", ["and 2 more webhooks with failures", "і ще 2 вебхуки з помилками"]);
}

#[test]
fn a_banner_links_to_the_deliveries_that_explain_it() {
    let leads = |name, to: &str| both(name).iter().all(|html| html.contains(&format!("href=\"/deliveries?{to}\"")));
    assert!(leads("webhook-exhausted", "webhook=1&#38;status=failed"));
    assert!(leads("webhook-day", "webhook=2"));
    assert!(leads("webhook-off", "webhook=4&#38;status=failed"));
    assert!(leads("webhook-gone", "webhook=5"));
    assert!(!page("webhook-off", Language::En, Role::Viewer).contains("/webhooks/4/held"));
    assert!(both("webhook-off").iter().all(|html| html.contains("href=\"/webhooks/4/held\"")));
}

#[test]
fn a_slow_webhook_says_why_and_until_when() {
    says(
        "webhook-off-soon",
        ["one delivery is tried at a time until one succeeds. Next attempt at 09:29.", "о 09:29."],
    );
    says("webhook-day", ["so nothing is sent until 09:40.", "тому до 09:40 нічого не надсилається."]);
    assert!(both("webhook-exhausted").iter().all(|html| !html.contains("09:29") && !html.contains("09:40")));
}

#[test]
fn one_form_sends_or_discards_held_deliveries() {
    says("held", ["1,148 deliveries were kept", "збережено 1\u{a0}148 доставок."]);
    for html in both("held") {
        let form = html.split("action=\"/webhooks/4/held\"").nth(1).expect("the form");
        assert!(form.contains("name=\"choice\" value=\"send\"") && form.contains("name=\"choice\" value=\"discard\""));
    }
    assert!(both("held-none").iter().all(|html| !html.contains("discard") && html.contains("value=\"send\"")));
}

#[test]
fn failed_deliveries_are_counted_before_they_are_sent() {
    says("resend-found", ["1,148 failed deliveries", "1\u{a0}148 невдалих доставок"]);
    says("resend-found", ["up to 50 per second, about 23 s", "до 50 за секунду, приблизно 23\u{a0}с"]);
    says("resend-many", ["Only the oldest 10,000 are taken.", "не більше ніж 10\u{a0}000."]);
    says("resend-many", ["Send 10,000 again", "Надіслати 10\u{a0}000 ще раз"]);
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
    says("recovery-cancelled", ["736 deliveries were not sent again.", "736 доставок не надіслано повторно."]);
}

#[test]
fn only_administrators_get_links_to_send_again() {
    for language in [Language::En, Language::Uk] {
        for (name, way) in
            [("log", "formaction=\"/deliveries/resend\""), ("webhook-day", "/deliveries/resend?webhook=2\"")]
        {
            assert!(page(name, language, Role::Admin).contains(way), "{name}");
            assert!(!page(name, language, Role::Viewer).contains("/deliveries/resend"), "{name}");
        }
        // Nothing is sent to a webhook that is off.
        assert!(!page("webhook-off", language, Role::Admin).contains("/deliveries/resend"));
    }
}
