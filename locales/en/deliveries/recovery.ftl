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
    [one] Webhook “{ $name }”: { $n } delivery is waiting until it is turned on.
   *[other] Webhook “{ $name }”: { $n } deliveries are waiting until it is turned on.
}
recovery_waits_pending = { $n ->
    [one] Webhook “{ $name }”: { $n } delivery is waiting for earlier ones to finish.
   *[other] Webhook “{ $name }”: { $n } deliveries are waiting for earlier ones to finish.
}
recovery_unsent_deleted = { $n ->
    [one] Webhook “{ $name }”: { $n } delivery was not sent, because the webhook was deleted.
   *[other] Webhook “{ $name }”: { $n } deliveries were not sent, because the webhook was deleted.
}
recovery_unsent_left_out = { $n ->
    [one] Webhook “{ $name }”: { $n } delivery was skipped: in the meantime it was sent in another way or removed from the log.
   *[other] Webhook “{ $name }”: { $n } deliveries were skipped: in the meantime they were sent in another way or removed from the log.
}
recovery_delivered = Delivered
recovery_started = Started
recovery_ended = Ended
recovery_cancel = Stop resending
