use super::TargetUrl;
use crate::domain::problem::Problem;
use crate::domain::webhooks::address::AddressPolicy;

fn strict() -> AddressPolicy {
    AddressPolicy::default().with_own("hooks.self.example", 443)
}

fn lan(allow_http: bool) -> AddressPolicy {
    AddressPolicy::new(vec!["192.168.1.0/24".parse().unwrap()], Vec::new(), allow_http).unwrap()
}

#[test]
fn a_masked_url_shows_the_origin_only() {
    for (url, masked) in [
        ("https://example.com", "https://example.com/"),
        ("https://example.com/hook", "https://example.com/…"),
        ("https://example.com/?key=1", "https://example.com/…"),
        ("http://192.168.1.5:8080/a/b", "http://192.168.1.5:8080/…"),
    ] {
        assert_eq!(TargetUrl::parse(url, &lan(true)).expect(url).masked(), masked);
    }
    let url = TargetUrl::parse("https://example.com/hook/T0?key=1", &strict()).expect("an address");
    let said = "Moved to https://www.example.com/hook/T0?key=1; Cannot POST /hook/T0; key=2";
    assert_eq!(url.hide_in(said), "Moved to https://www.example.com/…; Cannot POST /…; key=2");
    let bare = TargetUrl::parse("https://example.com/", &strict()).expect("an address");
    assert_eq!(bare.hide_in("text/html"), "text/html");
}

#[test]
fn each_error_has_its_own_problem() {
    let cases = [
        (" \t\n", Problem::UrlMissing),
        ("example.com", Problem::UrlIncomplete),
        ("https:/example.com", Problem::UrlIncomplete),
        ("https:///example.com", Problem::UrlIncomplete),
        ("https://", Problem::UrlIncomplete),
        ("http://example.com/", Problem::UrlNotHttps),
        ("http://localhost/", Problem::UrlPrivate),
        ("http://10.0.0.1/", Problem::UrlPrivate),
        ("ftp://example.com/", Problem::UrlNotHttps),
        ("https://u:p@example.com/", Problem::UrlHasCredentials),
        ("https://example.com/#", Problem::UrlHasFragment),
        ("https://localhost/", Problem::UrlPrivate),
        ("https://printer/", Problem::UrlPrivate),
        ("https://db.internal/", Problem::UrlPrivate),
        ("https://10.0.0.1/", Problem::UrlPrivate),
        ("https://[::1]:8443/", Problem::UrlPrivate),
        ("https://example.com:22/", Problem::UrlPortRefused),
        ("https://example.com:80/", Problem::UrlPortRefused),
        ("https://hooks.self.example/x", Problem::UrlIsOurs),
        ("https://HOOKS.self.example:443/", Problem::UrlIsOurs),
    ];
    for (typed, problem) in cases {
        assert_eq!(TargetUrl::parse(typed, &strict()), Err(problem), "{typed}");
    }
}

#[test]
fn hidden_characters_are_trimmed_at_the_ends_and_refused_inside() {
    for hidden in ["\u{ad}", "\u{200b}", "\u{feff}", "\u{2060}", "\u{200e}", "\u{202e}", "\u{3164}"] {
        let parse = |typed: String| TargetUrl::parse(&typed, &strict()).map(|url| url.as_str().to_owned());
        let around = format!("{hidden} https://example.com/a {hidden}");
        assert_eq!(parse(around), Ok("https://example.com/a".into()), "{hidden:?}");
        for inside in [format!("https://exa{hidden}mple.com/"), format!("https://example.com/a?b{hidden}c")] {
            assert_eq!(parse(inside), Err(Problem::UrlHasControls), "{hidden:?}");
        }
    }
    assert!(TargetUrl::parse("https://example.com/می\u{200c}خواهم", &strict()).is_ok());
}

#[test]
fn look_alikes_of_ascii_are_refused_and_real_unicode_is_kept() {
    for typed in ["https://ｅxample.com/", "https://example。com/", "https://①.example.com/"] {
        assert_eq!(TargetUrl::parse(typed, &strict()), Err(Problem::UrlIncomplete), "{typed}");
    }
    let url = TargetUrl::parse("https://Гачок.example.com/подія", &strict()).unwrap();
    assert_eq!(url.host(), "гачок.example.com");
    assert!(url.as_str().starts_with("https://xn--80afwp8b.example.com/%D0%BF"), "{}", url.as_str());
    assert_eq!(url.check_again(&strict()), Ok(()));
}

#[test]
fn an_allow_list_opens_local_names_but_plain_http_only_to_its_own_addresses() {
    assert!(TargetUrl::parse("http://n8n.local:5678/", &lan(false)).is_ok());
    assert!(TargetUrl::parse("http://192.168.1.7:5678/", &lan(false)).is_ok());
    assert_eq!(TargetUrl::parse("http://8.8.8.8/", &lan(false)), Err(Problem::UrlNotHttps));
    assert!(TargetUrl::parse("http://8.8.8.8/", &lan(true)).is_ok());
}

#[test]
fn an_address_is_checked_again_when_the_lists_change() {
    let url = TargetUrl::parse("http://192.168.1.7:5678/", &lan(true)).unwrap();
    assert_eq!(url.check_again(&strict()), Err(Problem::UrlPrivate));
}

#[test]
fn escapes_count_towards_the_length() {
    let typed = format!("https://example.com/{}", "ї".repeat(1000));
    assert_eq!(TargetUrl::parse(&typed, &strict()), Err(Problem::UrlTooLong));
}

#[test]
fn an_address_is_shown_as_in_the_url() {
    let host = |text: &str| TargetUrl::from_stored(text).map(|url| url.host());
    assert_eq!(host("https://[2606:4700::1111]:8443/x").as_deref(), Some("[2606:4700::1111]"));
    assert_eq!(host("https://8.8.8.8/").as_deref(), Some("8.8.8.8"));
    assert_eq!(host("https://xn--mnchen-3ya.example.com/").as_deref(), Some("münchen.example.com"));
    assert_eq!(host("mailto:a@example.com"), None);
}

mod properties {
    use proptest::prelude::*;

    use super::{TargetUrl, strict};

    proptest! {
        #[test]
        fn parsing_never_panics(typed in "\\PC{0,40}") {
            let _ = TargetUrl::parse(&format!("https://{typed}"), &strict());
        }

        #[test]
        fn an_accepted_url_is_accepted_again_unchanged(rest in "[a-zа-я0-9.:-]{1,20}(/[!-~а-я]{0,20})?") {
            if let Ok(url) = TargetUrl::parse(&format!("https://{rest}"), &strict()) {
                prop_assert_eq!(TargetUrl::parse(url.as_str(), &strict()), Ok(url.clone()));
                prop_assert_eq!(TargetUrl::from_stored(url.as_str()), Some(url));
            }
        }
    }
}
