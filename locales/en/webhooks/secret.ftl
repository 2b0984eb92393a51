# The signing secret.
secret_new = New signing secret
secret_copy_now = Copy the secret now. It will not be shown again.
secret_next = Next step:
secret_verify = How to verify a request
secret_none_shown = The secret is stored encrypted and cannot be viewed. If you have lost it, replace it.
secret_old_until = The old secret stays valid until { $time }. Until then, each request carries two signatures.
secret_replace = Replace secret
secret_replace_about = New requests are signed with the new secret immediately. While the old one is still valid, requests carry both signatures, so the receiver can switch without downtime.
secret_overlap = How long the old secret stays valid
secret_overlap_0 = Not at all: it stops working now
secret_overlap_24h = The old secret stays valid for 24 hours
secret_overlap_7d = The old secret stays valid for 7 days
secret_generate = Replace secret
secret_end_now = Revoke the old secret now
