# The filters of the delivery log.
filter_from = From
filter_to = To
filter_period = Period
filter_test = Tests
any_time = Any time
period_1h = Last hour
period_today = Today
period_24h = Last 24 hours
period_7d = Last 7 days
tests_too = With tests
tests_out = Without tests
tests_only = Tests only
more_filters = More filters
filters_odd = Not understood and left out: { $names }.
log_search_hint = ID, 503, text
log_search_about = Search finds the beginning of an ID (evt_…, dlv_…), an HTTP status such as 503, or text in events and answers: it looks into the newest 5,000 deliveries that the other filters show.
log_search_limit = A search looks into 5,000 deliveries at a time.
nothing_matches_so_far = Nothing found so far
looked_until = Searched as far as { $time }.
look_further = Search further

# New deliveries, told but not inserted.
log_live = Update automatically
log_news = { $n ->
    [one] { $n } new delivery — show
   *[other] { $n } new deliveries — show
}
log_news_many = 100 or more new deliveries — show

# One delivery.
other_deliveries = Other deliveries of this event
body_raw = As sent
body_formatted = Formatted
curl_copy = Copy as cURL
curl_title = Command for cURL
curl_about = Set the variables, such as $TOKEN, to your secrets. The signature is valid only for the timestamp shown.

# Sending again what the filters show.
resend_until = Failed before
resend_until_hint = If blank: until now
resend_not_searched = The search text is not taken over: everything that failed in that time counts.
resend_running = Failed deliveries are being sent again already.
resend_see = See progress
