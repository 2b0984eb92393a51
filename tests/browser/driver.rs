//! One Chromium per test, driven by chromedriver.

use std::fs;
use std::future::Future;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use base64::prelude::*;
use tempfile::TempDir;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities};
use tokio::task::{LocalSet, spawn_local};

use crate::support::ports;

#[derive(Clone)]
pub struct Browser {
    /// The connection to chromedriver.
    pub driver: WebDriver,
    /// The language of its `Accept-Language` header.
    pub language: &'static str,
    /// Whether pages may run scripts.
    pub scripts: bool,
}

/// Opens a browser with that language, runs the tour, and closes the browser even if the tour fails.
pub async fn in_browser<F>(language: &'static str, tour: impl FnOnce(Browser) -> F)
where
    F: Future<Output = ()> + 'static,
{
    visit(language, true, tour).await;
}

/// The same in a browser without scripts.
pub async fn in_scriptless_browser<F>(language: &'static str, tour: impl FnOnce(Browser) -> F)
where
    F: Future<Output = ()> + 'static,
{
    visit(language, false, tour).await;
}

async fn visit<F>(language: &'static str, scripts: bool, tour: impl FnOnce(Browser) -> F)
where
    F: Future<Output = ()> + 'static,
{
    // Installs the cryptography provider, which thirtyfour needs.
    crate::support::http();
    let profile = TempDir::new().expect("a folder");
    let (mut chromedriver, address) = chromedriver();
    let driver = WebDriver::new(address, capabilities(language, &profile)).await.expect("Chromium starts");
    let browser = Browser { driver: driver.clone(), language, scripts };
    browser.on_every_page(WATCH).await;
    browser.cdp("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": !scripts })).await;
    let tour = tour(browser.clone());
    let ended = LocalSet::new().run_until(async { spawn_local(tour).await }).await;
    if ended.is_err() {
        browser.screenshot(&format!("failed-{language}")).await;
    }
    let _ = driver.quit().await;
    let _ = chromedriver.kill();
    let _ = chromedriver.wait();
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Opens another browser by its driver, without the DevTools protocol, and runs the tour in it.
pub async fn in_other_browser<F>(
    driver: &str,
    port_option: &str,
    capabilities: impl Into<Capabilities>,
    tour: impl FnOnce(Browser) -> F,
) where
    F: Future<Output = ()> + 'static,
{
    crate::support::http();
    let port = ports::free();
    let mut process = Command::new(driver).arg(format!("{port_option}={port}")).spawn().expect(driver);
    let address = format!("http://127.0.0.1:{port}");
    let connected = || async { tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok() };
    crate::support::eventually(driver, connected).await;
    let driver = WebDriver::new(address, capabilities).await.expect("the browser starts");
    // `scripts` also says whether the DevTools protocol may be used.
    let tour = tour(Browser { driver: driver.clone(), language: "en", scripts: false });
    let ended = LocalSet::new().run_until(async { spawn_local(tour).await }).await;
    let _ = driver.quit().await;
    let _ = process.kill();
    let _ = process.wait();
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

/// Records every violation of the content security policy and every script error.
const WATCH: &str = "window.faults = [];
    document.addEventListener('securitypolicyviolation', e => faults.push(e.violatedDirective + ' ' + e.blockedURI));
    window.addEventListener('error', e => faults.push('error ' + e.message));";

fn chromedriver() -> (Child, String) {
    // It listens on IPv4 and IPv6. A port that it chooses itself (`--port=0`) may be in use on the other, and then it
    // ends. Without --allowed-ips it listens only on loopback.
    let port = ports::free();
    let mut process = Command::new("chromedriver")
        .arg(format!("--port={port}"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("chromedriver");
    let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("started successfully")), "chromedriver did not start on port {port}");
    (process, format!("http://127.0.0.1:{port}"))
}

fn capabilities(language: &str, profile: &TempDir) -> ChromeCapabilities {
    let mut capabilities = DesiredCapabilities::chrome();
    capabilities.set_binary("/usr/bin/chromium").expect("a path");
    for argument in [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-default-apps",
        "--disable-extensions",
        "--window-size=1280,900",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
        &format!("--accept-lang={language}"),
        &format!("--user-data-dir={}", profile.path().display()),
    ] {
        capabilities.add_arg(argument).expect("an argument");
    }
    capabilities
}

impl Browser {
    /// Sends a command of the DevTools protocol.
    pub async fn cdp(&self, method: &str, params: serde_json::Value) -> serde_json::Value {
        self.driver.cdp().send_raw(method, params).await.expect(method)
    }

    /// Runs a script before the scripts of every later page.
    pub async fn on_every_page(&self, script: &str) {
        self.cdp("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": script })).await;
    }

    pub async fn open(&self, address: &str) {
        self.driver.goto(address).await.expect(address);
    }

    /// Waits for an element that matches the selector.
    pub async fn find(&self, selector: &str) -> WebElement {
        match self.driver.query(By::Css(selector)).first().await {
            Ok(element) => element,
            Err(_) => panic!("no {selector} at {}:\n{}", self.at().await, self.words().await),
        }
    }

    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.expect(selector);
        field.send_keys(text).await.expect(selector);
    }

    /// Clicks an element after scrolling it to the middle, where no bar covers it.
    pub async fn click(&self, selector: &str) {
        let element = self.find(selector).await;
        element.scroll_into_view().await.expect(selector);
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Whether the element is visible.
    pub async fn shows(&self, selector: &str) -> bool {
        self.find(selector).await.is_displayed().await.expect(selector)
    }

    /// The current address.
    pub async fn at(&self) -> String {
        self.driver.current_url().await.expect("an address").to_string()
    }

    /// Waits until the address contains this: a click returns before the next page has loaded.
    pub async fn await_at(&self, part: &str) {
        crate::support::eventually(part, || async { self.at().await.contains(part).then_some(()) }).await;
    }

    /// The visible text of the page.
    pub async fn words(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Waits until the page shows this text; with `reload`, loads the page again each time.
    pub async fn await_words(&self, words: &str, reload: bool) {
        crate::support::eventually(words, || async {
            if self.words().await.contains(words) {
                return Some(());
            }
            if reload {
                self.driver.refresh().await.expect("a refresh");
            }
            None
        })
        .await;
    }

    /// Stores a picture of the window in `tests/artefacts/`.
    pub async fn screenshot(&self, name: &str) {
        keep(name, &self.driver.screenshot_as_png().await.unwrap_or_default());
    }

    /// Stores a picture of the whole page in `tests/artefacts/`.
    pub async fn picture(&self, name: &str) {
        let shot = self.cdp("Page.captureScreenshot", serde_json::json!({ "captureBeyondViewport": true })).await;
        let picture = BASE64_STANDARD.decode(shot["data"].as_str().unwrap_or_default()).unwrap_or_default();
        keep(name, &picture);
    }
}

fn keep(name: &str, picture: &[u8]) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/artefacts/{name}.png"));
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, picture).expect("a picture");
}
