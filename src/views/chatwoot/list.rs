//! `/chatwoot`.

use askama::Template;

use crate::domain::accounts::user::Language;
use crate::domain::chatwoot::connection::{Connection, Counted};
use crate::domain::name::NAME_CHARS_MAX;
use crate::domain::problem::{Field, Problems};
use crate::i18n::Translator;
use crate::views::components::{Badge, FormErrors};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields as typed, without the token.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectInput<'a> {
    /// The base URL of the Chatwoot.
    pub url: &'a str,
    /// The name of a manual connection.
    pub name: &'a str,
    /// The account of a manual connection.
    pub account: &'a str,
}

/// `/chatwoot`.
#[derive(Template)]
#[template(path = "chatwoot/list.html")]
pub struct ConnectionsPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    connections: &'a [Connection],
    wrong_keys: Option<Counted<()>>,
    typed: ConnectInput<'a>,
    errors: FormErrors<'a>,
    /// The URL of ingest with a token in place of a header.
    token_url: String,
}

impl<'a> ConnectionsPage<'a> {
    /// The list with the forms to connect. `server` is the public URL without a trailing slash.
    pub fn new(
        layout: Layout<'a>,
        connections: &'a [Connection],
        wrong_keys: Option<Counted<()>>,
        server: &str,
        typed: ConnectInput<'a>,
        problems: &'a Problems,
    ) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.chatwoot_not_connected(), problems);
        let token_url = format!("{}/api/v1/events", server.replacen("://", "://x:TOKEN@", 1));
        let layout = layout.at(Place::Chatwoot);
        Self { t: layout.t, layout, connections, wrong_keys, typed, errors, token_url }
    }

    fn badge(&self, connection: &Connection) -> Badge {
        Badge::of_connection(self.t, connection.state())
    }
}
