# One delivery, with its attempts.
# A blocked address, where the operator allows some networks.
blocked_by = { $address } was refused.
blocked_settings = The settings { $allow } and { $deny } decide on private networks.

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

other_deliveries = Other deliveries of this event
body_raw = As sent
body_formatted = Formatted
curl_copy = Copy as cURL
curl_title = Command for cURL
curl_about = Set the variables, such as $TOKEN, to your secrets. The signature is valid only for the timestamp shown.
