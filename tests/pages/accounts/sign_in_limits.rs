//! The limits of failed sign-ins, and which address a try counts for.

use futures_util::future::join_all;

use crate::support::{App, PASSWORD, Place, Visitor};

const ANNA: &str = "anna@example.com";
const IVAN: &str = "ivan@example.com";
const WRONG: &str = "not the password";

/// A server behind a proxy on loopback, with two accounts.
fn behind_a_proxy() -> App {
    let app = App::at(Place::new().set("HACHOK_TRUSTED_PROXIES", "127.0.0.1"));
    app.user(ANNA, "admin", PASSWORD);
    app.user(IVAN, "admin", PASSWORD);
    app
}

/// The status of a try with these `X-Forwarded-For` lines.
async fn try_from(visitor: &Visitor, lines: &[&str], email: &str, password: &str) -> u16 {
    let form = visitor.open("/sign-in").await.form("[name=password]").set("email", email).set("password", password);
    let request = lines
        .iter()
        .fold(visitor.form_request(&form), |request, line| request.header("x-forwarded-for", line.as_bytes()));
    visitor.send("/sign-in", request).await.status
}

/// Makes five wrong tries, each with the header lines for its number, and asserts that the sixth is refused.
async fn count_as_one(app: &App, email: &str, lines: impl Fn(u32) -> Vec<String>) {
    let visitor = app.visitor();
    for number in 1..=6 {
        let lines = lines(number);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let expected = if number < 6 { 422 } else { 429 };
        assert_eq!(try_from(&visitor, &lines, email, WRONG).await, expected, "try {number}, {lines:?}");
    }
}

#[tokio::test]
async fn a_client_cannot_change_its_address_by_x_forwarded_for() {
    let app = behind_a_proxy();
    // The hop that the proxy appended, in the spellings of different proxies; the client wrote the rest.
    count_as_one(&app, "1@example.com", |number| vec![format!("10.8.{number}.1, 203.0.113.1")]).await;
    count_as_one(&app, "2@example.com", |number| vec![format!("10.8.{number}.1, 203.0.113.2:{}", 4710 + number)]).await;
    count_as_one(&app, "3@example.com", |number| vec![format!("10.8.{number}.1,[2001:db8::9]:{}", 4710 + number)])
        .await;
    count_as_one(&app, "4@example.com", |number| vec![format!("10.8.{number}.1"), "203.0.113.4".into()]).await;
    count_as_one(&app, "5@example.com", |number| vec![format!("10.8.{number}.1, \"203.0.113.5:{}\"", 99 + number)])
        .await;
    // One client in two spellings, and one subnet.
    let spelled = |number: u32| if number.is_multiple_of(2) { "203.0.113.6" } else { "::ffff:203.0.113.6" };
    count_as_one(&app, "6@example.com", |number| vec![spelled(number).into()]).await;
    count_as_one(&app, "7@example.com", |number| vec![format!("2001:db8:1:2:{number:x}::{number:x}")]).await;
    // Two addresses of two subnets.
    let visitor = app.visitor();
    assert_eq!(try_from(&visitor, &["203.0.113.7"], "1@example.com", WRONG).await, 422);
    assert_eq!(try_from(&visitor, &["2001:db8:1:3::1"], "7@example.com", WRONG).await, 422);
}

#[tokio::test]
async fn an_unreadable_hop_counts_as_the_proxy() {
    let app = behind_a_proxy();
    let last = ["unknown", "_hidden", "", "for=203.0.113.9", "203.0.113.9:port", "\u{e9}"];
    for (account, last) in last.iter().enumerate() {
        let email = format!("{account}@example.com");
        count_as_one(&app, &email, |number| vec![format!("10.8.{number}.1, {last}")]).await;
        // A request without the header counts for the proxy's address, too.
        assert_eq!(app.visitor().try_sign_in(&email, WRONG).await.status, 429, "{last}");
    }
}

#[tokio::test]
async fn without_a_trusted_proxy_the_header_is_not_read() {
    let app = App::start();
    count_as_one(&app, ANNA, |number| vec![format!("203.0.113.{number}")]).await;
}

#[tokio::test]
async fn a_trusted_ipv4_proxy_is_recognised_on_a_dual_stack_socket() {
    let place = Place::new().bound_to("[::]:0").set("HACHOK_TRUSTED_PROXIES", "127.0.0.1");
    let app = App::at(place);
    count_as_one(&app, ANNA, |number| vec![format!("10.8.{number}.1, 203.0.113.1")]).await;
    assert_eq!(try_from(&app.visitor(), &["203.0.113.2"], ANNA, WRONG).await, 422, "another client");
}

#[tokio::test]
async fn of_many_concurrent_tries_five_are_compared() {
    let app = App::start();
    app.user(ANNA, "admin", PASSWORD);
    let visitors: Vec<Visitor> = (0..20).map(|_| app.visitor()).collect();
    let tries = join_all(visitors.iter().map(|visitor| visitor.try_sign_in(ANNA, WRONG))).await;
    let looked_at = tries.iter().filter(|page| page.status == 422).count();
    let held_up = tries.iter().filter(|page| page.status == 429).count();
    assert_eq!((looked_at, held_up), (5, 15));
}

#[tokio::test]
async fn failures_survive_a_restart() {
    let mut app = App::start();
    app.user(ANNA, "admin", PASSWORD);
    for _ in 0..3 {
        assert_eq!(app.visitor().try_sign_in(ANNA, WRONG).await.status, 422);
    }
    app.stop();
    app.start_again();
    for _ in 0..2 {
        assert_eq!(app.visitor().try_sign_in(ANNA, WRONG).await.status, 422);
    }
    app.kill();
    app.start_again();
    assert_eq!(app.visitor().try_sign_in(ANNA, PASSWORD).await.status, 429);
    app.run_sql("UPDATE sign_in_failures SET failed_at = failed_at - 31000000");
    app.visitor().sign_in(ANNA, PASSWORD).await;
}

#[tokio::test]
#[ignore = "needs Postgres: tests/run"]
async fn on_postgres_two_processes_count_the_same_failures() {
    let app = App::on_postgres();
    app.user(ANNA, "admin", PASSWORD);
    let other = App::at(app.for_another_process());
    let visitors: Vec<Visitor> = (0..20).map(|n| if n % 2 == 0 { app.visitor() } else { other.visitor() }).collect();
    let tries = join_all(visitors.iter().map(|visitor| visitor.try_sign_in(ANNA, WRONG))).await;
    assert_eq!(tries.iter().filter(|page| page.status == 422).count(), 5);
    assert_eq!(other.visitor().try_sign_in(ANNA, PASSWORD).await.status, 429);
}

#[tokio::test]
async fn wrong_passwords_on_the_profile_count_with_those_of_the_sign_in() {
    let app = App::start();
    let admin = app.admin().await;
    for _ in 0..3 {
        assert_eq!(app.visitor().try_sign_in("admin@example.com", WRONG).await.status, 422);
    }
    let change = async |current: &str| {
        let form = admin.open("/profile").await.form("[name=current_password]");
        admin.submit(form.set("current_password", current).set("password", "another horse battery")).await.status
    };
    assert_eq!(change(WRONG).await, 422);
    assert_eq!(change(WRONG).await, 422);
    assert_eq!(change(PASSWORD).await, 429);
    assert_eq!(app.visitor().try_sign_in("admin@example.com", PASSWORD).await.status, 429);
}

#[tokio::test]
async fn thirty_failures_block_an_address_except_for_accounts_that_signed_in_from_it() {
    let app = behind_a_proxy();
    let (visitor, office) = (app.visitor(), ["203.0.113.1"]);
    assert_eq!(try_from(&visitor, &office, ANNA, PASSWORD).await, 303);
    let stranger = app.visitor();
    for account in 0..30 {
        assert_eq!(try_from(&stranger, &office, &format!("{account}@example.com"), WRONG).await, 422);
    }
    assert_eq!(try_from(&stranger, &office, "another@example.com", WRONG).await, 429);
    assert_eq!(try_from(&stranger, &office, IVAN, PASSWORD).await, 429, "no earlier sign-in from here");
    assert_eq!(try_from(&app.visitor(), &["203.0.113.2"], IVAN, PASSWORD).await, 303, "from elsewhere");
    assert_eq!(try_from(&app.visitor(), &office, ANNA, PASSWORD).await, 303);
    for _ in 0..5 {
        assert_eq!(try_from(&stranger, &office, ANNA, WRONG).await, 422);
    }
    assert_eq!(try_from(&stranger, &office, ANNA, WRONG).await, 429, "and Anna's password is not easier to guess");
}

#[tokio::test]
async fn a_flood_of_addresses_neither_unblocks_a_client_nor_blocks_others() {
    let app = behind_a_proxy();
    let guesser = ["203.0.113.66"];
    flood(&app, 50_000);
    for _ in 0..5 {
        assert_eq!(try_from(&app.visitor(), &guesser, ANNA, WRONG).await, 422);
    }
    // 10,000 rows more than the limit.
    flood(&app, 60_000);
    assert_eq!(try_from(&app.visitor(), &["203.0.113.1"], ANNA, PASSWORD).await, 303, "the right password");
    assert_eq!(try_from(&app.visitor(), &["203.0.113.2"], IVAN, WRONG).await, 422, "this row was removed");
    assert_eq!(try_from(&app.visitor(), &guesser, ANNA, PASSWORD).await, 429, "the client that guesses still waits");
}

/// Stores that many failures of different subnets, all of this moment.
fn flood(app: &App, rows: u32) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time").as_micros();
    let account = if app.is_sqlite() { "x'00'" } else { r"'\x00'" };
    app.run_sql(&format!(
        "WITH RECURSIVE flood(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM flood WHERE n < {rows}) \
         INSERT INTO sign_in_failures (address, account, failed_at) SELECT '2001:db8::/' || n, {account}, {now} FROM flood"
    ));
}
