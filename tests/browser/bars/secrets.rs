//! No page, header or log line holds a stored secret, for any role.

use super::pages::{inside, outside};
use super::world::{CANARIES, World};
use crate::support::{EMAIL, PASSWORD};

#[tokio::test]
async fn no_page_shows_a_stored_secret() {
    let world = World::new().await;
    let stored: Vec<&str> = CANARIES.into_iter().chain([world.token.as_str(), PASSWORD]).collect();
    for email in [EMAIL, "viewer@example.com"] {
        let visitor = world.app.visitor();
        visitor.sign_in(email, PASSWORD).await;
        let mut control = 0;
        for (_, address) in inside(&world).into_iter().chain(outside(&world)) {
            for page in [visitor.get(&address).await, visitor.fetch(&address).await] {
                control += usize::from(page.body.contains("CRM"));
                let all = format!("{}{:?}", page.body, page.headers);
                let found: Vec<_> = stored.iter().filter(|secret| all.contains(**secret)).collect();
                assert!(found.is_empty(), "{address} shows {found:?} to {email}");
                assert!(!holds_a_key(&page.body), "{address} shows a key");
            }
        }
        assert!(control > 5, "the control: public text was found {control} times");
    }
    let log = world.app.log();
    assert!(stored.iter().all(|secret| !log.contains(secret)), "{log}");
}

/// Whether the text holds `whsec_` with a key after it, not only the hint of a field.
fn holds_a_key(text: &str) -> bool {
    let base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    text.split("whsec_").skip(1).any(|after| after.bytes().take_while(|byte| base64(*byte)).count() > 20)
}

#[test]
fn a_key_is_distinguished_from_a_hint() {
    assert!(holds_a_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    assert!(!holds_a_key("whsec_ and base64"));
}
