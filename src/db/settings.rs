//! The installation's own values, by name.

use diesel::prelude::*;

use super::schema::settings;
use super::{DbConnection, Error};

/// The value of that name.
pub fn get(conn: &mut DbConnection, name: &str) -> Result<Option<String>, Error> {
    Ok(settings::table.find(name).select(settings::value).first(conn).optional()?)
}

/// Stores a value, over an old one.
pub fn put(conn: &mut DbConnection, name: &str, value: &str) -> Result<(), Error> {
    let updated = diesel::update(settings::table.find(name)).set(settings::value.eq(value)).execute(conn)?;
    if updated == 0 {
        diesel::insert_into(settings::table)
            .values((settings::name.eq(name), settings::value.eq(value)))
            .execute(conn)?;
    }
    Ok(())
}
