# The signing secret.
secret_new = The new key
secret_copy_now = Copy the key now. It will not be shown again.
secret_verify = How the receiver verifies a request
secret_none_shown = The key is stored encrypted and is never shown. If it is lost, replace it.
secret_old_until = The old key stays valid until { $time }. Until then each request bears two signatures.
secret_replace = Replace secret
secret_replace_about = Requests are signed with the new key at once. During the overlap they bear both signatures, so that the receiver can change over without a gap.
secret_overlap = How long the old key stays valid
secret_overlap_0 = Not at all: the old key ends now
secret_overlap_24h = The old key stays valid for 24 hours
secret_overlap_7d = The old key stays valid for 7 days
secret_generate = Generate a secret
secret_end_now = End the old key now
