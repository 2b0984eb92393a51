use super::*;
use crate::domain::webhooks::signing::SigningSecret;

const NOW: Timestamp = Timestamp::from_seconds(1_795_245_760);
const BODY: &str = "{\"event\":\"message_created\",\"content\":\"Привіт\"}";
const ID: &str = "evt_06cwpnsz2wd9z";
const TIME: &str = "1795245700";

fn secret() -> SigningSecret {
    SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a good key")
}

fn old() -> SigningSecret {
    SigningSecret::parse("abcdefghijklmnopqrstuvwx").expect("a good key")
}

fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn signed(key: &[u8], message: &str) -> String {
    format!("v1,{}", base64(&mac(key, message.as_bytes())))
}

fn right() -> String {
    secret().sign(ID, 1_795_245_700, BODY.as_bytes())
}

fn ask(id: &str, timestamp: &str, signature: &str, body: &str) -> Finding {
    let (secret, old) = (secret(), old());
    let known = Known {
        secret: &secret,
        old: Some((&old, NOW.before(std::time::Duration::from_secs(60)))),
        event_id: Some(ID),
        sent: Some(BODY.as_bytes()),
    };
    diagnose(Pasted { id, timestamp, signature, body }, known, NOW)
}

fn key() -> Vec<u8> {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64")
}

#[test]
fn a_correct_signature_verifies_with_either_valid_secret() {
    assert_eq!(ask(ID, TIME, &right(), BODY), Finding::Good(None));
    assert_eq!(ask(ID, TIME, &format!("v1,AAAA {} v2,x", right()), BODY), Finding::Good(None));
    let (secret, old, until) = (secret(), old(), NOW.after(std::time::Duration::from_secs(60)));
    let known = Known { secret: &secret, old: Some((&old, until)), event_id: None, sent: None };
    let signature = old.sign(ID, 1_795_245_700, BODY.as_bytes());
    let pasted = Pasted { id: ID, timestamp: TIME, signature: &signature, body: BODY };
    assert_eq!(diagnose(pasted, known, NOW), Finding::Good(Some(until)));
}

#[test]
fn each_common_mistake_is_named() {
    use Mistake::*;
    let message = format!("{ID}.{TIME}.{BODY}");
    let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let hex: String = mac(&key(), message.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let by_key = |message: &str| signed(&key(), message);
    let spaced = "{ \"content\": \"\\u041f\\u0440\\u0438\\u0432\\u0456\\u0442\", \"event\": \"message_created\" }";
    let cases: [(&str, Finding); 17] = [
        ("an old key", ask(ID, TIME, &old().sign(ID, 1_795_245_700, BODY.as_bytes()), BODY)),
        ("whole text", ask(ID, TIME, &signed(text.as_bytes(), &message), BODY)),
        ("not decoded", ask(ID, TIME, &signed(&text.as_bytes()[6..], &message), BODY)),
        ("delivery", ask("dlv_06cwpnsz2wd9z", TIME, &right(), BODY)),
        ("no id", ask(ID, TIME, &by_key(&format!("{TIME}.{BODY}")), BODY)),
        ("body", ask(ID, TIME, &by_key(BODY), BODY)),
        ("colon", ask(ID, TIME, &by_key(&format!("{ID}:{TIME}:{BODY}")), BODY)),
        ("ms header", ask(ID, "1795245700123", &right(), BODY)),
        ("ms signed", ask(ID, "1795245700123", &by_key(&format!("{ID}.1795245700123.{BODY}")), BODY)),
        ("newline added", ask(ID, TIME, &right(), &format!("{BODY}\r\n"))),
        ("newline signed", ask(ID, TIME, &by_key(&format!("{message}\n")), BODY)),
        ("rewritten", ask(ID, TIME, &right(), spaced)),
        ("other", ask(ID, TIME, &right(), "{\"event\":\"message_updated\"}")),
        ("no version", ask(ID, TIME, right().trim_start_matches("v1,"), BODY)),
        ("hex", ask(ID, TIME, &format!("sha256={hex}"), BODY)),
        ("unpadded", ask(ID, TIME, right().trim_end_matches('='), BODY)),
        ("two", ask(ID, TIME, right().trim_start_matches("v1,"), &format!("{BODY}\n"))),
    ];
    let expected: [&[Mistake]; 17] = [
        &[OldKeyEnded],
        &[SecretAsText],
        &[SecretNotDecoded],
        &[DeliveryId],
        &[IdMissing],
        &[BodyAlone],
        &[Separator],
        &[Milliseconds],
        &[Milliseconds],
        &[LineBreakAtEnd],
        &[LineBreakAtEnd],
        &[Rewritten],
        &[OtherBody],
        &[NoVersion],
        &[Hexadecimal],
        &[OtherBase64],
        &[LineBreakAtEnd, NoVersion],
    ];
    for ((name, found), expected) in cases.into_iter().zip(expected) {
        assert_eq!(found, Finding::Mistakes(expected.to_vec()), "{name}");
    }
}

#[test]
fn a_correct_signature_can_be_too_old_or_too_early() {
    for seconds in [1_795_245_760 - 301, 1_795_245_760 + 301] {
        let signature = secret().sign(ID, seconds, BODY.as_bytes());
        assert_eq!(ask(ID, &seconds.to_string(), &signature, BODY), Finding::Mistakes(vec![Mistake::TooOld]));
    }
    let signature = secret().sign(ID, 1_795_245_460, BODY.as_bytes());
    assert_eq!(ask(ID, "1795245460", &signature, BODY), Finding::Good(None));
}

#[test]
fn a_malformed_field_is_named_and_anything_else_is_unexplained() {
    assert_eq!(ask(" ", TIME, &right(), BODY), Finding::Unreadable(Part::Id));
    assert_eq!(ask(ID, "yesterday", &right(), BODY), Finding::Unreadable(Part::Timestamp));
    for signature in ["", "v1,***", "***"] {
        assert_eq!(ask(ID, TIME, signature, BODY), Finding::Unreadable(Part::Signature), "{signature}");
    }
    assert_eq!(ask(ID, TIME, &signed(b"some other key", "x"), BODY), Finding::Unexplained);
}

#[test]
fn extra_spaces_are_found_without_the_sent_body() {
    let secret = secret();
    let compact = "{\"a\":1,\"b\":[true]}";
    let signature = secret.sign(ID, 1_795_245_700, compact.as_bytes());
    let known = Known { secret: &secret, old: None, event_id: None, sent: None };
    let pasted =
        Pasted { id: ID, timestamp: TIME, signature: &signature, body: "{\r\n  \"a\": 1,\r\n  \"b\": [true]\r\n}" };
    assert_eq!(diagnose(pasted, known, NOW), Finding::Mistakes(vec![Mistake::Rewritten]));
}

#[test]
fn the_first_difference_is_reported_by_line_and_column() {
    let sent = "{\n  \"a\": \"є\",\n  \"b\": 2\n}";
    assert_eq!(first_difference(sent.as_bytes(), &sent.replace('\n', "\r\n")), None);
    let found = first_difference(sent.as_bytes(), &sent.replace('2', "3")).expect("a difference");
    assert_eq!((found.line, found.column), (3, 8));
    assert!(found.sent.contains("\"b\": 2") && found.pasted.contains("\"b\": 3"), "{found:?}");
    let longer = first_difference(b"{}", "{}\n").expect("a difference");
    assert_eq!((longer.line, longer.column, longer.sent.as_str()), (1, 3, "{}"));
}
