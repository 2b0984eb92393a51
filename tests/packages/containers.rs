//! The files for containers, as far as they can be checked without an engine.

use std::path::Path;

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/container").join(name)).expect(name)
}

#[test]
fn the_image_runs_as_an_ordinary_user_and_checks_its_health() {
    let file = read("Containerfile");
    let lines: Vec<&str> = file.lines().collect();
    let last = lines.iter().rposition(|line| line.starts_with("FROM ")).expect("a stage");
    for line in ["USER 10001:10001", "VOLUME /data", "ENTRYPOINT [\"hachok\"]"] {
        assert!(lines[last..].contains(&line), "{line}");
    }
    assert!(file.contains("HEALTHCHECK") && file.contains("CMD [\"hachok\", \"health\"]"));
    let rust = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/rust-toolchain.toml")).expect("a version");
    let version = rust.split_once("channel = \"").and_then(|(_, rest)| rest.split_once('"')).expect("a version").0;
    assert!(file.contains(&format!("FROM rust:{version}-")), "{version}");
}

/// A name would be looked up only when nginx starts: a container that restarts may get another address.
#[test]
fn nginx_finds_each_hachok_at_its_fixed_address_also_after_a_restart() {
    let (compose, nginx) = (read("compose.postgres.yaml"), read("nginx.conf"));
    let services: Vec<&str> = compose.split("\n  hachok-").skip(1).collect();
    let fixed = |service: &&str| {
        let address = service.split_once("ipv4_address: ").expect("an address").1;
        address.split_whitespace().next().expect("an address").to_owned()
    };
    let mut addresses: Vec<String> = services.iter().map(fixed).collect();
    let servers = nginx.lines().filter_map(|line| line.trim().strip_prefix("server ")?.split_once(":8080 "));
    let servers: Vec<&str> = servers.map(|(address, _)| address).collect();
    assert_eq!(servers, addresses);
    // None of them is given to another container.
    assert!(compose.contains("subnet: 10.213.47.0/24") && compose.contains("ip_range: 10.213.47.128/25"));
    addresses.push("10.213.47.10".into());
    assert!(compose.contains("HACHOK_TRUSTED_PROXIES: 10.213.47.10"));
    for address in addresses {
        assert_eq!(compose.matches(&format!("ipv4_address: {address}\n")).count(), 1, "{address}");
        let last: u8 = address.strip_prefix("10.213.47.").and_then(|last| last.parse().ok()).expect("the network");
        assert!((2..128).contains(&last), "{address}");
    }
}

#[test]
fn each_hachok_of_the_compose_files_has_few_rights_and_time_to_stop() {
    for name in ["compose.sqlite.yaml", "compose.postgres.yaml"] {
        let text = read(name);
        for line in ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true", "stop_grace_period: 30s"] {
            assert!(text.contains(line), "{name}: {line}");
        }
        let published = text.lines().filter(|line| line.trim_start().starts_with("- \"") && line.contains(":8080:"));
        let published: Vec<&str> = published.collect();
        assert!(!published.is_empty(), "{name}");
        assert!(published.iter().all(|line| line.contains("\"127.0.0.1:")), "{name}: {published:?}");
    }
}
