use crate::support::{App, PASSWORD, Place, Visitor};

#[test]
fn accounts_are_added_and_listed_without_their_passwords() {
    let place = Place::with_tables();
    place.user("Anna@Example.com", "admin", PASSWORD);
    place.user("ivan@example.com", "viewer", PASSWORD);
    let list = place.run_ok(&["user", "list"]);
    for word in ["anna@example.com", "ivan@example.com", "admin", "viewer"] {
        assert!(list.contains(word), "{word} in {list}");
    }
    assert!(!list.contains(PASSWORD) && !list.contains("argon2"), "{list}");
}

#[test]
fn a_bad_account_is_refused_in_one_line_and_not_stored() {
    let place = Place::with_tables();
    place.user("anna@example.com", "admin", PASSWORD);
    for (email, role, password) in [
        ("nonsense", "admin", PASSWORD),
        ("b@example.com", "admin", "short"),
        ("b@example.com", "admin", ""),
        ("ANNA@example.com", "viewer", PASSWORD),
    ] {
        let ran = place.run_with(&["user", "add", "--email", email, "--role", role, "--password-stdin"], password);
        assert!(matches!(ran.code, Some(1 | 2)), "{email} {role}: {ran:?}");
        assert!(!ran.stderr.trim().is_empty() && ran.stdout.is_empty(), "{ran:?}");
    }
    let ran =
        place.run_with(&["user", "add", "--email", "b@example.com", "--role", "king", "--password-stdin"], PASSWORD);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let list = place.run_ok(&["user", "list"]);
    assert_eq!(list.lines().count(), 1, "{list}");
}

#[tokio::test]
async fn an_account_added_by_command_signs_in_and_ends_the_set_up() {
    let app = App::start();
    let link = app.set_up_link();
    app.user("anna@example.com", "admin", PASSWORD);
    let visitor = app.visitor();
    assert_eq!(visitor.get(&link).await.status, 404);
    visitor.sign_in("Anna@example.com ", PASSWORD).await;
    visitor.open("/webhooks").await;
}

#[tokio::test]
async fn passwords_with_blanks_and_long_passwords_are_used_unchanged() {
    let app = App::start();
    let long = format!("correct horse battery staple {}", "x".repeat(99));
    for (email, password) in [("a@example.com", " пароль з пробілами  ".to_owned()), ("b@example.com", long)]
    {
        app.user(email, "viewer", &password);
        app.visitor().sign_in(email, &password).await;
        assert_eq!(app.visitor().try_sign_in(email, password.trim_end_matches([' ', 'x'])).await.status, 422);
    }
}

#[tokio::test]
async fn a_server_with_an_account_prints_no_set_up_link() {
    let mut app = App::start();
    app.user("anna@example.com", "admin", PASSWORD);
    app.stop();
    app.start_again();
    assert_eq!(Visitor::new(&app.url).get("/setup").await.status, 404);
    assert!(!app.log().contains("/setup?token="), "{}", app.log());
    app.stop();
}
