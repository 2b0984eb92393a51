//! A user is deleted at the very moment of a sign-in.

use std::sync::Mutex;

use super::rig::Store;
use crate::support::{App, PASSWORD, Page, Place, Visitor, eventually};

const ANNA: &str = "anna@example.com";

/// Signs in while the server sleeps at a point after it has compared the password, and deletes the user meanwhile.
async fn deleted_at(point: &str) -> (App, Visitor, Page) {
    let app = App::at(Place::new().set("HACHOK_FAULT_SLEEP", point));
    app.user(ANNA, "viewer", PASSWORD);
    let (visitor, store) = (app.visitor(), Mutex::new(Store::of(&app)));
    let delete = async {
        let known = || store.lock().expect("a store").count("known_sign_ins");
        eventually("the password was compared", || async { (known() > 0).then_some(()) }).await;
        let mut store = store.lock().expect("a store");
        for statement in ["DELETE FROM sessions WHERE user_id IS NOT NULL", "DELETE FROM users"] {
            store.run(statement);
        }
    };
    let (page, ()) = tokio::join!(visitor.try_sign_in(ANNA, PASSWORD), delete);
    (app, visitor, page)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_is_refused_as_usual_if_its_user_was_deleted_meanwhile() {
    let (_app, _, page) = deleted_at("sign-in-before-commit").await;
    let page = page.expect(422);
    assert!(page.says("Wrong email or password"), "{}", page.text("main"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_whose_user_was_deleted_at_its_beginning_has_ended() {
    let (app, visitor, page) = deleted_at("session-before-commit").await;
    assert_eq!(page.status, 303, "{}", page.text("main"));
    assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"));
    assert_eq!(Store::of(&app).count("sessions"), 0);
}
