//! Users and tokens in the document.

use serde_json::{Value, json};
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{ComponentsBuilder, Required};

use super::answer::answer;
use super::operation::{Group, Operation};
use super::schema::{
    Members, anything, boolean, choice, enveloped, integer, list, named, object, open, or_null, text, time,
};
use super::{errors, examples};
use crate::domain::accounts::api_token::Scope;
use crate::domain::accounts::user::Role;
use crate::http::api::error_code::Code;

pub fn add(components: ComponentsBuilder) -> ComponentsBuilder {
    components
        .schema("User", user())
        .schema("Token", token())
        .schema("NewToken", token().has("token", or_null(text("Its text, which no other answer has."))))
}

pub fn operations() -> Vec<Operation> {
    let of = |method, path, id, summary| Operation::managing(Group::Accounts, method, path, id, summary);
    let made = json!({ "payload": { "token": with_text(examples::token()) } });
    vec![
        of(HttpMethod::Get, "/users", "listUsers", "List all users").answers(
            "200",
            answer("The users, by e-mail address.")
                .json(object("").has("payload", list("", named("User"))), json!({ "payload": [example()] })),
        ),
        of(HttpMethod::Post, "/users", "inviteUser", "Invite a person")
            .body(Required::True, invited().into(), json!({ "email": "anna@example.com", "role": "viewer" }))
            .answers(
                "200",
                answer("The invitation, with a one-time link to the new account.")
                    .json(
                        enveloped("invitation", invitation()),
                        json!({ "payload": { "invitation": example_of_invitation() } }),
                    )
                    .header("Idempotent-Replayed"),
            )
            .refused(
                "409",
                "Another request has invited this person (`changed`).",
                errors::example(Code::Changed, "Another request has invited this person"),
            ),
        of(HttpMethod::Patch, "/users/{id}", "updateUser", "Change the role or the access of a user")
            .about("Taking access ends all sessions at once. The last administrator stays one (`last_administrator`).")
            .id(id("user"))
            .body(Required::True, change().into(), json!({ "role": "viewer" }))
            .answers(
                "200",
                answer("The user.").json(enveloped("user", named("User")), json!({ "payload": { "user": example() } })),
            ),
        of(HttpMethod::Delete, "/users/{id}", "deleteUser", "Delete a user")
            .id(id("user"))
            .answers("200", answer("It was deleted. No body.")),
        of(HttpMethod::Get, "/tokens", "listTokens", "List all tokens")
            .about("Also revoked and expired ones.")
            .answers(
                "200",
                answer("The tokens, oldest first.").json(
                    object("").has("payload", list("", named("Token"))),
                    json!({ "payload": [examples::token()] }),
                ),
            ),
        of(HttpMethod::Post, "/tokens", "createToken", "Create a token")
            .body(Required::True, new_token().into(), json!({ "name": "CRM", "scopes": ["read", "operate"] }))
            .answers(
                "200",
                answer("The token, with its text.")
                    .json(enveloped("token", named("NewToken")), made)
                    .header("Idempotent-Replayed"),
            ),
        of(HttpMethod::Delete, "/tokens/{id}", "revokeToken", "Revoke a token")
            .id(id("token"))
            .answers("200", answer("It is revoked. No body.")),
    ]
}

fn id(noun: &str) -> ObjectBuilder {
    integer(&format!("The id of the {noun}.")).examples([json!(2)])
}

fn roles() -> impl Iterator<Item = &'static str> {
    Role::ALL.iter().map(|one| one.as_str())
}

fn scopes() -> impl Iterator<Item = &'static str> {
    Scope::ALL.iter().map(|one| one.as_str())
}

fn user() -> Members {
    let moment = |about: &str| or_null(time(about));
    object("A person who signs in.")
        .has("id", integer("The id in paths."))
        .has("email", text(""))
        .has("name", text("May be empty."))
        .has("role", open("What the person may do.", roles()))
        .has("enabled", boolean("Whether the person may sign in."))
        .has("language", open("The language of the pages; `null`: that of the browser.", ["en", "uk"]))
        .has("time_zone", text("The time zone of the pages."))
        .has("created_at", time("When the account was made."))
        .has("disabled_at", moment("When access was taken."))
        .has("last_sign_in_at", moment("The last sign-in."))
}

fn change() -> Members {
    let members = object("")
        .may("role", choice("The new role.", roles()))
        .may("enabled", boolean("`false` takes access, `true` gives it back."));
    let out = ["id", "email", "name", "language", "time_zone", "created_at", "disabled_at", "last_sign_in_at"];
    let only_out =
        |members: Members, name: &&str| members.may(name, anything("Comes out only; ignored.").read_only(true));
    out.iter().fold(members, only_out).and_no_other()
}

fn invited() -> Members {
    object("")
        .has("email", text("The address of the person.").max_length(Some(254)))
        .has("role", choice("What the person may do.", roles()))
        .may("name", or_null(text("The name on the pages.")))
        .and_no_other()
}

fn invitation() -> Members {
    object("An invitation.")
        .has("email", text(""))
        .has("name", text(""))
        .has("role", open("What the person may do.", roles()))
        .has("url", or_null(text("The one-time link.")))
        .has("expires_at", time("Until when the link works."))
}

fn token() -> Members {
    let moment = |about: &str| or_null(time(about));
    object("A token, without its text.")
        .has("id", integer("The id in paths."))
        .has("name", text(""))
        .has("prefix", text("The beginning of its text."))
        .has("scopes", list("What it may do.", open("", scopes())))
        .has("created_at", time("When it was made."))
        .has("expires_at", moment("Until when it works."))
        .has("last_used_at", moment("About when it was last used."))
        .has("revoked_at", moment("When it was revoked."))
}

fn new_token() -> Members {
    object("")
        .has("name", text("What it is for."))
        .has("scopes", list("At least one.", choice("", scopes())))
        .may("expires_at", or_null(time("In the future; left out: it does not expire.")))
        .and_no_other()
}

fn with_text(mut token: Value) -> Value {
    if let Some(members) = token.as_object_mut() {
        members.insert("token".to_owned(), json!("hk_4f0a1b2c3d4e5f60718293a4b5c6d7e8"));
    }
    token
}

fn example() -> Value {
    json!({
        "id": 2,
        "email": "anna@example.com",
        "name": "Anna",
        "role": "viewer",
        "enabled": true,
        "language": "en",
        "time_zone": "Europe/Kyiv",
        "created_at": "2026-11-21T09:00:00Z",
        "disabled_at": null,
        "last_sign_in_at": "2026-11-21T09:00:00Z",
    })
}

fn example_of_invitation() -> Value {
    json!({
        "email": "anna@example.com",
        "name": "",
        "role": "viewer",
        "url": "https://hachok.example.com/invite/0123456789abcdef",
        "expires_at": "2026-11-28T09:00:00Z",
    })
}
