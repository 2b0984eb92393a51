//! Connections to Chatwoot: the list, connecting, and one connection.

use actix_session::Session;

use super::{Answer, redirect_to};
use crate::http::request::page_context::PageContext;
use crate::http::request::session::UserSession;

pub mod connect;
pub mod connection;
pub mod missing;

/// Leads to a page, which shows the notice.
fn lead_to(context: &PageContext, session: Session, path: &str, notice: Option<&str>) -> Answer {
    if let Some(notice) = notice {
        UserSession(session).store_notice(notice);
    }
    Ok(redirect_to(context, path))
}
