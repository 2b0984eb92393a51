//! `/webhooks/{id}/verify`: code that verifies a signature, and why one does not.

use askama::Template;

use super::Tab;
use crate::domain::accounts::user::Language;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::verification::{Difference, Finding};
use crate::i18n::Translator;
use crate::views::components::Badge;
use crate::views::filters;
use crate::views::layout::{Notice, Place, Shell};

/// What was typed, and what was found out about it.
#[derive(Clone, Debug, Default)]
pub struct VerifyForm<'a> {
    /// The header `webhook-id`.
    pub id: &'a str,
    /// The header `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The header `webhook-signature`.
    pub signature: &'a str,
    /// The body.
    pub body: &'a str,
    /// What was found out, once something was asked.
    pub finding: Option<Finding>,
    /// Where the body differs from what was sent.
    pub difference: Option<Difference>,
    /// Whether the event is still known.
    pub known: bool,
}

/// The page. `as_verdict` is the answer to the form.
#[derive(Template)]
#[template(path = "webhooks/verify_signature.html", blocks = ["verdict"])]
pub struct VerifyPage<'a> {
    shell: Shell<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    badge: Badge,
    tab: Tab,
    form: VerifyForm<'a>,
    snippets: [Snippet; 6],
}

/// Code in one language; its name is the same in all languages.
struct Snippet {
    name: &'static str,
    id: &'static str,
    code: &'static str,
}

const SNIPPETS: [Snippet; 6] = [
    Snippet { name: "Python", id: "python", code: include_str!("../../../templates/webhooks/snippets/verify.py") },
    Snippet { name: "Node.js", id: "node", code: include_str!("../../../templates/webhooks/snippets/verify.mjs") },
    Snippet { name: "PHP", id: "php", code: include_str!("../../../templates/webhooks/snippets/verify.php") },
    Snippet { name: "Go", id: "go", code: include_str!("../../../templates/webhooks/snippets/verify.go") },
    Snippet { name: "Rust", id: "rust", code: include_str!("../../../templates/webhooks/snippets/verify.rs") },
    Snippet { name: "openssl", id: "openssl", code: include_str!("../../../templates/webhooks/snippets/verify.sh") },
];

/// A signed request from the command line.
const SEND: &str = include_str!("../../../templates/webhooks/snippets/send.sh");

impl<'a> VerifyPage<'a> {
    /// The page.
    pub fn new(shell: Shell<'a>, webhook: &'a Webhook, form: VerifyForm<'a>) -> Self {
        let t = shell.t;
        let badge = Badge::of_state(t, webhook.state);
        Self { t, shell: shell.at(Place::Webhooks), webhook, badge, tab: Tab::Secret, form, snippets: SNIPPETS }
    }
}
