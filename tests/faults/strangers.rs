//! What clients that are not signed in can use of the server's memory and time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::memory::{forget_peak, memory};
use crate::support::{App, Form, PASSWORD, Place, Raw, Visitor, eventually};

const KIB: usize = 1024;
const EMAIL: &str = "anna@example.com";

fn behind_a_proxy() -> App {
    let app = App::at(Place::new().set("HACHOK_TRUSTED_PROXIES", "127.0.0.1"));
    app.user(EMAIL, "admin", PASSWORD);
    app
}

/// Signs in from that address; returns the status.
async fn sign_in(visitor: &Visitor, form: &Form, address: &str, email: &str, password: &str) -> u16 {
    let form = form.clone().set("email", email).set("password", password);
    let request = visitor.form_request(&form).header("x-forwarded-for", address);
    visitor.send("/sign-in", request).await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_sign_ins_give_their_memory_back() {
    let app = behind_a_proxy();
    app.visitor().open("/sign-in").await;
    forget_peak(&app);
    let (before, begun) = (memory(&app, "VmRSS"), Instant::now());
    let mut tries = JoinSet::new();
    for address in 0..20 {
        let visitor = app.visitor();
        let form = visitor.open("/sign-in").await.form("[name=password]");
        let browser = Arc::new((visitor, form));
        for number in 0..10 {
            let browser = Arc::clone(&browser);
            tries.spawn(async move {
                let (email, password) = match number {
                    0 => (EMAIL.to_owned(), PASSWORD),
                    1 => (EMAIL.to_owned(), "another horse battery"),
                    _ => (format!("nobody-{number}@example.com"), PASSWORD),
                };
                let status = sign_in(&browser.0, &browser.1, &format!("192.0.2.{address}"), &email, password).await;
                // On a slow machine the last tries wait too long in the queue.
                assert!(matches!((number, status), (0, 303) | (1.., 422) | (_, 503)), "{email}: {status}");
            });
        }
    }
    while let Some(ended) = tries.join_next().await {
        ended.expect("an answer");
    }
    let most = memory(&app, "VmHWM");
    println!("200 sign-ins in {:?}: {before:.0} MB before, {most:.0} MB at most", begun.elapsed());
    assert!(most - before < 45.0, "{before:.0} → {most:.0} MB");
    eventually("the release of the memory of the hashes", || async {
        (memory(&app, "VmRSS") - before < 15.0).then_some(())
    })
    .await;
}

/// Holds 300 connections, each with all but the last byte of a body sent; returns the growth of the peak memory in MB.
async fn unfinished_bodies(app: &App, path: &'static str, bytes: usize, cookie: bool, chunked: bool) -> f64 {
    forget_peak(app);
    let before = memory(app, "VmRSS");
    let mut held = JoinSet::new();
    for _ in 0..300 {
        let url = app.url.clone();
        held.spawn(async move {
            let mut raw = Raw::connect(&url).await;
            let length = if chunked { "transfer-encoding: chunked".into() } else { format!("content-length: {bytes}") };
            let cookie = if cookie { format!("cookie: hachok_form={}", "a".repeat(64)) } else { "x-none: x".into() };
            raw.post(path, &["content-type: application/x-www-form-urlencoded", &cookie, &length]).await;
            if chunked {
                raw.send(format!("{bytes:x}\r\n")).await;
            }
            // The server may have closed the connection.
            raw.send(vec![b'a'; bytes - 1]).await;
            raw
        });
    }
    let held = held.join_all().await;
    let mut answers = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let mut fresh = Raw::connect(&app.url).await;
        fresh.send("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        assert!(fresh.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 "));
        answers.push(begun.elapsed());
    }
    let grown = memory(app, "VmHWM") - before;
    answers.sort();
    println!("300 × {bytes} bytes to {path}, chunked {chunked}: +{grown:.1} MB, /healthz {:?}", answers[10]);
    // The median, because other tests run at the same time.
    assert!(answers[10] < Duration::from_millis(100), "{answers:?}");
    drop(held);
    grown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_unfinished_bodies_use_less_than_20_megabytes() {
    for (path, cookie, bytes, chunked) in [
        ("/sign-in", true, 16 * KIB, false),
        ("/sign-in", true, 4096 * KIB, true),
        ("/sign-in", false, 16 * KIB, true),
        ("/sign-in", false, 4096 * KIB, false),
        ("/webhooks", false, 4096 * KIB, true),
        ("/api/v1/events", false, 4096 * KIB, false),
        ("/api/v1/events", false, 16 * KIB, true),
    ] {
        let app = App::start();
        // Threads, database connections and caches are created by the first requests and stay.
        let visitors: Vec<_> = (0..50).map(|_| app.visitor()).collect();
        futures_util::future::join_all(visitors.iter().map(|visitor| visitor.open("/sign-in"))).await;
        let grown = unfinished_bodies(&app, path, bytes, cookie, chunked).await;
        assert!(grown < 20.0, "{path}, {bytes} bytes, chunked {chunked}: +{grown:.1} MB");
    }
}
