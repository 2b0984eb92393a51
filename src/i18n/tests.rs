//! Properties of all messages in both languages.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::bundle::Files;
use super::{Locale, NoticeKind, Translator, messages, words};
use crate::domain::accounts::api_token::{Lifetime, Scope};
use crate::domain::accounts::user::{Role, Theme};
use crate::domain::chatwoot::connection::{FaultKind, Refusal, State as ConnectionState};
use crate::domain::deliveries::failure_cause::{CauseGroup, FailureCause};
use crate::domain::deliveries::log_filter::StateFilter;
use crate::domain::deliveries::log_period::Period;
use crate::domain::deliveries::recovery::RecoveryState;
use crate::domain::deliveries::{Reason, Trigger};
use crate::domain::events::Unmatched;
use crate::domain::events::catalogue::{EventName, Group};
use crate::domain::system::status::SystemProblem;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::State;
use crate::domain::webhooks::authorization::Method;
use crate::domain::webhooks::chart_range::Range;
use crate::domain::webhooks::verification::Part;
use crate::domain::webhooks::verification::mistake::Mistake;

type Messages = BTreeMap<String, BTreeSet<String>>;

fn source(locale: Locale) -> String {
    let files = Files::iter().filter(|path| path.starts_with(locale.as_str())).filter_map(|path| Files::get(&path));
    files.map(|file| String::from_utf8_lossy(&file.data).into_owned()).collect::<Vec<_>>().join("\n")
}

fn messages_of(locale: Locale) -> Messages {
    let source = source(locale);
    let resource = fluent_syntax::parser::parse(source.as_str()).expect("the files parse");
    let mut messages = Messages::new();
    for entry in resource.body {
        if let Entry::Message(message) = entry {
            let mut variables = BTreeSet::new();
            collect(message.value.as_ref().expect("a message has a value"), &mut variables);
            assert!(messages.insert(message.id.name.to_owned(), variables).is_none(), "{} twice", message.id.name);
        }
    }
    messages
}

fn collect(pattern: &Pattern<&str>, variables: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| collect(&variant.value, variables));
                selector
            }
        };
        if let InlineExpression::VariableReference { id } = inline {
            variables.insert(id.name.to_owned());
        }
    }
}

fn uk() -> Translator<'static> {
    Translator::new(Locale::Uk, Timestamp::from_seconds(0))
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_variables() {
    assert_eq!(messages_of(Locale::En), messages_of(Locale::Uk));
}

#[test]
fn every_message_is_used_and_every_used_one_exists() {
    fn all<T: Copy>(prefix: &str, values: &[T], name: fn(T) -> &'static str) -> Vec<String> {
        values.iter().map(|value| format!("{prefix}_{}", name(*value))).collect()
    }
    let mut used: BTreeSet<String> = messages::TABLE.iter().map(|(id, _)| (*id).to_owned()).collect();
    used.extend(words::PROBLEMS.iter().map(|id| (*id).to_owned()));
    used.extend(all("state", State::ALL, State::as_str));
    used.extend(all("filter", State::ALL, State::as_str));
    used.extend(all("status", StateFilter::ALL, StateFilter::as_str));
    used.extend(all("reason", Reason::ALL, Reason::as_str));
    used.extend(all("trigger", Trigger::ALL, Trigger::as_str));
    used.extend(all("recovery", RecoveryState::ALL, RecoveryState::as_str));
    used.extend(all("period", Period::ALL, Period::as_str));
    used.extend(all("range", Range::ALL, Range::as_str));
    used.extend(all("mistake", Mistake::ALL, Mistake::as_str));
    used.extend(all("unreadable", Part::ALL, Part::as_str));
    used.extend(all("method", Method::ALL, Method::as_str));
    used.extend(all("failure", CauseGroup::ALL, CauseGroup::as_str));
    used.extend(all("cause", FailureCause::ALL, FailureCause::as_str));
    used.extend(all("advice", FailureCause::ALL, FailureCause::as_str));
    for prefix in ["role", "role_about"] {
        used.extend(all(prefix, Role::ALL, Role::as_str));
    }
    for prefix in ["scope", "scope_about"] {
        used.extend(all(prefix, Scope::ALL, Scope::as_str));
    }
    used.extend(all("lifetime", Lifetime::ALL, Lifetime::as_str));
    used.extend(all("theme", Theme::ALL, Theme::as_str));
    used.extend(all("trouble", SystemProblem::ALL, SystemProblem::as_str));
    used.extend(all("notice", NoticeKind::ALL, NoticeKind::as_str));
    for prefix in ["event", "about"] {
        used.extend(all(prefix, EventName::ALL, EventName::as_str));
        used.insert(format!("{prefix}_webhook_test"));
    }
    used.extend(all("chatwoot_state", ConnectionState::ALL, ConnectionState::as_str));
    used.extend(all("chatwoot_fault", FaultKind::ALL, FaultKind::as_str));
    used.extend(all("chatwoot_refusal", Refusal::ALL, Refusal::as_str));
    used.extend(all("unmatched", Unmatched::ALL, Unmatched::as_str));
    used.extend(all("not_for", Unmatched::ALL, Unmatched::as_str));
    let derived = EventName::ALL.iter().filter(|event| event.derived_from().is_some());
    used.extend(derived.map(|event| format!("derived_{event}")));
    used.extend(EventName::ALL.iter().flat_map(|event| event.fields()).map(|field| format!("field_{}", field.key)));
    let existing: BTreeSet<String> = messages_of(Locale::En).into_keys().collect();
    assert_eq!(used, existing);
    assert_eq!(Group::ALL.map(|group| uk().group(group)).first().map(String::as_str), Some("Розмова"));
}

#[test]
fn the_table_names_the_variables_of_each_message() {
    let messages = messages_of(Locale::En);
    for (id, variables) in messages::TABLE {
        let expected: BTreeSet<String> = variables.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(messages.get(*id), Some(&expected), "{id}");
    }
}

/// With a no-break space after the number at the beginning.
fn joined(words: &str) -> String {
    words.replacen(' ', "\u{a0}", 1)
}

/// With a no-break space after the number in second place.
fn joined_in(words: &str) -> String {
    let (first, rest) = words.split_once(' ').expect("two words");
    format!("{first} {}", joined(rest))
}

#[test]
fn ukrainian_plurals_follow_the_number() {
    let forms = |say: fn(&Translator<'static>, u64) -> String| [1, 3, 11, 21].map(|n| say(&uk(), n));
    assert_eq!(
        forms(|t, n| t.deliveries_count(n)),
        ["1 доставка", "3 доставки", "11 доставок", "21 доставка"].map(joined)
    );
    assert_eq!(forms(|t, n| t.webhooks_count(n)), ["1 вебхук", "3 вебхуки", "11 вебхуків", "21 вебхук"].map(joined));
    assert_eq!(forms(|t, n| t.events_count(n)), ["1 подія", "3 події", "11 подій", "21 подія"].map(joined));
    assert_eq!(uk().deliveries_count(1148), "1\u{a0}148\u{a0}доставок");
}

#[test]
fn ukrainian_plurals_of_repairs_follow_the_number() {
    let forms = |say: fn(&Translator<'static>, u64) -> String| [1, 3, 11, 21].map(|n| say(&uk(), n));
    let found = ["1 невдала доставка", "3 невдалі доставки", "11 невдалих доставок", "21 невдала доставка"].map(joined);
    assert_eq!(forms(|t, n| t.resend_found(n)), found);
    let trouble = ["1 вебхук потребує", "3 вебхуки потребують", "11 вебхуків потребують", "21 вебхук потребує"];
    let trouble = trouble.map(|words| format!("{} уваги", joined(words)));
    assert_eq!(forms(|t, n| t.webhooks_in_trouble(n)), trouble);
    let kept = ["1 доставку", "3 доставки", "11 доставок", "21 доставку"];
    assert_eq!(
        forms(|t, n| t.held_kept(n)),
        ["лася 1 доставка", "лися 3 доставки", "лося 11 доставок", "лася 21 доставка"]
            .map(|words| format!("Поки цей вебхук було вимкнено, накопичи{}.", joined_in(words)))
    );
    assert_eq!(forms(|t, n| t.recovery_left(n)), kept.map(|words| format!("{} не надіслано повторно.", joined(words))));
}

#[test]
fn every_cause_has_a_message_and_an_advice() {
    for t in [uk(), Translator::new(Locale::En, Timestamp::from_seconds(0))] {
        for cause in FailureCause::ALL {
            for code in [None, Some(308), Some(400), Some(401), Some(404), Some(410), Some(418), Some(429), Some(503)] {
                assert!(!t.cause(*cause, code, 15).is_empty(), "{cause:?} {code:?}");
                for trigger in Trigger::ALL {
                    let advice = t.advice(*cause, code, *trigger);
                    assert!(advice.ends_with('.'), "{cause:?} {code:?} {trigger:?}: {advice}");
                }
            }
        }
        let too_many = t.advice(FailureCause::HttpStatus, Some(429), Trigger::Event);
        assert!(too_many.contains("pauses") || too_many.contains("призупиняє"), "{too_many}");
        let gone = t.advice(FailureCause::Gone, Some(410), Trigger::Event);
        assert!(gone.contains("turn the webhook on") || gone.contains("вмикати вебхук"), "{gone}");
        let of_tests = [(FailureCause::HttpStatus, 429), (FailureCause::Gone, 410)];
        for advice in of_tests.map(|(cause, code)| t.advice(cause, Some(code), Trigger::Test)) {
            let done = ["was paused", "was turned off", "призупинено", "вимкнено"];
            assert!(!done.iter().any(|words| advice.contains(words)), "a test changes nothing: {advice}");
        }
    }
}

#[test]
fn every_ukrainian_plural_has_all_four_forms() {
    let source = source(Locale::Uk);
    let resource = fluent_syntax::parser::parse(source.as_str()).expect("the files parse");
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        for element in message.value.iter().flat_map(|pattern| &pattern.elements) {
            let PatternElement::Placeable { expression: Expression::Select { variants, .. } } = element else {
                continue;
            };
            assert!(matches!(variants.len(), 2 | 4), "{}: a choice of hour has two, a plural four", message.id.name);
        }
    }
}

#[test]
fn apostrophes_are_letters_and_no_text_is_isolated() {
    let letters: Vec<char> = source(Locale::Uk).chars().collect();
    for triple in letters.windows(3) {
        let [before, middle, after] = triple else { continue };
        let inside = |letter: &char| ('\u{400}'..='\u{4ff}').contains(letter);
        assert!(!(matches!(middle, '\'' | '’') && inside(before) && inside(after)), "{triple:?}");
    }
    let name = uk().copied_from("Стара ERP");
    assert!(name.contains("«Стара ERP»") && !name.contains(['\u{2068}', '\u{2069}']));
}

#[test]
fn amounts_follow_the_language() {
    let en = Translator::new(Locale::En, Timestamp::from_seconds(0));
    assert_eq!((en.number(1148).as_str(), uk().number(1148).as_str()), ("1,148", "1\u{a0}148"));
    assert_eq!((en.percent(1120, 1148).as_str(), uk().percent(1120, 1148).as_str()), ("97.6%", "97,6%"));
    assert_eq!(en.percent(9999, 10_000), "99.9%");
    assert_eq!(en.percent(0, 0), "—");
    assert_eq!(en.elapsed(0), "< 1\u{a0}ms");
    assert_eq!(en.elapsed(982), "982\u{a0}ms");
    assert_eq!([1204, 7000, 7049].map(|ms| en.elapsed(ms)), ["1.2\u{a0}s", "7\u{a0}s", "7\u{a0}s"]);
    assert_eq!(uk().elapsed(10_200), "10,2\u{a0}с");
    assert_eq!(uk().span(std::time::Duration::from_secs(7200)), "2\u{a0}год");
    assert_eq!(
        [162, 16_384, 262_144].map(|bytes: usize| en.size(bytes)),
        ["162\u{a0}B", "16\u{a0}KiB", "256\u{a0}KiB"]
    );
    assert_eq!(uk().size(3_670_016_usize), "3,5\u{a0}МіБ");
}
