//! Notices: what was just done, shown once on the next page.

use std::borrow::Borrow;

use super::Translator;
use crate::domain::string_enum::string_enum;

string_enum!(
    /// What was just done.
    NoticeKind {
        /// A webhook was created.
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
        /// A delivery was sent again.
        DeliveryResent = "delivery_resent",
        /// An event was sent to a webhook that a person chose.
        EventSent = "event_sent",
        /// A delivery was cancelled.
        DeliveryCancelled = "delivery_cancelled",
        /// A webhook was turned on, and its held deliveries are being sent.
        HeldSent = "held_sent",
        /// A webhook was turned on, and its held deliveries were cancelled.
        HeldDiscarded = "held_discarded",
        /// Failed deliveries are being sent again.
        RecoveryStarted = "recovery_started",
        /// A recovery was cancelled.
        RecoveryCancelled = "recovery_cancelled",
        /// An inbox was added.
        InboxAdded = "inbox_added",
        /// An inbox was changed.
        InboxSaved = "inbox_saved",
        /// An inbox was archived.
        InboxArchived = "inbox_archived",
        /// An archived inbox was restored.
        InboxRestored = "inbox_restored",
        /// An API token was revoked.
        TokenRevoked = "token_revoked",
        /// An invitation or password link was withdrawn.
        InvitationWithdrawn = "invitation_withdrawn",
        /// The role of a user was changed.
        RoleChanged = "role_changed",
        /// A user was disabled.
        UserDisabled = "user_disabled",
        /// A user was enabled again.
        UserEnabled = "user_enabled",
        /// A user was deleted.
        UserDeleted = "user_deleted",
        /// A user changed their own account.
        ProfileSaved = "profile_saved",
        /// A user changed their password.
        PasswordChanged = "password_changed",
        /// The other sessions of a user were ended.
        OthersSignedOut = "others_signed_out",
        /// The settings were changed.
        SettingsSaved = "settings_saved",
        /// An account of a Chatwoot was connected.
        ChatwootConnected = "chatwoot_connected",
        /// A connection to Chatwoot was checked, and is as it should be.
        ChatwootChecked = "chatwoot_checked",
        /// The ingest key of a connection was replaced.
        ChatwootKeyReplaced = "chatwoot_key_replaced",
        /// The signing secret of a manual connection was stored.
        ChatwootSecretSaved = "chatwoot_secret_saved",
        /// A connection to Chatwoot was ended.
        ChatwootDisconnected = "chatwoot_disconnected",
        /// Missing events are taken in.
        ChatwootTakingIn = "chatwoot_taking_in",
        /// Missing events were removed from the list.
        ChatwootDismissed = "chatwoot_dismissed",
        /// A Chatwoot is compared.
        ChatwootComparing = "chatwoot_comparing",
        /// A user signed out.
        SignedOut = "signed_out",
    }
);

impl Translator<'_> {
    /// The message of a notice.
    pub fn notice(&self, done: impl Borrow<NoticeKind>) -> String {
        self.named("notice", done.borrow().as_str())
    }
}
