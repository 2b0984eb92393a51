use crate::faults::rig::Store;
use crate::support::{App, PASSWORD, Page, Visitor};

const ANNA: &str = "anna@example.com";

async fn invited(admin: &Visitor, email: &str, role: &str) -> (String, Page) {
    let form = admin.open("/users").await.form("#f-email").fill("f-email", email).set("role", role);
    let page = admin.follow(form).await;
    (page.text("#key"), page)
}

/// The path of a person's page.
async fn person(admin: &Visitor, email: &str) -> String {
    let page = admin.open("/users").await;
    let row = page.texts("tbody tr").iter().position(|row| row.contains(email)).expect("a row");
    page.links().into_iter().filter(|link| link.starts_with("/users/")).step_by(2).nth(row).expect("a link")
}

/// Adds Anna. Returns the path of her page.
async fn with_anna(app: &App, admin: &Visitor) -> String {
    app.user(ANNA, "viewer", PASSWORD);
    person(admin, ANNA).await
}

#[tokio::test]
async fn an_invited_person_sets_a_password_and_is_signed_in() {
    let app = App::start();
    let admin = app.admin().await;
    let (link, page) = invited(&admin, ANNA, "viewer").await;
    assert!(link.starts_with(&format!("{}/invite/", app.url)), "{link}");
    assert!(page.says("Copy the link now.") && page.says("Pending links"), "{}", page.text("main"));
    let secret = link.rsplit('/').next().unwrap_or_default();
    assert!(!admin.open("/users").await.body.contains(secret), "shown once");
    let anna = app.visitor();
    let form = anna.open(&link).await.form("#f-new-password").fill("f-user-name", "Анна");
    let form = form.fill("f-new-password", PASSWORD).set("language", "uk").set("time_zone", "Europe/Kyiv");
    let page = anna.follow(form).await;
    assert_eq!((page.path.as_str(), page.attribute("html", "lang").as_deref()), ("/webhooks", Some("uk")));
    assert!(page.says("Анна"));
    assert_eq!(anna.get("/users").await.status, 403, "a viewer");
    app.visitor().sign_in(ANNA, PASSWORD).await;
    let page = admin.open("/users").await;
    assert!(page.says("Анна") && !page.says("Pending links"), "{}", page.text("main"));
    assert_eq!(app.visitor().get(&link).await.status, 404, "it works once");
}

#[tokio::test]
async fn of_two_persons_who_use_an_invitation_one_gets_the_account() {
    let app = App::start();
    let admin = app.admin().await;
    let (link, _) = invited(&admin, ANNA, "admin").await;
    let (first, second) = (app.visitor(), app.visitor());
    let fill =
        |page: Page, name| page.form("#f-new-password").fill("f-user-name", name).fill("f-new-password", PASSWORD);
    let (one, other) = (fill(first.open(&link).await, "One"), fill(second.open(&link).await, "Other"));
    let answers = tokio::join!(first.submit(one), second.submit(other));
    let mut statuses = [answers.0.status, answers.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    assert_eq!(app.run_ok(&["user", "list"]).matches(ANNA).count(), 1);
}

#[tokio::test]
async fn an_invitation_ends_when_it_expires_or_is_withdrawn_or_replaced() {
    let app = App::start();
    let admin = app.admin().await;
    let dead = async |link: &str| {
        let page = app.visitor().speaking("uk").get(link).await.expect(404);
        assert_eq!(page.text("h1"), "Це посилання не діє");
        assert!(!page.has("[type=password]"));
    };
    let (first, _) = invited(&admin, ANNA, "viewer").await;
    let (second, _) = invited(&admin, "Anna@Example.com", "admin").await;
    dead(&first).await;
    let day = 86_400_000_000_i64;
    app.run_sql(&format!("UPDATE invitations SET expires_at = expires_at - {}", 6 * day));
    let late = app.visitor();
    let form = late.open(&second).await.form("#f-new-password").fill("f-user-name", "Anna");
    app.run_sql(&format!("UPDATE invitations SET expires_at = expires_at - {day}"));
    dead(&second).await;
    assert_eq!(late.submit(form.fill("f-new-password", PASSWORD)).await.status, 404);
    let (third, page) = invited(&admin, ANNA, "viewer").await;
    let withdrawal = page.form("form[action$='/withdrawal']");
    assert!(admin.follow(withdrawal).await.says("The link was revoked"));
    dead(&third).await;
    dead("/invite/nonsense").await;
    assert!(!app.run_ok(&["user", "list"]).contains(ANNA));
}

#[tokio::test]
async fn an_invalid_invitation_is_refused_beside_its_field() {
    let app = App::start();
    let admin = app.admin().await;
    for (email, words) in [
        ("nonsense", "Enter an email address, for example olena@example.com"),
        ("ADMIN@example.com", "Another user already has this email address"),
    ] {
        let form = admin.open("/users").await.form("#f-email").fill("f-email", email).set("role", "admin");
        let page = admin.submit(form).await.expect(422);
        assert_eq!(page.error("email"), words);
        assert_eq!(page.form("#f-email").value("role"), "admin", "the selection is kept");
    }
    let (link, _) = invited(&admin, ANNA, "viewer").await;
    let visitor = app.visitor();
    let form = visitor.open(&link).await.form("#f-new-password").fill("f-new-password", "short");
    let page = visitor.submit(form.set("time_zone", "Mars/Olympus")).await.expect(422);
    for field in ["user-name", "new-password", "time-zone"] {
        assert!(!page.error(field).is_empty(), "{field}");
    }
    assert!(!page.body.contains("short"), "a password is never echoed");
    let again = page.form("#f-new-password").fill("f-user-name", "Anna").fill("f-new-password", PASSWORD);
    assert_eq!(visitor.follow(again.set("time_zone", "")).await.path, "/webhooks");
}

#[tokio::test]
async fn a_disabled_user_is_signed_out_at_once_until_enabled() {
    let app = App::start();
    let admin = app.admin().await;
    let viewer = app.signed_in("viewer").await;
    let page = person(&admin, "viewer@example.com").await;
    let form = admin.open(&page).await.form("form[action$='/deactivation']");
    assert!(admin.follow(form).await.says("The user was disabled"));
    assert!(viewer.get("/webhooks").await.leads_to().starts_with("/sign-in"));
    assert_eq!(viewer.try_sign_in("viewer@example.com", PASSWORD).await.status, 422);
    assert!(admin.open("/users").await.text("table").contains("Disabled"));
    let form = admin.open(&page).await.form("form[action$='/activation']");
    assert!(admin.follow(form).await.says("The user was enabled"));
    assert!(viewer.get("/webhooks").await.leads_to().starts_with("/sign-in"), "the old session stays ended");
    viewer.sign_in("viewer@example.com", PASSWORD).await;
}

#[tokio::test]
async fn a_deleted_user_is_signed_out_and_can_be_invited_again() {
    let app = App::start();
    let admin = app.admin().await;
    let viewer = app.signed_in("viewer").await;
    let path = person(&admin, "viewer@example.com").await;
    admin.follow(admin.open(&path).await.form("form[action$='/password-link']")).await;
    let question = format!("{path}/deletion");
    let page = admin.open(&question).await;
    assert!(page.says("Delete user “") && page.says("viewer@example.com"), "{}", page.text("main"));
    let form = page.form_to(&question);
    let list = admin.follow(form.clone()).await;
    assert!(
        list.says("The user was deleted") && !list.text("main").contains("viewer@example.com"),
        "{}",
        list.text("main")
    );
    assert!(viewer.get("/webhooks").await.leads_to().starts_with("/sign-in"));
    assert_eq!(admin.submit(form).await.leads_to(), "/users", "a second press changes nothing");
    assert_eq!(admin.get(&path).await.status, 404);
    let (link, _) = invited(&admin, "viewer@example.com", "viewer").await;
    assert!(app.visitor().open(&link).await.has("#f-new-password"));
    let own = person(&admin, "admin@example.com").await;
    let page = admin.get(&format!("{own}/deletion")).await.expect(422);
    assert!(page.text("#errsum").contains("cannot disable or delete your own account"), "{}", page.text("#errsum"));
}

#[tokio::test]
async fn the_last_administrator_cannot_be_removed() {
    let app = App::start();
    let admin = app.admin().await;
    app.user(ANNA, "viewer", PASSWORD);
    let own = person(&admin, "admin@example.com").await;
    let demote = admin.open(&own).await.form("[name=role]").set("role", "viewer");
    let page = admin.submit(demote.clone()).await.expect(422);
    assert!(page.text("#errsum").contains("the last active administrator"), "{}", page.text("#errsum"));
    let mut disable = demote.clone().without("role");
    disable.action = format!("{own}/deactivation");
    let page = admin.submit(disable.clone()).await.expect(422);
    assert!(page.text("#errsum").contains("cannot disable or delete your own account"), "{}", page.text("#errsum"));
    assert!(!admin.open(&own).await.has("form[action$='/deactivation']"), "it is not offered");
    let anna = person(&admin, ANNA).await;
    let promote = admin.open(&anna).await.form("[name=role]").set("role", "admin");
    assert!(admin.follow(promote).await.says("The role was changed"));
    let other = app.visitor();
    other.sign_in(ANNA, PASSWORD).await;
    assert_eq!(admin.submit(disable).await.status, 422, "still not the own account");
    assert_eq!(admin.submit(demote).await.leads_to(), "/webhooks", "another administrator exists now");
    assert_eq!(admin.get("/users").await.status, 403);
    let demote = other.open(&anna).await.form("[name=role]").set("role", "viewer");
    assert_eq!(other.submit(demote).await.status, 422);
}

#[tokio::test]
async fn of_two_administrators_who_disable_or_delete_each_other_one_remains() {
    for (page, action) in [("", "/deactivation"), ("/deletion", "/deletion")] {
        let app = App::start();
        let one = app.admin().await;
        app.user(ANNA, "admin", PASSWORD);
        let other = app.visitor();
        other.sign_in(ANNA, PASSWORD).await;
        let (first, second) = (person(&one, ANNA).await, person(&one, "admin@example.com").await);
        let form = async |visitor: &Visitor, user: &str| {
            visitor.open(&format!("{user}{page}")).await.form_to(&format!("{user}{action}"))
        };
        let (left, right) = (form(&one, &first).await, form(&other, &second).await);
        // Both have been let in when the first of them writes.
        let (mut lock, mut watch) = (Store::of(&app), Store::of(&app));
        lock.run("BEGIN");
        lock.run("UPDATE users SET name = name");
        let release = async {
            watch.until_waiting(2).await;
            lock.run("COMMIT");
        };
        tokio::join!(one.submit(left), other.submit(right), release);
        let list = app.run_ok(&["user", "list"]);
        assert_eq!(list.matches("active").count(), 1, "{action}: {list}");
    }
}

#[tokio::test]
async fn a_user_who_signs_in_meanwhile_is_deleted_with_the_new_session() {
    let app = App::start();
    let admin = app.admin().await;
    let anna = with_anna(&app, &admin).await;
    let form = admin.open(&format!("{anna}/deletion")).await.form_to(&format!("{anna}/deletion"));
    // A sign-in locks its user, and stores the session after the deletion has begun.
    let (mut sign_in, mut watch) = (Store::of(&app), Store::of(&app));
    sign_in.run("BEGIN");
    sign_in.run("UPDATE users SET role = role WHERE email = 'anna@example.com'");
    let store = async {
        watch.until_waiting(1).await;
        let key = if sign_in.is_sqlite() { "x'00'" } else { r"'\x00'::bytea" };
        sign_in.run(&format!(
            "INSERT INTO sessions (key_hash, user_id, state, created_at, expires_at) \
             SELECT {key}, id, '{{}}', 0, 9000000000000000 FROM users WHERE email = 'anna@example.com'"
        ));
        sign_in.run("COMMIT");
    };
    let (page, ()) = tokio::join!(admin.submit(form), store);
    assert_eq!(page.leads_to(), "/users");
    assert!(!app.run_ok(&["user", "list"]).contains(ANNA));
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_through_a_link() {
    let app = App::start();
    let admin = app.admin().await;
    let viewer = app.signed_in("viewer").await;
    let page = person(&admin, "viewer@example.com").await;
    let form = admin.open(&page).await.form("form[action$='/password-link']");
    let shown = admin.follow(form).await;
    let link = shown.text("#key");
    assert!(shown.says("Copy the link now.") && admin.open("/users").await.says("Password reset"));
    viewer.open("/webhooks").await;
    let visitor = app.visitor();
    let form = visitor.open(&link).await;
    assert!(!form.has("#f-user-name") && form.says("viewer@example.com"), "{}", form.text("main"));
    let form = form.form("#f-new-password").fill("f-new-password", "another long password");
    assert_eq!(visitor.follow(form).await.path, "/webhooks");
    assert_eq!(viewer.get("/webhooks").await.status, 303, "the old sessions have ended");
    assert_eq!(app.visitor().try_sign_in("viewer@example.com", PASSWORD).await.status, 422);
    app.visitor().sign_in("viewer@example.com", "another long password").await;
    assert_eq!(app.visitor().get(&link).await.status, 404);
}

#[tokio::test]
async fn a_password_link_ends_when_the_account_is_disabled() {
    let app = App::start();
    let admin = app.admin().await;
    let page = with_anna(&app, &admin).await;
    let link = admin.follow(admin.open(&page).await.form("form[action$='/password-link']")).await.text("#key");
    admin.follow(admin.open(&page).await.form("form[action$='/deactivation']")).await;
    assert_eq!(app.visitor().get(&link).await.status, 404);
}

/// Deletes a user while `request` waits for the lock of the user.
async fn deleted_beside(app: &App, request: impl Future<Output = Page>) -> Page {
    let (mut deletion, mut watch) = (Store::of(app), Store::of(app));
    deletion.run("BEGIN");
    deletion.run("UPDATE users SET role = role WHERE email = 'anna@example.com'");
    let commit = async {
        watch.until_waiting(1).await;
        deletion.run("DELETE FROM invitations");
        deletion.run("DELETE FROM users WHERE email = 'anna@example.com'");
        deletion.run("COMMIT");
    };
    tokio::join!(request, commit).0
}

#[tokio::test]
async fn a_password_link_of_a_user_who_is_deleted_meanwhile_is_404() {
    let app = App::start();
    let admin = app.admin().await;
    let path = with_anna(&app, &admin).await;
    let form = admin.open(&path).await.form_to(&format!("{path}/password-link"));
    let link = admin.follow(form.clone()).await.text("#key");
    let anna = app.visitor();
    let accept = anna.open(&link).await.form("#f-new-password").fill("f-new-password", "another good password");
    let page = deleted_beside(&app, anna.submit(accept)).await.expect(404);
    assert_eq!(page.text("h1"), "This link does not work");
    let path = with_anna(&app, &admin).await;
    let form = admin.open(&path).await.form_to(&format!("{path}/password-link"));
    let page = deleted_beside(&app, admin.submit(form)).await.expect(404);
    assert_eq!(page.text("h1"), "This no longer exists");
}

#[tokio::test]
async fn only_administrators_manage_users() {
    let app = App::start();
    let admin = app.admin().await;
    let viewer = app.signed_in("viewer").await;
    let csrf = viewer.open("/webhooks").await.form_to("/sign-out").value("_csrf").to_owned();
    let own = person(&admin, "viewer@example.com").await;
    for path in ["/users", own.as_str()] {
        assert_eq!(viewer.get(path).await.status, 403, "{path}");
    }
    let page = admin.open(&own).await;
    for form in [
        page.form("[name=role]").set("role", "admin"),
        page.form("form[action$='/deactivation']"),
        page.form("form[action$='/password-link']"),
        admin.open("/users").await.form("#f-email").fill("f-email", ANNA),
    ] {
        assert_eq!(viewer.submit(form.set("_csrf", &csrf)).await.status, 403);
    }
    for path in ["/users/999", "/users/999999999999999999999"] {
        assert_eq!(admin.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_password_link_ends_when_the_password_is_changed() {
    let app = App::start();
    let admin = app.admin().await;
    app.user(ANNA, "viewer", PASSWORD);
    let anna = app.visitor();
    anna.sign_in(ANNA, PASSWORD).await;
    let path = person(&admin, ANNA).await;
    let link = admin.follow(admin.open(&path).await.form_to(&format!("{path}/password-link"))).await.text("#key");
    app.visitor().open(&link).await;
    let form = anna.open("/profile").await.form("#f-current-password").fill("f-current-password", PASSWORD);
    anna.submit(form.fill("f-new-password", "another good password")).await.leads_to();
    assert_eq!(app.visitor().get(&link).await.status, 404);
}

#[tokio::test]
async fn of_two_password_links_only_the_last_works() {
    let app = App::start();
    let admin = app.admin().await;
    let form = admin.open("/users").await.form("#f-email").fill("f-email", ANNA).set("role", "viewer");
    for _ in 0..8 {
        let (one, other) = tokio::join!(admin.submit(form.clone()), admin.submit(form.clone()));
        assert_eq!((one.status, other.status), (303, 303));
    }
    assert_eq!(admin.open("/users").await.texts("tr[id^=invitation]").len(), 1);
}
