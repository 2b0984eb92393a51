//! The fuzz targets of `fuzz/targets.rs` on every seed and on random changes of it. `PROPTEST_CASES` sets the number of
//! changes; `just fuzz NAME` runs a target without end, guided by coverage.

use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

#[path = "../../fuzz/targets.rs"]
mod targets;

/// Byte sequences on which parsers disagree.
const PIECES: [&[u8]; 24] = [
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\\u0000",
    b"\\ud83d",
    b"1e400",
    b"-0",
    b"{",
    b"[",
    b"\"",
    b"%00",
    b"&",
    b"=",
    b"+",
    b"\r\n ",
    b"@",
    b"#",
    b"::ffff:",
    b"[::1]",
    b"%2e",
    b",",
    b"\xe2\x80\x8b",
    b"\xe3\x80\x82",
    b";q=0",
];

/// A change of an input: a piece replaces the bytes between two positions.
type Change = (Index, Index, Vec<u8>);

fn change() -> impl Strategy<Value = Change> {
    let piece = prop_oneof![select(&PIECES[..]).prop_map(<[u8]>::to_vec), vec(any::<u8>(), 0..8)];
    (any::<Index>(), any::<Index>(), piece)
}

fn changed(mut input: Vec<u8>, changes: Vec<Change>) -> Vec<u8> {
    for (start, length, piece) in changes {
        let start = start.index(input.len() + 1);
        let end = (start + length.index(5)).min(input.len());
        input.splice(start..end, piece);
    }
    input
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let seeds: Vec<_> = files.flatten().map(|file| std::fs::read(file.path()).expect("a seed")).collect();
    assert!(!seeds.is_empty(), "{} has seeds", folder.display());
    seeds
}

fn run(name: &str, target: fn(&[u8])) {
    let seeds = seeds(name);
    for seed in &seeds {
        target(seed);
    }
    let inputs = (select(seeds), vec(change(), 0..6)).prop_map(|(seed, changes)| changed(seed, changes));
    let config = Config { failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&inputs, |input| {
            target(&input);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{name}: {error}"));
}

#[test]
fn any_event_is_refused_or_stored_unchanged() {
    run("ingest", targets::ingest);
}

#[test]
fn any_url_is_refused_or_sent_as_stored() {
    run("target_url", targets::target_url);
}

#[test]
fn any_form_is_parsed_and_validated() {
    run("form_pairs", targets::form_pairs);
}

#[test]
fn any_retry_after_is_ignored_or_within_a_day() {
    run("retry_after", targets::retry_after);
}

#[test]
fn any_forwarded_list_names_the_client_that_the_proxy_saw() {
    run("forwarded_for", targets::forwarded_for);
}

#[test]
fn any_log_query_is_parsed_and_keeps_its_times() {
    run("log_query", targets::log_query);
}
