//! Requests that schemathesis makes from the document of the API: each answer must be one that the document describes.

use std::path::Path;
use std::process::Stdio;

use crate::support::Place;

/// Makes `cases` requests for each operation with a token of that scope; the same ones in every run, but with a time.
fn conforms(scope: &str, cases: u32, limit_s: Option<u32>) {
    let place = Place::on_sqlite();
    place.run_ok(&["migrate"]);
    let token = place.token(scope);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/schemathesis/run");
    let place = place.through(&[script.to_str().expect("UTF-8")]);
    let mut run = place.command(&["serve", "--bind", "127.0.0.1:0"]);
    let limit = limit_s.map(|seconds| seconds.to_string()).unwrap_or_default();
    run.env("TOKEN", token).env("CASES", cases.to_string()).env("LIMIT_S", limit).stdin(Stdio::null());
    let output = run.output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout);
    let log = std::fs::read_to_string(place.folder().join("server.log")).unwrap_or_default();
    assert!(output.status.success(), "{text}\n{}\n{log}", String::from_utf8_lossy(&output.stderr));
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
#[ignore = "needs schemathesis: requests made from the document"]
fn schemathesis_finds_no_fault_as_an_administrator() {
    conforms("admin", 30, None);
}

#[test]
#[ignore = "needs schemathesis: requests made from the document"]
fn schemathesis_finds_no_fault_as_a_reader() {
    conforms("read", 10, None);
}

#[test]
#[ignore = "on demand: ten minutes"]
fn on_demand_schemathesis_finds_no_fault_in_ten_minutes() {
    conforms("admin", 100, Some(540));
}
