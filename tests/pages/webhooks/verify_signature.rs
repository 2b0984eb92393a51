use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::pages::make_webhook;
use crate::support::{App, Form, Page, Received, Receiver, Visitor, event};

/// A webhook with one delivery: its page, its key, and the request that the receiver got.
async fn delivered(app: &App, receiver: &Receiver, admin: &Visitor) -> (String, String, Received) {
    let (id, page) = make_webhook(admin, &receiver.at("/a")).await;
    let key = page.text("#key");
    app.api("ingest").accepted(event("message_created")).await;
    (format!("/webhooks/{id}/verify"), key, receiver.first("/a").await)
}

fn fill(page: &Page, got: &Received) -> Form {
    let form = page.form("#f-signature").set("id", got.header("webhook-id"));
    let form = form.set("timestamp", got.header("webhook-timestamp")).set("signature", got.header("webhook-signature"));
    form.set("body", &String::from_utf8_lossy(&got.body).replace('\n', "\r\n"))
}

#[tokio::test]
async fn a_real_delivery_verifies_and_each_mistake_is_named() {
    let (app, receiver) = (App::start(), Receiver::start());
    let admin = app.admin().await;
    let (path, key, got) = delivered(&app, &receiver, &admin).await;
    let page = admin.open(&path).await;
    assert!(page.says("Why doesn’t my signature match?"), "{}", page.text("main"));
    let good = fill(&page, &got);
    let body = String::from_utf8_lossy(&got.body).into_owned();
    let cases = [
        (good.clone(), "The signature is valid. It was made with the current secret."),
        (good.clone().set("id", got.header("x-hachok-delivery")), "Use the header webhook-id"),
        (good.clone().set("body", body.trim_end()), "A line break at the end"),
        (good.clone().set("body", &body.replace('\t', " ")), "parsed and re-encoded"),
        (good.clone().set("body", &body.replace("outgoing", "incoming")), "the pasted body is different"),
        (good.clone().set("timestamp", &format!("{}000", got.header("webhook-timestamp"))), "whole seconds"),
        (good.clone().set("signature", &got.header("webhook-signature").replace("v1,", "")), "must begin with “v1,”"),
        (good.clone().set("signature", "v1,AAAA"), "None of the usual mistakes"),
        (good.clone().set("id", ""), "Enter the webhook-id"),
    ];
    for (form, words) in cases {
        let page = admin.submit(form.clone()).await.expect(200);
        assert!(page.text("#verdict").contains(words), "{words}: {}", page.text("#verdict"));
        assert!(!page.body.contains(&key) && !page.body.contains(key.trim_start_matches("whsec_")));
        let fragment = admin.submit_htmx(form).await.expect(200);
        assert!(fragment.text("#verdict").contains(words) && !fragment.body.contains("<html"), "{}", fragment.body);
    }
    let other = admin.submit(good.set("body", &body.replace("outgoing", "incoming"))).await.expect(200);
    let verdict = other.text("#verdict");
    assert!(
        verdict.contains("first difference is at line 2")
            && verdict.contains("outgoing")
            && verdict.contains("incoming"),
        "{verdict}"
    );
}

#[tokio::test]
async fn a_viewer_cannot_use_the_verification_form() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (path, ..) = delivered(&app, &receiver, &app.admin().await).await;
    assert_eq!(app.signed_in("viewer").await.get(&path).await.status, 403);
}

fn run(command: &mut Command, key: &str, body: &[u8]) -> bool {
    let command = command.env("WEBHOOK_SECRET", key).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a program");
    // A program that has read enough may close its input.
    let _ = child.stdin.take().expect("a pipe").write_all(body);
    child.wait().expect("an end").success()
}

/// Verifies with each sample whose interpreter is installed; all must agree.
fn verify(folder: &Path, key: &str, headers: [&str; 3], body: &[u8]) -> Vec<(&'static str, bool)> {
    let snippets = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/webhooks/snippets");
    let [id, timestamp, signature] = headers;
    let mut found = Vec::new();
    let shell = snippets.join("verify.sh");
    found.push(("openssl", run(Command::new("sh").arg(&shell).args(headers), key, body)));
    let python = "import os, sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True; from verify import verify\n\
        names = ('webhook-id', 'webhook-timestamp', 'webhook-signature')\n\
        sys.exit(not verify(os.environ['WEBHOOK_SECRET'], dict(zip(names, sys.argv[2:])), sys.stdin.buffer.read()))";
    let mut command = Command::new("python3");
    found.push(("python", run(command.args(["-c", python]).arg(&snippets).args(headers), key, body)));
    if Command::new("node").arg("--version").output().is_ok() {
        let script = folder.join("run.mjs");
        let module = snippets.join("verify.mjs");
        let text = format!(
            "import {{ readFileSync }} from 'node:fs'; import {{ verify }} from '{}';\n\
             const headers = {{ 'webhook-id': '{id}', 'webhook-timestamp': '{timestamp}', 'webhook-signature': '{signature}' }};\n\
             process.exit(verify(process.env.WEBHOOK_SECRET, headers, readFileSync(0)) ? 0 : 1);",
            module.display()
        );
        std::fs::write(&script, text).expect("a script");
        found.push(("node", run(Command::new("node").arg(&script), key, body)));
    }
    found
}

#[tokio::test]
async fn the_samples_verify_a_real_delivery_and_refuse_changed_ones() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (_, key, got) = delivered(&app, &receiver, &app.admin().await).await;
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| got.header(name));
    let [id, timestamp, signature] = headers;
    let both = format!("v1,AAAA {signature}");
    let old = (timestamp.parse::<i64>().expect("seconds") - 301).to_string();
    let mut other = got.body.clone();
    other.push(b'\n');
    let cases: [([&str; 3], &[u8], bool); 5] = [
        (headers, &got.body, true),
        ([id, timestamp, &both], &got.body, true),
        (headers, &other, false),
        ([id, timestamp, "v1,"], &got.body, false),
        ([id, &old, signature], &got.body, false),
    ];
    for (headers, body, good) in cases {
        for (language, found) in verify(app.folder(), &key, headers, body) {
            assert_eq!(found, good, "{language}: {headers:?}");
        }
    }
}

#[tokio::test]
async fn the_sending_sample_signs_as_hachok_does() {
    let (app, receiver) = (App::start(), Receiver::start());
    let (_, key, got) = delivered(&app, &receiver, &app.admin().await).await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/webhooks/snippets/send.sh");
    let (url, secret, body) = (receiver.at("/b"), key.clone(), got.body.clone());
    let sent = tokio::task::spawn_blocking(move || run(Command::new("sh").arg(script).arg(url), &secret, &body));
    assert!(sent.await.expect("a run"));
    let sent = receiver.first("/b").await;
    assert_eq!(sent.body, got.body);
    let headers = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(|name| sent.header(name));
    assert!(verify(app.folder(), &key, headers, &sent.body).iter().all(|(_, good)| *good));
}
