# Connections to Chatwoot: the list, connecting, one connection.
chatwoot = Chatwoot
chatwoot_lead = The events of a connected Chatwoot account arrive here directly.
chatwoot_empty = No Chatwoot connected yet
chatwoot_empty_about = Connect an account: its inboxes appear here immediately, and its events as they happen.
chatwoot_account = Account
chatwoot_account_number = Account { $id }
chatwoot_account_any = Any
chatwoot_manual = Set up by hand
chatwoot_last_event = Last event
chatwoot_connect = Connect Chatwoot
chatwoot_connect_about = Adds one webhook to the account, checks it every hour and repairs it. The token is stored encrypted and cannot be viewed.
chatwoot_url = Chatwoot URL
chatwoot_url_hint = The address at which you open Chatwoot, for example https://chat.example.com.
chatwoot_token = Access token
chatwoot_token_hint = Of an administrator of the account. In Chatwoot: Profile settings, Access token.
chatwoot_not_connected = Chatwoot was not connected
chatwoot_select_account = Select account
chatwoot_select_account_about = The token belongs to an administrator of several accounts.
chatwoot_manual_add = Set up by hand
chatwoot_manual_about = Without an access token: you get a URL and add it in Chatwoot yourself.
chatwoot_manual_name_hint = For example, the name of the account.
chatwoot_manual_account_hint = Its number or the address of one of its pages. Events of other accounts are then refused.
chatwoot_manual_button = Create URL
chatwoot_by_token = With an API token
chatwoot_by_token_about = Any program that can only call a URL sends its events to this one, with an API token in place of TOKEN.
chatwoot_wrong_keys = { $n ->
    [one] { $n } request came with a key that belongs to no connection. Last: { $time }.
   *[other] { $n } requests came with a key that belongs to no connection. Last: { $time }.
}
chatwoot_state_receiving = Receiving events
chatwoot_state_waiting = Waiting for the first event
chatwoot_state_faulty = Needs attention
chatwoot_state_disconnected = Disconnected
chatwoot_checked = Webhook checked
chatwoot_inboxes_read = Inboxes read
chatwoot_signature = Signature
chatwoot_signed = Checked
chatwoot_unsigned = Not checked
chatwoot_check = Check now
chatwoot_disconnect = Disconnect…
chatwoot_connect_again = To connect this account again, enter its URL and an access token in the list of connections. Its inboxes stay selected.
chatwoot_ingest_url = URL for Chatwoot
chatwoot_ingest_url_about = Chatwoot sends events here. Treat this URL like a password.
chatwoot_ingest_url_manual = In Chatwoot, open Settings, Integrations, Webhooks, add a webhook with this URL and select its events. Treat the URL like a password.
chatwoot_key_replace = Replace key
chatwoot_key_replace_about = Changes the URL here and in Chatwoot. The old URL works for another 24 hours.
chatwoot_key_replace_manual = Changes the URL. Enter the new one in Chatwoot: the old one works for another 24 hours.
chatwoot_key_old = The old URL works until { $time }.
chatwoot_secret_hint = Chatwoot shows it after you add the webhook (from version 4.11.2). Leave blank to stop checking signatures.
chatwoot_secret_not_saved = The secret was not saved
chatwoot_secret_save = Save secret
chatwoot_refusals = Refused requests
chatwoot_refusals_about = Chatwoot does not send these events again.
chatwoot_refusals_none = No request was refused.
chatwoot_reason = Reason
chatwoot_amount = Requests
chatwoot_last = Last
chatwoot_refusal_signature_missing = No signature
chatwoot_refusal_signature_wrong = Wrong signature
chatwoot_refusal_stale = The time of the request differs from the clock of this server by more than 5 minutes
chatwoot_refusal_other_account = An event of another account
chatwoot_refusal_invalid_body = Not an event in JSON
chatwoot_refusal_too_large = Larger than 2 MiB
chatwoot_refusal_incomplete = The request did not arrive in full
chatwoot_refusal_not_stored = The server was overloaded, or its database did not respond
chatwoot_refusal_disconnected = The account is disconnected
chatwoot_unknown = Unknown events
chatwoot_unknown_about = The catalogue does not have these events, so they were not stored.
chatwoot_unknown_other = { $n ->
    [one] And { $n } event with another name.
   *[other] And { $n } events with other names.
}
chatwoot_fault_token_refused = Chatwoot does not accept the access token. Connect the account again with a new one.
chatwoot_fault_not_administrator = The owner of the access token cannot change the webhooks of this account. Connect it again with the token of an administrator.
chatwoot_fault_not_found = Chatwoot no longer has this account.
chatwoot_fault_limited = Chatwoot limits the number of requests. The next check comes later.
chatwoot_fault_refused = Chatwoot refused the webhook. Check the public URL of this server and the version of Chatwoot.
chatwoot_fault_events_refused = This version of Chatwoot does not have these events, so they do not arrive:
chatwoot_fault_redirected = The address redirects to another one. Connect the account again with the address that opens in the browser.
chatwoot_fault_bad_answer = The response did not come from Chatwoot. Check whether it works.
chatwoot_fault_unreachable = Chatwoot did not respond.
chatwoot_fault_unknown = The last check failed for a reason that this version of Hachok does not know. A newer version made the check.
chatwoot_hints = If no events arrive
chatwoot_hint_private = Since version 4.14, Chatwoot sends nothing to private addresses. Set SAFE_FETCH_ALLOW_PRIVATE_NETWORK=true there (from version 4.14.1), or use a public address.
chatwoot_hint_tls = The TLS certificate of this server must be valid for Chatwoot.
chatwoot_hint_sidekiq = Chatwoot sends webhooks from Sidekiq. If it is stopped or its queue is long, nothing arrives.
chatwoot_hint_twice = If an API inbox of Chatwoot has the same URL, each event arrives twice.
chatwoot_hint_unsigned = This Chatwoot does not sign its requests (before version 4.11.2): only the key in the URL protects them.
chatwoot_disconnect_question = Disconnect “{ $name }”?
chatwoot_disconnect_removes = The webhook is removed from Chatwoot. New events are no longer accepted.
chatwoot_disconnect_manual = New events are no longer accepted. Remove the webhook in Chatwoot yourself.
chatwoot_disconnect_keeps = Inboxes, webhooks and the delivery log stay. You can connect the account again.
chatwoot_disconnect_gone = This also works if Chatwoot does not respond or no longer exists.
chatwoot_disconnect_yes = Yes, disconnect
chatwoot_webhook_left = The account was disconnected. Chatwoot did not remove the webhook: remove it there yourself
chatwoot_missing = Missing events
chatwoot_missing_lead = Events that Chatwoot has and that did not arrive here.
chatwoot_missing_count = { $n ->
    [one] { $n } event is missing
   *[other] { $n } events are missing
}
chatwoot_missing_none = Nothing is missing
chatwoot_missing_none_about = Every five minutes, conversations with new activity are compared with what arrived.
chatwoot_missing_what = What is missing
chatwoot_missing_conversation = New conversation
chatwoot_missing_message = Message { $id }
chatwoot_missing_state = Changed: { $what }
chatwoot_missing_more = { $n ->
    [one] And { $n } more event.
   *[other] And { $n } more events.
}
chatwoot_missing_full = { $n ->
    [one] { $n } event is missing. The comparison continues after some are taken in or dismissed.
   *[other] { $n } events are missing. The comparison continues after some are taken in or dismissed.
}
chatwoot_conversation = Conversation
chatwoot_assignee = assignee
chatwoot_team = team
chatwoot_labels = labels
chatwoot_state_of_conversation = status
chatwoot_take_in = Take in
chatwoot_take_in_all = Take in all
chatwoot_take_in_about = The event is stored and delivered as if it had just arrived. Its body has the additional field reconciled.
chatwoot_take_in_by_hand = When an administrator asks for it
chatwoot_take_in_always = Always, as soon as it is found
chatwoot_taking_in = Being taken in
chatwoot_dismiss = Dismiss
chatwoot_dismiss_all = Dismiss all
chatwoot_compare_now = Compare now
chatwoot_comparing = Comparing now
chatwoot_compared_to = Compared up to
chatwoot_compared_at = Last comparison
chatwoot_comparison_failed = Chatwoot could not be compared: { $why }. Next try: { $time }.
chatwoot_foreign_answer = the response did not come from Chatwoot
chatwoot_not_compared = Not compared
chatwoot_not_compared_about = Only an account that was connected with an access token can be compared.
chatwoot_unseen = What the comparison cannot find
chatwoot_unseen_deleted = Deleted messages and conversations, and edits of messages.
chatwoot_unseen_between = A change that was undone or replaced since: only the last status, assignee, team and labels are compared.
chatwoot_unseen_contacts = Events of contacts, inboxes, the widget and typing.
chatwoot_unseen_bulk = Bulk changes that Chatwoot makes without activity in the conversation.
chatwoot_unseen_young = What happened in the last two minutes, and what is older than the last 100 messages of a conversation.
chatwoot_unseen_inboxes = Conversations in inboxes that the owner of the access token cannot see.
