# Turning on a webhook with deliveries that were kept.
held_title = Turn on webhook “{ $name }”?
held_kept = { $n ->
    [one] { $n } delivery was held while this webhook was off.
   *[other] { $n } deliveries were held while this webhook was off.
}
held_none = No deliveries were held while this webhook was off.
held_send = { $n ->
    [one] Turn on and send { $n } delivery
   *[other] Turn on and send { $n } deliveries
}
held_send_about = They are sent gradually, oldest first, so the receiver is not overloaded.
held_discard = { $n ->
    [one] Turn on and discard { $n } delivery
   *[other] Turn on and discard { $n } deliveries
}
held_discard_about = They will not be sent. The log will show them as cancelled.
