//! Failed attempts to sign in, counted in the database so that limits hold across processes and restarts.
//!
//! The row of an attempt is inserted before its password is checked and deleted if the password was right. A refused
//! attempt writes nothing, so one address writes at most about 30 rows in 15 minutes.

use std::net::IpAddr;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary};

use crate::db::schema::{known_sign_ins as k, sign_in_failures as f};
use crate::db::{DbConnection, Error, now_on};
use crate::domain::accounts::sign_in_limit::{self, FAILURE_WINDOW, Failure, SIGN_IN_MEMORY};
use crate::domain::client_address;
use crate::domain::secret_box::mac;
use crate::domain::timestamp::Timestamp;

/// Failures stored at most; the oldest are deleted first. Two cores check about 100 passwords a second, 90,000 in the
/// 15 minutes that count, so a flood cannot evict rows that still count.
const FAILURES_MAX: i64 = 100_000;
/// Pairs of address and account remembered at most; the oldest are deleted first.
const KNOWN_PAIRS_MAX: i64 = 10_000;
/// Rows that one transaction deletes at most.
const BATCH_ROWS_MAX: i64 = 500;

/// The address of a client and the account that it signs in to, in stored form.
#[derive(Clone, Debug)]
pub struct Pair {
    address: String,
    account: Vec<u8>,
    both: Vec<u8>,
}

impl Pair {
    /// The account is stored as a hash with `key`, because people may type a password into its field.
    pub fn new(key: &[u8; 32], address: IpAddr, account: &str) -> Self {
        let address = client_address::group(address).to_string();
        let account = account.trim().to_lowercase();
        let both = mac(key, format!("{address} {account}").as_bytes()).to_vec();
        Self { address, account: mac(key, account.as_bytes()).to_vec(), both }
    }
}

/// Whether a password may be checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Not now: the address has to wait for this time.
    Wait(Duration),
    /// Yes. The attempt with this id counts as a failure until [`succeeded`] or [`take_back`].
    Try(i64),
}

/// How long the address has to wait before it may sign in to the account; zero if it may now.
pub fn wait(conn: &mut DbConnection, pair: &Pair) -> Result<Duration, Error> {
    let now = now_on(conn)?;
    wait_at(conn, pair, now)
}

fn wait_at(conn: &mut DbConnection, pair: &Pair, now: Timestamp) -> Result<Duration, Error> {
    let rows: Vec<(Vec<u8>, i64)> = f::table
        .filter(f::address.eq(&pair.address))
        .filter(f::failed_at.gt(now.before(FAILURE_WINDOW).micros()))
        .order((f::failed_at, f::id))
        .select((f::account, f::failed_at))
        .load(conn)?;
    let failures: Vec<Failure> = rows
        .into_iter()
        .map(|(account, at)| Failure { same_account: account == pair.account, at: Timestamp::from_micros(at) })
        .collect();
    let wait = sign_in_limit::wait(&failures, false, now);
    if wait.is_zero() { Ok(wait) } else { Ok(sign_in_limit::wait(&failures, is_known(conn, pair, now)?, now)) }
}

fn is_known(conn: &mut DbConnection, pair: &Pair, now: Timestamp) -> Result<bool, Error> {
    let since = now.before(SIGN_IN_MEMORY).micros();
    let known = k::table.find(&pair.both).filter(k::signed_in_at.gt(since));
    Ok(known.count().get_result::<i64>(conn)? > 0)
}

/// Admits an attempt and counts it as a failure, before its password is checked: counted afterwards, concurrent attempts
/// would all pass.
pub fn admit(conn: &mut DbConnection, pair: &Pair) -> Result<Admission, Error> {
    lock_address(conn, pair)?;
    let now = now_on(conn)?;
    let wait = wait_at(conn, pair, now)?;
    if !wait.is_zero() {
        return Ok(Admission::Wait(wait));
    }
    let id: i64 = diesel::insert_into(f::table)
        .values((f::address.eq(&pair.address), f::account.eq(&pair.account), f::failed_at.eq(now.micros())))
        .returning(f::id)
        .get_result(conn)?;
    evict(conn, id, FAILURES_MAX)?;
    Ok(Admission::Try(id))
}

/// Serialises the attempts of one address across processes, until the end of the transaction. SQLite has one writer.
fn lock_address(conn: &mut DbConnection, pair: &Pair) -> Result<(), Error> {
    if let DbConnection::Postgres(conn) = conn {
        // Advisory locks with one key and with two are separate, so this never conflicts with the lock of the migrations.
        let lock = sql_query("SELECT pg_advisory_xact_lock(1397244206, hashtext($1))");
        lock.bind::<diesel::sql_types::Text, _>(&pair.address).execute(conn)?;
    }
    Ok(())
}

/// Deletes all rows but the newest `rows_max`.
fn evict(conn: &mut DbConnection, newest_id: i64, rows_max: i64) -> Result<(), Error> {
    diesel::delete(f::table.filter(f::id.le(newest_id.saturating_sub(rows_max)))).execute(conn)?;
    Ok(())
}

/// Deletes an admitted attempt whose password was not checked.
pub fn take_back(conn: &mut DbConnection, id: i64) -> Result<(), Error> {
    diesel::delete(f::table.find(id)).execute(conn)?;
    Ok(())
}

/// Deletes the failures of the pair and remembers the pair, because the password was right.
pub fn succeeded(conn: &mut DbConnection, pair: &Pair) -> Result<(), Error> {
    let now = now_on(conn)?;
    let own = f::table.filter(f::address.eq(&pair.address)).filter(f::account.eq(&pair.account));
    diesel::delete(own).execute(conn)?;
    sql_query(
        "INSERT INTO known_sign_ins (pair, signed_in_at) VALUES ($1, $2) \
         ON CONFLICT (pair) DO UPDATE SET signed_in_at = excluded.signed_in_at",
    )
    .bind::<Binary, _>(&pair.both)
    .bind::<BigInt, _>(now.micros())
    .execute(conn)?;
    Ok(())
}

/// Deletes, among the 500 oldest failures, those that no longer count or lie in the future. Returns how many.
pub fn forget_failures(conn: &mut DbConnection) -> Result<usize, Error> {
    let now = now_on(conn)?;
    let oldest: Vec<(i64, i64)> =
        f::table.order(f::id).select((f::id, f::failed_at)).limit(BATCH_ROWS_MAX).load(conn)?;
    let counts = |at: i64| now.micros() >= at && at > now.before(FAILURE_WINDOW).micros();
    let old: Vec<i64> = oldest.into_iter().filter(|(_, at)| !counts(*at)).map(|(id, _)| id).collect();
    Ok(diesel::delete(f::table.filter(f::id.eq_any(old))).execute(conn)?)
}

/// Deletes up to 500 remembered pairs that are too old, or beyond `KNOWN_PAIRS_MAX`. Returns how many.
pub fn forget_known(conn: &mut DbConnection) -> Result<usize, Error> {
    forget_known_beyond(conn, KNOWN_PAIRS_MAX)
}

fn forget_known_beyond(conn: &mut DbConnection, pairs_max: i64) -> Result<usize, Error> {
    let since = now_on(conn)?.before(SIGN_IN_MEMORY).micros();
    let newest = || k::table.order(k::signed_in_at.desc());
    let beyond: Option<i64> =
        newest().select(k::signed_in_at).offset(pairs_max).limit(1).get_result(conn).optional()?;
    let until = beyond.map_or(since, |beyond| beyond.max(since));
    let old: Vec<Vec<u8>> =
        k::table.filter(k::signed_in_at.le(until)).select(k::pair).limit(BATCH_ROWS_MAX).load(conn)?;
    Ok(diesel::delete(k::table.filter(k::pair.eq_any(old))).execute(conn)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use crate::db::connection::{self, Access, migrations};
    use crate::domain::system::database_url::DatabaseUrl;

    fn database() -> DbConnection {
        let mut conn =
            connection::open(&DatabaseUrl::Sqlite(":memory:".into()), Access::ReadWrite).expect("a database");
        migrations::run(&mut conn).expect("tables");
        conn
    }

    fn pair(address: &str, account: &str) -> Pair {
        Pair::new(&[7; 32], address.parse().expect("an address"), account)
    }

    fn try_once(conn: &mut DbConnection, pair: &Pair) -> Option<i64> {
        match admit(conn, pair).expect("an answer") {
            Admission::Try(id) => Some(id),
            Admission::Wait(_) => None,
        }
    }

    fn rows(conn: &mut DbConnection) -> i64 {
        f::table.count().get_result(conn).expect("a number")
    }

    #[test]
    fn five_attempts_pass_and_the_right_password_deletes_them() {
        let mut conn = database();
        let mine = pair("192.0.2.1", "anna@example.com");
        for _ in 0..5 {
            assert!(try_once(&mut conn, &mine).is_some());
        }
        assert_eq!(try_once(&mut conn, &mine), None);
        assert_eq!(try_once(&mut conn, &pair("::ffff:192.0.2.1", " Anna@example.com")), None, "another spelling");
        assert!(try_once(&mut conn, &pair("192.0.2.2", "anna@example.com")).is_some());
        assert!(try_once(&mut conn, &pair("192.0.2.1", "ivan@example.com")).is_some());
        assert_eq!(rows(&mut conn), 7, "refused attempts write nothing");
        succeeded(&mut conn, &mine).expect("a success");
        assert_eq!(rows(&mut conn), 2);
        assert!(try_once(&mut conn, &mine).is_some());
    }

    #[test]
    fn all_addresses_of_an_ipv6_subnet_count_as_one() {
        let mut conn = database();
        for host in 1..=5 {
            assert!(try_once(&mut conn, &pair(&format!("2001:db8:1:2::{host}"), "a")).is_some());
        }
        assert_eq!(try_once(&mut conn, &pair("2001:db8:1:2:ffff::9", "a")), None);
        assert!(try_once(&mut conn, &pair("2001:db8:1:3::1", "a")).is_some());
    }

    #[test]
    fn taking_an_attempt_back_deletes_only_its_own_row() {
        let mut conn = database();
        let mine = pair("192.0.2.1", "a");
        for _ in 0..20 {
            let id = try_once(&mut conn, &mine).expect("a try");
            take_back(&mut conn, id).expect("taken back");
        }
        try_once(&mut conn, &mine).expect("a try");
        assert_eq!(rows(&mut conn), 1);
    }

    #[test]
    fn failures_of_others_at_an_address_do_not_block_a_user_who_signed_in_there() {
        let mut conn = database();
        let (mine, other) = (pair("192.0.2.1", "anna"), pair("192.0.2.1", "ivan"));
        succeeded(&mut conn, &mine).expect("a sign-in");
        for account in 0..30 {
            assert!(try_once(&mut conn, &pair("192.0.2.1", &account.to_string())).is_some());
        }
        assert_eq!(try_once(&mut conn, &other), None);
        for _ in 0..5 {
            assert!(try_once(&mut conn, &mine).is_some());
        }
        assert_eq!(try_once(&mut conn, &mine), None, "their own failures still count");
    }

    #[test]
    fn a_full_table_loses_its_oldest_rows_and_no_others() {
        let mut conn = database();
        let mut newest = 0;
        for subnet in 0..50 {
            newest = try_once(&mut conn, &pair(&format!("2001:db8:0:{subnet:x}::1"), "a")).expect("a try");
            evict(&mut conn, newest, 20).expect("room");
        }
        let ids: Vec<i64> = f::table.order(f::id).select(f::id).load(&mut conn).expect("rows");
        assert_eq!(ids, (newest - 19..=newest).collect::<Vec<_>>());
    }

    #[test]
    fn old_and_future_failures_are_deleted_in_batches() {
        let mut conn = database();
        let now = clock::now();
        let (old, ahead) = (now.before(FAILURE_WINDOW), now.after(FAILURE_WINDOW));
        for (count, at) in [(600, old), (3, ahead), (7, now.before(Duration::from_secs(60)))] {
            for _ in 0..count {
                let row = (f::address.eq("x"), f::account.eq(vec![1_u8]), f::failed_at.eq(at.micros()));
                diesel::insert_into(f::table).values(row).execute(&mut conn).expect("a row");
            }
        }
        let batches: Vec<usize> = (0..4).map(|_| forget_failures(&mut conn).expect("a batch")).collect();
        assert_eq!(batches, [500, 103, 0, 0]);
        assert_eq!(rows(&mut conn), 7);
    }

    #[test]
    fn only_the_newest_pairs_are_remembered() {
        let mut conn = database();
        for address in 0..30 {
            succeeded(&mut conn, &pair(&format!("192.0.2.{address}"), "anna")).expect("a sign-in");
        }
        while forget_known_beyond(&mut conn, 10).expect("a batch") > 0 {}
        let now = clock::now();
        let known: Vec<bool> = (0..30)
            .map(|address| is_known(&mut conn, &pair(&format!("192.0.2.{address}"), "anna"), now).expect("an answer"))
            .collect();
        assert_eq!(known.iter().position(|known| *known), Some(20));
        assert_eq!(known.iter().filter(|known| **known).count(), 10);
        assert!(!is_known(&mut conn, &pair("192.0.2.29", "anna"), now.after(SIGN_IN_MEMORY)).expect("an answer"));
    }
}
