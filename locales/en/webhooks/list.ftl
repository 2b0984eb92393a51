# The list of webhooks.
webhook = Webhook
webhooks = Webhooks
webhooks_list = Webhooks list
webhooks_lead = HTTP callbacks that are set up for each account. They are triggered when selected events occur, for example when the status of a conversation is changed.
add_webhook = Add new webhook
edit_webhook = Edit webhook
deliveries_24h = Finished in 24 h
success_rate = Success rate
failed = Failed
events_and_inbox = Events and inbox
last_24_hours = Last 24 hours
last_24h = Last 24 h
last_delivery = Last delivery
enabled_of = Enabled: { $name }
name_or_url = Name or URL
state = State
inbox = Inbox
all_inboxes = All inboxes
no_webhooks_yet = No webhooks yet
no_webhooks_advice = Add a webhook to send events to another system, for example a CRM.
nothing_matches = Nothing matches the filters
legend_up = up: delivered
legend_attempts = down: failed attempts
legend_down = failed deliveries
strip_of = { $n ->
    [one] Last 24 hours: { $n } attempt, success rate { $rate }
   *[other] Last 24 hours: { $n } attempts, success rate { $rate }
}
strip_empty = Last 24 hours: no attempts
no_deliveries_yet = No deliveries yet
send_test_event = Send test event
archived_inbox = Its only inbox is archived

# States, and the same in the filter.
state_active = Enabled
state_failing = Failing
state_paused = Paused
state_disabled = Disabled
state_auto_disabled = Turned off automatically
filter_active = Enabled
filter_trouble = Need attention
sort_by = Sort by: { $column }
filter_failing = Failing
filter_paused = Paused
filter_disabled = Disabled
filter_auto_disabled = Turned off automatically

# The pages of the list.
previous = Previous
next = Next
list_part = { $n ->
    [one] { $from }–{ $to } of { $n } webhook
   *[other] { $from }–{ $to } of { $n } webhooks
}
