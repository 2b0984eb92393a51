# The progress of sending again everything that failed.
recovery_title = Resending failed deliveries
recovery_running = Sending
recovery_done = Done
recovery_cancelled = Stopped
recovery_progress = { $n } of { $max } sent
recovery_goes_on = They are sent gradually. You can leave this page.
recovery_left = { $n ->
    [one] { $n } delivery was not resent.
   *[other] { $n } deliveries were not resent.
}
recovery_waits_off = { $n ->
    [one] { $n } delivery to “{ $name }” waits until the webhook is turned on.
   *[other] { $n } deliveries to “{ $name }” wait until the webhook is turned on.
}
recovery_waits_pending = { $n ->
    [one] { $n } delivery to “{ $name }” waits until earlier ones have ended.
   *[other] { $n } deliveries to “{ $name }” wait until earlier ones have ended.
}
recovery_unsent_deleted = { $n ->
    [one] { $n } delivery to “{ $name }” was not sent, because the webhook was deleted.
   *[other] { $n } deliveries to “{ $name }” were not sent, because the webhook was deleted.
}
recovery_unsent_left_out = { $n ->
    [one] { $n } delivery to “{ $name }” was left out: meanwhile it was sent in another way or removed from the log.
   *[other] { $n } deliveries to “{ $name }” were left out: meanwhile they were sent in another way or removed from the log.
}
recovery_delivered = Delivered
recovery_started = Started
recovery_ended = Ended
recovery_cancel = Stop resending
