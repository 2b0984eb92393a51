use super::files;

#[test]
fn no_file_is_longer_than_400_lines() {
    for (folder, ending) in [("src", ".rs"), ("tests", ".rs"), ("benches", ".rs"), ("templates", ".html")] {
        for (path, text) in files(folder, ending) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{path} has {lines} lines");
        }
    }
}

#[test]
fn lints_are_expected_never_allowed() {
    for (path, text) in files("src", ".rs") {
        assert!(!text.contains("#[allow(") && !text.contains("#![allow("), "{path}");
    }
}

#[test]
fn the_vendored_scripts_are_what_they_say() {
    use sha2::{Digest, Sha256};
    let sum = |path: &str| {
        let bytes = std::fs::read(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path);
        Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let axe = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";
    assert_eq!(sum("tests/vendor/axe-core/axe.min.js"), axe);
    let noted =
        std::fs::read_to_string(format!("{}/static/vendor/VERSION", env!("CARGO_MANIFEST_DIR"))).expect("a note");
    assert!(noted.contains(&sum("static/vendor/htmx.min.js")), "{noted}");
}

#[test]
fn the_top_level_holds_what_a_stranger_expects() {
    const EXPECTED: [&str; 23] = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "templates",
        "static",
        "locales",
        "migrations",
        "tests",
        "benches",
        "docs",
        "fuzz",
        "packaging",
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "Justfile",
        "LICENSE",
        "clippy.toml",
        "deny.toml",
        "rustfmt.toml",
        // Made by building and by running, never committed.
        "target",
        "data",
    ];
    let names = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the project").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strange: Vec<String> =
        names.filter(|name| !name.starts_with('.') && !EXPECTED.contains(&name.as_str())).collect();
    assert_eq!(strange, Vec::<String>::new());
}
