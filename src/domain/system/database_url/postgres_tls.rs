//! Decides which Postgres servers a build without TLS may connect to.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;

use super::error::{BadUrl, bad};
use super::postgres::{Parts, PostgresUrl, parameters};

/// The end of each refusal.
const WITHOUT_TLS: &str = "this build leaves out (build with --features postgres-tls, or use a released binary)";

impl PostgresUrl {
    /// Refuses a URL that asks a build without TLS for TLS, and a server on another machine unless the URL says
    /// `sslmode=disable`: everything would be sent unencrypted. `environment` reads a variable of the process; libpq
    /// takes from there what the URL leaves out (PostgreSQL 18, 32.15).
    pub(crate) fn check_tls(&self, has_tls: bool, environment: impl Fn(&str) -> Option<String>) -> Result<(), BadUrl> {
        if has_tls {
            return Ok(());
        }
        let query = self.parts().query;
        match parameters(query).filter(|(name, _)| *name == "sslmode").last() {
            Some((_, "disable")) => Ok(()),
            Some((_, "require" | "verify-ca" | "verify-full")) => bad(format!("asks for TLS, which {WITHOUT_TLS}")),
            _ if parameters(query).any(|(name, _)| ["ssl", "sslnegotiation"].contains(&name)) => {
                bad(format!("asks for TLS, which {WITHOUT_TLS}"))
            }
            _ if self.is_on_this_machine(environment) => Ok(()),
            _ => bad(format!(
                "names a server on another machine, and a connection to it needs TLS, which {WITHOUT_TLS}; where the \
                 network may read everything, add sslmode=disable"
            )),
        }
    }

    /// Whether all hosts are Unix sockets, `localhost` or loopback addresses. False with a `service`, which may name any
    /// host.
    fn is_on_this_machine(&self, environment: impl Fn(&str) -> Option<String>) -> bool {
        let Parts { hosts, query, .. } = self.parts();
        if parameters(query).any(|(name, _)| name == "service") || environment("PGSERVICE").is_some() {
            return false;
        }
        let of_query =
            |name| parameters(query).filter(|(known, _)| *known == name).last().map(|(_, value)| decoded(value));
        let of_url = Some(decoded(hosts)).filter(|hosts| !hosts.is_empty());
        let address = of_query("hostaddr").or_else(|| environment("PGHOSTADDR"));
        let host = of_query("host").or(of_url).or_else(|| environment("PGHOST"));
        // libpq connects to `hostaddr` where it is set; `host` is then the name in the server's certificate.
        address.or(host).unwrap_or_default().split(',').all(is_on_this_machine)
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `host` has a port or none. An empty one is libpq's default, a Unix socket.
fn is_on_this_machine(host: &str) -> bool {
    let address = |text: &str| text.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let bare = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None if address(host) => return true,
        None => host.split(':').next().unwrap_or_default(),
    };
    bare.is_empty() || bare.starts_with(['/', '@']) || bare.eq_ignore_ascii_case("localhost") || address(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_a_server_on_another_machine_is_refused_unless_the_url_disables_tls() {
        let check = |rest: &str, environment: &[(&str, &str)]| {
            let find =
                |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into());
            let url = PostgresUrl::parse(&format!("//{rest}")).expect("a URL");
            assert_eq!(url.check_tls(true, find), Ok(()), "{rest}");
            url.check_tls(false, find).map_err(|error| error.to_string())
        };
        for rest in [
            "/h",
            "u:p@localhost/h",
            "LOCALHOST:5432/h",
            "127.0.0.1/h",
            "127.8.8.8:1/h",
            "[::1]/h",
            "[::1]:5432/h",
            "localhost,127.0.0.1:5433/h",
            "%2Fvar%2Frun/h",
            "/h?host=/var/run",
            "/h?host=@abstract",
            "db/h?host=localhost",
            "db/h?hostaddr=127.0.0.1",
            "/h?hostaddr=::1",
            "localhost/h?sslmode=prefer",
            "db/h?sslmode=disable",
            "db.example.com:5432,10.0.0.1/h?sslmode=disable",
        ] {
            assert_eq!(check(rest, &[]), Ok(()), "{rest}");
        }
        for rest in [
            "u:p@db/h",
            "db.example.com:5432/h",
            "10.0.0.1/h",
            "[2001:db8::1]/h",
            "localhost,db/h",
            "127.0.0.1.example.com/h",
            "localhost.example.com/h",
            "localhost/h?host=db",
            "localhost/h?hostaddr=10.0.0.1",
            "/h?host=localhost&host=db",
            "localhost/h?service=main",
            "db/h?sslmode=prefer",
            "db/h?sslmode=allow",
            "db/h?sslmode=disable&sslmode=prefer",
        ] {
            let refusal = check(rest, &[]).unwrap_err();
            assert!(refusal.contains("another machine") && refusal.contains("postgres-tls"), "{rest}: {refusal}");
        }
        for rest in
            ["localhost/h?sslmode=require", "db/h?sslmode=verify-full", "/h?ssl=true", "/h?sslnegotiation=direct"]
        {
            let refusal = check(rest, &[]).unwrap_err();
            assert!(refusal.contains("asks for TLS") && refusal.contains("postgres-tls"), "{rest}: {refusal}");
        }
        // What the URL leaves out comes from the environment.
        assert_eq!(check("/h", &[("PGHOST", "/var/run")]), Ok(()));
        assert_eq!(check("localhost/h", &[("PGHOST", "db")]), Ok(()));
        for variable in [("PGHOST", "db"), ("PGHOSTADDR", "10.0.0.1"), ("PGSERVICE", "main")] {
            assert!(check("/h", &[variable]).is_err(), "{variable:?}");
        }
    }
}
