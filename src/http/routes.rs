//! The route table: every path, its methods and its handlers. Tests read roles and scopes from it.

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{HttpResponse, guard};

use super::api::error::ApiError;
use super::error::PageError;
use super::middleware::{
    idempotency, load_page_context, method_not_allowed, old_session, operator_answers, session_store,
};
use super::pages::{accounts, chatwoot, deliveries, events, inboxes, system, webhooks};
use super::request::form_limits::FormLimits;
use super::{State, api, assets, health};

/// Registers every route of the server.
pub fn table(routes: &mut ServiceConfig, state: &Data<State>) {
    routes
        .service(web::resource("/healthz").get(health::lives))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/static/{name:.*}").get(assets::serve))
        .service(web::resource("/api").wrap(from_fn(method_not_allowed::of_management)).get(api::system::version::show))
        .service(
            web::resource("/api/v1/events")
                .wrap(from_fn(method_not_allowed::of_ingest))
                .post(api::events::ingest::accept),
        )
        .service(
            web::resource("/ingest/chatwoot/{key}")
                .wrap(from_fn(method_not_allowed::of_ingest))
                .post(api::chatwoot::accept),
        )
        .service(
            web::resource("/api/v1/profile")
                .wrap(from_fn(method_not_allowed::of_management))
                .get(api::accounts::profile::show),
        )
        .service(
            web::resource("/api/v1/token")
                .wrap(from_fn(method_not_allowed::of_management))
                .get(api::accounts::token::show),
        )
        .service(
            web::resource("/api/v1/openapi.json")
                .wrap(from_fn(method_not_allowed::of_management))
                .get(api::openapi::show),
        )
        .service(
            web::scope("/api/v1/accounts/{account}")
                .app_data(PathConfig::default().error_handler(|_, _| ApiError::not_found().into()))
                .wrap(from_fn(idempotency::answer_once))
                .wrap(from_fn(operator_answers::reduce))
                .wrap(from_fn(method_not_allowed::of_management))
                .configure(management),
        )
        .service(
            web::scope("")
                .guard(guard::fn_guard(|context| !context.head().uri.path().starts_with("/api/")))
                .app_data(PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
                .app_data(QueryConfig::default().error_handler(|_, _| PageError::BadRequest.into()))
                .wrap(from_fn(load_page_context::load))
                .wrap(session_store::middleware(state))
                .wrap(from_fn(load_page_context::without_session))
                .wrap(from_fn(old_session::translate))
                .configure(|routes| pages(routes, FormLimits::with_event(state.web.max_payload)))
                .default_service(web::route().to(HttpResponse::NotFound)),
        )
        .default_service(web::route().to(|| async { ApiError::not_found().answer() }));
}

fn management(routes: &mut ServiceConfig) {
    use api::{accounts, deliveries, events, inboxes, webhooks};
    routes
        .service(web::resource("/webhooks").get(webhooks::list).post(webhooks::create))
        .service(
            web::resource("/webhooks/{id}")
                .get(webhooks::show)
                .patch(webhooks::update)
                .put(webhooks::update)
                .delete(webhooks::delete),
        )
        .service(web::resource("/webhooks/{id}/secret").post(webhooks::rotate))
        .service(web::resource("/webhooks/{id}/secret/previous").delete(webhooks::end_previous_secret))
        .service(web::resource("/webhooks/{id}/test").post(webhooks::test))
        .service(web::resource("/webhooks/{id}/statistics").get(deliveries::statistics::show))
        .service(web::resource("/webhooks/{id}/recoveries").post(deliveries::recoveries::start))
        .service(web::resource("/recoveries").get(deliveries::recoveries::list))
        .service(
            web::resource("/recoveries/{id}").get(deliveries::recoveries::show).delete(deliveries::recoveries::cancel),
        )
        .service(web::resource("/users").get(accounts::users::list).post(accounts::users::invite))
        .service(web::resource("/users/{id}").patch(accounts::users::update).delete(accounts::users::delete))
        .service(web::resource("/tokens").get(accounts::tokens::list).post(accounts::tokens::create))
        .service(web::resource("/tokens/{id}").delete(accounts::tokens::revoke))
        .service(web::resource("/inboxes").get(inboxes::list).post(inboxes::create))
        .service(
            web::resource("/inboxes/{id}")
                .get(inboxes::show)
                .patch(inboxes::update)
                .put(inboxes::update)
                .delete(inboxes::archive),
        )
        .service(web::resource("/event_types").get(events::catalogue::list))
        .service(web::resource("/event_types/{name}").get(events::catalogue::show))
        .service(web::resource("/events").get(events::received::list))
        .service(web::resource("/events/{id}").get(events::received::show))
        .service(web::resource("/events/{id}/deliveries").post(events::received::send))
        // An alias until 1.0.
        .service(web::resource("/received").get(events::received::list))
        .service(web::resource("/received/{id}").get(events::received::show))
        .service(web::resource("/deliveries").get(deliveries::log::list))
        .service(web::resource("/deliveries/{id}").get(deliveries::log::show))
        .service(web::resource("/deliveries/{id}/redelivery").post(deliveries::log::send_again))
        .service(web::resource("/deliveries/{id}/cancellation").post(deliveries::log::cancel));
}

fn pages(routes: &mut ServiceConfig, with_event: FormLimits) {
    let anonymous = FormLimits::ANONYMOUS;
    routes
        .service(web::resource("/").get(webhooks::list::home))
        .service(
            web::resource("/setup")
                .app_data(anonymous)
                .get(accounts::sign_in::set_up)
                .post(accounts::sign_in::create_first),
        )
        .service(
            web::resource("/sign-in")
                .app_data(anonymous)
                .get(accounts::sign_in::sign_in)
                .post(accounts::sign_in::check_in),
        )
        .service(web::resource("/sign-out").app_data(anonymous).post(accounts::sign_in::sign_out))
        .service(web::resource("/webhooks").get(webhooks::list::list).post(webhooks::form::create))
        .service(web::resource("/webhooks/new").get(webhooks::form::new))
        .service(web::resource("/webhooks/header-row").get(webhooks::form::header_row))
        .service(web::resource(r"/webhooks/{id:\d+}").get(webhooks::overview::show).post(webhooks::form::update))
        .service(web::resource(r"/webhooks/{id:\d+}/edit").get(webhooks::form::edit))
        .service(web::resource(r"/webhooks/{id:\d+}/deliveries").get(deliveries::log::of_webhook))
        .service(web::resource(r"/webhooks/{id:\d+}/activation").post(webhooks::actions::turn_on))
        .service(web::resource(r"/webhooks/{id:\d+}/deactivation").post(webhooks::actions::turn_off))
        .service(
            web::resource(r"/webhooks/{id:\d+}/delete")
                .get(webhooks::actions::ask_delete)
                .post(webhooks::actions::delete),
        )
        .service(web::resource(r"/webhooks/{id:\d+}/secret").get(webhooks::secret::show).post(webhooks::secret::rotate))
        .service(
            web::resource(r"/webhooks/{id:\d+}/verify")
                .app_data(with_event)
                .get(webhooks::verify_signature::form)
                .post(webhooks::verify_signature::check),
        )
        .service(web::resource(r"/webhooks/{id:\d+}/copy").post(webhooks::form::copy))
        .service(
            web::resource(r"/webhooks/{id:\d+}/test")
                .app_data(with_event)
                .get(webhooks::test_event::form)
                .post(webhooks::test_event::send),
        )
        .service(
            web::resource(r"/webhooks/{id:\d+}/held")
                .get(webhooks::held_deliveries::ask)
                .post(webhooks::held_deliveries::settle),
        )
        .service(web::resource("/deliveries/resend").get(deliveries::resend::ask).post(deliveries::resend::start))
        .service(web::resource(r"/recoveries/{id:\d+}").get(deliveries::resend::show))
        .service(web::resource(r"/recoveries/{id:\d+}/cancellation").post(deliveries::resend::cancel))
        .service(web::resource("/deliveries").get(deliveries::log::log))
        .service(web::resource("/deliveries/{id}").get(deliveries::delivery::show))
        .service(web::resource("/deliveries/{id}/redelivery").post(deliveries::delivery::send_again))
        .service(web::resource("/deliveries/{id}/cancellation").post(deliveries::delivery::cancel))
        .service(web::resource("/received").get(events::received::list))
        .service(web::resource("/received/{id}").get(events::received::show))
        .service(web::resource("/received/{id}/body").get(events::received::body))
        .service(web::resource("/received/{id}/delivery").post(events::received::send))
        .service(web::resource("/events").get(events::catalogue::list))
        .service(web::resource("/events/{name}.schema.json").get(events::catalogue::schema))
        .service(web::resource("/events/{name}").get(events::catalogue::show))
        .service(web::resource("/inboxes").get(inboxes::list).post(inboxes::create))
        .service(web::resource(r"/inboxes/{id:\d+}/edit").get(inboxes::edit))
        .service(web::resource(r"/inboxes/{id:\d+}").post(inboxes::update))
        .service(web::resource(r"/inboxes/{id:\d+}/archival").post(inboxes::archive))
        .service(web::resource(r"/inboxes/{id:\d+}/restoration").post(inboxes::restore))
        .configure(chatwoot)
        .configure(accounts);
}

fn chatwoot(routes: &mut ServiceConfig) {
    use chatwoot::{connect, connection, missing};
    routes
        .service(web::resource("/chatwoot").get(connect::list).post(connect::connect))
        .service(web::resource("/chatwoot/accounts").post(connect::choose))
        .service(web::resource("/chatwoot/manual").post(connect::make_manual))
        .service(web::resource(r"/chatwoot/{id:\d+}").get(connection::show))
        .service(web::resource(r"/chatwoot/{id:\d+}/check").post(connection::check))
        .service(web::resource(r"/chatwoot/{id:\d+}/comparison").post(missing::compare))
        .service(web::resource(r"/chatwoot/{id:\d+}/missing").get(missing::show).post(missing::act))
        .service(web::resource(r"/chatwoot/{id:\d+}/missing/mode").post(missing::set_mode))
        .service(web::resource(r"/chatwoot/{id:\d+}/key").post(connection::replace_key))
        .service(web::resource(r"/chatwoot/{id:\d+}/secret").post(connection::set_secret))
        .service(
            web::resource(r"/chatwoot/{id:\d+}/disconnection")
                .get(connection::ask_disconnect)
                .post(connection::disconnect),
        );
}

fn accounts(routes: &mut ServiceConfig) {
    routes
        .service(web::resource("/tokens").get(accounts::tokens::list).post(accounts::tokens::create))
        .service(
            web::resource(r"/tokens/{id:\d+}/revocation")
                .get(accounts::tokens::ask_revoke)
                .post(accounts::tokens::revoke),
        )
        .service(web::resource("/users").get(accounts::users::list))
        .service(web::resource("/users/invitations").post(accounts::users::invite))
        .service(web::resource(r"/users/invitations/{id:\d+}/withdrawal").post(accounts::users::withdraw))
        .service(web::resource(r"/users/{id:\d+}").get(accounts::users::show).post(accounts::users::change_role))
        .service(web::resource(r"/users/{id:\d+}/activation").post(accounts::users::enable))
        .service(web::resource(r"/users/{id:\d+}/deactivation").post(accounts::users::disable))
        .service(
            web::resource(r"/users/{id:\d+}/deletion").get(accounts::users::ask_delete).post(accounts::users::delete),
        )
        .service(web::resource(r"/users/{id:\d+}/password-link").post(accounts::users::make_password_link))
        .service(
            web::resource("/invite/{token}")
                .app_data(FormLimits::ANONYMOUS)
                .get(accounts::invitations::show)
                .post(accounts::invitations::accept),
        )
        .service(web::resource("/profile").get(accounts::profile::show).post(accounts::profile::save))
        .service(web::resource("/profile/password").post(accounts::profile::change_password))
        .service(web::resource("/profile/sign-outs").post(accounts::profile::sign_out_others))
        .service(web::resource("/settings").get(system::settings::show).post(system::settings::save))
        .service(web::resource("/status").get(system::status::show));
}
