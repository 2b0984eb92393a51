use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::rig::{FaultyReceiver, HelpDesk, Store, check, number, webhooks};
use crate::support::App;

/// Memory of the server in MB: `VmRSS` is the current value, `VmHWM` the peak.
pub fn memory(app: &App, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", app.pid())).expect("a process");
    let value = status.lines().find_map(|known| known.strip_prefix(line)).expect("a line");
    value.trim_matches([':', '\t', ' ', 'k', 'B']).parse::<f64>().expect("a number") / 1024.0
}

/// Resets `VmHWM` to the current value.
pub fn forget_peak(app: &App) {
    std::fs::write(format!("/proc/{}/clear_refs", app.pid()), "5").expect("a process");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_five_thousand_events_fits_into_150_megabytes() {
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 1).await;
    let (desk, begun) = (HelpDesk::new(&app), Instant::now());
    let count = number("HACHOK_FAULT_BURST", 5000);
    let mut senders = JoinSet::new();
    for _ in 0..50 {
        let desk = Arc::clone(&desk);
        senders.spawn(async move {
            for _ in 0..count / 50 {
                desk.post().await;
            }
        });
    }
    senders.join_all().await;
    let took = begun.elapsed();
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    let peak = memory(&app, "VmHWM");
    println!("{count} events posted in {took:?}, {peak:.0} MB at most: {verdict}");
    assert!(peak < 150.0, "{peak:.0} MB");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "on demand: tests/long --soak MINUTES"]
async fn on_demand_a_soak_prints_how_memory_grows() {
    let minutes = number("HACHOK_FAULT_SOAK", 60);
    let (app, receiver) = (App::start(), FaultyReceiver::start());
    let paths = webhooks(&app.api("admin"), &receiver, 5).await;
    let desk = HelpDesk::new(&app);
    let load = desk.load(u32::try_from(number("HACHOK_FAULT_RATE", 20)).unwrap_or(20));
    let (begun, mut ticks) = (Instant::now(), tokio::time::interval(Duration::from_secs(5)));
    let mut samples = Vec::new();
    while begun.elapsed() < Duration::from_secs(60 * minutes) {
        ticks.tick().await;
        samples.push((begun.elapsed().as_secs_f64() / 3600.0, memory(&app, "VmRSS")));
    }
    load.stop().await;
    desk.settle().await;
    let verdict = check(&desk, &receiver, &mut Store::of(&app), &paths).await;
    // The caches fill during the first half.
    let late = &samples[samples.len() / 2..];
    let (first, last) = (late[0].1, late[late.len() - 1].1);
    println!("{minutes} minutes, {first:.1} → {last:.1} MB, slope {:+.2} MB an hour: {verdict}", slope(late));
}

/// Slope of the least-squares line.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let mean = |value: fn(&(f64, f64)) -> f64| {
        let count = samples.iter().map(|_| 1.0).sum::<f64>();
        samples.iter().map(value).sum::<f64>() / count
    };
    let (x, y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let over: f64 = samples.iter().map(|sample| (sample.0 - x) * (sample.1 - y)).sum();
    over / samples.iter().map(|sample| (sample.0 - x).powi(2)).sum::<f64>()
}
