# The events received, and one of them.
received_events = Received events
received_about = All accepted events, including those that no webhook received; newest first.
received_id = Event ID
received_outcome = Outcome
received_unmatched = No webhook matched
received_test = Test
received_from = From
received_to = To
received_size = Size
received_at = Accepted
received_none = No events yet
received_none_about = They appear here as soon as your help desk sends one. Try it with this command:
received_curl = A command that sends an event
received_token = To create a token, run this on the server:
received_go_on = The newest 10,000 events were searched. Select “Older” to search further back.
received_derived_from = Derived from
received_derived = Derived events
received_no_deliveries = Nothing was sent.
received_send_to = Send to…
received_choose = Select a webhook
received_send = Send
received_send_about = The event is sent to this webhook now, regardless of its selected events and inboxes.
received_not_for = Webhooks that did not get this event
received_raw = As received
received_cut = The body is long, so only its beginning is shown.
received_body_about = Receivers get exactly these bytes. The indentation is added here for easier reading.
received_body = Body of the event
not_for_then = It would match now: the settings have changed since
received_retention = { $days ->
    [one] Events are kept for { $days } day.
   *[other] Events are kept for { $days } days.
}

unmatched_unsubscribed = No webhook is subscribed to this event
unmatched_other_inbox = The webhooks for this event have other inboxes selected
unmatched_off = The webhooks for this event have been off for more than 7 days
not_for_unsubscribed = Not subscribed to this event
not_for_other_inbox = The inbox of the event is not selected
not_for_off = Turned off
