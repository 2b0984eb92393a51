//! Rules that hold for every page.

mod snapshots;
mod troubleshooting;

use super::gallery::pictures;
use crate::domain::accounts::user::{Language, Role};

fn everything() -> impl Iterator<Item = (&'static str, String)> {
    let pairs = Language::ALL.iter().flat_map(|language| Role::ALL.iter().map(move |role| (*language, *role)));
    pairs.flat_map(|(language, role)| pictures(language, role))
}

#[test]
fn every_page_is_written_in_its_language() {
    for language in Language::ALL {
        for (name, html) in pictures(*language, Role::Admin) {
            assert!(
                name.ends_with("fragment") || html.contains(&format!("<html lang=\"{}\">", language.as_str())),
                "{name}"
            );
            assert!(*name == *"list-names" || !html.contains(['\u{2068}', '\u{2069}']), "{name}");
        }
    }
}

#[test]
fn text_from_outside_is_never_markup() {
    for (name, html) in everything() {
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, html.matches("<script src=\"/static/").count(), "{name}");
        assert!(!html.contains("style=") && !html.contains("<style") && !html.contains(" on click"), "{name}");
    }
}

#[test]
fn no_typed_secret_is_rendered() {
    for (name, html) in everything() {
        assert!(!html.contains("typed-secret"), "{name}");
        assert!(!html.contains("[hidden]"), "{name}");
    }
}

#[test]
fn a_viewer_gets_no_form_that_writes() {
    for language in Language::ALL {
        for (name, html) in pictures(*language, Role::Viewer) {
            let reads = [
                "list",
                "webhook",
                "log",
                "delivery",
                "recovery",
                "inboxes",
                "event",
                "error-404",
                "settings",
                "status",
            ];
            if reads.iter().any(|read| name.starts_with(read)) && !name.ends_with("fragment") {
                assert_eq!(html.matches("method=\"post\"").count(), 1, "only to sign out: {name}");
            }
        }
    }
}

#[test]
fn every_form_that_writes_has_the_form_token() {
    for (name, html) in everything() {
        assert_eq!(html.matches("method=\"post\"").count(), html.matches("name=\"_csrf\"").count(), "{name}");
    }
}

#[test]
fn ids_are_unique_on_a_page() {
    for (name, html) in everything() {
        let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(all, ids.len(), "{name}");
    }
}

#[test]
fn a_fragment_equals_its_part_of_the_page() {
    for language in Language::ALL {
        let all = pictures(*language, Role::Admin);
        let page = |name: &str| {
            all.iter().find(|(other, _)| *other == name).map(|(_, html)| html.as_str()).unwrap_or_default()
        };
        let parts = [
            ("list", "list-fragment"),
            ("webhook", "webhook-fragment"),
            ("verify-bad", "verify-bad-fragment"),
            ("log", "log-fragment"),
            ("log", "log-news-fragment"),
            ("delivery", "delivery-fragment"),
            ("delivery", "delivery-attempts-fragment"),
            ("recovery", "recovery-fragment"),
            ("received", "received-fragment"),
            ("status", "status-fragment"),
        ];
        for (whole, fragment) in parts {
            let part = page(fragment);
            assert!(!part.is_empty() && page(whole).contains(part), "{fragment}");
        }
    }
}
