//! Every page, and an address at which it can be seen.

use super::world::World;
use crate::house::routes;

/// A route of the route table, and an address of it in the world.
pub type Page = (&'static str, String);

/// The pages for a signed-in person; the first is where a visit begins.
pub fn inside(world: &World) -> Vec<Page> {
    let World { failed, waiting, received: [got, unmatched], recovery, .. } = world;
    let at = |route: &'static str, address: &str| (route, address.to_owned());
    vec![
        at("/webhooks", "/webhooks"),
        at("/webhooks", "/webhooks?q=nothing-has-this-name"),
        at("/webhooks/new", "/webhooks/new"),
        at("/webhooks/{id}", "/webhooks/1"),
        at("/webhooks/{id}", "/webhooks/3"),
        at("/webhooks/{id}", "/webhooks/1?range=7d"),
        at("/webhooks/{id}/edit", "/webhooks/1/edit"),
        at("/webhooks/{id}/deliveries", "/webhooks/1/deliveries"),
        at("/webhooks/{id}/delete", "/webhooks/1/delete"),
        at("/webhooks/{id}/secret", "/webhooks/1/secret"),
        at("/webhooks/{id}/verify", "/webhooks/1/verify"),
        at("/webhooks/{id}/test", "/webhooks/1/test"),
        at("/webhooks/{id}/held", "/webhooks/3/held"),
        at("/deliveries", "/deliveries"),
        at("/deliveries", "/deliveries?status=failed&event=ticket_created"),
        at("/deliveries/resend", "/deliveries/resend"),
        ("/deliveries/{id}", format!("/deliveries/{failed}")),
        ("/deliveries/{id}", format!("/deliveries/{waiting}")),
        ("/recoveries/{id}", format!("/recoveries/{recovery}")),
        at("/received", "/received"),
        at("/received", "/received?event=ticket_created"),
        ("/received/{id}", format!("/received/{got}")),
        ("/received/{id}", format!("/received/{unmatched}")),
        at("/events", "/events"),
        at("/events/{name}", "/events/message_created"),
        at("/events/{name}", "/events/conversation_substatus_changed"),
        at("/inboxes", "/inboxes"),
        at("/inboxes/{id}/edit", "/inboxes/1/edit"),
        at("/chatwoot", "/chatwoot"),
        at("/chatwoot/{id}", "/chatwoot/1"),
        at("/chatwoot/{id}", "/chatwoot/2"),
        at("/chatwoot/{id}/missing", "/chatwoot/1/missing"),
        at("/chatwoot/{id}/disconnection", "/chatwoot/1/disconnection"),
        at("/tokens", "/tokens"),
        at("/tokens/{id}/revocation", "/tokens/1/revocation"),
        at("/users", "/users"),
        at("/users/{id}", "/users/1"),
        at("/users/{id}", "/users/2"),
        at("/users/{id}/deletion", "/users/2/deletion"),
        at("/profile", "/profile"),
        at("/settings", "/settings"),
        at("/status", "/status"),
        at("404", "/nowhere"),
    ]
}

/// The pages without a session.
pub fn outside(world: &World) -> Vec<Page> {
    vec![("/sign-in", "/sign-in".to_owned()), ("/invite/{token}", world.invitation.clone())]
}

/// Routes without a page, or seen elsewhere.
const WITHOUT_OWN_CHECK: [&str; 5] = [
    "/",                    // leads to the list
    "/setup",               // exists only before there is an account: the tours see it
    "/webhooks/header-row", // a row of the form
    "/received/{id}/body",  // only the body
    "/events/{name}.schema.json",
];

#[tokio::test]
async fn every_page_of_the_route_table_is_checked() {
    let world = World::new().await;
    let known: Vec<_> = inside(&world).into_iter().chain(outside(&world)).map(|(route, _)| route).collect();
    let gets = routes::pages().into_iter().filter(|route| route.methods.contains(&"get"));
    let found: Vec<_> = gets.map(|route| route.path).collect();
    for route in &found {
        let seen = known.contains(&route.as_str()) || WITHOUT_OWN_CHECK.contains(&route.as_str());
        assert!(seen, "no test opens {route}");
    }
    for route in known.iter().chain(&WITHOUT_OWN_CHECK).filter(|route| **route != "404") {
        assert!(found.iter().any(|found| found == route), "{route} is no page");
    }
}
