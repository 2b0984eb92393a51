# Deleting a webhook.
delete_webhook_question = Delete webhook “{ $name }”?
delete_url = Requests to this address will stop at once.
delete_pending = { $n ->
    [one] { $n } pending delivery will be cancelled.
   *[other] { $n } pending deliveries will be cancelled.
}
delete_nothing_pending = No deliveries are pending.
delete_log_stays = The log stays for { $days } days.
delete_secrets = Saved credentials and the signing secret are deleted and cannot be restored.
delete_yes = Yes, delete
delete_no = No, keep
turn_off_instead = Turn off instead
turn_off_instead_about = The settings stay, and events are kept for 7 days.
