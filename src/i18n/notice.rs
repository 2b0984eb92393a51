//! What was just done, told once on the next page.

use std::borrow::Borrow;

use super::Translator;
use crate::domain::deliveries::failure_cause::named;

named!(
    /// What was just done, told once on the next page.
    NoticeKind {
        /// A webhook was made.
        WebhookCreated = "webhook_created",
        /// A webhook was changed.
        WebhookSaved = "webhook_saved",
        /// A webhook was deleted.
        WebhookDeleted = "webhook_deleted",
        /// A webhook was turned on.
        WebhookTurnedOn = "webhook_turned_on",
        /// A webhook was turned off.
        WebhookTurnedOff = "webhook_turned_off",
        /// A webhook has a new signing secret.
        SecretReplaced = "secret_replaced",
        /// A test event was sent.
        TestSent = "test_sent",
        /// A delivery is made again.
        DeliveryResent = "delivery_resent",
        /// A received event is on its way to a webhook that a person chose.
        EventSent = "event_sent",
        /// A delivery was cancelled.
        DeliveryCancelled = "delivery_cancelled",
        /// A webhook was turned on, and what was held for it is on its way.
        HeldSent = "held_sent",
        /// A webhook was turned on, and what was held for it was cancelled.
        HeldDiscarded = "held_discarded",
        /// Failed deliveries are being made again.
        RecoveryStarted = "recovery_started",
        /// A recovery was stopped.
        RecoveryCancelled = "recovery_cancelled",
        /// An inbox was added.
        InboxAdded = "inbox_added",
        /// An inbox was changed.
        InboxSaved = "inbox_saved",
        /// An inbox was archived.
        InboxArchived = "inbox_archived",
        /// An inbox was taken out of the archive.
        InboxRestored = "inbox_restored",
        /// An API token was revoked.
        TokenRevoked = "token_revoked",
        /// A link for a person was ended.
        InvitationWithdrawn = "invitation_withdrawn",
        /// A person has another role.
        RoleChanged = "role_changed",
        /// A person was shut out.
        UserDisabled = "user_disabled",
        /// A person is let in again.
        UserEnabled = "user_enabled",
        /// A person changed their own account.
        ProfileSaved = "profile_saved",
        /// A person has a new password.
        PasswordChanged = "password_changed",
        /// A person's other browsers were signed out.
        OthersSignedOut = "others_signed_out",
        /// The settings were changed.
        SettingsSaved = "settings_saved",
        /// A person signed out.
        SignedOut = "signed_out",
    }
);

impl Translator<'_> {
    /// A sentence: what was just done.
    pub fn notice(&self, done: impl Borrow<NoticeKind>) -> String {
        self.named("notice", done.borrow().as_str())
    }
}
