//! Rarer settings of a webhook.

/// The timeouts that a webhook may set.
pub const TIMEOUTS_S: std::ops::RangeInclusive<u8> = 5..=20;

/// What the form shows under *More options*. The default is what a webhook has that sets none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The timeout of an attempt, in seconds.
    pub timeout_s: u8,
    /// Viewers see the responses even if the URL has a path.
    pub viewers_see_answers: bool,
    /// A response of 300 to 399 is a success. It is not followed.
    pub redirect_is_success: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { timeout_s: 15, viewers_see_answers: false, redirect_is_success: false }
    }
}
