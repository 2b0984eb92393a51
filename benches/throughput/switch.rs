//! From the click on a webhook's switch to the painted new state, in Chromium, with 10,000 deliveries in the log. Needs
//! `chromium` and `chromedriver`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use thirtyfour::prelude::*;
use thirtyfour::{ChromiumLikeCapabilities, Cookie};

use crate::receiver::Receiver;
use crate::seed;
use crate::server::Server;

const CLICKS: usize = 200;

/// Clicks, waits until the switch shows the other state and two frames are painted, and returns the milliseconds.
const CLICK: &str = "const done = arguments[arguments.length - 1], at = () => document.querySelector('#sw-1');
    const before = at().getAttribute('aria-checked'), began = performance.now();
    new MutationObserver((_, observer) => {
        if (!at() || at().getAttribute('aria-checked') === before) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
    at().click();";

/// The milliseconds of all clicks, sorted.
pub async fn clicks() -> Vec<f64> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (server, receiver) = (Server::start(&[]), Receiver::start());
    server.webhooks(&receiver, 10).await;
    seed::deliveries(&server.database(), 10_000);
    let session = server.sign_in().await;

    let mut chromedriver =
        Ended(Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().expect("chromedriver"));
    let lines = BufReader::new(chromedriver.0.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let port = lines.into_iter().find_map(|line| {
        let (_, after) = line.split_once("started successfully on port ")?;
        after.trim_end_matches('.').parse::<u16>().ok()
    });
    let mut wanted = DesiredCapabilities::chrome();
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"] {
        wanted.add_arg(argument).expect("an argument");
    }
    let driver = WebDriver::new(format!("http://127.0.0.1:{}", port.expect("a port")), wanted).await.expect("Chromium");
    driver.goto(format!("http://{}/sign-in", server.address)).await.expect("a page");
    let (name, value) = session.split_once('=').expect("a cookie");
    driver.add_cookie(Cookie::new(name, value)).await.expect("a cookie");
    driver.goto(format!("http://{}/webhooks", server.address)).await.expect("the list");
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..CLICKS {
        times.push(driver.execute_async(CLICK, vec![]).await.and_then(|time| time.convert()).expect("a time"));
    }
    let _ = driver.quit().await;
    times.sort_by(f64::total_cmp);
    times
}

/// A process that is killed when its owner is dropped, also after a panic.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
