# The overview of one webhook.
sections = Webhook sections
overview = Overview
deliveries = Deliveries
test = Test
secret = Secret
copy_url = Copy URL
turn_on = Turn on
turn_off = Turn off
configuration = Configuration
extra_headers = Custom headers
headers_refused_today = Header names that can no longer be chosen: { $names }. Stored headers are sent as before; they can be removed, but not changed. Proxies and servers on the way may trust such headers.
no_headers = None
timeout_value = { $n } s
recent_deliveries = Recent deliveries
open_log = Open the delivery log
no_deliveries_advice = Send a test event to see how the receiver responds.

# Why a webhook sends less than it could.
failing_about = Recent attempts failed, so deliveries are sent one at a time until one succeeds.
paused_about = The receiver asked for fewer requests (429), so nothing is sent for now.
backlog_full = { $max ->
    [one] More than { $max } delivery has been waiting since { $time }. New events wait behind them: the oldest are sent first, and none is lost.
   *[other] More than { $max } deliveries have been waiting since { $time }. New events wait behind them: the oldest are sent first, and none is lost.
}
settling_send = The held deliveries are being prepared. Sending starts when all of them are ready.
settling_discard = The held deliveries are being discarded. Sending starts when none is left.
paused_until = The receiver asked for fewer requests (429), so nothing is sent until { $time }.
