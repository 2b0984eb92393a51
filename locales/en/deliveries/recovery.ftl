# The progress of sending again everything that failed.
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
