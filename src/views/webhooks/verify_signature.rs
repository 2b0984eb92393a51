//! `/webhooks/{id}/verify`: code that verifies signatures, and a form that finds out why one is not valid.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::webhooks::Webhook;
use crate::domain::webhooks::verification::{Difference, Finding};
use crate::i18n::Translator;
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields as typed, and the result of the check.
#[derive(Clone, Debug, Default)]
pub struct VerifyForm<'a> {
    /// The header `webhook-id`.
    pub id: &'a str,
    /// The header `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The header `webhook-signature`.
    pub signature: &'a str,
    pub body: &'a str,
    /// `None` before the form was sent.
    pub finding: Option<Finding>,
    /// Where the typed body differs from the one that was sent.
    pub difference: Option<Difference>,
    /// The event is stored, so the bodies could be compared.
    pub known: bool,
}

/// The page. `as_verdict` is the answer to the form.
#[derive(Template)]
#[template(path = "webhooks/verify_signature.html", blocks = ["verdict"])]
pub struct VerifyPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    webhook: &'a Webhook,
    form: VerifyForm<'a>,
    snippets: [Snippet; 6],
}

/// Sample code. Names of programming languages are not translated.
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

/// A layout script that sends a signed request.
const SEND: &str = include_str!("../../../templates/webhooks/snippets/send.sh");

impl<'a> VerifyPage<'a> {
    pub fn new(layout: Layout<'a>, webhook: &'a Webhook, form: VerifyForm<'a>) -> Self {
        let t = layout.t;
        Self { t, layout: layout.at(Place::Webhooks), webhook, form, snippets: SNIPPETS }
    }
}
