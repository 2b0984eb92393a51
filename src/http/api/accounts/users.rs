//! `/api/v1/accounts/1/users`: the people who sign in. Changing them needs the scope `accounts`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde_json::{Map, Value, json};

use crate::clock;
use crate::db::accounts::invitations;
use crate::db::accounts::users::{self, Change};
use crate::db::once::Done;
use crate::db::{DbConnection, WriteError};
use crate::domain::accounts::api_token;
use crate::domain::accounts::invitation::{LIFETIME, NewInvitation};
use crate::domain::accounts::user::{Role, User};
use crate::domain::hex::hex;
use crate::domain::id::UserId;
use crate::domain::problem::{Field, Problem, Problems};
use crate::domain::timestamp::Timestamp;
use crate::http::State;
use crate::http::api::error::ApiError;
use crate::http::api::error_code::Code;
use crate::http::api::management::{Caller, JsonObject};
use crate::http::api::names::body_members;
use crate::http::middleware::idempotency::Once;

type Ids = Path<(String, UserId)>;

body_members!(NewUserMembers: "email", "name", "role");
// The last eight only come out.
body_members!(UserMembers:
    "role", "enabled", "id", "email", "name", "language", "time_zone", "created_at", "disabled_at", "last_sign_in_at");

/// All users, by e-mail address.
pub async fn list(state: Data<State>, _caller: Caller) -> Result<HttpResponse, ApiError> {
    let list: Vec<Value> = state.db.read(users::list).await?.iter().map(shape).collect();
    Ok(HttpResponse::Ok().json(json!({ "payload": list })))
}

/// Invites a person: the answer has the one-time link to the new account.
pub async fn invite(
    state: Data<State>,
    _caller: Caller,
    once: Once,
    object: JsonObject<NewUserMembers>,
) -> Result<HttpResponse, ApiError> {
    let input = object.into_map();
    let role =
        role(&input)?.ok_or_else(|| ApiError::invalid("role", Code::Required, "role must be admin or viewer"))?;
    let new = NewInvitation::parse(&text(&input, "email")?, &text(&input, "name")?, role)?;
    let (secret, now) = (hex(&clock::random::<32>()), clock::now());
    let link = state.public.join(&format!("/invite/{secret}")).map(String::from).ok();
    let (hash, stored_link, wanted) = (api_token::hash(&secret), link, new.clone());
    let store = move |conn: &mut DbConnection| {
        if users::by_email(conn, &wanted.email)?.is_some() {
            let taken = Problems::one(Field::Email, Problem::EmailTaken);
            return Err(WriteError::<ApiError>::Refused(taken.into()));
        }
        invitations::replace(conn, &wanted, &hash, now)?;
        Ok(Done { made: now.after(LIFETIME).micros(), secret: stored_link })
    };
    let done = match state.db.write_once(once.0, store).await {
        // A concurrent request has invited the same person.
        Err(WriteError::Database(error)) if error.is_unique_violation() => {
            let text = "Another request has invited this person";
            return Err(ApiError::plain(StatusCode::CONFLICT, Code::Changed, text));
        }
        done => done?,
    };
    let invitation = json!({
        "email": new.email,
        "name": new.name,
        "role": new.role,
        "url": done.secret,
        "expires_at": Timestamp::from_micros(done.made),
    });
    Ok(HttpResponse::Ok().json(json!({ "payload": { "invitation": invitation } })))
}

/// Changes the role of a user, or gives or takes access. The last administrator stays one.
pub async fn update(
    state: Data<State>,
    _caller: Caller,
    ids: Ids,
    object: JsonObject<UserMembers>,
) -> Result<HttpResponse, ApiError> {
    let (id, input, now) = (ids.1, object.into_map(), clock::now());
    let role = role(&input)?;
    let enabled = match input.get("enabled") {
        None => None,
        Some(Value::Bool(enabled)) => Some(*enabled),
        Some(_) => return Err(ApiError::invalid("enabled", Code::Invalid, "enabled must be true or false")),
    };
    let change = move |conn: &mut DbConnection| {
        let user = users::find(conn, id)?.ok_or_else(|| WriteError::Refused(ApiError::not_found()))?;
        if enabled == Some(true) {
            users::enable(conn, id)?;
        }
        if let Some(role) = role.filter(|role| *role != user.role) {
            refuse(users::set_role(conn, id, role)?, Field::Role)?;
        }
        if enabled == Some(false) && user.disabled_at.is_none() {
            refuse(users::disable_unless_last_admin(conn, id, now)?, Field::Role)?;
        }
        let user = users::find(conn, id)?.ok_or_else(|| WriteError::Refused(ApiError::not_found()))?;
        Ok::<_, WriteError<ApiError>>(user)
    };
    let user = state.db.write_or_refuse(change).await?;
    Ok(HttpResponse::Ok().json(json!({ "payload": { "user": shape(&user) } })))
}

/// Deletes a user with all sessions and links.
pub async fn delete(state: Data<State>, _caller: Caller, ids: Ids) -> Result<HttpResponse, ApiError> {
    let id = ids.1;
    let delete = move |conn: &mut DbConnection| {
        refuse(users::delete_unless_last_admin(conn, id)?, Field::Role)?;
        Ok::<_, WriteError<ApiError>>(())
    };
    state.db.write_or_refuse(delete).await?;
    Ok(HttpResponse::Ok().finish())
}

fn refuse(change: Change, field: Field) -> Result<(), WriteError<ApiError>> {
    match change {
        Change::Done => Ok(()),
        Change::NotThere => Err(WriteError::Refused(ApiError::not_found())),
        Change::LastAdmin => Err(WriteError::Refused(Problems::one(field, Problem::LastAdmin).into())),
    }
}

fn role(input: &Map<String, Value>) -> Result<Option<Role>, ApiError> {
    let wrong = || ApiError::invalid("role", Code::Invalid, "role must be admin or viewer");
    match input.get("role") {
        None => Ok(None),
        Some(value) => value.as_str().and_then(Role::parse).map(Some).ok_or_else(wrong),
    }
}

fn text(input: &Map<String, Value>, name: &'static str) -> Result<String, ApiError> {
    match input.get(name) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(ApiError::invalid(name, Code::Invalid, &format!("{name} must be a text"))),
    }
}

fn shape(user: &User) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "enabled": user.disabled_at.is_none(),
        "language": user.language,
        "time_zone": user.time_zone,
        "created_at": user.created_at,
        "disabled_at": user.disabled_at,
        "last_sign_in_at": user.last_sign_in_at,
    })
}
