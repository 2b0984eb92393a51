use std::path::Path;

use super::files;
use crate::support::Place;

#[test]
fn the_guide_shows_the_configurations_of_the_proxies_as_they_are_tested() {
    let text = read("docs/guide/en/proxies.md");
    let shipped = files("packaging/proxies", "");
    assert_eq!(shipped.len(), 3);
    for (path, configuration) in shipped {
        assert!(text.contains(&configuration), "{path}");
        assert!(text.contains(&format!("(../../../{path})")), "a link to {path}");
    }
}

#[test]
fn the_readme_and_the_settings_of_the_service_name_every_setting() {
    let (text, settings) = (read("README.md"), read("packaging/hachok.env"));
    let config = files("src", "config.rs").remove(0).1;
    let variables = config.split("env = \"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name);
    let is_missing = |name: &&str| !text.contains(&format!("`{name}`")) || !settings.contains(&format!("\n#{name}="));
    let missing: Vec<&str> = variables.filter(is_missing).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Every line is a comment, so that an unchanged file sets nothing; each setting follows words that explain it.
#[test]
fn the_settings_of_the_service_set_nothing_and_explain_each() {
    let settings = read("packaging/hachok.env");
    for block in settings.split("\n\n") {
        assert!(block.lines().all(|line| line.starts_with('#')), "{block}");
        assert!(block.starts_with("# "), "{block}");
    }
}

/// `--help` has the defaults, and none for a setting that the files show an example of.
#[test]
fn the_defaults_in_the_readme_and_the_settings_of_the_service_are_those_of_the_command_line() {
    let help = Place::bare_on_sqlite().run_ok(&["serve", "--help"]);
    let (text, settings) = (read("README.md"), read("packaging/hachok.env"));
    let mut seen = 0;
    for option in help.split("[env: ").skip(1) {
        let variable = option.split(['=', ']']).next().expect("a name");
        let default = option.split("[env: ").next().and_then(|rest| rest.split_once("[default: "));
        let Some(default) = default.and_then(|(_, rest)| rest.split_once(']')).map(|(default, _)| default) else {
            continue;
        };
        let line = settings.lines().find_map(|line| line.strip_prefix(&format!("#{variable}="))).expect(variable);
        // The service runs in that folder.
        assert_eq!(line.replace("sqlite:///var/lib/hachok/", "sqlite://"), default, "{variable}");
        let row = text.lines().find(|line| line.contains(&format!("| `{variable}` |"))).expect(variable);
        assert!(row.contains(&format!("| `{variable}` | `{default}` |")), "{row}");
        seen += 1;
    }
    assert!(seen >= 10, "{seen} defaults in {help}");
}

/// The page is in the package.
#[test]
fn the_unit_of_the_package_names_a_page_of_the_guide() {
    let (build, manifest) = (read("packaging/debian/build"), read("Cargo.toml"));
    let page = build.split_once("Documentation=file:///").and_then(|(_, rest)| rest.split_once(',')).expect("a page").0;
    let (folder, name) = page.rsplit_once('/').expect("a folder");
    assert!(manifest.contains(&format!("[\"docs/guide/en/*.md\", \"{folder}/\", ")), "{page}");
    read(&format!("docs/guide/en/{name}"));
}

/// `systemd-analyze security` rates the unit; `tests/long --packages` asks it.
#[test]
fn the_unit_keeps_its_promises() {
    let unit = read("packaging/hachok.service");
    for line in [
        "Type=notify",
        "WatchdogSec=60",
        "RestartPreventExitStatus=2",
        "SystemCallFilter=@system-service",
        "CapabilityBoundingSet=",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "ProtectProc=invisible",
        "PrivateTmp=yes",
        "PrivateUsers=yes",
        "StateDirectory=hachok",
        "StateDirectoryMode=0700",
        "WorkingDirectory=%S/hachok",
        // Running attempts have 20 s.
        "TimeoutStopSec=30",
        "Restart=on-failure",
        "RestartSec=5",
        "EnvironmentFile=-/etc/hachok.env",
    ] {
        assert!(unit.lines().any(|known| known == line), "{line}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}
