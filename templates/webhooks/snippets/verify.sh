#!/bin/sh
# WEBHOOK_SECRET=whsec_… sh verify.sh ID TIMESTAMP SIGNATURES < body
set -eu
id=$1 timestamp=$2 signatures=$3
age=$(($(date +%s) - timestamp))
[ "$age" -le 300 ] && [ "$age" -ge -300 ] || { echo "too old"; exit 1; }
key=$(printf %s "${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
expected=$({ printf '%s.%s.' "$id" "$timestamp"; cat; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
# Two digests are compared, so that the time taken reveals nothing about the signature.
digest() { printf %s "$1" | openssl dgst -sha256; }
for signature in $signatures; do
    if [ "$(digest "$signature")" = "$(digest "v1,$expected")" ]; then echo "valid"; exit 0; fi
done
echo "invalid signature"
exit 1
