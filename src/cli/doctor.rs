//! `hachok doctor`: looks for what keeps an installation from working, and changes nothing.

use std::fs;
use std::net::ToSocketAddrs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use url::Url;

use super::{database, health, key, server};
use crate::clock;
use crate::command_error::CommandError;
use crate::config::ServeSettings;
use crate::db::connection::existing::Existing;
use crate::db::free_space;
use crate::db::system::examination::{self, Examination};
use crate::domain::system::status::DISK_LOW_BYTES;
use crate::domain::timestamp::Timestamp;
use crate::private_files;

/// Signatures that a receiver checks may be five minutes old; sessions and due times follow the clock, too.
const CLOCK_DIFFERENCE_MAX_US: i64 = 5_000_000;
/// 2026-01-01: no release is older.
const CLOCK_MIN: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);
/// A database that does not answer in this time is a fault.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(30);
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
/// One name that is found is enough.
const LOOKUPS_MAX: usize = 20;
const OTHERS_WRITE_BITS: u32 = 0o022;

/// What is examined: the settings as the server reads them.
#[derive(Args, Debug)]
pub struct Patient {
    /// Print {"faults":[{"part":…,"fault":…,"advice":…}]}
    #[arg(long)]
    json: bool,
    /// URL of the running server, http:// only, to ask whether it works [default: it is not asked]
    #[arg(long, env = "HACHOK_SERVER", value_name = "URL", value_parser = health::server)]
    server: Option<Url>,
    #[command(flatten)]
    settings: ServeSettings,
}

/// What is wrong with one part, and what to do about it.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Fault {
    part: &'static str,
    fault: String,
    advice: &'static str,
}

#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, part: &'static str, fault: impl Into<String>, advice: &'static str) {
        let fault = fault.into().lines().collect::<Vec<_>>().join(" ");
        self.0.push(Fault { part, fault, advice });
    }
}

/// Prints one line for each fault; fails with their number.
pub async fn run(patient: Patient) -> Result<(), CommandError> {
    let Faults(faults) = examined(&patient).await;
    if patient.json {
        println!("{}", serde_json::json!({ "faults": faults }));
    } else {
        for Fault { part, fault, advice } in &faults {
            println!("{part}: {fault}; {advice}");
        }
    }
    match faults.len() {
        0 if patient.json => {}
        0 => println!("no faults"),
        1 => return Err(CommandError::RunTime("1 fault".into())),
        count => return Err(CommandError::RunTime(format!("{count} faults"))),
    }
    Ok(())
}

async fn examined(patient: &Patient) -> Faults {
    let (settings, mut faults) = (&patient.settings, Faults::default());
    configuration(settings, &mut faults);
    if clock::now() < CLOCK_MIN {
        faults.add("clock", "this machine's clock shows a time before 2026", "set it by NTP");
    }
    if let Some(existing) = database(settings, &mut faults) {
        key_file(settings, &existing, &mut faults);
        if existing.is_older {
            let advice = "start the server, or run `hachok migrate`";
            faults.add("migrations", "some are pending, so no rows were examined", advice);
        } else {
            let url = settings.data.database_url.clone();
            match within(DATABASE_TIMEOUT, move || examination::examine(&url)) {
                Some(Ok(examination)) => stored(examination, &mut faults).await,
                Some(Err(error)) => faults.add("database", error.to_string(), DATABASE_ADVICE),
                None => faults.add("database", NO_ANSWER, DATABASE_ADVICE),
            }
        }
    }
    files(settings, &mut faults);
    if !server::has_ca_certificates() {
        let advice = "install them (Debian: ca-certificates): without them no webhook is reached by https";
        faults.add("certificates", "this machine has no CA certificates", advice);
    }
    if let Some(url) = &patient.server
        && let Err(error) = health::ask_whether_ready(url)
    {
        faults.add("server", error.line(), "start it, or look at its log");
    }
    faults
}

fn configuration(settings: &ServeSettings, faults: &mut Faults) {
    let own = settings.web.public_url.clone().or_else(|| format!("http://{}", settings.web.bind).parse().ok());
    if let Some(Err(error)) = own.as_ref().map(|own| settings.delivery.addresses.policy(own)) {
        faults.add("configuration", error, "change the setting: the server does not start with it");
    }
    // Hachok itself serves no TLS.
    if own.is_some_and(|own| own.scheme() == "https") && settings.web.trusted_proxies.is_empty() {
        let fault = "the public URL is https, so a proxy is in front, but no proxy is trusted: all clients seem to have its address";
        faults.add("proxy", fault, "set HACHOK_TRUSTED_PROXIES to the addresses of the proxy, such as 127.0.0.1");
    }
}

const DATABASE_ADVICE: &str = "look at the database and its log";
const NO_ANSWER: &str = "no answer within 30 s";

/// The result of a job, if it ends in time. The thread of a job that does not is left behind: libpq cannot be interrupted.
fn within<T: Send + 'static>(limit: Duration, job: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, result) = mpsc::channel();
    thread::spawn(move || drop(sender.send(job())));
    result.recv_timeout(limit).ok()
}

fn database(settings: &ServeSettings, faults: &mut Faults) -> Option<Existing> {
    let data = settings.data.clone();
    match within(DATABASE_TIMEOUT, move || database::find(&data)) {
        Some(Ok(existing)) => return Some(existing),
        Some(Err(error)) => {
            faults.add("database", error.line(), "check DATABASE_URL, and that the server has started once")
        }
        None => faults.add("database", NO_ANSWER, DATABASE_ADVICE),
    }
    None
}

fn key_file(settings: &ServeSettings, existing: &Existing, faults: &mut Faults) {
    let file = settings.data.key_file();
    let used = existing.key_check.as_ref();
    let checked = match key::load(&file) {
        // A database that was never used gets a key when the server starts.
        Ok(None) if used.is_none() => Ok(()),
        Ok(None) => Err(key::missing(&file)),
        Ok(Some(secret_box)) => key::check(&secret_box, used, &file),
        Err(error) => Err(error),
    };
    if let Err(error) = checked {
        faults.add("key", error.line(), "put the key of this database there: without it no stored secret can be read");
    }
}

fn files(settings: &ServeSettings, faults: &mut Faults) {
    let data = &settings.data;
    for file in data.files_readable_by_others() {
        faults.add("rights", format!("other users can read {}", file.display()), "chmod 600 it");
    }
    let (database, key) = (data.database_url.file().map(Path::to_owned), data.key_file());
    let mut folders: Vec<_> = database.iter().chain([&key]).map(|file| private_files::folder_of(file)).collect();
    folders.dedup();
    for folder in folders {
        let mode = fs::metadata(folder).map_or(0, |found| found.permissions().mode());
        if mode & OTHERS_WRITE_BITS != 0 {
            let fault = format!("other users can replace files in {}", folder.display());
            faults.add("rights", fault, "chmod 700 the folder");
        }
    }
    if let Some(free) = free_space(&data.database_url).filter(|free| *free < DISK_LOW_BYTES) {
        let fault = format!("the disk of the database has {} MiB left", free / 1024 / 1024);
        faults.add("disk", fault, "make room: below 64 MiB events are refused");
    }
}

async fn stored(examination: Examination, faults: &mut Faults) {
    let Examination { clock_ahead_us, orphans, hosts } = examination;
    if let Some(fault) = clock_difference(clock_ahead_us) {
        faults.add("clock", fault, "set both by NTP");
    }
    for (count, what) in [
        (orphans.attempts, "attempts without their delivery"),
        (orphans.without_event, "deliveries without their event"),
        (orphans.without_webhook, "deliveries without their webhook"),
    ] {
        if count > 0 {
            let advice = "rows were lost or changed by hand; restore a backup if that was not intended";
            faults.add("orphans", format!("{what}: {count}"), advice);
        }
    }
    if !hosts.is_empty() && !is_any_found(hosts).await {
        let advice = "look at /etc/resolv.conf and the name server";
        faults.add("dns", "of the host names of the webhooks none is found", advice);
    }
}

fn clock_difference(ahead_us: i64) -> Option<String> {
    let way = if ahead_us > 0 { "ahead of" } else { "behind" };
    (ahead_us.abs() > CLOCK_DIFFERENCE_MAX_US).then(|| {
        format!("the clock of the database server is {} s {way} that of this machine", ahead_us.abs() / 1_000_000)
    })
}

async fn is_any_found(hosts: Vec<String>) -> bool {
    let lookups = hosts.into_iter().take(LOOKUPS_MAX).map(|host| {
        let lookup = spawn_blocking(move || {
            (host.as_str(), 443).to_socket_addrs().is_ok_and(|mut found| found.next().is_some())
        });
        async { timeout(LOOKUP_TIMEOUT, lookup).await.is_ok_and(|found| found.unwrap_or(false)) }
    });
    futures_util::future::join_all(lookups).await.contains(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_differ_by_five_seconds() {
        assert_eq!((clock_difference(5_000_000), clock_difference(-5_000_000)), (None, None));
        let words = "the clock of the database server is 7 s behind that of this machine";
        assert_eq!(clock_difference(-7_100_000).as_deref(), Some(words));
        assert!(clock_difference(5_000_001).is_some_and(|words| words.contains("5 s ahead of")));
    }

    #[tokio::test]
    async fn one_name_that_is_found_is_enough() {
        assert!(is_any_found(vec!["nothing.invalid".into(), "localhost".into()]).await);
        assert!(!is_any_found(vec!["nothing.invalid".into()]).await);
    }
}
