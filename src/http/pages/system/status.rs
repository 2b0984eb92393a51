//! `/status`: what is wrong with the system, and its measurements.

use actix_web::http::StatusCode;
use actix_web::web::Data;

use crate::db::deliveries::statistics;
use crate::db::system::diagnostics;
use crate::db::{DbConnection, webhooks};
use crate::domain::accounts::user::Role;
use crate::domain::system::status::Measurements;
use crate::http::State;
use crate::http::pages::{Answer, render};
use crate::http::request::page_context::SignedIn;
use crate::version::VERSION;
use crate::views::system::status::{StatusPage, StatusView};

/// The page, or the part of it that the poll swaps.
pub async fn show(state: Data<State>, SignedIn(context): SignedIn) -> Answer {
    let (pulse, now) = (state.engine.pulse(), state.engine.now());
    let load = move |conn: &mut DbConnection| {
        let queue = (statistics::open(conn, None, now)?, diagnostics::oldest_due(conn, now)?);
        Ok((queue, diagnostics::migration(conn)?, webhooks::list(conn)?))
    };
    let ((open, oldest_due), migration, hooks) = state.db.read(load).await?;
    let may_know_places = context.user.as_ref().is_some_and(|user| user.role == Role::Admin);
    let readable = state.data.files_readable_by_others();
    let readable: Vec<String> = readable.iter().map(|file| file.display().to_string()).collect();
    let ended_tasks = state.engine.supervisor().ended();
    let measured = StatusView {
        measurements: Measurements {
            overloaded: pulse.overloaded,
            unusable: state.db.unusable().is_some(),
            cannot_write: state.db.write_outage().is_some(),
            task_ended: !ended_tasks.is_empty(),
            no_ca_certificates: !state.engine.has_ca_certificates(),
            free_disk: state.db.free_space(),
            oldest_due,
            cleaned_at: pulse.cleaned_at,
            started_at: state.started_at,
        },
        version: VERSION,
        database: state.db.kind(),
        database_size: state.db.size().await?,
        database_file: state.db.file().filter(|_| may_know_places).map(|file| file.display().to_string()),
        migration,
        deletes_by_row: pulse.deletes_by_row,
        open,
        in_flight: pulse.in_flight as u64,
        in_flight_max: u64::from(state.delivery.in_flight),
        webhooks: hooks.iter().map(|webhook| webhook.state).collect(),
        memory: memory(),
        machine_zone: jiff::tz::TimeZone::system().iana_name().map(Into::into),
        clock_set: pulse.clock_set,
        ended_tasks,
        others_can_read: !readable.is_empty(),
        readable_files: if may_know_places { readable } else { Vec::new() },
    };
    let whole = StatusPage::new(context.layout(), measured);
    if context.htmx { render(StatusCode::OK, &whole.as_status()) } else { render(StatusCode::OK, &whole) }
}

/// Resident memory of the process in bytes, as Linux reports it (proc_pid_status(5): `VmRSS` in kB); `None` elsewhere.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
