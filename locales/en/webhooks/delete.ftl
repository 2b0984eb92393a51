# Deleting a webhook.
delete_webhook_question = Delete webhook “{ $name }”?
delete_url = Requests to this URL will stop immediately.
delete_pending = { $n ->
    [one] { $n } pending delivery will be cancelled.
   *[other] { $n } pending deliveries will be cancelled.
}
delete_nothing_pending = No deliveries are pending.
delete_log_stays = { $days ->
    [one] The log is kept for { $days } day.
   *[other] The log is kept for { $days } days.
}
delete_secrets = Saved credentials and the signing secret will be deleted and cannot be restored.
delete_yes = Yes, delete
delete_no = No, keep it
turn_off_instead = Turn off instead
turn_off_instead_about = The settings are kept, and new events are held for 7 days.
