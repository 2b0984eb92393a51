# Webhooks that fail, at the top of the list and of their own page.
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
