# Notices after something was done.
notice_webhook_created = The webhook was created
notice_webhook_saved = The webhook was saved
notice_webhook_deleted = The webhook was deleted
notice_webhook_turned_on = The webhook was turned on
notice_webhook_turned_off = The webhook was turned off
notice_secret_replaced = The signing secret was replaced
notice_test_sent = The test event was sent
notice_delivery_resent = The event is being sent again
notice_delivery_cancelled = The retries were cancelled
notice_held_sent = The webhook was turned on, and the held deliveries are being sent
notice_held_discarded = The webhook was turned on, and the held deliveries were discarded
notice_recovery_started = Failed deliveries are being resent
notice_recovery_cancelled = Resending was stopped. The remaining deliveries will not be resent
notice_inbox_added = The inbox was added
notice_inbox_saved = The inbox was saved
notice_inbox_archived = The inbox was archived
notice_inbox_restored = The inbox was restored
notice_signed_out = You have signed out

notice_token_revoked = The token was revoked
notice_role_changed = The role was changed
notice_user_disabled = The user was disabled
notice_user_enabled = The user was enabled
notice_user_deleted = The user was deleted
notice_invitation_withdrawn = The link was revoked
notice_profile_saved = The profile was saved
notice_password_changed = The password was changed, and you are signed out everywhere else
notice_others_signed_out = You are signed out everywhere else

notice_settings_saved = The settings were saved

notice_event_sent = The event is being sent

notice_chatwoot_connected = Chatwoot was connected
notice_chatwoot_checked = The connection works
notice_chatwoot_key_replaced = The key was replaced
notice_chatwoot_secret_saved = The secret was saved
notice_chatwoot_disconnected = The account was disconnected
notice_chatwoot_taking_in = The events are being taken in
notice_chatwoot_dismissed = The events were dismissed
notice_chatwoot_comparing = The comparison has begun
