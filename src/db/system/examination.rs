//! What `hachok doctor` reads in a database.

use diesel::connection::SimpleConnection;
use url::Host;

use super::orphans::{self, Orphans};
use super::server_clock;
use crate::clock;
use crate::db::connection::{self, Access};
use crate::db::{DbConnection, Error, webhooks};
use crate::domain::system::database_url::DatabaseUrl;

/// Deliveries among which orphans are counted: a second's work, also of ten million.
const ORPHANS_AMONG_MAX: i64 = 200_000;

/// The findings.
#[derive(Clone, Debug)]
pub struct Examination {
    /// By how many microseconds the clock of the server is ahead of that of this machine; 0 on SQLite.
    pub clock_ahead_us: i64,
    /// Rows without the row that they belong to.
    pub orphans: Orphans,
    /// The names of the hosts to which webhooks send.
    pub hosts: Vec<String>,
}

/// Reads a database whose tables are current, also while a server runs. Writes nothing.
pub fn examine(url: &DatabaseUrl) -> Result<Examination, Error> {
    let mut conn = connection::open(url, Access::Plain)?;
    match &mut conn {
        DbConnection::Sqlite(conn) => conn.batch_execute("PRAGMA query_only = ON")?,
        DbConnection::Postgres(conn) => conn.batch_execute("SET default_transaction_read_only = on")?,
    }
    let before = clock::now();
    let there = server_clock::now(&mut conn)?;
    let passed_us = clock::now().micros() - before.micros();
    let clock_ahead_us = there.micros() - before.micros() - passed_us / 2;
    let urls = webhooks::list(&mut conn)?.into_iter().map(|webhook| webhook.url);
    let mut hosts: Vec<String> = urls
        .filter_map(|url| match url.url().host() {
            Some(Host::Domain(name)) => Some(name.to_owned()),
            _ => None,
        })
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    Ok(Examination { clock_ahead_us, orphans: orphans::find(&mut conn, ORPHANS_AMONG_MAX)?, hosts })
}
