#!/bin/sh
# Sends a signed request to your receiver: WEBHOOK_SECRET=whsec_… sh send.sh URL < body
set -eu
body=$(mktemp)
trap 'rm -f "$body"' EXIT
cat > "$body"
id=evt_example timestamp=$(date +%s)
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
signature=$({ printf '%s.%s.' "$id" "$timestamp"; cat "$body"; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
curl --silent --show-error --data-binary "@$body" \
    -H 'content-type: application/json' -H "webhook-id: $id" \
    -H "webhook-timestamp: $timestamp" -H "webhook-signature: v1,$signature" "$1"
