//! The rules for the port of a target address.

use url::Url;

use crate::domain::problem::Problem;

/// Ports of services that could misinterpret an HTTP request, or that are often unprotected in private networks:
/// databases, name and container services, mail, IRC, X11 and similar.
const REFUSED: [u16; 32] = [
    1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3659, 4045, 4190, 5060, 5061, 5432, 6000, 6379, 6566, 6665,
    6666, 6667, 6668, 6669, 6679, 6697, 9200, 9300, 10080, 10250, 10255, 11211, 27017,
];

/// Returns the port that will be called: the default of the scheme, or one from 1024 that is not refused.
pub(super) fn check(url: &Url) -> Result<u16, Problem> {
    match (url.scheme(), url.port_or_known_default()) {
        ("https", Some(443)) => Ok(443),
        ("http", Some(80)) => Ok(80),
        (_, Some(port @ 1024..)) if !REFUSED.contains(&port) => Ok(port),
        _ => Err(Problem::UrlPortRefused),
    }
}
