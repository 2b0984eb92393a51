//! The usual mistakes, and what is known of the webhook and the event.

use crate::domain::string_enum::string_enum;
use crate::domain::timestamp::Timestamp;
use crate::domain::webhooks::signing::SigningSecret;

/// What Hachok knows about the webhook and the event.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The current signing secret.
    pub secret: &'a SigningSecret,
    /// The previous signing secret, and the end of its validity (which may be past).
    pub old: Option<(&'a SigningSecret, Timestamp)>,
    /// If a delivery's id was pasted: the id of its event.
    pub event_id: Option<&'a str>,
    /// The body that was sent with this id.
    pub sent: Option<&'a [u8]>,
}

string_enum!(
    /// A common mistake.
    Mistake {
        /// Signed with the previous secret, which is no longer valid.
        OldKeyEnded = "old_key_ended",
        /// The text of the secret was used as the key, with its prefix.
        SecretAsText = "secret_as_text",
        /// The text of the secret was used as the key, without its prefix but not decoded.
        SecretNotDecoded = "secret_not_decoded",
        /// The id of the delivery was used instead of the event's.
        DeliveryId = "delivery_id",
        /// The id is missing in the signed message.
        IdMissing = "id_missing",
        /// Id and timestamp are missing in the signed message.
        BodyAlone = "body_alone",
        /// Id, timestamp and body are not joined by full stops.
        Separator = "separator",
        /// The timestamp is in milliseconds instead of seconds.
        Milliseconds = "milliseconds",
        /// There is a line break too many or too few at the end of the body.
        LineBreakAtEnd = "line_break_at_end",
        /// The body was parsed and serialized again.
        Rewritten = "rewritten",
        /// The body differs from what was sent.
        OtherBody = "other_body",
        /// The signature lacks `v1,`.
        NoVersion = "no_version",
        /// The signature is hexadecimal.
        Hexadecimal = "hexadecimal",
        /// The signature is base64 for URLs, or lacks its equals signs.
        OtherBase64 = "other_base64",
        /// The timestamp is too far from the current time, in either direction.
        TooOld = "too_old",
    }
);
