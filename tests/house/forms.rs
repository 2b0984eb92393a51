//! Forms of the templates: none sends or creates something twice because its button was pressed twice.

use super::files;

/// Actions that may run twice, because the second one changes nothing: by the end of their path.
const IDEMPOTENT: [&str; 21] = [
    "/sign-out",
    "/sign-in",
    "/sign-outs",
    "activation",
    "/cancellation",
    "/restoration",
    "/archival",
    "/revocation",
    "/deletion",
    "/withdrawal",
    // They store values, and the second post stores the same values.
    "/inboxes/{{ inbox.id }}",
    "/users/{{ user.id }}",
    "/settings",
    "/profile",
    // Checks, and changes nothing.
    "/verify",
    "/check",
    "/comparison",
    // Take in or remove what is listed, once each.
    "/missing",
    "/missing/mode",
    "/disconnection",
    // Ends the validity of the old secret; the form beside it, which creates one, has a once-token.
    "/secret",
];

#[test]
fn every_form_that_sends_or_creates_has_a_once_token() {
    let mut seen = 0;
    for (path, form) in forms() {
        let action = attribute(&form, "action");
        let action = action.trim_end_matches("{% endif %}");
        let may_repeat = IDEMPOTENT.iter().any(|end| action.ends_with(end));
        let makes_secret = form.contains("name=\"overlap\"");
        assert!(form.contains("layout.once_field") || (may_repeat && !makes_secret), "{path}: {action}");
        assert!(form.contains("layout.csrf_field()"), "{path}: {action}");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn every_form_that_htmx_sends_is_sent_once_at_a_time() {
    let mut seen = 0;
    for (path, form) in forms().into_iter().filter(|(_, form)| form.contains("hx-post=")) {
        assert_eq!(attribute(&form, "hx-sync"), "this:drop", "{path}: {}", attribute(&form, "action"));
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

/// Every form of the templates that is posted, from its tag to its end, with the path of its template.
fn forms() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (path, text) in files("templates", ".html") {
        for rest in text.split("<form").skip(1) {
            let form = rest.split("</form>").next().unwrap_or_default();
            if form.contains("method=\"post\"") {
                found.push((path.clone(), form.to_owned()));
            }
        }
    }
    found
}

fn attribute(form: &str, name: &str) -> String {
    let value = form.split(&format!(" {name}=\"")).nth(1).unwrap_or_default();
    value.split('"').next().unwrap_or_default().to_owned()
}
