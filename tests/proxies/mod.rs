//! The configurations of packaging/proxies, run by the real proxies before a real server, with ports and paths
//! replaced. On demand: `cargo test --test suite -- proxies:: --ignored`; needs nginx, Caddy and HAProxy.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Answer, App, PASSWORD, Place, Visitor, eventually, ports};

const ANNA: &str = "anna@example.com";
const MAX_PAYLOAD: usize = 2 * 1024 * 1024;

/// A running proxy; killed when dropped.
struct Proxy {
    process: Child,
    port: u16,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port of a proxy, the port of the server behind it, and a folder with a certificate.
struct Setting<'a> {
    port: u16,
    server: u16,
    folder: &'a Path,
}

impl Setting<'_> {
    /// A file of packaging/proxies with the ports of this test.
    fn shipped(&self, name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/proxies").join(name);
        let text = fs::read_to_string(path).expect("a configuration");
        text.replace("443", &self.port.to_string()).replace("127.0.0.1:8080", &format!("127.0.0.1:{}", self.server))
    }

    fn path(&self, name: &str) -> String {
        self.folder.join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.folder.join(name), text).expect("a file");
        self.path(name)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Proxy {
        let mut command = Command::new(program);
        command.args(arguments).env("HOME", self.folder).stdin(Stdio::null()).current_dir(self.folder);
        let process = command.spawn().unwrap_or_else(|error| panic!("{program}: {error}"));
        Proxy { process, port: self.port }
    }
}

fn nginx(setting: &Setting) -> Proxy {
    let site = setting.shipped("nginx.conf").replace("/etc/ssl/hooks.example.com", &setting.path("tls"));
    let site = setting.write("site.conf", &site);
    let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("{kind}_temp_path {};", setting.path(kind)))
        .join(" ");
    // As root, nginx would change to another user, who may not enter this folder.
    let whole = format!(
        "daemon off; master_process off; user root; pid {};\nevents {{}}\nhttp {{ access_log off; {folders} include {site}; }}\n",
        setting.path("pid")
    );
    let file = setting.write("nginx.conf", &whole);
    setting.run("nginx", &["-e", "stderr", "-c", &file])
}

fn caddy(setting: &Setting) -> Proxy {
    let (port, pair) = (setting.port, format!("{} {}", setting.path("tls.crt"), setting.path("tls.key")));
    let site = setting.shipped("Caddyfile");
    let site = site.replace("hooks.example.com {", &format!("hooks.example.com:{port} {{\n\ttls {pair}"));
    let global = "{\n\tadmin off\n\tauto_https disable_redirects\n}\n";
    let file = setting.write("Caddyfile", &format!("{global}{site}"));
    setting.run("caddy", &["run", "--adapter", "caddyfile", "--config", &file])
}

fn haproxy(setting: &Setting) -> Proxy {
    let both = ["tls.crt", "tls.key"].map(|name| fs::read_to_string(setting.path(name)).expect("a file")).concat();
    let pem = setting.write("tls.pem", &both);
    let site = setting.shipped("haproxy.cfg").replace("/etc/haproxy/hooks.example.com.pem", &pem);
    let file = setting.write("haproxy.cfg", &site);
    setting.run("haproxy", &["-db", "-f", &file])
}

/// A client of the proxy with that source address.
fn client(proxy: &Proxy, from: [u8; 4]) -> reqwest::Client {
    drop(crate::support::http());
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .danger_accept_invalid_certs(true)
        .resolve("hooks.example.com", ([127, 0, 0, 1], proxy.port).into())
        .local_address(std::net::IpAddr::from(from))
        .build()
        .expect("a client")
}

/// Whether the URL answers with one of these statuses; for `eventually`.
async fn answers(client: &reqwest::Client, url: &str, expected: &[u16]) -> Option<()> {
    let answer = client.get(url).send().await.ok()?;
    expected.contains(&answer.status().as_u16()).then_some(())
}

/// PEM (RFC 7468).
fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

async fn holds_behind(start: fn(&Setting) -> Proxy) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let pair = rcgen::generate_simple_self_signed(["hooks.example.com".to_owned()]).expect("a certificate");
    fs::write(folder.path().join("tls.crt"), pem("CERTIFICATE", pair.cert.der())).expect("a file");
    fs::write(folder.path().join("tls.key"), pem("PRIVATE KEY", pair.signing_key.serialized_der())).expect("a file");
    let setting = Setting { port: ports::free(), server: ports::free(), folder: folder.path() };
    let base = format!("https://hooks.example.com:{}", setting.port);
    let place = Place::new().bound_to(&format!("127.0.0.1:{}", setting.server)).set("HACHOK_PUBLIC_URL", &base);
    let place = place.set("HACHOK_TRUSTED_PROXIES", "127.0.0.1").set("HACHOK_MAX_PAYLOAD", &MAX_PAYLOAD.to_string());
    let mut app = App::at(place);
    app.user(ANNA, "admin", PASSWORD);
    let proxy = start(&setting);
    let near = client(&proxy, [127, 0, 0, 1]);
    let ready = format!("{base}/readyz");
    eventually("the proxy finds the server ready", || answers(&near, &ready, &[200])).await;

    // Pages with cookies and forms work.
    let visitor = Visitor::with(&base, near.clone());
    visitor.sign_in(ANNA, PASSWORD).await;
    assert!(visitor.session().0.starts_with("__Host-hachok_"));
    visitor.open("/webhooks").await;

    // The client address is that of the connection, not the one that the client claims.
    let far = Visitor::with(&base, client(&proxy, [127, 0, 0, 2]));
    for number in 1..=6 {
        let form = far.open("/sign-in").await.form("[name=password]").set("email", ANNA).set("password", "wrong");
        let forged = far.form_request(&form).header("x-forwarded-for", format!("10.8.{number}.1"));
        let expected = if number < 6 { 422 } else { 429 };
        assert_eq!(far.send("/sign-in", forged).await.status, expected, "try {number}");
    }
    let other = Visitor::with(&base, client(&proxy, [127, 0, 0, 3]));
    assert_eq!(other.try_sign_in(ANNA, "wrong").await.status, 422);

    // The largest event passes, and the server's answer to a larger one arrives.
    let (events, token) = (format!("{base}/api/v1/events"), app.token("admin"));
    let post = async |bytes: usize| {
        let frame = r#"{"event":"message_created","content":""}"#.len();
        let body = format!(r#"{{"event":"message_created","content":"{}"}}"#, "x".repeat(bytes - frame));
        let request = near.post(&events).header("authorization", format!("Bearer {token}"));
        Answer::of(request.header("content-type", "application/json").body(body)).await
    };
    assert_eq!(post(MAX_PAYLOAD).await.status, 202);
    let refused = post(MAX_PAYLOAD + 1).await;
    assert_eq!((refused.status, refused.header("content-type")), (413, "application/problem+json"));
    let webhooks = near.get(format!("{base}/api/v1/accounts/1/webhooks"));
    let answer = Answer::of(webhooks.header("authorization", format!("Bearer {token}"))).await;
    assert_eq!(answer.status, 200);

    // The proxy notices that the server is down, and that it is up again.
    app.stop();
    eventually("the proxy answers for a server that is down", || answers(&near, &ready, &[502, 503])).await;
    app.start_again();
    eventually("the proxy finds the server again", || answers(&near, &ready, &[200])).await;
}

#[tokio::test]
#[ignore = "on demand: needs nginx"]
async fn on_demand_everything_works_behind_nginx_as_the_readme_configures_it() {
    holds_behind(nginx).await;
}

#[tokio::test]
#[ignore = "on demand: needs Caddy"]
async fn on_demand_everything_works_behind_caddy_as_the_readme_configures_it() {
    holds_behind(caddy).await;
}

#[tokio::test]
#[ignore = "on demand: needs HAProxy"]
async fn on_demand_everything_works_behind_haproxy_as_the_readme_configures_it() {
    holds_behind(haproxy).await;
}
