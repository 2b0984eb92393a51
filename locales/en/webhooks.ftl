# The list.
webhook = Webhook
webhooks = Webhooks
webhooks_list = Webhooks list
webhooks_lead = HTTP callbacks that are set up for each account. They are triggered when selected events occur, for example when the status of a conversation is changed.
add_webhook = Add new webhook
edit_webhook = Edit webhook
deliveries_24h = Deliveries, 24 h
success_rate = Success rate
failed = Failed
pending = Pending
events_and_inbox = Events and inbox
last_24_hours = Last 24 hours
last_24h = Last 24 h
last_delivery = Last delivery
enabled = Enabled
enabled_of = Enabled: { $name }
name_or_url = Name or URL
state = State
inbox = Inbox
all_inboxes = All inboxes
no_webhooks_yet = No webhooks yet
no_webhooks_advice = Add a webhook to send events to another system, for example a CRM.
nothing_matches = Nothing matches the filters
legend_up = up: delivered
legend_down = down: failed
strip_of = { $n ->
    [one] Last 24 hours: { $n } delivery, success rate { $rate }
   *[other] Last 24 hours: { $n } deliveries, success rate { $rate }
}
strip_empty = Last 24 hours: no deliveries
no_deliveries_yet = No deliveries yet
turned_off_failing = Webhook “{ $name }” was turned off: every delivery failed for { $duration }.
turned_off_failures = Webhook “{ $name }” was turned off: every delivery failed.
turned_off_gone = Webhook “{ $name }” was turned off: the receiver answered 410 and accepts no more events.
held_events = { $n ->
    [one] { $n } event is kept for 7 days.
   *[other] { $n } events are kept for 7 days.
}
see_what_went_wrong = See what went wrong
send_test_event = Send test event
archived_inbox = Its only inbox is archived

# States, and the same in the filter.
state_active = Enabled
state_failing = Failing
state_paused = Paused
state_disabled = Disabled
state_auto_disabled = Turned off automatically
filter_active = Enabled
filter_failing = Failing
filter_paused = Paused
filter_disabled = Disabled
filter_auto_disabled = Turned off automatically

# The form.
form_not_saved = The webhook was not saved
fix_problems = { $n ->
    [one] Fix { $n } problem and save again.
   *[other] Fix { $n } problems and save again.
}
address = Address
address_about = A URL to which a request will be sent.
name = Name
name_hint = If left blank, the host name is shown instead.
webhook_url = Webhook URL
webhook_url_hint = An HTTPS endpoint that answers with a 2xx status within the time-out.
authorization = Authorization
authorization_about = An authorization method that the target URL supports, to protect data from unauthorized access.
method_none = None
method_bearer = Bearer
method_basic = Basic
method_custom = Custom
method_none_about = None – the request will be sent without additional authorization headers.
method_bearer_about = Bearer – used to transmit a static API key or token.
method_basic_about = Basic – uses the standard Login and Password scheme.
method_custom_about = Custom – allows you to specify the header name manually.
none_deletes = The saved credentials will be deleted when you save.
token = Token
new_token = New token
token_hint = Sent as the header Authorization: Bearer …
token_again = Enter the token again
token_keep = Leave blank to keep the saved token. To remove it, select None.
login = Login
password = Password
new_password = New password
password_keep = Leave blank to keep the saved password.
password_again = Enter the password again
header_name = Header name
value = Value
new_value = New value
value_keep = Leave blank to keep the saved value.
value_again = Enter the value again
saved = Saved
saved_never_shown = { $time }. It is never shown again.
events = Events
events_about = Events that will trigger the webhook. Select only those you need.
group_most_used = Most used
selected_of = { $n } of { $max }
select_all = Select all
clear_all = Clear all
select_inbox = Select inbox
select_inbox_about = An inbox for which a webhook will be configured.
all_inboxes_about = Including those added later
only_selected = Only selected
only_selected_about = Events without an inbox, such as those of contacts, are not sent then.
no_inboxes_yet = There are no inboxes yet. They appear here with their first event.
inboxes = Inboxes
archived = archived
signing_secret = Signing secret
signing_secret_about = Lets the receiver verify that the request came from you (HMAC-SHA256).
signing_secret_made = A key is made for you and shown once after saving.
use_my_own_secret = Use my own secret
own_secret = Own secret
own_secret_hint = whsec_ and base64 of 24–64 bytes, or 24–64 Latin letters, digits and symbols. Leave blank to get a new key.
secret_created = Created { $time }
replace_secret = Replace secret…
custom_headers = Custom headers
custom_headers_about = Added to every request, if your system needs them.
header_row = Header { $n }
hide_value = Hide value
remove_header = Remove header { $n }
add_header = Add header
viewers = Answers for viewers
viewers_about = Receivers often repeat the address in their answers, and some addresses are as good as a password.
viewers_see_answers = Viewers may see the headers and bodies of the answers
timeout = Time-out
timeout_about = How long to wait for an answer.
timeout_label = Seconds, 5 to 20
create_webhook = Create webhook
save_and_test = Save and send test
danger_zone = Danger zone
delete_webhook = Delete webhook…
delete_about = The webhook is deleted; the log stays.

# Overview, delete, secret.
sections = Webhook sections
overview = Overview
deliveries = Deliveries
test = Test
secret = Secret
copy_url = Copy URL
turn_on = Turn on
turn_off = Turn off
configuration = Configuration
extra_headers = Custom headers
headers_refused_today = Header names that can no longer be chosen: { $names }. What is stored is sent as before; it can be removed, but not changed. Proxies and servers on the way may trust such headers.
no_headers = None
timeout_value = { $n } s
recent_deliveries = Recent deliveries
open_log = Open the delivery log
no_deliveries_advice = Send a test event to see what the receiver answers.
delete_webhook_question = Delete webhook “{ $name }”?
delete_url = Requests to this address will stop at once.
delete_pending = { $n ->
    [one] { $n } pending delivery will be cancelled.
   *[other] { $n } pending deliveries will be cancelled.
}
delete_nothing_pending = No deliveries are pending.
delete_log_stays = The log stays for { $days } days.
delete_secrets = Saved credentials and the signing secret are deleted and cannot be restored.
delete_yes = Yes, delete
delete_no = No, keep
turn_off_instead = Turn off instead
turn_off_instead_about = The settings stay, and events are kept for 7 days.
secret_new = The new key
secret_copy_now = Copy the key now. It will not be shown again.
secret_verify = How the receiver verifies a request
secret_none_shown = The key is stored encrypted and is never shown. If it is lost, replace it.
secret_old_until = The old key stays valid until { $time }. Until then each request bears two signatures.
secret_replace = Replace secret
secret_replace_about = Requests are signed with the new key at once. During the overlap they bear both signatures, so that the receiver can change over without a gap.
secret_overlap = How long the old key stays valid
secret_overlap_0 = Not at all: the old key ends now
secret_overlap_24h = The old key stays valid for 24 hours
secret_overlap_7d = The old key stays valid for 7 days
secret_generate = Generate a secret
secret_end_now = End the old key now

# The test page.
test_title = Send test event
test_about = Sent with the saved configuration, signed like any event, and marked as a test. It is sent once, without retries, also while the webhook is off.
test_event = Event
test_event_test = Test event
test_subscribed = Events of this webhook
test_others = Other events
load_sample = Load sample
test_body = Body
test_body_hint = JSON. Edit it as you like; it is sent exactly as it stands.
test_headers = Headers of the request
test_send = Send test
test_result = Result
test_no_result = The answer of the receiver will appear here.
test_delivered = The receiver accepted the event
test_failed = The receiver did not accept the event
test_not_sent = The test event was not sent
test_open_delivery = Open in the delivery log
test_new_id = a new one for each event
test_now = the time of sending
