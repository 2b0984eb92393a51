//! Filters of the templates that make elements.

use askama::{Result, Values};

use super::parts::{Icon, Time};
use crate::i18n::Moment;

/// `"ok"|icon`: the icon of that name, hidden from readers.
#[askama::filter_fn]
pub fn icon<'a>(name: &'a str, _: &dyn Values) -> Result<Icon<'a>> {
    Ok(Icon::new(name))
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
