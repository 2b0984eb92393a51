use std::process::Command;

use super::readme::block_after;
use crate::support::{App, Place, Receiver, event, webhook};

/// Creates a role that may use tables but not create them; returns a place with the same key that connects as the role.
pub fn as_role_without_create_right(place: &Place, role: &str) -> Place {
    place.run_sql(&format!(
        "CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO {role}; \
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
    ));
    connecting_as(place, role)
}

/// A place with the same key that connects as the role.
fn connecting_as(place: &Place, role: &str) -> Place {
    let url = place.database_url().replace("//postgres@", &format!("//{role}@"));
    let key = place.folder().join("data/secret.key");
    Place::on(&url).set("HACHOK_SECRET_KEY_FILE", &key.to_string_lossy())
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_role_without_the_right_to_create_tables_serves_a_migrated_database() {
    let owner = Place::on_postgres();
    owner.run_ok(&["migrate"]);
    let role = format!("rows_{}", std::process::id());
    let (mut app, receiver) = (App::at(as_role_without_create_right(&owner, &role)), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    let status = app.admin().await.open("/status").await;
    assert!(status.says("Everything works") && status.says("removed row by row"));
    let named = owner.query_postgres(
        "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hachok'",
    );
    assert_eq!(named.as_deref(), Some("t"));
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert!(!app.log().contains("ERROR"), "{}", app.log());
    // A pending migration needs more rights.
    owner.run_sql(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT MAX(version) FROM __diesel_schema_migrations)",
    );
    app.run(&["migrate"]).error_line(1);
    owner.run_sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// The commands of the guide come before any table exists, so that all tables are those of later migrations.
#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_a_role_with_the_default_rights_of_the_guide_may_use_tables_of_later_migrations() {
    let owner = Place::on_postgres();
    let role = format!("later_{}", std::process::id());
    let psql = format!("psql -Xq {}", owner.database_url());
    let block = block_after("docs/guide/en/postgres.md", "## Rights");
    let lines =
        block.replace("hachok_rows", &role).replace("ROLE hachok ", "ROLE postgres ").replace("psql -d hachok", &psql);
    let ran = Command::new("sh").args(["-ec", &lines]).output().expect("a shell");
    assert!(ran.status.success(), "{lines}: {ran:?}");
    owner.run_ok(&["migrate"]);
    owner.run_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let (mut app, receiver) = (App::at(connecting_as(&owner, &role)), Receiver::start());
    let api = app.api("admin");
    api.webhook(&webhook(&receiver.at("/a"))).await;
    api.accepted(event("message_created")).await;
    receiver.first("/a").await;
    assert!(app.admin().await.open("/status").await.says("Everything works"));
    assert_eq!(app.stop(), Some(0), "{}", app.log());
    assert!(!app.log().contains("ERROR"), "{}", app.log());
    owner.run_sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_an_application_name_in_the_url_is_kept() {
    let place = Place::on_postgres();
    place.run_ok(&["migrate"]);
    let url = format!("{}?application_name=desk-7", place.database_url());
    let app = App::at(Place::on(&url));
    let named = app.query_postgres("SELECT string_agg(DISTINCT application_name, ',') FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");
    assert_eq!(named.as_deref(), Some("desk-7"));
}
