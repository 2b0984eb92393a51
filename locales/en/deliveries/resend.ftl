# Sending again everything that failed.
resend_until = Failed before
resend_until_hint = Leave blank to include everything up to now.
resend_not_searched = The search text is ignored: everything that failed in this period is included.
resend_running = Failed deliveries are already being resent.
resend_see = See progress

resend_failed = Resend failed…
resend_title = Resend failed deliveries
resend_about = All deliveries that failed in this period are sent again, oldest first.
resend_which = Which deliveries
resend_since = Failed since
resend_since_hint = In your time zone: { $zone }
resend_count = Count deliveries
resend_found = { $n ->
    [one] { $n } failed delivery
   *[other] { $n } failed deliveries
}
resend_left_out = Deliveries that were resent, or whose events arrived later, are not included.
resend_oldest = Oldest
resend_newest = Newest
resend_pace = Speed
resend_pace_value = up to { $n } per second, about { $duration }
resend_limit = Only the oldest { $n } will be sent. Repeat this for the rest.
resend_send = { $n ->
    [one] Resend { $n } delivery
   *[other] Resend { $n } deliveries
}
resend_none = There is nothing to resend
resend_none_about = No deliveries failed in this period, or they were resent already.
resend_not_counted = Could not count the deliveries
recoveries = Recent resends
