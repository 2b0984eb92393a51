//! `/chatwoot`: the connections, and the forms to connect an account.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::db::DbConnection;
use crate::db::chatwoot::{self, NewConnection, counts};
use crate::db::once::Done;
use crate::delivery::chatwoot::client::CallError;
use crate::domain::chatwoot::connection::{self, Account};
use crate::domain::chatwoot::inputs;
use crate::domain::id::ConnectionId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::secret_box::{Sealed, expose};
use crate::domain::webhooks::authorization::parse_token;
use crate::domain::webhooks::target_url::TargetUrl;
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::double_submit;
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::http::request::session::UserSession;
use crate::views::NoticeKind;
use crate::views::chatwoot::accounts::AccountsPage;
use crate::views::chatwoot::list::{ConnectInput, ConnectionsPage};

/// How long a person may take to choose an account, in microseconds.
const CHOICE_LIFETIME_MICROS: i64 = 600 * 1_000_000;

/// The list, with the forms to connect.
pub async fn list(state: Data<State>, SignedIn(context): SignedIn) -> Answer {
    let typed = context.typed_before("/chatwoot").or_else(|| context.typed_before("/chatwoot/manual"));
    show(&state, &context, typed.map(typed_of).unwrap_or_default(), &Problems::default()).await
}

async fn show(state: &State, context: &PageContext, typed: ConnectInput<'_>, problems: &Problems) -> Answer {
    let load = |conn: &mut DbConnection| Ok((chatwoot::list(conn)?, counts::wrong_keys(conn)?));
    let (connections, wrong_keys) = state.db.read(load).await?;
    let status = if problems.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let server = state.public.as_str().trim_end_matches('/');
    render(status, &ConnectionsPage::new(context.layout(), &connections, wrong_keys, server, typed, problems))
}

fn typed_of(form: &Form) -> ConnectInput<'_> {
    ConnectInput { url: form.get("url"), name: form.get("name"), account: form.get("account") }
}

/// Checks the token, and connects its account; with several accounts asks which one.
pub async fn connect(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let (mut problems, typed) = (Problems::default(), typed_of(&form));
    let url = problems.keep(Field::ChatwootUrl, inputs::parse_base_url(typed.url, &state.policy));
    let token = problems.keep(Field::ChatwootToken, parse_token(form.get("token")));
    let (Some(base_url), Some(token)) = (url, token) else { return show(&state, &context, typed, &problems).await };
    let accounts = match state.engine.chatwoot_accounts(&base_url, &token).await {
        Ok(accounts) => accounts,
        Err(error) => {
            let (field, problem) = refused(error);
            return show(&state, &context, typed, &Problems::one(field, problem)).await;
        }
    };
    match accounts.as_slice() {
        [] => {
            let problem = Problems::one(Field::ChatwootToken, Problem::ChatwootNotAdministrator);
            show(&state, &context, typed, &problem).await
        }
        [account] => connected(&state, &context, session, &form, new(account, base_url, token)).await,
        _ => {
            let choice = Choice::new(&base_url, &token, accounts);
            let sealed = choice.sealed(&state, &context)?;
            render(StatusCode::OK, &AccountsPage::new(context.layout(), &choice.accounts, &base_url, &sealed))
        }
    }
}

/// What is wrong with which field, when Chatwoot does not show the accounts of a token.
fn refused(error: CallError) -> (Field, Problem) {
    let problem = match error {
        CallError::Unauthorized => return (Field::ChatwootToken, Problem::ChatwootTokenRefused),
        CallError::Limited(_) => Problem::ChatwootLimited,
        CallError::Redirected => Problem::ChatwootRedirects,
        CallError::Unreachable(failure) => Problem::ChatwootUnreachable { cause: failure.cause },
        CallError::NotFound | CallError::Refused(_) | CallError::Status(_) | CallError::BadAnswer => {
            Problem::ChatwootBadAnswer
        }
    };
    (Field::ChatwootUrl, problem)
}

/// Accounts to choose from. It travels sealed in the form, so that the token need not be typed again.
#[derive(Serialize, Deserialize)]
struct Choice {
    base_url: String,
    token: String,
    accounts: Vec<Account>,
    until: i64,
}

impl Choice {
    fn new(base_url: &TargetUrl, token: &SecretString, accounts: Vec<Account>) -> Self {
        let until = clock::now().micros() + CHOICE_LIFETIME_MICROS;
        Self { base_url: base_url.as_str().to_owned(), token: expose(token).to_owned(), accounts, until }
    }

    fn sealed(&self, state: &State, context: &PageContext) -> Result<String, PageError> {
        let internal = |error: &dyn std::fmt::Display| PageError::Internal(error.to_string());
        let text = serde_json::to_string(self).map_err(|error| internal(&error))?;
        let sealed = state.db.secret_box().seal(&text, &place(context), clock::random());
        Ok(sealed.map_err(|error| internal(&error))?.0)
    }

    /// `None` if it was made for another user or more than ten minutes ago.
    fn opened(state: &State, context: &PageContext, sealed: &str) -> Option<Self> {
        let text = state.db.secret_box().open(&Sealed(sealed.to_owned()), &place(context)).ok()?;
        let choice: Self = serde_json::from_str(expose(&text)).ok()?;
        (clock::now().micros() < choice.until).then_some(choice)
    }
}

fn place(context: &PageContext) -> String {
    format!("chatwoot.accounts:{}", context.user_id().map(|id| id.to_string()).unwrap_or_default())
}

/// Connects the account that was chosen.
pub async fn choose(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let choice = Choice::opened(&state, &context, form.get("choice"));
    let chosen = choice.and_then(|choice| {
        let wanted: i64 = form.get("account").parse().ok()?;
        let account = choice.accounts.into_iter().find(|account| account.id == wanted)?;
        Some((account, TargetUrl::from_stored(&choice.base_url)?, choice.token.into()))
    });
    match chosen {
        Some((account, base_url, token)) => {
            connected(&state, &context, session, &form, new(&account, base_url, token)).await
        }
        None => {
            let problems = Problems::one(Field::Form, Problem::ChatwootChoiceTooOld);
            show(&state, &context, ConnectInput::default(), &problems).await
        }
    }
}

fn new(account: &Account, base_url: TargetUrl, token: SecretString) -> NewConnection {
    NewConnection {
        name: account.name.clone(),
        account_id: Some(account.id),
        server: Some((base_url, token)),
        key: connection::key_from_random(clock::random()).into(),
    }
}

/// Makes a connection whose URL a person enters in Chatwoot.
pub async fn make_manual(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let (mut problems, typed) = (Problems::default(), typed_of(&form));
    let name = problems.keep(Field::ChatwootName, inputs::parse_name(typed.name));
    let account = problems.keep(Field::ChatwootAccount, inputs::parse_account(typed.account));
    let (Some(name), Some(account_id)) = (name, account) else { return show(&state, &context, typed, &problems).await };
    let key = connection::key_from_random(clock::random()).into();
    let new = NewConnection { name, account_id, server: None, key };
    connected(&state, &context, session, &form, new).await
}

/// Stores a connection, registers it in Chatwoot, and leads to its page, which shows what failed there.
async fn connected(state: &State, context: &PageContext, session: Session, form: &Form, new: NewConnection) -> Answer {
    let (secret_box, now, is_manual) = (state.db.secret_box(), context.now, new.server.is_none());
    let insert = move |conn: &mut DbConnection| -> Result<Done<ConnectionId>, crate::db::Error> {
        Ok(Done::plain(chatwoot::connect(conn, &secret_box, &new, now)?))
    };
    let id = double_submit::write(state, form.once(), insert).await?.made;
    if !is_manual {
        match state.engine.visit_chatwoot(id).await {
            Ok(()) => UserSession(session).store_notice(NoticeKind::ChatwootConnected.as_str()),
            // The task makes the visit.
            Err(error) => error.log("a new connection to a Chatwoot is registered later"),
        }
    }
    Ok(redirect_to(context, &format!("/chatwoot/{id}")))
}
