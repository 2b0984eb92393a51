# Webhooks that do badly, at the top of the list and of their own page.
alert_exhausted = { $n ->
    [one] A delivery to “{ $name }” was given up after { $n } attempt.
   *[other] A delivery to “{ $name }” was given up after { $n } attempts.
}
alert_failing = Every attempt to “{ $name }” has failed for { $duration }.
alert_off_soon = Webhook “{ $name }” will be turned off on { $time } if nothing succeeds.
alerts_more = { $n ->
    [one] and { $n } more webhook with failures
   *[other] and { $n } more webhooks with failures
}
turn_on_again = Turn on again

# Why a webhook sends less than it could.
failing_about = The last attempts failed, so only one delivery is tried at a time until one succeeds.
paused_about = The receiver asked for fewer requests (429), so nothing is sent for now.
paused_until = The receiver asked for fewer requests (429), so nothing is sent until { $time }.

# Turning on with deliveries that were kept.
held_title = Turn on webhook “{ $name }”?
held_kept = { $n ->
    [one] { $n } delivery was kept while this webhook was off.
   *[other] { $n } deliveries were kept while this webhook was off.
}
held_none = No deliveries were kept while this webhook was off.
held_send = Turn on and send { $n }
held_send_about = Sent little by little, the oldest first, so that the receiver is not flooded.
held_discard = Turn on and discard { $n }
held_discard_about = Never sent; the log shows them as cancelled.

# Everything that failed, once more.
resend_failed = Resend failed…
resend_title = Resend failed deliveries
resend_about = Everything that failed in that time is sent again, the oldest first.
resend_which = Which deliveries
resend_since = Failed since
resend_since_hint = In your time zone: { $zone }
resend_count = Count deliveries
resend_found = { $n ->
    [one] { $n } failed delivery
   *[other] { $n } failed deliveries
}
resend_left_out = Those delivered since are left out.
resend_oldest = Oldest
resend_newest = Newest
resend_pace = Pace
resend_pace_value = up to { $n } per second, about { $duration }
resend_limit = Only the oldest { $n } are taken. Do this again for the rest.
resend_send = Send { $n } again
resend_none = There is nothing to resend
resend_none_about = Nothing failed in that time, or it was delivered later.
resend_not_counted = The deliveries were not counted

recovery_title = Resending failed deliveries
recovery_running = Sending
recovery_done = Done
recovery_cancelled = Cancelled
recovery_progress = { $n } of { $max } sent
recovery_goes_on = They are sent little by little. You can leave this page.
recovery_left = { $n ->
    [one] { $n } delivery was not sent again.
   *[other] { $n } deliveries were not sent again.
}
recovery_delivered = Delivered
recovery_started = Started
recovery_ended = Ended
recovery_cancel = Cancel the rest
