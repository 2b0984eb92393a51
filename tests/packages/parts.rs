//! The list of parts, and the release.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::cli::readme::block_after;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_list_of_parts_names_what_is_in_the_binary_and_nothing_of_the_tests() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("parts.json");
    let made = Command::new(root().join("packaging/sbom")).arg(&file).output().expect("python3");
    assert!(made.status.success(), "{made:?}");
    let list: Value = serde_json::from_slice(&std::fs::read(&file).expect("a list")).expect("JSON");
    assert_eq!((&list["bomFormat"], &list["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    assert_eq!(list["metadata"]["component"]["version"], env!("CARGO_PKG_VERSION"));
    let parts = list["components"].as_array().expect("parts");
    let names: Vec<&str> = parts.iter().filter_map(|part| part["name"].as_str()).collect();
    for inside in ["rustls", "diesel", "openssl-sys", "openssl", "postgresql", "sqlite", "htmx.org"] {
        assert!(names.contains(&inside), "{inside}");
    }
    for outside in ["insta", "scraper", "thirtyfour", "zopfli", "brotli"] {
        assert!(!names.contains(&outside), "{outside}");
    }
    let unlicensed =
        parts.iter().filter(|part| part["purl"].as_str().is_some_and(|purl| purl.starts_with("pkg:cargo/")));
    let unlicensed: Vec<_> = unlicensed.filter(|part| part["licenses"].is_null()).collect();
    assert!(unlicensed.is_empty(), "{unlicensed:?}");
    // The same list twice.
    let again = Command::new(root().join("packaging/sbom")).arg(folder.path().join("again.json")).status();
    assert!(again.is_ok_and(|again| again.success()));
    assert_eq!(std::fs::read(&file).ok(), std::fs::read(folder.path().join("again.json")).ok());
}

/// With the binary of the suite: nothing is compiled.
#[test]
fn a_dry_run_of_a_release_makes_artefacts_checksums_and_notes() {
    let out = tempfile::TempDir::new().expect("a folder");
    let mut release = Command::new(root().join("packaging/release"));
    release.args(["--dry-run", "--binary", env!("CARGO_BIN_EXE_hachok"), "--out"]).arg(out.path());
    let made = release.arg(env!("CARGO_PKG_VERSION")).output().expect("bash");
    assert!(made.status.success(), "{made:?}");
    let name = format!("hachok-{}-linux-amd64", env!("CARGO_PKG_VERSION"));
    let sums = std::fs::read_to_string(out.path().join("SHA256SUMS")).expect("checksums");
    for file in [name.clone(), format!("hachok-{}.cdx.json", env!("CARGO_PKG_VERSION"))] {
        assert!(sums.lines().any(|line| line.ends_with(&format!("  {file}"))), "{file} in {sums}");
    }
    let notes = std::fs::read_to_string(out.path().join("NOTES.md")).expect("notes");
    assert!(notes.contains(&name) && notes.contains("## [") && !notes.contains("[Unreleased]"), "{notes}");
    // As the guide says; the last line starts the server.
    let lines = block_after("docs/guide/en/systemd.md", "Check it, then run it:");
    let ran = Command::new("sh").args(["-ec", &format!("{} --version", lines.trim())]).current_dir(out.path()).output();
    let ran = ran.expect("a shell");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains(&format!("{name}: OK\n")) && said.contains("\nhachok "), "{ran:?}");
}

#[test]
fn a_release_of_another_version_or_without_its_changes_is_refused_in_one_line() {
    for (version, words) in [("9.9.9", "Cargo.toml"), ("next", "MAJOR.MINOR.PATCH")] {
        let refused =
            Command::new(root().join("packaging/release")).args(["--dry-run", version]).output().expect("bash");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.lines().count() == 1 && said.contains(words), "{refused:?}");
    }
}
