//! THE route table.

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, PathConfig, ServiceConfig, delete, get, patch, post};
use actix_web::{HttpResponse, guard};

use super::api::management::ApiError;
use super::error::PageError;
use super::pages::{
    deliveries, inboxes, recoveries, session as account, verify, webhook_actions, webhook_form, webhook_overview,
    webhook_test, webhooks,
};
use super::{State, api, assets, health, reader, session};

/// Every path of the server.
pub fn table(routes: &mut ServiceConfig, state: &Data<State>) {
    routes
        .route("/healthz", get().to(health::lives))
        .route("/readyz", get().to(health::ready))
        .route("/static/{name:.*}", get().to(assets::serve))
        .service(
            web::resource("/api/v1/events").wrap(from_fn(api::method::of_ingest)).route(post().to(api::events::accept)),
        )
        .service(
            web::resource("/api/v1/profile")
                .wrap(from_fn(api::method::of_management))
                .route(get().to(api::profile::show)),
        )
        .service(
            web::scope("/api/v1/accounts/{account}")
                .app_data(PathConfig::default().error_handler(|_, _| ApiError::not_found().into()))
                .wrap(from_fn(api::method::of_management))
                .configure(management),
        )
        .service(
            web::scope("")
                .guard(guard::fn_guard(|context| !context.head().uri.path().starts_with("/api/")))
                .app_data(PathConfig::default().error_handler(|_, _| PageError::NotFound.into()))
                .wrap(from_fn(reader::load))
                .wrap(session::middleware(state))
                .wrap(from_fn(reader::without_session))
                .configure(pages)
                .default_service(web::route().to(HttpResponse::NotFound)),
        )
        .default_service(web::route().to(|| async { ApiError::not_found().answer() }));
}

fn management(routes: &mut ServiceConfig) {
    use api::{deliveries, inboxes, recoveries, webhooks};
    routes
        .service(web::resource("/webhooks").route(get().to(webhooks::list)).route(post().to(webhooks::create)))
        .service(
            web::resource("/webhooks/{id}")
                .route(get().to(webhooks::show))
                .route(patch().to(webhooks::update))
                .route(web::put().to(webhooks::update))
                .route(delete().to(webhooks::delete)),
        )
        .route("/webhooks/{id}/secret", post().to(webhooks::rotate))
        .route("/webhooks/{id}/test", post().to(webhooks::test))
        .route("/webhooks/{id}/recoveries", post().to(recoveries::start))
        .service(
            web::resource("/recoveries/{id}").route(get().to(recoveries::show)).route(delete().to(recoveries::cancel)),
        )
        .service(web::resource("/inboxes").route(get().to(inboxes::list)).route(post().to(inboxes::create)))
        .service(
            web::resource("/inboxes/{id}")
                .route(patch().to(inboxes::update))
                .route(web::put().to(inboxes::update))
                .route(delete().to(inboxes::archive)),
        )
        .route("/deliveries", get().to(deliveries::list))
        .route("/deliveries/{id}", get().to(deliveries::show))
        .route("/deliveries/{id}/redelivery", post().to(deliveries::send_again));
}

fn pages(routes: &mut ServiceConfig) {
    routes
        .route("/", get().to(webhooks::home))
        .service(web::resource("/setup").route(get().to(account::set_up)).route(post().to(account::create_first)))
        .service(web::resource("/sign-in").route(get().to(account::sign_in)).route(post().to(account::check_in)))
        .route("/sign-out", post().to(account::sign_out))
        .service(web::resource("/webhooks").route(get().to(webhooks::list)).route(post().to(webhook_form::create)))
        .route("/webhooks/new", get().to(webhook_form::new))
        .route("/webhooks/header-row", get().to(webhook_form::header_row))
        .service(
            web::resource(r"/webhooks/{id:\d+}")
                .route(get().to(webhook_overview::show))
                .route(post().to(webhook_form::update)),
        )
        .route(r"/webhooks/{id:\d+}/edit", get().to(webhook_form::edit))
        .route(r"/webhooks/{id:\d+}/deliveries", get().to(deliveries::of_webhook))
        .route(r"/webhooks/{id:\d+}/activation", post().to(webhook_actions::turn_on))
        .route(r"/webhooks/{id:\d+}/deactivation", post().to(webhook_actions::turn_off))
        .service(
            web::resource(r"/webhooks/{id:\d+}/delete")
                .route(get().to(webhook_actions::ask_delete))
                .route(post().to(webhook_actions::delete)),
        )
        .service(
            web::resource(r"/webhooks/{id:\d+}/secret")
                .route(get().to(webhook_actions::secret))
                .route(post().to(webhook_actions::rotate)),
        )
        .service(
            web::resource(r"/webhooks/{id:\d+}/verify").route(get().to(verify::form)).route(post().to(verify::check)),
        )
        .route(r"/webhooks/{id:\d+}/copy", post().to(webhook_form::copy))
        .service(
            web::resource(r"/webhooks/{id:\d+}/test")
                .route(get().to(webhook_test::form))
                .route(post().to(webhook_test::send)),
        )
        .service(
            web::resource(r"/webhooks/{id:\d+}/held")
                .route(get().to(webhook_actions::ask_held))
                .route(post().to(webhook_actions::settle_held)),
        )
        .service(
            web::resource("/deliveries/resend").route(get().to(recoveries::ask)).route(post().to(recoveries::start)),
        )
        .route(r"/recoveries/{id:\d+}", get().to(recoveries::show))
        .route(r"/recoveries/{id:\d+}/cancellation", post().to(recoveries::cancel))
        .route("/deliveries", get().to(deliveries::log))
        .route("/deliveries/{id}", get().to(deliveries::show))
        .route("/deliveries/{id}/redelivery", post().to(deliveries::send_again))
        .route("/deliveries/{id}/cancellation", post().to(deliveries::cancel))
        .service(web::resource("/inboxes").route(get().to(inboxes::list)).route(post().to(inboxes::create)))
        .route(r"/inboxes/{id:\d+}/edit", get().to(inboxes::edit))
        .route(r"/inboxes/{id:\d+}", post().to(inboxes::update))
        .route(r"/inboxes/{id:\d+}/archival", post().to(inboxes::archive))
        .route(r"/inboxes/{id:\d+}/restoration", post().to(inboxes::restore));
}
