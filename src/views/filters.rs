//! Filters of the templates that make elements.

use askama::{Result, Values};

use super::components::{Bdi, Icon, Time};
use crate::i18n::Moment;

/// `"ok"|icon`: the icon of that name, hidden from readers.
#[askama::filter_fn]
pub fn icon<'a>(name: &'a str, _: &dyn Values) -> Result<Icon<'a>> {
    Ok(Icon::new(name))
}

/// `name|bdi`: a name that cannot turn what is beside it.
#[askama::filter_fn]
pub fn bdi(name: impl std::fmt::Display, _: &dyn Values) -> Result<Bdi> {
    Ok(Bdi { name: name.to_string() })
}

/// `name|isolated`: the same in a title, an option or an attribute, which hold text alone.
#[askama::filter_fn]
pub fn isolated(name: impl std::fmt::Display, _: &dyn Values) -> Result<String> {
    Ok(crate::domain::text::isolated(&name.to_string()).into_owned())
}

/// `value|time_field`: the type of the field for a time. `datetime-local` holds no offset (HTML §2.3.5.5): a time that
/// needs one is shown as text.
#[askama::filter_fn]
pub fn time_field(value: &str, _: &dyn Values) -> Result<&'static str> {
    const LONGEST: usize = "2026-10-25T03:30:15".len();
    Ok(if value.len() > LONGEST { "text" } else { "datetime-local" })
}

/// `value|day_field`: the type of the field for a day; a time that stands there is shown as text.
#[askama::filter_fn]
pub fn day_field(value: &str, _: &dyn Values) -> Result<&'static str> {
    const LONGEST: usize = "2026-10-25".len();
    Ok(if value.len() > LONGEST { "text" } else { "date" })
}

/// `moment|time`: a `<time>` with the exact time as its title.
#[askama::filter_fn]
pub fn time(moment: impl std::borrow::Borrow<Moment>, _: &dyn Values) -> Result<Time> {
    Ok(Time { moment: moment.borrow().clone() })
}

/// `"app.css"|asset`: where the page finds the file.
#[askama::filter_fn]
pub fn asset(path: &str, _: &dyn Values) -> Result<String> {
    Ok(crate::assets::asset_url(path))
}
