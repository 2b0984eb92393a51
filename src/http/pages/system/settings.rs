//! `/settings`: stored settings, and those of the command line.

use std::time::Duration;

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::web::Data;

use crate::db::system::settings;
use crate::delivery::{DELAYS, LIFETIME};
use crate::domain::accounts::user::{Language, Role};
use crate::domain::problem::Problems;
use crate::domain::system::settings::Settings;
use crate::domain::webhooks::health::{OFF_AFTER, OFF_FAILURES};
use crate::http::State;
use crate::http::error::PageError;
use crate::http::pages::{Answer, redirect_to, render};
use crate::http::request::form::Form;
use crate::http::request::page_context::{Admin, PageContext, SignedIn};
use crate::http::request::session::UserSession;
use crate::views::NoticeKind;
use crate::views::system::settings::{SettingsInput, SettingsPage, StartSetting};

pub async fn show(state: Data<State>, SignedIn(context): SignedIn) -> Answer {
    let stored = state.db.read(settings::load).await?;
    let typed = match context.typed_before("/settings") {
        Some(form) => SettingsInput {
            language: Language::parse(form.get("language")).unwrap_or(stored.language),
            time_zone: form.get("time_zone"),
            substatus_attribute: form.get("substatus_attribute"),
            viewers_see_answers: !form.get("viewers_see_answers").is_empty(),
        },
        None => SettingsInput {
            language: stored.language,
            time_zone: &stored.time_zone,
            substatus_attribute: &stored.substatus_attribute,
            viewers_see_answers: stored.viewers_see_answers,
        },
    };
    let problems = Problems::default();
    render(StatusCode::OK, &SettingsPage::new(context.layout(), typed, &problems, fixed(&state, &context)))
}

/// Stores the settings of the form.
pub async fn save(state: Data<State>, Admin(context): Admin, session: Session, form: Form) -> Answer {
    let language = Language::parse(form.get("language")).ok_or(PageError::BadRequest)?;
    let (zone, attribute) = (form.get("time_zone"), form.get("substatus_attribute"));
    let viewers_see_answers = !form.get("viewers_see_answers").is_empty();
    match Settings::parse(language, zone, attribute, viewers_see_answers) {
        Err(problems) => {
            let typed =
                SettingsInput { language, time_zone: zone, substatus_attribute: attribute, viewers_see_answers };
            let again = SettingsPage::new(context.layout(), typed, &problems, fixed(&state, &context));
            render(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Ok(new) => {
            state.db.write(move |conn| settings::store(conn, &new)).await?;
            UserSession(session).store_notice(NoticeKind::SettingsSaved.as_str());
            Ok(redirect_to(&context, "/settings"))
        }
    }
}

/// The settings of the command line and built-in values. Only administrators see addresses of the internal network.
fn fixed(state: &State, context: &PageContext) -> Vec<StartSetting> {
    let (t, web, delivery) = (context.t(), &state.web, &state.delivery);
    let set = |name, value, variable| StartSetting { name, value, variable: Some(variable) };
    let built_in = |name, value| StartSetting { name, value, variable: None };
    let bytes = usize::try_from(web.max_payload).unwrap_or(usize::MAX);
    let address = state.public.as_str().trim_end_matches('/');
    let mut all = vec![set(t.fixed_public_url(), address.to_owned(), "HACHOK_PUBLIC_URL")];
    if context.user.as_ref().is_some_and(|user| user.role == Role::Admin) {
        all.extend([
            set(t.fixed_bind(), web.bind.to_string(), "HACHOK_BIND"),
            set(t.fixed_proxies(), listed(&web.trusted_proxies), "HACHOK_TRUSTED_PROXIES"),
            set(t.fixed_allowed(), listed(&delivery.addresses.allow_networks), "HACHOK_ALLOW_NETWORKS"),
            set(t.fixed_denied(), listed(&delivery.addresses.deny_networks), "HACHOK_DENY_NETWORKS"),
        ]);
    }
    all.extend([
        set(t.fixed_http(), if delivery.addresses.allow_http { t.yes() } else { t.no() }, "HACHOK_ALLOW_HTTP"),
        set(t.fixed_keep_alive(), t.seconds(t.number(u64::from(web.keep_alive))), "HACHOK_KEEP_ALIVE"),
        set(t.fixed_per_peer(), t.number(u64::from(web.connections_per_peer)), "HACHOK_CONNECTIONS_PER_PEER"),
        set(t.fixed_api_rate(), t.number(u64::from(web.api_rate)), "HACHOK_API_RATE"),
        set(t.fixed_payload(), t.size(bytes), "HACHOK_MAX_PAYLOAD"),
        set(t.fixed_retention(), t.days(u64::from(delivery.retention_days)), "HACHOK_RETENTION_DAYS"),
        set(t.fixed_in_flight(), t.number(u64::from(delivery.in_flight)), "HACHOK_IN_FLIGHT"),
        set(t.fixed_per_webhook(), t.number(u64::from(delivery.in_flight_per_webhook)), "HACHOK_IN_FLIGHT_PER_WEBHOOK"),
        set(t.fixed_backlog(), t.number(u64::from(delivery.backlog_per_webhook)), "HACHOK_BACKLOG_PER_WEBHOOK"),
        built_in(t.fixed_schedule(), DELAYS.map(|seconds| t.span(Duration::from_secs(seconds))).join(", ")),
        built_in(t.fixed_lifetime(), t.span(LIFETIME)),
        built_in(t.fixed_off(), t.off_rule(t.span(OFF_AFTER), u64::from(OFF_FAILURES.unsigned_abs()))),
    ]);
    all
}

fn listed(networks: &[impl ToString]) -> String {
    networks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
