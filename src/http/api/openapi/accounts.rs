//! The profile and the token of the caller in the document.

use serde_json::json;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::HttpMethod;

use super::answer::answer;
use super::examples;
use super::operation::{Group, Operation};
use super::schema::{
    Members, anything, boolean, enveloped, integer, list, map, named, object, open, or_null, text, time, with_ignored,
};
use crate::http::api::accounts::profile::of_role;

const ROLES: [&str; 2] = ["administrator", "agent"];

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components.schema("Profile", with_ignored(profile()))
}

pub fn operations() -> Vec<Operation> {
    let summary = "Show the account of the token";
    vec![
        Operation::public(Group::Accounts, HttpMethod::Get, "/api/v1/profile", "getProfile", summary)
            .about("In Chatwoot's shape: many of its clients ask this first.")
            .limited()
            .answers("200", answer("The profile.").json(named("Profile"), of_role("administrator"))),
        Operation::public(
            Group::Accounts,
            HttpMethod::Get,
            "/api/v1/token",
            "getToken",
            "Show the token of the request",
        )
        .about("With any scope.")
        .limited()
        .errors(&["Invalid"])
        .answers(
            "200",
            answer("The token.")
                .json(enveloped("token", named("Token")), json!({ "payload": { "token": examples::token() } })),
        ),
    ]
}

fn profile() -> Members {
    let fixed = "Of Chatwoot; has no meaning here.";
    let account = object("The one account.")
        .has("id", integer("Always 1."))
        .has("name", text(""))
        .has("status", text(fixed))
        .has("active_at", or_null(time(fixed)))
        .has("role", open("The role of the token.", ROLES))
        .has("permissions", list(fixed, text("")))
        .has("availability", text(fixed))
        .has("availability_status", text(fixed))
        .has("auto_offline", boolean(fixed));
    object("The profile of the account, in Chatwoot's shape.")
        .has("id", integer("Always 1."))
        .has("uid", text(fixed))
        .has("name", text(fixed))
        .has("available_name", text(fixed))
        .has("display_name", text(fixed))
        .has("email", text("An address that gets no mail: a token belongs to no person."))
        .has("account_id", integer("Always 1."))
        .has("role", open("The role of the token.", ROLES))
        .has("confirmed", boolean(fixed))
        .has("provider", text(fixed))
        .has("avatar_url", text(fixed))
        .has("type", or_null(text(fixed)))
        .has("availability_status", text(fixed))
        .has("custom_attributes", map(fixed, anything("")))
        .has("ui_settings", map(fixed, anything("")))
        .has("accounts", list("The one account.", account))
}
