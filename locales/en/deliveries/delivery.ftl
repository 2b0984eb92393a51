# One delivery, with its attempts.
# A blocked address, where the operator allows some networks.
blocked_by = { $address } was refused.
blocked_settings = Access to private networks is set by { $allow } and { $deny }.

reason_exhausted = The last scheduled attempt failed, so Hachok stopped trying.
reason_expired = Seven days have passed since the event, so Hachok stopped trying.
reason_crashed = Hachok stopped unexpectedly six times while sending this event, so the event is not sent any more.
reason_cancelled = The retries were cancelled.
reason_webhook_deleted = The webhook was deleted, so the delivery was cancelled.
reason_aborted = The receiver asked for no further attempts (webhook-delivery: abort-message), so Hachok stopped trying.
reason_test_failed = Test events are not retried.

send_again = Send again now
send_again_warning = The receiver may process this event twice
cancel_retries = Cancel retries
event_time = Event time
attempts_of = { $n } of { $max }
made_by = Trigger
resend_of = Resend of
resent_as = Sent again as
attempt = Attempt { $n }
attempt_scheduled = scheduled
attempt_scheduled_in = scheduled { $distance }
attempt_waits = waiting to be sent
attempt_started = sending
attempt_interrupted = interrupted: the result is unknown
next_attempt_at = { $hour ->
   *[other] Next attempt at { $time }
}
next_attempt_on = Next attempt on { $time }
next_at = { $hour ->
   *[other] Next at { $time }
}
next_on = Next on { $day }, { $time }
held_off = Held: the webhook is turned off
held_off_about = It is sent when the webhook is turned on, and kept for up to 7 days.
held_paused = Held: the receiver asked for fewer requests (429), so nothing is sent until { $time }
waiting_failing = Waiting: the webhook is failing, so deliveries are sent one at a time until one succeeds
waiting_backlog = Waiting: this webhook has a long queue, and the oldest deliveries are sent first
open_webhook = Open the webhook
cancel_delivery = Cancel delivery
send_again_off = To send it again, turn the webhook on.
no_attempts = Not sent yet
request = Request
response_of = Response · attempt { $n }
headers = Headers
body_size = Body · { $size }
empty_body = empty
response_body = Response body
request_body = Request body
answer_hidden = Only administrators can see the headers and body of this response: it may repeat the URL of the webhook.
no_response = No response.
cut_body = Only the first 16 KiB of the response are shown
body_deleted = { $n ->
    [one] Body deleted after { $n } day
   *[other] Body deleted after { $n } days
}
reached_address = Address: { $address }

other_deliveries = Other deliveries of this event
body_raw = As sent
body_formatted = Formatted
curl_copy = Copy as cURL
curl_title = cURL command
curl_about = Replace variables such as $TOKEN with your own values. The signature is valid only for this timestamp.

# Links to the deliveries before and after, and how bodies are shown.
older_delivery = Older
newer_delivery = Newer
sent_again = Sent again as a new delivery.
sent_again_open = Open it
wrap_lines = Wrap lines
whole_body = Whole
