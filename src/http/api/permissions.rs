//! Which scope a request to the management API needs (docs/reference/http-api.md, "Scopes").

use actix_web::http::Method;

use crate::domain::accounts::api_token::{Scope, Scopes};

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needed {
    /// Any token.
    Token,
    /// A token with this scope.
    Scope(Scope),
}

impl Needed {
    /// The scope that is missing, if the token does not allow the request.
    pub fn missing(self, scopes: Scopes) -> Option<Scope> {
        match self {
            Self::Scope(scope) if !scopes.allow(scope) => Some(scope),
            Self::Token | Self::Scope(_) => None,
        }
    }
}

/// The paths that the scope `operate` may write. PATCH of a webhook is further restricted by its members
/// ([`super::names::Members::OPERATED`]).
const OPERATED: [(&str, &str); 8] = [
    ("PATCH", "/webhooks/{id}"),
    ("PUT", "/webhooks/{id}"),
    ("POST", "/webhooks/{id}/test"),
    ("POST", "/webhooks/{id}/recoveries"),
    ("DELETE", "/recoveries/{id}"),
    ("POST", "/deliveries/{id}/redelivery"),
    ("POST", "/deliveries/{id}/cancellation"),
    ("POST", "/events/{id}/deliveries"),
];

/// What a request with `method` to the route `pattern` needs. A route that is not named here needs `read` for GET, and
/// `admin` for everything else.
pub fn needed(method: &Method, pattern: &str) -> Needed {
    let path = pattern.strip_prefix("/api/v1/accounts/{account}").unwrap_or(pattern);
    let is_of = |resource: &str| path == resource || path.starts_with(&format!("{resource}/"));
    let is_accounts = is_of("/users") || is_of("/tokens");
    Needed::Scope(match (method.is_safe(), is_accounts) {
        (true, true) => Scope::Admin,
        (true, false) if path == "/api/v1/token" => return Needed::Token,
        (true, false) => Scope::Read,
        (false, true) => Scope::Accounts,
        (false, false) if OPERATED.contains(&(method.as_str(), path)) => Scope::Operate,
        (false, false) => Scope::Admin,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_route_needs_the_scope_of_the_reference() {
        let scope = |scope: Scope| Needed::Scope(scope);
        for (method, path, expected) in [
            (Method::GET, "/api/v1/token", Needed::Token),
            (Method::GET, "/api/v1/profile", scope(Scope::Read)),
            (Method::GET, "/webhooks", scope(Scope::Read)),
            (Method::POST, "/webhooks", scope(Scope::Admin)),
            (Method::PATCH, "/webhooks/{id}", scope(Scope::Operate)),
            (Method::DELETE, "/webhooks/{id}", scope(Scope::Admin)),
            (Method::POST, "/webhooks/{id}/secret", scope(Scope::Admin)),
            (Method::POST, "/webhooks/{id}/test", scope(Scope::Operate)),
            (Method::POST, "/deliveries/{id}/redelivery", scope(Scope::Operate)),
            (Method::DELETE, "/recoveries/{id}", scope(Scope::Operate)),
            (Method::POST, "/recoveries/{id}", scope(Scope::Admin)),
            (Method::GET, "/users", scope(Scope::Admin)),
            (Method::POST, "/users", scope(Scope::Accounts)),
            (Method::DELETE, "/tokens/{id}", scope(Scope::Accounts)),
            (Method::POST, "/nothing", scope(Scope::Admin)),
        ] {
            let pattern =
                if path.starts_with("/api") { path.to_owned() } else { format!("/api/v1/accounts/{{account}}{path}") };
            assert_eq!(needed(&method, &pattern), expected, "{method} {path}");
        }
    }
}
