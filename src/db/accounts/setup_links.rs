//! One-time links to the page that adds the first user. Only the hash of a token is stored.

use diesel::prelude::*;

use crate::db::schema::setup_links;
use crate::db::{DbConnection, Error};
use crate::domain::timestamp::Timestamp;

/// Stores a link and deletes older ones.
pub fn replace(conn: &mut DbConnection, token_hash: &[u8], expires_at: Timestamp) -> Result<(), Error> {
    diesel::delete(setup_links::table).execute(conn)?;
    diesel::insert_into(setup_links::table)
        .values((setup_links::token_hash.eq(token_hash), setup_links::expires_at.eq(expires_at.micros())))
        .execute(conn)?;
    Ok(())
}

/// Whether the link exists and has not expired.
pub fn is_valid(conn: &mut DbConnection, token_hash: &[u8], now: Timestamp) -> Result<bool, Error> {
    let good = setup_links::table.find(token_hash).filter(setup_links::expires_at.gt(now.micros()));
    Ok(good.count().get_result::<i64>(conn)? > 0)
}

/// Deletes all links.
pub fn clear(conn: &mut DbConnection) -> Result<(), Error> {
    diesel::delete(setup_links::table).execute(conn)?;
    Ok(())
}
