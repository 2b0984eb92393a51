# The chart of one webhook.
range_24h = 24 hours
range_7d = 7 days
chart_numbers = Numbers of the period
chart_by_hour = Deliveries per hour
chart_by_quarter = Deliveries per 6 hours
chart_median = Median response
chart_p95 = 95% answered within
chart_label_day = Deliveries per hour, last 24 hours; delivered: { $n }, failed: { $max }
chart_label_week = Deliveries per 6 hours, last 7 days; delivered: { $n }, failed: { $max }
chart_bar = { $time }: delivered: { $n }, failed: { $max }
chart_delivered = Delivered: { $n }
chart_failed = Failed: { $n }
chart_up = Delivered
chart_table = Show as a table
chart_span = { $from }–{ $to }
chart_day_span = { $day }, { $from }–{ $to }
pattern_day = %-d %b
