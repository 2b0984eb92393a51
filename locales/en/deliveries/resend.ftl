# Sending again everything that failed.
resend_until = Failed before
resend_until_hint = If blank: until now
resend_not_searched = The search text is not taken over: everything that failed in that time counts.
resend_running = Failed deliveries are being sent again already.
resend_see = See progress

resend_failed = Resend failed…
resend_title = Resend failed deliveries
resend_about = Everything that failed in that time is sent again, the oldest first.
resend_which = Which deliveries
resend_since = Failed since
resend_since_hint = In your time zone: { $zone }
resend_count = Count deliveries
resend_found = { $n ->
    [one] { $n } failed delivery
   *[other] { $n } failed deliveries
}
resend_left_out = Those delivered since are left out.
resend_oldest = Oldest
resend_newest = Newest
resend_pace = Pace
resend_pace_value = up to { $n } per second, about { $duration }
resend_limit = Only the oldest { $n } are taken. Do this again for the rest.
resend_send = Send { $n } again
resend_none = There is nothing to resend
resend_none_about = Nothing failed in that time, or it was delivered later.
resend_not_counted = The deliveries were not counted
