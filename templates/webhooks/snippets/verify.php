<?php
// $secret: whsec_…; $headers: getallheaders(); $body: file_get_contents('php://input').
function verify(string $secret, array $headers, string $body): bool
{
    $headers = array_change_key_case($headers);
    [$id, $timestamp] = [$headers['webhook-id'], $headers['webhook-timestamp']];
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature']) as $given) {
        if (hash_equals($expected, $given)) {
            return true;
        }
    }
    return false;
}
