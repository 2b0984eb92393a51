# Webhooks that fail, at the top of the list and of their own page.
alert_exhausted = { $n ->
    [one] Webhook “{ $name }”: a delivery failed after { $n } attempt.
   *[other] Webhook “{ $name }”: a delivery failed after { $n } attempts.
}
alert_failing = Webhook “{ $name }”: every attempt has failed for { $duration }.
alert_off_soon = Webhook “{ $name }” will be turned off on { $time } unless a delivery succeeds.
alerts_more = { $n ->
    [one] { $n } more webhook has failures
   *[other] { $n } more webhooks have failures
}
turn_on_again = Turn on again
