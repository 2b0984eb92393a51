//! Comparison of passwords, and what happens when too many are compared at the same time.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::support::{App, NEW_HASH_KIB, PASSWORD, hash_with};

const EMAIL: &str = "anna@example.com";
const COMPOSED: &str = "йогурт їжак café";
const DECOMPOSED: &str = "и\u{306}огурт і\u{308}жак cafe\u{301}";

#[tokio::test]
async fn a_password_is_the_same_however_a_keyboard_composes_its_letters() {
    let app = App::start();
    for (number, (chosen, typed)) in [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)].into_iter().enumerate() {
        let email = format!("anna{number}@example.com");
        app.user(&email, "admin", chosen);
        app.visitor().sign_in(&email, typed).await;
        app.visitor().sign_in(&email, chosen).await;
    }
    app.user(EMAIL, "admin", &PASSWORD.replace(' ', "\u{a0}"));
    app.visitor().sign_in(EMAIL, PASSWORD).await;
    assert_eq!(app.visitor().try_sign_in(EMAIL, &format!("{PASSWORD} ")).await.status, 422, "nothing is trimmed");
}

/// A hash as the first version stored it: of the text as typed, and here with half of today's memory.
fn old_hash(password: &str) -> String {
    hash_with(password, NEW_HASH_KIB / 2)
}

#[tokio::test]
async fn an_old_hash_of_the_text_as_typed_is_replaced_when_its_owner_signs_in() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    app.run_sql(&format!("UPDATE users SET password_hash = '{}'", old_hash(DECOMPOSED)));
    assert_eq!(app.visitor().try_sign_in(EMAIL, COMPOSED).await.status, 422, "the old hash accepts one spelling");
    app.visitor().sign_in(EMAIL, DECOMPOSED).await;
    app.visitor().sign_in(EMAIL, COMPOSED).await;
    app.visitor().sign_in(EMAIL, DECOMPOSED).await;
}

/// Only one of them renews the hash that all compare with.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_sign_ins_with_an_old_hash_all_succeed() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    for _ in 0..3 {
        app.run_sql(&format!("UPDATE users SET password_hash = '{}'", old_hash(PASSWORD)));
        let mut tries = JoinSet::new();
        for _ in 0..4 {
            let visitor = app.visitor();
            tries.spawn(async move { visitor.try_sign_in(EMAIL, PASSWORD).await.status });
        }
        assert_eq!(tries.join_all().await, [303; 4]);
    }
    assert_eq!(app.visitor().try_sign_in(EMAIL, &format!("{PASSWORD}s")).await.status, 422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_beyond_the_queue_of_its_address_is_503_with_retry_after() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    let mut forms = Vec::new();
    for number in 0..28 {
        let visitor = app.visitor().speaking(if number % 2 == 0 { "en" } else { "uk" });
        let email = format!("nobody-{number}@example.com");
        let form = visitor.open("/sign-in").await.form("[name=password]").set("email", &email);
        forms.push((number, email, visitor, form.set("password", "a password that is kept nowhere")));
    }
    let mut tries = JoinSet::new();
    for (number, email, visitor, form) in forms {
        tries.spawn(async move { (number, email, visitor.submit(form).await) });
    }
    let (mut compared, mut refused) = (0, 0);
    for (number, email, page) in tries.join_all().await {
        assert_eq!(page.attribute("[name=email]", "value"), Some(email));
        assert!(!page.body.contains("not stored"), "a password is never echoed");
        if page.status == 503 {
            refused += 1;
            let words = if number % 2 == 0 {
                "Try again in a few seconds"
            } else {
                "Спробуйте ще раз через кілька секунд"
            };
            assert!(page.says(words), "{}", page.text("body"));
            assert!(page.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0));
        } else {
            assert_eq!(page.status, 422);
            compared += 1;
        }
    }
    assert!(compared >= 16 && refused > 0, "{compared} compared, {refused} refused");
    app.visitor().sign_in(EMAIL, PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_try_that_was_not_compared_does_not_count_as_a_failure() {
    let app = App::start();
    app.user(EMAIL, "admin", PASSWORD);
    let visitor = Arc::new(app.visitor());
    let form = visitor.open("/sign-in").await.form("[name=password]").set("password", "another horse battery");
    // More than 16 unknown accounts fill the queue of this address; the known one comes after them.
    let mut tries = JoinSet::new();
    for number in 0..24 {
        let (visitor, form) =
            (Arc::clone(&visitor), form.clone().set("email", &format!("nobody-{number}@example.com")));
        tries.spawn(async move { visitor.submit(form).await.status });
    }
    let refused = tries.join_all().await.into_iter().filter(|status| *status == 503).count();
    assert!(refused > 0);
    // 30 failures block an address; of the 24 tries only those that were compared count.
    for number in 0..6 + refused {
        let status = app.visitor().try_sign_in(&format!("somebody-{number}@example.com"), PASSWORD).await.status;
        assert_eq!(status, 422, "{number} after {refused} that were not compared");
    }
    assert_eq!(app.visitor().try_sign_in(EMAIL, PASSWORD).await.status, 429);
}
