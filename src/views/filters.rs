//! Filters that the templates use.

use askama::{Result, Values};

use super::components::{Bdi, Icon, Time};
use super::cut_url::CutUrl;
use crate::i18n::Moment;

/// `"ok"|icon`: the icon of that name, hidden from screen readers.
#[askama::filter_fn]
pub fn icon<'a>(name: &'a str, _: &dyn Values) -> Result<Icon<'a>> {
    Ok(Icon::new(name))
}

/// `name|bdi`: the name in `<bdi>`, so that right-to-left text in it does not reorder what is beside it.
#[askama::filter_fn]
pub fn bdi(name: impl std::fmt::Display, _: &dyn Values) -> Result<Bdi> {
    Ok(Bdi { name: name.to_string() })
}

/// `url|cut`: the URL on one line, cut in the middle where it does not fit.
#[askama::filter_fn]
pub fn cut(url: impl std::fmt::Display, _: &dyn Values) -> Result<CutUrl> {
    Ok(CutUrl::whole(&url.to_string()))
}

/// `name|isolated`: the same with control characters, for a title, an option or an attribute, which hold only text.
#[askama::filter_fn]
pub fn isolated(name: impl std::fmt::Display, _: &dyn Values) -> Result<String> {
    Ok(crate::domain::text::isolated(&name.to_string()).into_owned())
}

/// `value|time_field`: the type of an input for a time. `datetime-local` holds no offset (HTML §2.3.5.5), so a time
/// with an offset gets a text field.
#[askama::filter_fn]
pub fn time_field(value: &str, _: &dyn Values) -> Result<&'static str> {
    const LOCAL_TIME_LEN_MAX: usize = "2026-10-25T03:30:15".len();
    Ok(if value.len() > LOCAL_TIME_LEN_MAX { "text" } else { "datetime-local" })
}

/// `value|day_field`: the type of an input for a day; a value with a time of day gets a text field.
#[askama::filter_fn]
pub fn day_field(value: &str, _: &dyn Values) -> Result<&'static str> {
    const DAY_LEN: usize = "2026-10-25".len();
    Ok(if value.len() > DAY_LEN { "text" } else { "date" })
}

/// `moment|time`: a `<time>` element with the exact time as its title.
#[askama::filter_fn]
pub fn time(moment: impl std::borrow::Borrow<Moment>, _: &dyn Values) -> Result<Time> {
    Ok(Time { moment: moment.borrow().clone() })
}

/// `"app.css"|asset`: the URL of a static file.
#[askama::filter_fn]
pub fn asset(path: &str, _: &dyn Values) -> Result<String> {
    Ok(crate::assets::asset_url(path))
}
