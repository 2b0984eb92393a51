import base64, hashlib, hmac, time


def verify(secret: str, headers, body: bytes) -> bool:
    """secret: whsec_…; headers: with lower-case names; body: the bytes as received, before any parsing."""
    identifier, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = f"{identifier}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)
