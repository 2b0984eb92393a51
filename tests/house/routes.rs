//! The route table, read from its source: tests that walk it include new routes automatically.

use super::files;

/// A path and its methods.
pub struct Route {
    pub path: String,
    pub methods: Vec<&'static str>,
}

const METHODS: [&str; 5] = ["get", "post", "patch", "put", "delete"];

/// The routes of the pages.
pub fn pages() -> Vec<Route> {
    read("fn pages", "\0")
}

/// Health, static files, ingest: the routes outside the pages and the management API.
pub fn others() -> Vec<Route> {
    let mut found = split("fn table", "fn management");
    found.retain(|route| !route.methods.is_empty());
    assert!(found.len() > 5, "the route table is not empty");
    found
}

/// The routes of the management API, below `/api/v1/accounts/1`.
pub fn management() -> Vec<Route> {
    read("fn management", "fn pages")
}

fn read(from: &str, to: &str) -> Vec<Route> {
    let found = split(from, to);
    assert!(found.len() > 8 && found.iter().all(|route| !route.methods.is_empty()), "{from} was read");
    found
}

fn split(from: &str, to: &str) -> Vec<Route> {
    let (_, source) = files("src/http", "routes.rs").remove(0);
    let (_, part) = source.split_once(from).expect("a part of the table");
    let part = part.split(to).next().unwrap_or_default();
    let mut found: Vec<Route> = Vec::new();
    for (at, piece) in part.split('"').enumerate() {
        if at % 2 == 1 && piece.starts_with('/') {
            found.push(Route { path: piece.replace(r":\d+", ""), methods: Vec::new() });
        } else if let (0, Some(route)) = (at % 2, found.last_mut()) {
            route.methods.extend(METHODS.iter().filter(|method| piece.contains(&format!(".{method}("))));
        }
    }
    found
}
