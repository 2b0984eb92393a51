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
recovery_delivered = Delivered
recovery_started = Started
recovery_ended = Ended
recovery_cancel = Stop resending
