# Turning on a webhook with deliveries that were kept.
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
