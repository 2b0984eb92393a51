delivery_log = Delivery log
delivery_log_about = Every request that was sent or is about to be sent, newest first.
log_id = Log ID
event = Event
time = Time
status = Status
http_status = HTTP status
attempts = Attempts
attempts_count = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
}
duration = Duration
all_statuses = All statuses
all_events = All events
all_webhooks = All webhooks
no_deliveries = No deliveries yet
no_deliveries_about = Deliveries appear here as soon as an event matches a webhook.
log_retention = The log is kept for { $days } days.
deleted_webhook = Deleted webhook

status_pending = Pending
status_success = Success
status_failed = Failed
delivery_retrying = Retrying
delivery_sending = Sending
delivery_cancelled = Cancelled
trigger_event = Event
trigger_manual = Sent again
trigger_test = Test
trigger_recovery = Resent failure

reason_exhausted = The last attempt of the schedule failed, so the delivery was given up.
reason_expired = Seven days have passed since the event, so the delivery was given up.
reason_poison = The server stopped six times while it was sending this event, so the delivery was given up.
reason_cancelled = The retries were cancelled.
reason_webhook_deleted = The webhook was deleted, so the delivery was cancelled.

send_again = Send again now
send_again_warning = The receiver may process this event twice
cancel_retries = Cancel retries
event_time = Event time
attempts_of = { $n } of { $max }
made_by = Source
attempt = Attempt { $n }
attempt_scheduled = scheduled
attempt_started = on its way
attempt_interrupted = interrupted: the result is unknown
next_attempt_at = { $hour ->
   *[other] Next attempt at { $time }
}
next_attempt_on = Next attempt on { $time }
next_attempt_held = Held: the webhook is turned off
no_attempts = Not sent yet
request = Request
response_of = Response · attempt { $n }
headers = Headers
body_size = Body · { $size }
empty_body = empty
response_body = Response body
request_body = Request body
answer_hidden = Only administrators see the headers and the body of this answer: it may repeat the webhook’s address.
no_response = There was no answer.
cut_body = Response is larger than 16 kB; the rest is cut
body_deleted = { $n ->
    [one] Body deleted after { $n } day
   *[other] Body deleted after { $n } days
}
reached_address = Address: { $address }

# Why an attempt failed, and what to do.
cause_dns_error = Host name not found (DNS)
advice_dns_error = Check the host name in the webhook URL and that its DNS record exists.
cause_blocked_address = Requests to private networks are not allowed
advice_blocked_address = Use a public address, or ask the operator of this server to allow the network.
cause_connect_refused = Connection refused
advice_connect_refused = Check that the service is running and listens on the port of the URL.
cause_connect_timeout = No connection within 10 s
advice_connect_timeout = Check the firewall and that the receiver can be reached from this server.
cause_connect_reset = The connection was broken
advice_connect_reset = The receiver closed the connection before it answered. Check its log and any proxy in front of it.
cause_tls_error = TLS certificate is not valid
advice_tls_error = Check that the certificate is not expired, bears this host name and comes with its full chain, and that the receiver supports TLS 1.2 or newer.
cause_timeout = Timeout: no response in { $n } s
advice_timeout = Answer with 2xx first and do the work afterwards, or give the webhook a longer time-out.
cause_invalid_http = The answer was not valid HTTP
advice_invalid_http = Check that the URL names a web server and the right port, and that its answer has no more than 100 headers.
cause_redirect = Redirects are not followed
advice_redirect_to = Enter the final address as the webhook URL. The answer names this one: { $address }
advice_redirect = Enter the final address as the webhook URL.
cause_http_status = The receiver answered { $code }
advice_http_status = Check the log of the receiver for the reason.
cause_gone = The receiver answered 410
advice_gone = It accepts no more events, so the webhook was turned off. Check the URL before you turn it on again.
cause_internal = An internal error of this server
advice_internal = The event is safe and will be tried again. If this goes on, look at the log of this server.
advice_unauthorized = Check the authorization of this webhook: the receiver did not accept it ({ $code }).
advice_not_found = Check the path of the webhook URL.
advice_rejected = The receiver did not accept the body or a header. Its answer below may say why.
advice_too_many = It asks for fewer requests, so the webhook is paused for as long as it asked, at least 60 s.
advice_unavailable = It is reachable but temporarily unable to process requests. Check the service.
advice_general = If events are missing, check the selected event list, endpoint availability, authentication, and receiver logs
