//! A user is deleted or disabled, or their password is replaced, at the very moment of a sign-in.

use std::fs;
use std::path::PathBuf;

use super::rig::Store;
use crate::support::{App, NEW_HASH_KIB, PASSWORD, Page, Place, Visitor, WAIT_TIMEOUT, hash_with};

const ANNA: &str = "anna@example.com";
const NEW_PASSWORD: &str = "another good password";
/// What ends a user's ways in, as `db::accounts::users` writes it.
const CHANGES: [&[&str]; 3] = [
    &["DELETE FROM sessions WHERE user_id IS NOT NULL", "DELETE FROM users"],
    &["UPDATE users SET disabled_at = 1", "UPDATE sessions SET ended_at = 1"],
    &["UPDATE users SET password_hash = 'replaced'", "UPDATE sessions SET ended_at = 1"],
];

/// A server whose requests hang at a point while the file exists.
fn hanging_at(point: &str) -> (App, PathBuf) {
    let place = Place::new();
    let file = place.folder().join("hangs");
    let app = App::at(place.set("HACHOK_FAULT_HANG", &format!("{point}:{}", file.display())));
    app.user(ANNA, "viewer", PASSWORD);
    (app, file)
}

/// Signs in, and changes the user while the request hangs at a point that it reaches after `reached` has a row.
async fn changed_at(point: &str, reached: &str, changes: &[&str]) -> (App, Visitor, Page) {
    let (app, file) = hanging_at(point);
    let visitor = app.visitor();
    fs::write(&file, "").expect("a file");
    let change = async {
        let mut store = Store::of(&app);
        store.until(point, reached, WAIT_TIMEOUT).await;
        changes.iter().for_each(|statement| store.run(statement));
        fs::remove_file(&file).expect("a file");
    };
    let (page, ()) = tokio::join!(visitor.try_sign_in(ANNA, PASSWORD), change);
    (app, visitor, page)
}

#[tokio::test]
async fn a_sign_in_is_refused_as_usual_if_its_user_or_password_was_changed_meanwhile() {
    for changes in CHANGES {
        let (app, _, page) = changed_at("sign-in-before-commit", "known_sign_ins", changes).await;
        let page = page.expect(422);
        assert!(page.says("Wrong email or password"), "{}", page.text("main"));
        assert_eq!(Store::of(&app).count("sessions WHERE ended_at IS NULL"), 0);
    }
}

/// What a sign-in stores that renews the hash.
fn renewal() -> String {
    format!("UPDATE users SET password_hash = '{}'", hash_with(PASSWORD, NEW_HASH_KIB))
}

#[tokio::test]
async fn a_right_password_is_accepted_although_another_sign_in_renews_its_hash_meanwhile() {
    let (app, visitor, page) = changed_at("sign-in-before-commit", "known_sign_ins", &[&renewal()]).await;
    assert_eq!(page.leads_to(), "/webhooks");
    assert_eq!(visitor.get("/webhooks").await.status, 200);
    let mut store = Store::of(&app);
    assert_eq!((store.count("sessions WHERE ended_at IS NULL"), store.count("sign_in_failures")), (1, 0));
}

#[tokio::test]
async fn a_session_whose_user_or_password_was_changed_at_its_beginning_has_ended() {
    for changes in CHANGES {
        let reached = "users WHERE last_sign_in_at IS NOT NULL";
        let (app, visitor, page) = changed_at("session-before-commit", reached, changes).await;
        assert_eq!(page.status, 303, "{}", page.text("main"));
        assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"), "{changes:?}");
        assert_eq!(Store::of(&app).count("sessions WHERE ended_at IS NULL"), 0);
    }
}

/// Changes the own password, and the user while the request hangs at a point that it reaches after `reached` has a row.
async fn own_changed_at(point: &str, reached: &str, changes: &[&str]) -> (App, Visitor, Page) {
    let (app, file) = hanging_at(point);
    let visitor = app.visitor();
    visitor.sign_in(ANNA, PASSWORD).await;
    let form = visitor.open("/profile").await.form("#f-current-password").fill("f-current-password", PASSWORD);
    let form = form.fill("f-new-password", NEW_PASSWORD);
    let mut store = Store::of(&app);
    store.run("DELETE FROM known_sign_ins");
    fs::write(&file, "").expect("a file");
    let replace = async {
        store.until(point, reached, WAIT_TIMEOUT).await;
        changes.iter().for_each(|statement| store.run(statement));
        fs::remove_file(&file).expect("a file");
    };
    let (page, ()) = tokio::join!(visitor.submit(form), replace);
    (app, visitor, page)
}

#[tokio::test]
async fn an_old_password_that_is_replaced_meanwhile_sets_no_new_one() {
    let (app, visitor, page) = own_changed_at("password-before-commit", "known_sign_ins", CHANGES[2]).await;
    assert_eq!(page.expect(422).error("current-password"), "The current password is wrong. Try again");
    assert_eq!(Store::of(&app).count("users WHERE password_hash = 'replaced'"), 1);
    assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"));
}

#[tokio::test]
async fn an_old_password_sets_a_new_one_although_a_sign_in_renews_its_hash_meanwhile() {
    let (app, visitor, page) = own_changed_at("password-before-commit", "known_sign_ins", &[&renewal()]).await;
    assert_eq!(page.leads_to(), "/profile");
    assert_eq!(visitor.get("/webhooks").await.status, 200);
    app.visitor().sign_in(ANNA, NEW_PASSWORD).await;
    assert_eq!(app.visitor().try_sign_in(ANNA, PASSWORD).await.status, 422);
}

#[tokio::test]
async fn a_session_does_not_outlive_a_password_that_is_replaced_while_it_changes_its_own() {
    let reached = "sessions WHERE ended_at > 1";
    let (_app, visitor, page) = own_changed_at("session-before-commit", reached, CHANGES[2]).await;
    assert_eq!(page.leads_to(), "/profile");
    assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"));
}

/// An expired session of the user.
const OLD_SESSION: &str = r"INSERT INTO sessions (key_hash, user_id, state, created_at, expires_at)
    SELECT '\x00'::bytea, id, '{}', 0, 0 FROM users";

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_sign_in_beside_the_deletion_of_its_user_deadlocks_with_nothing() {
    let (app, file) = hanging_at("session-before-commit");
    let visitor = app.visitor();
    fs::write(&file, "").expect("a file");
    let delete = async {
        let (mut store, mut deletion) = (Store::of(&app), Store::of(&app));
        store.run(OLD_SESSION);
        store.until("the sign-in", "users WHERE last_sign_in_at IS NOT NULL", WAIT_TIMEOUT).await;
        deletion.run("BEGIN");
        deletion.run("UPDATE users SET role = role");
        fs::remove_file(&file).expect("a file");
        store.until_waiting(1).await;
        CHANGES[0].iter().for_each(|statement| deletion.run(statement));
        deletion.run("COMMIT");
    };
    let (page, ()) = tokio::join!(visitor.try_sign_in(ANNA, PASSWORD), delete);
    assert_eq!(page.status, 303, "{}", page.text("main"));
    assert!(visitor.get("/webhooks").await.leads_to().starts_with("/sign-in"));
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_sign_in_skips_an_old_session_that_another_transaction_has_locked() {
    let app = App::on_postgres();
    app.user(ANNA, "viewer", PASSWORD);
    let mut store = Store::of(&app);
    store.run(OLD_SESSION);
    store.run("BEGIN");
    store.run("SELECT 1 FROM sessions FOR UPDATE");
    app.visitor().sign_in(ANNA, PASSWORD).await;
    store.run("COMMIT");
    app.visitor().sign_in(ANNA, PASSWORD).await;
    assert_eq!(store.count("sessions WHERE expires_at = 0"), 0, "it is deleted later");
}
