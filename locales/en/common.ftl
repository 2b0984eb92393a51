# What every page needs.
product = Hachok
main_menu = Main
menu = Menu
breadcrumbs = Breadcrumbs
skip_to_content = Skip to content
language = Language
sign_out = Sign out
failed_in_day = { $n ->
    [one] { $n } failed in 24 hours
   *[other] { $n } failed in 24 hours
}
title_error = Error: { $title }

save_changes = Save changes
cancel = Cancel
delete = Delete
remove = Remove
edit = Edit
copy = Copy
copied = Copied
apply = Apply
search = Search
refresh = Refresh
clear_filters = Clear filters
actions = Actions
actions_of = Actions: { $name }
newer = Newer
older = Older
pages = Pages
optional = (optional)
hidden = hidden
all = All
warning = Warning
problem = Problem
summary = Summary
request_failed = The server did not answer. Check the connection and try again.

# Dates and times, as patterns of strftime.
pattern_date_time = %-d %b %Y, %H:%M
pattern_date_time_seconds = %-d %b %Y, %H:%M:%S
pattern_clock = %H:%M
pattern_clock_seconds = %H:%M:%S
just_now = just now
minutes_ago = { $n } min ago
in_seconds = in { $n } s
in_minutes = in { $n } min
today_at = { $hour ->
   *[other] today at { $time }
}
yesterday_at = { $hour ->
   *[other] yesterday at { $time }
}

# Amounts with their unit.
milliseconds = { $amount } ms
seconds = { $amount } s
minutes = { $amount } min
hours = { $amount } h
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
bytes = { $amount } B
kilobytes = { $amount } kB
megabytes = { $amount } MB
gigabytes = { $amount } GB

webhooks_count = { $n ->
    [one] { $n } webhook
   *[other] { $n } webhooks
}
events_count = { $n ->
    [one] { $n } event
   *[other] { $n } events
}
inboxes_count = { $n ->
    [one] { $n } inbox
   *[other] { $n } inboxes
}
deliveries_count = { $n ->
    [one] { $n } delivery
   *[other] { $n } deliveries
}

# Notices after something was done.
notice_webhook_created = The webhook was created
notice_webhook_saved = The webhook was saved
notice_webhook_deleted = The webhook was deleted
notice_webhook_turned_on = The webhook was turned on
notice_webhook_turned_off = The webhook was turned off
notice_secret_replaced = The signing secret was replaced
notice_test_sent = The test event was sent
notice_delivery_resent = The event is being sent again
notice_delivery_cancelled = The retries were cancelled
notice_held_sent = The webhook was turned on; the kept deliveries are being sent
notice_held_discarded = The webhook was turned on; the kept deliveries were discarded
notice_recovery_started = The failed deliveries are being sent again
notice_recovery_cancelled = The rest will not be sent again
notice_inbox_added = The inbox was added
notice_inbox_saved = The inbox was saved
notice_inbox_archived = The inbox was archived
notice_inbox_restored = The inbox was restored
notice_signed_out = You have signed out
