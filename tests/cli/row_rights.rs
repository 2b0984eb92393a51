use crate::support::{App, Place, Receiver, event, webhook};

/// Makes a role that may use tables and make none; a place that signs in as it, and with the key of the first.
fn as_rows_alone(place: &Place, role: &str) -> Place {
    place.age(&format!(
        "CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    let url = place.database_url().replace("//postgres@", &format!("//{role}@"));
    let key = place.folder().join("data/secret.key");
    Place::on(&url).set("HACHOK_SECRET_KEY_FILE", &key.to_string_lossy())
}

#[tokio::test]
async fn a_role_with_rights_on_rows_alone_serves_when_nothing_is_to_be_migrated() {
    let owner = Place::with_tables();
    if owner.is_sqlite() {
        return;
    }
    let role = format!("rows_{}", std::process::id());
    let (mut app, receiver) = (App::at(as_rows_alone(&owner, &role)), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    assert!(app.admin().await.open("/status").await.says("Everything works"));
    let named = owner.ask(
        "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hachok'",
    );
    assert_eq!(named.as_deref(), Some("t"));
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert!(!app.log().contains("ERROR"), "{}", app.log());
    // What is to be migrated takes more.
    owner.age(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)",
    );
    app.run(&["migrate"]).complaint(1);
    owner.age(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
async fn the_name_that_a_url_gives_the_connection_stays() {
    let place = Place::with_tables();
    if place.is_sqlite() {
        return;
    }
    let url = format!("{}?application_name=desk-7", place.database_url());
    let app = App::at(Place::on(&url));
    let named = app.ask("SELECT string_agg(DISTINCT application_name, ',') FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assert_eq!(named.as_deref(), Some("desk-7"));
}
