# Verifying a signature.
verify = Verify a signature
verify_about = Each request is signed with HMAC-SHA256 over the webhook-id, the webhook-timestamp and the body, joined by full stops. The key is the decoded secret, not its text.
verify_tolerance = Take the body as it was received, before any parsing, and refuse a timestamp that is more than 5 minutes off.
verify_code = Sample code
verify_code_about = Ready to use, without further libraries where the language allows. While an old key still counts, the header holds two signatures.
verify_send = Send yourself a signed request (cURL)
verify_why = Why does my signature not verify?
verify_why_about = Paste what your receiver got. The key itself is not needed, and never shown.
verify_id = Header webhook-id
verify_timestamp = Header webhook-timestamp
verify_signature = Header webhook-signature
verify_signature_hint = Or the signature that your code computed.
verify_body = Body
verify_body_hint = Exactly as received, for example from your log.
verify_check = Check
verify_good = The signature is right. It was made with the current key.
verify_good_old = The signature is right. It was made with the old key, which counts until { $time }.
verify_bad = The signature does not verify
verify_unexplained = None of the usual mistakes explains it. Is it the key of this webhook, and are the id and the timestamp those of the same request as the body?
verify_difference = The body differs from the one that was sent, first in line { $n }, column { $max }.
verify_sent = Sent
verify_pasted = Pasted
verify_unknown_event = No event with this id was sent to this webhook, or it has been deleted since. So the body could not be compared.

unreadable_id = Enter the webhook-id. It is part of what is signed.
unreadable_timestamp = The webhook-timestamp must be a whole number of seconds, for example 1795245760.
unreadable_signature = The signature must be “v1,” followed by base64, as the header has it.
mistake_old_key_ended = It was made with the old key, which does not count any more. Use the current key.
mistake_secret_as_text = The text of the secret was used as the key. Remove whsec_ and decode the rest as base64.
mistake_secret_not_decoded = The secret was not decoded. The key is the bytes that the base64 after whsec_ stands for.
mistake_delivery_id = The id is that of the delivery (x-hachok-delivery). Use the header webhook-id, which begins with evt_.
mistake_id_missing = The webhook-id is missing in what was signed. Sign id, timestamp and body.
mistake_body_alone = Only the body was signed. Sign id, timestamp and body, joined by full stops.
mistake_separator = The parts were not joined by full stops. Sign id.timestamp.body.
mistake_milliseconds = The timestamp is in milliseconds. Use the header as it is: whole seconds.
mistake_line_break_at_end = A line break at the end of the body was added or removed. Take the bytes as received.
mistake_rewritten = The body was parsed and written again: spaces, the order of keys or escapes differ. Verify before parsing.
mistake_other_body = The signature belongs to the body that was sent, and the pasted one is another. Something changed it on the way.
mistake_no_version = The signature lacks “v1,” at its beginning.
mistake_hexadecimal = The signature is hexadecimal. Write the digest as base64.
mistake_other_base64 = The signature is written as base64 for URLs or without its equals signs. Use standard base64.
mistake_too_old = The timestamp is more than 5 minutes off, so receivers must refuse it. If the request has just arrived, check the clock of the receiver.

# Copying a webhook.
duplicate = Duplicate
copy_of = Copy of { $name }
copied_from = This is a copy of “{ $name }”. Nothing is stored until you save. Secrets are not copied: enter the credentials again. The copy gets a signing secret of its own.

# Two people changed it.
conflict = What differs
conflict_field = Field
conflict_yours = Your value
conflict_stored = Stored now
conflict_changed = changed

# A blocked address, where the operator allows some networks.
blocked_by = { $address } was refused.
blocked_settings = The settings { $allow } and { $deny } decide on private networks.
