use crate::support::Place;

#[test]
fn the_version_is_printed() {
    let said = Place::bare().run_ok(&["--version"]);
    let after = said.strip_prefix(concat!("hachok ", env!("CARGO_PKG_VERSION"))).unwrap_or_else(|| panic!("{said}"));
    let commit = after.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
    let is_commit = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(after.is_empty() || commit.is_some_and(is_commit), "{said}");
}

#[test]
fn the_help_names_every_command_and_every_setting() {
    let place = Place::bare();
    let all = place.run_ok(&["--help"]);
    for command in [
        "serve",
        "demo",
        "migrate",
        "health",
        "send",
        "doctor",
        "backup",
        "restore",
        "user",
        "import",
        "token",
        "completions",
    ] {
        assert!(all.contains(command), "{command} in {all}");
    }
    let serve = place.run_ok(&["serve", "--help"]);
    for (option, variable) in [
        ("--database-url", "DATABASE_URL"),
        ("--bind", "HACHOK_BIND"),
        ("--public-url", "HACHOK_PUBLIC_URL"),
        ("--allowed-hosts", "HACHOK_ALLOWED_HOSTS"),
        ("--secret-key-file", "HACHOK_SECRET_KEY_FILE"),
        ("--allow-networks", "HACHOK_ALLOW_NETWORKS"),
        ("--deny-networks", "HACHOK_DENY_NETWORKS"),
        ("--allow-http", "HACHOK_ALLOW_HTTP"),
        ("--keep-alive", "HACHOK_KEEP_ALIVE"),
        ("--connections-per-peer", "HACHOK_CONNECTIONS_PER_PEER"),
        ("--api-rate", "HACHOK_API_RATE"),
        ("--max-payload", "HACHOK_MAX_PAYLOAD"),
        ("--trusted-proxies", "HACHOK_TRUSTED_PROXIES"),
        ("--retention-days", "HACHOK_RETENTION_DAYS"),
        ("--in-flight", "HACHOK_IN_FLIGHT"),
        ("--in-flight-per-webhook", "HACHOK_IN_FLIGHT_PER_WEBHOOK"),
        ("--backlog-per-webhook", "HACHOK_BACKLOG_PER_WEBHOOK"),
        ("--log-format", "HACHOK_LOG_FORMAT"),
    ] {
        assert!(serve.contains(option) && serve.contains(variable), "{option} {variable} in {serve}");
    }
}

#[test]
fn an_unknown_command_or_flag_is_a_usage_error() {
    let place = Place::bare();
    for arguments in [["dance"], ["--dance"]] {
        let ran = place.run(&arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains("dance") && ran.stdout.is_empty(), "{ran:?}");
    }
}
