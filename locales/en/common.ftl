# What every page needs.
product = Hachok
product_about = The webhook desk for help desks: sends events to other systems and shows what became of each delivery.
main_menu = Main
menu = Menu
breadcrumbs = Breadcrumbs
skip_to_content = Skip to content
language = Language
sign_out = Sign out
failed_in_day = { $n ->
    [one] { $n } failed attempt in 24 hours
   *[other] { $n } failed attempts in 24 hours
}
title_error = Error: { $title }

save_changes = Save changes
cancel = Cancel
delete = Delete
remove = Remove
edit = Edit
copy = Copy
copied = Copied
not_copied = The browser did not allow copying. The text is selected: press Ctrl+C or ⌘C.
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
request_failed = The server did not respond. Check the connection and try again.
request_refused = The server responded with HTTP { $code }. Reload the page and try again.
reload_page = Reload the page
ask_administrator = Only an administrator can set this up.
as_of = Data as of { $time }

# Dates and times, as patterns of strftime.
pattern_date = %-d %b %Y
pattern_date_time = %-d %b %Y, %H:%M
pattern_date_time_seconds = %-d %b %Y, %H:%M:%S
pattern_clock = %H:%M
pattern_clock_seconds = %H:%M:%S
today = Today
yesterday = Yesterday
just_now = just now
minutes_ago = { $n } min ago
in_seconds = in { $n } s
in_minutes = in { $n } min
today_at = { $hour ->
   *[other] today at { $time }
}
yesterday_at = { $hour ->
   *[other] yesterday at { $time }
}
date_at = { $hour ->
   *[other] { $date } at { $time }
}

# Amounts with their unit.
milliseconds = { $amount } ms
under_a_millisecond = < 1 ms
seconds = { $amount } s
minutes = { $amount } min
hours = { $amount } h
days = { $n ->
    [one] { $n } day
   *[other] { $n } days
}
bytes = { $amount } B
kibibytes = { $amount } KiB
mebibytes = { $amount } MiB
gibibytes = { $amount } GiB

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

administration = Administration
tokens = API tokens
users = Users
settings = Settings
system_status = System status
