//! The installation's own values, by name.

use diesel::prelude::*;

use crate::db::schema::settings;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::user::Language;
use crate::domain::system::settings::Settings;

const LANGUAGE: &str = "language";
const TIME_ZONE: &str = "time_zone";
const SUBSTATUS_ATTRIBUTE: &str = "substatus_attribute";
const VIEWERS_SEE_ANSWERS: &str = "viewers_see_answers";

/// The value of that name.
pub fn get(conn: &mut DbConnection, name: &str) -> Result<Option<String>, Error> {
    Ok(settings::table.find(name).select(settings::value).get_result(conn).optional()?)
}

/// Stores a value. One that is there already is an error that `is_taken`.
pub fn insert(conn: &mut DbConnection, name: &str, value: &str) -> Result<(), Error> {
    diesel::insert_into(settings::table).values((settings::name.eq(name), settings::value.eq(value))).execute(conn)?;
    Ok(())
}

/// Stores a value, new or not.
fn put(conn: &mut DbConnection, name: &str, value: &str) -> Result<(), Error> {
    if diesel::update(settings::table.find(name)).set(settings::value.eq(value)).execute(conn)? == 0 {
        insert(conn, name, value)?;
    }
    Ok(())
}

/// What administrators have set on the pages.
pub fn load(conn: &mut DbConnection) -> Result<Settings, Error> {
    let none = Settings::default();
    Ok(Settings {
        language: get(conn, LANGUAGE)?.as_deref().and_then(Language::parse).unwrap_or(none.language),
        time_zone: get(conn, TIME_ZONE)?.unwrap_or(none.time_zone),
        substatus_attribute: substatus_attribute(conn)?,
        viewers_see_answers: viewers_see_answers(conn)?,
    })
}

/// Readers without admin rights see the answers of all webhooks.
pub fn viewers_see_answers(conn: &mut DbConnection) -> Result<bool, Error> {
    Ok(get(conn, VIEWERS_SEE_ANSWERS)?.is_some_and(|value| value == "true"))
}

/// The custom attribute that is the substatus.
pub fn substatus_attribute(conn: &mut DbConnection) -> Result<String, Error> {
    Ok(get(conn, SUBSTATUS_ATTRIBUTE)?.unwrap_or(Settings::default().substatus_attribute))
}

/// Stores what an administrator has set.
pub fn store(conn: &mut DbConnection, new: &Settings) -> Result<(), Error> {
    put(conn, LANGUAGE, new.language.as_str())?;
    put(conn, TIME_ZONE, &new.time_zone)?;
    put(conn, SUBSTATUS_ATTRIBUTE, &new.substatus_attribute)?;
    put(conn, VIEWERS_SEE_ANSWERS, if new.viewers_see_answers { "true" } else { "false" })
}
