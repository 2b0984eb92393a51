//! The list of parts, and the release.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
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
    // Of the tests, of build scripts, and of macros.
    for outside in ["insta", "scraper", "thirtyfour", "zopfli", "brotli", "cc", "serde_derive", "diesel_derives", "syn"]
    {
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
    let named: Vec<&str> = sums.lines().filter_map(|line| line.split_once("  ")).map(|(_, file)| file).collect();
    assert_eq!(named, [name.clone(), format!("{name}.cdx.json")]);
    let notes = std::fs::read_to_string(out.path().join("NOTES.md")).expect("notes");
    assert!(notes.contains(&name) && notes.contains("## [") && !notes.contains("[Unreleased]"), "{notes}");
    // As the guide says; the last line starts the server.
    let lines = block_after("docs/guide/en/systemd.md", "Check it, then run it:");
    let ran = Command::new("sh").args(["-ec", &format!("{} --version", lines.trim())]).current_dir(out.path()).output();
    let ran = ran.expect("a shell");
    let said = String::from_utf8_lossy(&ran.stdout);
    assert!(said.contains(&format!("{name}: OK\n")) && said.contains("\nhachok "), "{ran:?}");
}

/// A package of musl's binary, or of an earlier version, would be signed with the rest.
#[test]
fn a_build_leaves_only_what_its_checksums_name_and_no_package_for_musl() {
    let copy = tempfile::TempDir::new().expect("a folder");
    let place = copy.path();
    std::fs::create_dir_all(place.join("packaging/debian")).expect("a folder");
    std::fs::create_dir_all(place.join("target/package")).expect("a folder");
    std::fs::copy(root().join("packaging/build"), place.join("packaging/build")).expect("a script");
    std::fs::write(place.join("Cargo.toml"), "version = \"1.2.3\"\n").expect("a version");
    std::fs::write(place.join("binary"), "a binary").expect("a binary");
    let script = |name: &str, line: &str| {
        let path = place.join("packaging").join(name);
        std::fs::write(&path, format!("#!/bin/sh\nset -eu\n[ -z \"${{MINISIGN_KEY_FILE:-}}\" ]\n{line}\n"))
            .expect("a script");
        std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("rights");
    };
    script("debian/build", "echo package > \"$3/hachok_1.2.3-1_$2.deb\"");
    script("sbom", "echo \"$SBOM_TARGET\" > \"$1\"");
    for (target, name, package) in [
        ("x86_64-unknown-linux-gnu", "hachok-1.2.3-linux-amd64", Some("hachok_1.2.3-1_amd64.deb")),
        ("aarch64-unknown-linux-gnu", "hachok-1.2.3-linux-arm64", Some("hachok_1.2.3-1_arm64.deb")),
        ("x86_64-unknown-linux-musl", "hachok-1.2.3-linux-amd64-musl", None),
    ] {
        for stale in ["hachok_1.2.2-1_amd64.deb", "hachok-1.2.2.cdx.json", "SHA256SUMS.minisig"] {
            std::fs::write(place.join("target/package").join(stale), "of an earlier build").expect("a file");
        }
        let mut build = Command::new(place.join("packaging/build"));
        build.args(["--target", target, "--binary", "binary"]).env("MINISIGN_KEY_FILE", "/a/key");
        let made = build.output().expect("bash");
        assert!(made.status.success(), "{made:?}");
        let parts = format!("{name}.cdx.json");
        let out = place.join("target/package");
        assert_eq!(std::fs::read_to_string(out.join(&parts)).expect("parts").trim(), target);
        let mut expected: Vec<&str> = [name, &parts].into_iter().chain(package).collect();
        expected.sort_unstable();
        let sums = std::fs::read_to_string(out.join("SHA256SUMS")).expect("checksums");
        let mut named: Vec<&str> =
            sums.lines().filter_map(|line| line.split_once("  ")).map(|(_, file)| file).collect();
        named.sort_unstable();
        assert_eq!(named, expected);
        assert_eq!(std::fs::read_dir(&out).expect("the folder").count(), expected.len() + 1);
    }
}

/// The code of others runs in a build: it must not be where the key is.
#[test]
fn the_workflow_gives_the_key_only_to_the_job_that_builds_nothing() {
    let text = std::fs::read_to_string(root().join(".github/workflows/release.yml")).expect("a workflow");
    let jobs: Vec<&str> = text.split("\n  sign:\n").collect();
    assert_eq!(jobs.len(), 2, "a job that signs, the last one");
    assert!(!jobs[0].contains("secrets.") && jobs[0].contains("packaging/build"));
    assert!(jobs[1].contains("secrets.MINISIGN_KEY") && jobs[1].contains("packaging/release --built"));
    for builds in ["packaging/build", "cargo ", "pip ", "container:", "cache"] {
        assert!(!jobs[1].contains(builds), "{builds}");
    }
    // The tools of the build have checksums.
    let build = std::fs::read_to_string(root().join("packaging/build")).expect("a script");
    assert!(build.lines().filter(|line| line.contains("pip\" install")).all(|line| line.contains("--require-hashes")));
}

/// With a `minisign` that only makes the file of a signature.
#[test]
fn what_was_built_elsewhere_is_signed_without_a_build_if_it_has_its_checksums() {
    let copy = tempfile::TempDir::new().expect("a folder");
    let place = copy.path();
    for folder in ["packaging", "target/package", "bin"] {
        std::fs::create_dir_all(place.join(folder)).expect("a folder");
    }
    for script in ["packaging/release", "packaging/sign"] {
        std::fs::copy(root().join(script), place.join(script)).expect("a script");
    }
    let minisign = "#!/bin/sh\nwhile [ \"$1\" != -m ]; do shift; done\necho signed > \"$2.minisig\"\n";
    for (name, text) in [
        ("bin/minisign", minisign),
        ("Cargo.toml", "version = \"1.2.3\"\n"),
        ("CHANGELOG.md", "## [Unreleased]\n\n## [1.2.3] - 2026-12-01\n\n- A change.\n"),
        (".gitignore", "*\n"),
        ("key", "secret"),
        ("target/package/hachok-1.2.3-linux-amd64", "a binary"),
    ] {
        std::fs::write(place.join(name), text).expect("a file");
    }
    std::fs::set_permissions(place.join("bin/minisign"), Permissions::from_mode(0o755)).expect("rights");
    let path = format!("{}:{}", place.join("bin").display(), std::env::var("PATH").expect("a path"));
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(place).env("PATH", &path).env("MINISIGN_KEY_FILE", place.join("key"));
        command.output().expect("a program")
    };
    assert!(run("git", &["init", "--quiet"]).status.success());
    let sums = "cd target/package && sha256sum hachok-* > SHA256SUMS";
    assert!(run("sh", &["-ec", sums]).status.success());
    let signed = run("packaging/release", &["--built", "1.2.3"]);
    assert!(signed.status.success(), "{signed:?}");
    let out = place.join("target/package");
    assert!(out.join("SHA256SUMS.minisig").exists());
    assert!(std::fs::read_to_string(out.join("NOTES.md")).expect("notes").contains("- A change."));
    std::fs::remove_file(out.join("SHA256SUMS.minisig")).expect("the signature");
    std::fs::write(out.join("hachok-1.2.3-linux-amd64"), "another").expect("a binary");
    let refused = run("packaging/release", &["--built", "1.2.3"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(!out.join("SHA256SUMS.minisig").exists());
}

#[test]
fn a_release_of_another_version_or_without_its_changes_is_refused_in_one_line() {
    for (version, words) in [("9.9.9", "Cargo.toml"), ("next", "MAJOR.MINOR.PATCH")] {
        let refused =
            Command::new(root().join("packaging/release")).args(["--dry-run", version]).output().expect("bash");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.lines().count() == 1 && said.contains(words), "{refused:?}");
    }
    let version = env!("CARGO_PKG_VERSION");
    for (arguments, words) in [
        (&["--dry-run", version][..], "--binary FILE --out FOLDER"),
        (&["--out", "somewhere", version], "--out are for --dry-run"),
        (&["--binary", "hachok", version], "--binary and --out are for --dry-run"),
        (&[version], "MINISIGN_KEY_FILE"),
    ] {
        let mut release = Command::new(root().join("packaging/release"));
        let refused = release.args(arguments).env_remove("MINISIGN_KEY_FILE").output().expect("bash");
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(refused.status.code() == Some(2) && said.lines().count() == 1 && said.contains(words), "{refused:?}");
    }
}
