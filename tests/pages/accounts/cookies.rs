//! Cookies of two installations on one host, and cookies from before their names contained the installation's id.

use actix_web::cookie::{Cookie, CookieJar, Key};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hachok::domain::secret_box::SecretBox;

use crate::support::{App, PASSWORD, Visitor};

const ANNA: &str = "anna@example.com";

/// The session cookie under the name and with the value that an older version would have set.
fn under_the_old_name(app: &App, visitor: &Visitor) -> (String, String) {
    let text = std::fs::read_to_string(app.folder().join("data/secret.key")).expect("the key");
    let key: [u8; 32] = STANDARD.decode(text.trim()).expect("base64").try_into().expect("32 bytes");
    let key = Key::derive_from(&SecretBox::new(key).derive("cookie"));
    let (name, value) = visitor.session();
    let mut jar = CookieJar::new();
    jar.add_original(Cookie::parse_encoded(format!("{name}={value}")).expect("a cookie"));
    let opened = jar.private(&key).get(&name).expect("a cookie of this server").value().to_owned();
    let mut jar = CookieJar::new();
    jar.private_mut(&key).add(Cookie::new("hachok_session", opened));
    let old = jar.get("hachok_session").expect("a cookie").clone();
    let pair = old.encoded().stripped().to_string();
    let (name, value) = pair.split_once('=').expect("a pair");
    (name.to_owned(), value.to_owned())
}

#[tokio::test]
async fn two_installations_on_one_host_do_not_sign_each_other_out() {
    let (one, other) = (App::start(), App::start());
    one.user(ANNA, "admin", PASSWORD);
    other.user(ANNA, "viewer", PASSWORD);
    // One browser: it sends the cookies of a host to all its ports.
    let (here, there) = (one.visitor(), other.visitor());
    here.open("/sign-in?lang=uk").await;
    there.take_cookies(&here);
    let page = there.open("/sign-in?lang=en").await;
    here.take_cookies(&there);
    assert!(page.has("html[lang=en]") && here.open("/sign-in").await.has("html[lang=uk]"), "each has its own language");
    there.open("/sign-in?lang=uk").await;
    here.sign_in(ANNA, PASSWORD).await;
    there.take_cookies(&here);
    there.sign_in(ANNA, PASSWORD).await;
    here.take_cookies(&there);
    here.open("/users").await;
    there.take_cookies(&here);
    there.open("/webhooks").await;
    let form = there.open("/webhooks").await.form_to("/sign-out");
    there.submit(form).await.leads_to();
    here.open("/users").await;
}

#[tokio::test]
async fn a_restart_keeps_the_cookie_names_and_another_process_uses_them() {
    let mut app = App::start();
    let (name, value) = app.admin().await.session();
    app.stop();
    app.start_again();
    let visitor = app.visitor();
    visitor.set_cookie(&name, &value);
    visitor.open("/webhooks").await;
    if !app.is_sqlite() {
        let other = App::at(app.for_another_process());
        let visitor = other.visitor();
        visitor.set_cookie(&name, &value);
        visitor.open("/webhooks").await;
    }
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_processes_that_create_a_database_together_use_one_cookie_name() {
    let app = App::on_postgres();
    app.user(ANNA, "admin", PASSWORD);
    app.run_sql("DELETE FROM settings WHERE name = 'installation_id'");
    let others: Vec<_> =
        (0..4).map(|_| app.for_another_process()).map(|place| std::thread::spawn(|| App::at(place))).collect();
    let mut names = Vec::new();
    for other in others {
        let other = other.join().expect("a server");
        let visitor = other.visitor();
        visitor.sign_in(ANNA, PASSWORD).await;
        names.push(visitor.session().0);
    }
    names.dedup();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[tokio::test]
async fn a_session_under_the_old_cookie_name_keeps_working() {
    let app = App::start();
    let (name, value) = under_the_old_name(&app, &app.admin().await);
    let visitor = app.visitor();
    visitor.set_cookie(&name, &value);
    visitor.open("/webhooks").await;
    let form = visitor.open("/webhooks").await.form_to("/sign-out");
    visitor.submit(form).await.leads_to();
    assert_eq!(visitor.cookie("hachok_session"), None, "the browser is asked to drop it");
    let thief = app.visitor();
    thief.set_cookie(&name, &value);
    assert!(thief.get("/webhooks").await.leads_to().starts_with("/sign-in"), "it has ended");
}

#[tokio::test]
async fn an_old_session_gets_the_new_name_with_a_new_key() {
    let app = App::start();
    let (name, value) = under_the_old_name(&app, &app.admin().await);
    let visitor = app.visitor();
    visitor.set_cookie(&name, &value);
    let form = visitor.open("/profile").await.form("[name=current_password]");
    let form = form.set("current_password", PASSWORD).set("password", "another horse battery");
    visitor.submit(form).await.leads_to();
    assert_eq!(visitor.cookie("hachok_session"), None);
    visitor.session();
    visitor.open("/webhooks").await;
    let thief = app.visitor();
    thief.set_cookie(&name, &value);
    assert_eq!(thief.get("/webhooks").await.status, 303);
}

#[tokio::test]
async fn an_old_cookie_of_another_installation_is_ignored_and_kept() {
    let (one, other) = (App::start(), App::start());
    let (name, value) = under_the_old_name(&one, &one.admin().await);
    other.user(ANNA, "admin", PASSWORD);
    let visitor = other.visitor();
    visitor.set_cookie(&name, &value);
    visitor.sign_in(ANNA, PASSWORD).await;
    visitor.open("/webhooks").await;
    let form = visitor.open("/webhooks").await.form_to("/sign-out");
    visitor.submit(form).await.leads_to();
    assert_eq!(visitor.cookie("hachok_session"), Some(value));
}

#[tokio::test]
async fn the_old_cookie_names_of_language_theme_and_form_are_read() {
    let app = App::start();
    app.user(ANNA, "admin", PASSWORD);
    let visitor = app.visitor();
    visitor.set_cookie("hachok_lang", "uk");
    visitor.set_cookie("hachok_theme", "dark");
    visitor.set_cookie("hachok_form", &"0".repeat(64));
    let page = visitor.open("/sign-in").await;
    assert!(page.has("html[lang=uk]") && page.has("html[data-theme=dark]"), "{}", page.html("html"));
    assert_eq!(page.headers.get_all("set-cookie").iter().count(), 0, "its own cookie is not needed");
    let form = page.form("[name=password]").set("email", ANNA).set("password", PASSWORD);
    visitor.submit(form).await.leads_to();
}
