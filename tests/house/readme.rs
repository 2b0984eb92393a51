use std::path::Path;

use super::files;

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

/// `systemd-analyze security` rates the unit; `tests/long --packages` asks it.
#[test]
fn the_unit_keeps_its_promises() {
    let unit = read("packaging/hachok.service");
    for line in [
        "Type=notify",
        "WatchdogSec=60",
        "RestartPreventExitStatus=2",
        "SystemCallFilter=@system-service",
        "ProtectProc=invisible",
        "PrivateUsers=yes",
        "StateDirectory=hachok",
        "EnvironmentFile=-/etc/hachok.env",
    ] {
        assert!(unit.lines().any(|known| known == line), "{line}");
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}
