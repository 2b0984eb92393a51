//! One entry of `errors`, in the errors of the management API and of ingest.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::error_code::Code;

/// What is wrong at one place of the request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The name of the parameter, member or header; empty if the request as a whole is wrong.
    pub field: Cow<'static, str>,
    /// The place in the body (RFC 6901); `None` if it is not in the body.
    pub pointer: Option<String>,
    pub code: Code,
    /// English, for people.
    pub detail: String,
}

impl Entry {
    /// The members, in their documented order.
    pub fn json(&self) -> Value {
        json!({ "field": self.field, "pointer": self.pointer, "code": self.code, "detail": self.detail })
    }
}

/// The pointer to a member of the object at `parent` (RFC 6901 §3).
pub fn pointer(parent: &str, member: &str) -> String {
    format!("{parent}/{}", member.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn a_pointer_escapes_tilde_and_slash() {
        for (parent, member, expected) in [
            ("", "url", "/url"),
            ("/headers", "X-A", "/headers/X-A"),
            ("", "a/b~c", "/a~1b~0c"),
            ("", "~1", "/~01"),
            ("", "", "/"),
        ] {
            assert_eq!(pointer(parent, member), expected, "{member}");
        }
    }
}
