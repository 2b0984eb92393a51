# The delivery log, with its filters.
delivery_log = Delivery log
log_id = Log ID
event = Event
time = Time
status = Status
attempts = Attempts
attempts_count = { $n ->
    [one] { $n } attempt
   *[other] { $n } attempts
}
duration = Duration
all_statuses = All statuses
all_events = All events
all_webhooks = All webhooks
no_deliveries = No deliveries yet
no_deliveries_about = Deliveries appear here as soon as an event matches a webhook.
log_retention = { $days ->
    [one] The log is kept for { $days } day.
   *[other] The log is kept for { $days } days.
}
deleted_webhook = Deleted webhook

status_pending = Not finished
status_queued = Pending
status_retrying = Retrying
status_waiting = Waiting
status_held = Held
status_success = Success
status_failed = Failed
delivery_cancelled = Cancelled
trigger_event = Event
trigger_manual = Sent by hand
trigger_test = Test
trigger_recovery = Resent after failure

filter_cause = Cause
all_causes = All causes
failure_3xx = 3xx
failure_4xx = 4xx
failure_5xx = 5xx
failure_timeout = timeout
failure_refused = refused
failure_reset = reset
failure_tls = TLS
failure_dns = DNS
failure_blocked = blocked
failure_other = other
filter_from = From
filter_to = To
filter_period = Period
filter_test = Tests
any_time = Any time
period_1h = Last hour
period_today = Today
period_24h = Last 24 hours
period_7d = Last 7 days
tests_too = Include tests
tests_out = Exclude tests
tests_only = Tests only
filters = Filters
filters_set = Filters ({ $n })
nothing_matches_about = Clear the filters to see all deliveries.
deliveries_at_least = { $n ->
    [one] At least { $n } delivery
   *[other] At least { $n } deliveries
}
more_filters = More filters
filters_odd = These filters were not recognised and are ignored: { $names }.
log_search_hint = ID, 503, text
log_search_about = Search by the beginning of an ID (evt_…, dlv_…), an HTTP status such as 503, or text in events and responses. The newest 5,000 deliveries that match the other filters are searched.
log_search_limit = 5,000 deliveries are searched at a time.
nothing_matches_so_far = Nothing found so far
looked_until = Searched back to { $time }.
look_further = Search further

# New deliveries, told but not inserted.
log_live = Update automatically
log_news = { $n ->
    [one] Show { $n } new delivery
   *[other] Show { $n } new deliveries
}
log_news_many = Show new deliveries (100 or more)
filter_between = from { $from } to { $to }
filter_since = since { $from }
filter_until = until { $to }
