//! The messages of both languages, parsed once from the files in the binary.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use intl_memoizer::concurrent::IntlLangMemoizer;
use rust_embed::RustEmbed;

use super::Locale;
use super::decimal::decimal;

#[derive(RustEmbed)]
#[folder = "locales/"]
pub(super) struct Files;

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| read(Locale::En, |value, _| grouped(Locale::En, value)));
static UKRAINIAN: LazyLock<Bundle> = LazyLock::new(|| read(Locale::Uk, |value, _| grouped(Locale::Uk, value)));

/// Formats the message `id`; returns `id` if there is no such message.
pub(super) fn text(locale: Locale, id: &str, args: &FluentArgs) -> String {
    let bundle = match locale {
        Locale::En => &ENGLISH,
        Locale::Uk => &UKRAINIAN,
    };
    let Some(pattern) = bundle.get_message(id).and_then(|message| message.value()) else {
        debug_assert!(false, "no message {id} in {locale:?}");
        return id.to_owned();
    };
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut errors).into_owned();
    debug_assert!(errors.is_empty(), "{id} in {locale:?}: {errors:?}");
    text
}

fn read(locale: Locale, formatter: fn(&FluentValue, &IntlLangMemoizer) -> Option<String>) -> Bundle {
    let language = locale.as_str();
    let mut bundle = FluentBundle::new_concurrent(vec![language.parse().unwrap_or_default()]);
    // Isolation marks would be copied along with the text, and would break searches in it.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(formatter));
    for path in Files::iter().filter(|path| path.starts_with(language)) {
        let Some(file) = Files::get(&path) else { continue };
        let source = String::from_utf8_lossy(&file.data).into_owned();
        let resource = FluentResource::try_new(source).unwrap_or_else(|(resource, errors)| {
            debug_assert!(false, "{path}: {errors:?}");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            debug_assert!(false, "{path}: {errors:?}");
        }
    }
    bundle
}

/// Groups numbers in messages like all other numbers; the plural is still chosen by the number.
fn grouped(locale: Locale, value: &FluentValue) -> Option<String> {
    match value {
        FluentValue::Number(number) => Some(decimal(locale, number.value, 0)),
        _ => None,
    }
}
