//! TLS to Postgres: what a build without it refuses, and what a build with it verifies.

use crate::support::Place;

/// A host name that does not resolve; an attempt to look it up shows in the error.
const ELSEWHERE: &str = "postgres://hachok:canary@db.example.invalid/hachok";

#[cfg(not(feature = "postgres-tls"))]
#[test]
fn a_build_without_tls_refuses_a_postgres_on_another_machine_in_one_line() {
    for url in [ELSEWHERE.to_owned(), format!("{ELSEWHERE}?sslmode=prefer"), format!("{ELSEWHERE}?sslmode=require")] {
        let place = Place::on(&url);
        for arguments in [&["serve", "--bind", "127.0.0.1:0"][..], &["migrate"], &["token", "list"], &["user", "list"]]
        {
            let line = place.run(arguments).error_line(2);
            assert!(line.contains("--features postgres-tls") && line.contains("TLS"), "{arguments:?}: {line}");
            assert!(!line.contains("canary") && !line.contains("db.example.invalid"), "{arguments:?}: {line}");
        }
        assert_eq!(place.files("."), [""; 0], "{url}");
    }
}

#[test]
fn a_postgres_on_another_machine_is_tried_with_sslmode_disable() {
    let place = Place::on(&format!("{ELSEWHERE}?sslmode=disable"));
    let line = place.run(&["migrate"]).error_line(1);
    assert!(line.contains("db.example.invalid") && !line.contains("canary"), "{line}");
}

/// On demand: `tests/long --tls`.
#[cfg(feature = "postgres-tls")]
mod with_tls {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustix::process::getuid;

    use crate::support::{Place, ports};

    /// A Postgres server that accepts only TLS connections; stopped when dropped.
    struct Server {
        folder: tempfile::TempDir,
        port: u16,
    }

    fn tools() -> PathBuf {
        let versions = fs::read_dir("/usr/lib/postgresql").expect("Debian's PostgreSQL");
        versions.flatten().map(|version| version.path().join("bin")).max().expect("a version")
    }

    /// Runs a tool as the user `postgres` if this is root, because server and tools refuse to run as root.
    fn as_postgres(tool: &str, arguments: &[&str], folder: &Path) {
        let tool = tools().join(tool);
        let mut command = if getuid().is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(tool);
            command
        } else {
            Command::new(tool)
        };
        let status = command.args(arguments).current_dir(folder).stdout(Stdio::null()).status().expect("a command");
        assert!(status.success(), "{arguments:?}");
    }

    impl Server {
        fn start() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().to_owned();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("rights");
            let mut authority = CertificateParams::default();
            authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority =
                CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("a root");
            let key = KeyPair::generate().expect("a key");
            let names = vec!["localhost".to_owned()];
            let leaf =
                CertificateParams::new(names).expect("names").signed_by(&key, &authority).expect("a certificate");
            let data = path.join("data").to_string_lossy().into_owned();
            as_postgres("initdb", &["-D", &data, "-A", "trust", "-U", "postgres", "-N"], &path);
            fs::write(path.join("root.pem"), authority.pem()).expect("a file");
            let other = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
            fs::write(path.join("other.pem"), other.cert.pem()).expect("a file");
            fs::write(path.join("data/server.crt"), leaf.pem()).expect("a file");
            fs::write(path.join("data/server.key"), key.serialize_pem()).expect("a file");
            fs::write(path.join("data/pg_hba.conf"), "hostssl all all 127.0.0.1/32 trust\n").expect("a file");
            fs::set_permissions(path.join("data/server.key"), fs::Permissions::from_mode(0o600)).expect("rights");
            if getuid().is_root() {
                let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata(&data).expect("data"));
                chown(path.join("data/server.key"), Some(owner), None).expect("an owner");
            }
            let port = ports::free();
            let options = format!(
                "-c ssl=on -c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off",
                path.display()
            );
            let log = path.join("log").to_string_lossy().into_owned();
            as_postgres("pg_ctl", &["-D", &data, "-o", &options, "-l", &log, "-w", "start"], &path);
            Self { folder, port }
        }

        fn url(&self, query: &str) -> String {
            let folder = self.folder.path().display().to_string();
            format!("postgres://postgres@localhost:{}/postgres?{}", self.port, query.replace('~', &folder))
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let data = self.folder.path().join("data").to_string_lossy().into_owned();
            as_postgres("pg_ctl", &["-D", &data, "-m", "immediate", "stop"], self.folder.path());
        }
    }

    #[test]
    #[ignore = "on demand: tests/long --tls"]
    fn on_demand_a_build_with_tls_uses_and_verifies_it_as_the_url_says() {
        let server = Server::start();
        for query in ["sslmode=prefer", "sslmode=require", "sslmode=verify-full&sslrootcert=~/root.pem"] {
            Place::on(&server.url(query)).run_ok(&["migrate"]);
        }
        for (query, why) in [
            ("sslmode=disable", "no encryption"),
            ("sslmode=verify-full&sslrootcert=~/other.pem", "certificate verify failed"),
            ("sslmode=verify-full&sslrootcert=~/root.pem&hostaddr=127.0.0.1&host=db.example.com", "db.example.com"),
        ] {
            let line = Place::on(&server.url(query)).run(&["migrate"]).error_line(1);
            assert!(line.contains(why), "{query}: {line}");
        }
    }
}
