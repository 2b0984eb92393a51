//! THE route table.

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, QueryConfig, ServiceConfig};
use actix_web::{HttpResponse, guard};

use super::api::management::ApiError;
use super::error::PageError;
use super::form_limits::FormLimits;
use super::pages::{
    catalogue, deliveries, inboxes, invite, profile, received, recoveries, session as account, settings, status,
    tokens, users, verify, webhook_actions, webhook_form, webhook_overview, webhook_test, webhooks,
};
use super::{State, api, assets, health, old_session, reader, session};

/// Every path of the server.
pub fn table(routes: &mut ServiceConfig, state: &Data<State>) {
    routes
        .service(web::resource("/healthz").get(health::lives))
        .service(web::resource("/readyz").get(health::ready))
        .service(web::resource("/static/{name:.*}").get(assets::serve))
        .service(web::resource("/api").wrap(from_fn(api::method::of_management)).get(api::version::show))
        .service(web::resource("/api/v1/events").wrap(from_fn(api::method::of_ingest)).post(api::events::accept))
        .service(web::resource("/api/v1/profile").wrap(from_fn(api::method::of_management)).get(api::profile::show))
        .service(
            web::scope("/api/v1/accounts/{account}")
                .app_data(PathConfig::default().error_handler(|_, _| ApiError::not_found().into()))
                .app_data(
                    QueryConfig::default().error_handler(|odd, _| ApiError::invalid("query", &odd.to_string()).into()),
                )
                .wrap(from_fn(api::method::of_management))
                .configure(management),
        )
        .service(
            web::scope("")
                .guard(guard::fn_guard(|context| !context.head().uri.path().starts_with("/api/")))
                .app_data(PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
                .app_data(QueryConfig::default().error_handler(|_, _| PageError::BadRequest.into()))
                .wrap(from_fn(reader::load))
                .wrap(session::middleware(state))
                .wrap(from_fn(reader::without_session))
                .wrap(from_fn(old_session::translate))
                .configure(|routes| pages(routes, FormLimits::with_event(state.web.max_payload)))
                .default_service(web::route().to(HttpResponse::NotFound)),
        )
        .default_service(web::route().to(|| async { ApiError::not_found().answer() }));
}

fn management(routes: &mut ServiceConfig) {
    use api::{catalogue, deliveries, inboxes, received, recoveries, webhooks};
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
        .service(web::resource("/webhooks/{id}/test").post(webhooks::test))
        .service(web::resource("/webhooks/{id}/recoveries").post(recoveries::start))
        .service(web::resource("/recoveries/{id}").get(recoveries::show).delete(recoveries::cancel))
        .service(web::resource("/inboxes").get(inboxes::list).post(inboxes::create))
        .service(
            web::resource("/inboxes/{id}")
                .get(inboxes::show)
                .patch(inboxes::update)
                .put(inboxes::update)
                .delete(inboxes::archive),
        )
        .service(web::resource("/events").get(catalogue::list))
        .service(web::resource("/received").get(received::list))
        .service(web::resource("/deliveries").get(deliveries::list))
        .service(web::resource("/deliveries/{id}").get(deliveries::show))
        .service(web::resource("/deliveries/{id}/redelivery").post(deliveries::send_again));
}

fn pages(routes: &mut ServiceConfig, with_event: FormLimits) {
    let strangers = FormLimits::STRANGERS;
    routes
        .service(web::resource("/").get(webhooks::home))
        .service(web::resource("/setup").app_data(strangers).get(account::set_up).post(account::create_first))
        .service(web::resource("/sign-in").app_data(strangers).get(account::sign_in).post(account::check_in))
        .service(web::resource("/sign-out").app_data(strangers).post(account::sign_out))
        .service(web::resource("/webhooks").get(webhooks::list).post(webhook_form::create))
        .service(web::resource("/webhooks/new").get(webhook_form::new))
        .service(web::resource("/webhooks/header-row").get(webhook_form::header_row))
        .service(web::resource(r"/webhooks/{id:\d+}").get(webhook_overview::show).post(webhook_form::update))
        .service(web::resource(r"/webhooks/{id:\d+}/edit").get(webhook_form::edit))
        .service(web::resource(r"/webhooks/{id:\d+}/deliveries").get(deliveries::of_webhook))
        .service(web::resource(r"/webhooks/{id:\d+}/activation").post(webhook_actions::turn_on))
        .service(web::resource(r"/webhooks/{id:\d+}/deactivation").post(webhook_actions::turn_off))
        .service(
            web::resource(r"/webhooks/{id:\d+}/delete").get(webhook_actions::ask_delete).post(webhook_actions::delete),
        )
        .service(web::resource(r"/webhooks/{id:\d+}/secret").get(webhook_actions::secret).post(webhook_actions::rotate))
        .service(web::resource(r"/webhooks/{id:\d+}/verify").app_data(with_event).get(verify::form).post(verify::check))
        .service(web::resource(r"/webhooks/{id:\d+}/copy").post(webhook_form::copy))
        .service(
            web::resource(r"/webhooks/{id:\d+}/test")
                .app_data(with_event)
                .get(webhook_test::form)
                .post(webhook_test::send),
        )
        .service(
            web::resource(r"/webhooks/{id:\d+}/held").get(webhook_actions::ask_held).post(webhook_actions::settle_held),
        )
        .service(web::resource("/deliveries/resend").get(recoveries::ask).post(recoveries::start))
        .service(web::resource(r"/recoveries/{id:\d+}").get(recoveries::show))
        .service(web::resource(r"/recoveries/{id:\d+}/cancellation").post(recoveries::cancel))
        .service(web::resource("/deliveries").get(deliveries::log))
        .service(web::resource("/deliveries/{id}").get(deliveries::show))
        .service(web::resource("/deliveries/{id}/redelivery").post(deliveries::send_again))
        .service(web::resource("/deliveries/{id}/cancellation").post(deliveries::cancel))
        .service(web::resource("/received").get(received::list))
        .service(web::resource("/received/{id}").get(received::show))
        .service(web::resource("/received/{id}/body").get(received::body))
        .service(web::resource("/received/{id}/delivery").post(received::send))
        .service(web::resource("/events").get(catalogue::list))
        .service(web::resource("/events/{name}.schema.json").get(catalogue::schema))
        .service(web::resource("/events/{name}").get(catalogue::show))
        .service(web::resource("/inboxes").get(inboxes::list).post(inboxes::create))
        .service(web::resource(r"/inboxes/{id:\d+}/edit").get(inboxes::edit))
        .service(web::resource(r"/inboxes/{id:\d+}").post(inboxes::update))
        .service(web::resource(r"/inboxes/{id:\d+}/archival").post(inboxes::archive))
        .service(web::resource(r"/inboxes/{id:\d+}/restoration").post(inboxes::restore))
        .configure(accounts);
}

fn accounts(routes: &mut ServiceConfig) {
    routes
        .service(web::resource("/tokens").get(tokens::list).post(tokens::create))
        .service(web::resource(r"/tokens/{id:\d+}/revocation").get(tokens::ask_revoke).post(tokens::revoke))
        .service(web::resource("/users").get(users::list))
        .service(web::resource("/users/invitations").post(users::invite))
        .service(web::resource(r"/users/invitations/{id:\d+}/withdrawal").post(users::withdraw))
        .service(web::resource(r"/users/{id:\d+}").get(users::show).post(users::change_role))
        .service(web::resource(r"/users/{id:\d+}/activation").post(users::enable))
        .service(web::resource(r"/users/{id:\d+}/deactivation").post(users::disable))
        .service(web::resource(r"/users/{id:\d+}/password-link").post(users::make_password_link))
        .service(
            web::resource("/invite/{token}").app_data(FormLimits::STRANGERS).get(invite::show).post(invite::accept),
        )
        .service(web::resource("/profile").get(profile::show).post(profile::save))
        .service(web::resource("/profile/password").post(profile::change_password))
        .service(web::resource("/profile/sign-outs").post(profile::sign_out_others))
        .service(web::resource("/settings").get(settings::show).post(settings::save))
        .service(web::resource("/status").get(status::show));
}
