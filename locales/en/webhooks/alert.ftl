# Webhooks that fail, at the top of the list and of their own page.
alert_failing_now = The recent attempts failed.
alert_exhausted = { $n ->
    [one] A delivery failed after { $n } attempt.
   *[other] A delivery failed after { $n } attempts.
}
alert_failing = Every attempt has failed for { $duration }.
alert_off_soon = It will be turned off on { $time } unless a delivery succeeds.
turned_off_failing = Turned off: every attempt failed for { $duration }.
turned_off_failures = Turned off: every attempt failed.
turned_off_gone = Turned off: the receiver returned 410.
turned_off_asked = Turned off: the receiver asked for it (webhook-delivery: disable).
held_events = { $n ->
    [one] { $n } event is being held for up to 7 days.
   *[other] { $n } events are being held for up to 7 days.
}
held_short = { $n ->
    [one] { $n } event held.
   *[other] { $n } events held.
}
see_what_went_wrong = See what went wrong
see_what_went_wrong_with = See what went wrong: { $name }
turn_on_of = Turn on: { $name }
webhooks_in_trouble = { $n ->
    [one] { $n } webhook needs attention
   *[other] { $n } webhooks need attention
}
trouble_all = { $n ->
    [one] Show { $n } webhook
   *[other] Show all { $n } webhooks
}
