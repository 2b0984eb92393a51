//! Values of the installation by name: the settings of the administrators, and the program's own values.

use diesel::prelude::*;

use crate::db::schema::settings;
use crate::db::{DbConnection, Error};
use crate::domain::accounts::user::Language;
use crate::domain::system::settings::Settings;

const LANGUAGE: &str = "language";
const TIME_ZONE: &str = "time_zone";
const SUBSTATUS_ATTRIBUTE: &str = "substatus_attribute";
const VIEWERS_SEE_ANSWERS: &str = "viewers_see_answers";

/// The stored value of this name.
pub fn get(conn: &mut DbConnection, name: &str) -> Result<Option<String>, Error> {
    Ok(settings::table.find(name).select(settings::value).get_result(conn).optional()?)
}

/// Stores a new value. A unique violation means that the name has a value already.
pub fn insert(conn: &mut DbConnection, name: &str, value: &str) -> Result<(), Error> {
    diesel::insert_into(settings::table).values((settings::name.eq(name), settings::value.eq(value))).execute(conn)?;
    Ok(())
}

/// Stores a value, or replaces it.
fn put(conn: &mut DbConnection, name: &str, value: &str) -> Result<(), Error> {
    if diesel::update(settings::table.find(name)).set(settings::value.eq(value)).execute(conn)? == 0 {
        insert(conn, name, value)?;
    }
    Ok(())
}

/// The settings of the administrators. A missing or unknown value is the default.
pub fn load(conn: &mut DbConnection) -> Result<Settings, Error> {
    let default = Settings::default();
    Ok(Settings {
        language: get(conn, LANGUAGE)?.as_deref().and_then(Language::parse).unwrap_or(default.language),
        time_zone: get(conn, TIME_ZONE)?.unwrap_or(default.time_zone),
        substatus_attribute: substatus_attribute(conn)?,
        viewers_see_answers: viewers_see_answers(conn)?,
    })
}

/// Whether viewers see the receivers' answers of all webhooks; false by default.
pub fn viewers_see_answers(conn: &mut DbConnection) -> Result<bool, Error> {
    Ok(get(conn, VIEWERS_SEE_ANSWERS)?.is_some_and(|value| value == "true"))
}

/// The name of the custom attribute that holds the substatus.
pub fn substatus_attribute(conn: &mut DbConnection) -> Result<String, Error> {
    Ok(get(conn, SUBSTATUS_ATTRIBUTE)?.unwrap_or(Settings::default().substatus_attribute))
}

/// Stores the settings of the administrators.
pub fn store(conn: &mut DbConnection, new: &Settings) -> Result<(), Error> {
    put(conn, LANGUAGE, new.language.as_str())?;
    put(conn, TIME_ZONE, &new.time_zone)?;
    put(conn, SUBSTATUS_ATTRIBUTE, &new.substatus_attribute)?;
    put(conn, VIEWERS_SEE_ANSWERS, if new.viewers_see_answers { "true" } else { "false" })
}
