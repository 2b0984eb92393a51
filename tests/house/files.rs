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
fn no_line_of_a_template_or_of_the_style_sheet_is_longer_than_160_characters() {
    for (folder, ending) in [("templates", ".html"), ("static", "app.css")] {
        for (path, text) in files(folder, ending) {
            for (number, line) in (1..).zip(text.lines()) {
                let length = line.chars().count();
                assert!(length <= 160, "{path}:{number} has {length} characters");
            }
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
fn the_vendored_scripts_have_the_recorded_checksums() {
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
fn the_top_level_holds_only_conventional_names() {
    const EXPECTED: [&str; 25] = [
        "Cargo.toml",
        "Cargo.lock",
        "build.rs",
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
        "rust-toolchain.toml",
        // Created by building and running, never committed.
        "target",
        "data",
    ];
    let names = std::fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the project").flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let strange: Vec<String> =
        names.filter(|name| !name.starts_with('.') && !EXPECTED.contains(&name.as_str())).collect();
    assert_eq!(strange, Vec::<String>::new());
}

#[test]
fn the_conventional_documents_exist() {
    for path in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "LICENSE",
        "Justfile",
        ".editorconfig",
        ".github/workflows/ci.yml",
        ".github/workflows/release.yml",
        "docs/RELEASING.md",
        ".github/pull_request_template.md",
        "docs/README.md",
        "docs/ARCHITECTURE.md",
        "docs/STYLE.md",
    ] {
        assert!(!read(path).trim().is_empty(), "{path}");
    }
    assert!(read(".github/workflows/ci.yml").contains("run: tests/run"));
}

#[test]
fn one_version_of_rust_is_named_everywhere() {
    let value = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("{name} = \"")).expect("a value");
        rest.split('"').next().expect("its end").to_owned()
    };
    let channel = value(&read("rust-toolchain.toml"), "channel");
    let oldest = value(&read("Cargo.toml"), "rust-version");
    assert_eq!(channel, format!("{oldest}.0"));
    assert!(read(".github/workflows/ci.yml").contains(&format!("rust:{channel}-")));
    assert!(read("README.md").contains(&format!("Rust {oldest}")));
}

#[test]
fn the_changelog_has_an_unreleased_part_and_the_version_of_the_package() {
    let changelog = read("CHANGELOG.md");
    let headings: Vec<&str> = changelog.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(headings.first(), Some(&"## [Unreleased]"));
    assert!(headings.iter().any(|line| line.starts_with(concat!("## [", env!("CARGO_PKG_VERSION"), "] - "))));
    let parts = changelog.lines().filter_map(|line| line.strip_prefix("### "));
    for part in parts {
        assert!(["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"].contains(&part), "{part}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap_or_default()
}
