//! The installation's own values, by name.

use diesel::prelude::*;

use super::schema::settings;
use super::{DbConnection, Error};

/// The value of that name.
pub fn get(conn: &mut DbConnection, name: &str) -> Result<Option<String>, Error> {
    Ok(settings::table.find(name).select(settings::value).first(conn).optional()?)
}

/// Stores a value. One that is there already is an error that `is_taken`.
pub fn insert(conn: &mut DbConnection, name: &str, value: &str) -> Result<(), Error> {
    diesel::insert_into(settings::table).values((settings::name.eq(name), settings::value.eq(value))).execute(conn)?;
    Ok(())
}
