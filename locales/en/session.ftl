sign_in = Sign in
sign_in_wrong = Wrong e-mail or password
sign_in_wait = { $n ->
    [one] Too many attempts. Try again in { $n } second.
   *[other] Too many attempts. Try again in { $n } seconds.
}
session_ended = Your session has ended. Sign in again to go on.
session_ended_form_kept = Nothing was saved or sent. What you typed is kept for 30 minutes and will be in the form again after you sign in. Passwords and other secrets are not kept.
session_ended_nothing_done = Nothing was changed or sent. After you sign in, press the button again.
form_filled_in = Your session had ended, so nothing was saved or sent. The form holds what you typed, but not passwords and other secrets. Check it and send it again.
set_up = Initial set-up
set_up_about = Create the first administrator. This page works once.
set_up_button = Create account
set_up_failed = The account was not created
user_name = Name
email = E-mail
account_password = Password
account_password_hint = 12 characters or more, not easy to guess.
time_zone = Time zone
time_zone_hint = For example, Europe/Kyiv. Dates and times are shown in it.

error_not_found = Page not found
error_not_found_about = The address may be mistyped, or the page was deleted.
error_forbidden = You have no access to this
error_forbidden_about = Your role allows reading only. Ask an administrator.
error_page_too_old = The page was open for too long
error_page_too_old_about = Go back, check the form and save again.
error_elsewhere = The form was sent from another site
error_elsewhere_about = Nothing was changed. Open the page in Hachok and send the form from there.
error_bad_request = The request was not understood
error_bad_request_about = Go back and try again.
error_dead_link = This set-up link does not work
error_dead_link_about = It was used already, or it is older than an hour. Sign in, or start Hachok again for a new link.
error_webhook_off = The webhook is off
error_webhook_off_about = Nothing was sent. Turn the webhook on and send the event again.
error_too_large = The form is too large
error_too_large_about = Nothing was saved. Go back and shorten it.
error_unavailable = Temporarily unavailable
error_unavailable_about = The database does not answer. Try again in a moment.
error_server = Something went wrong. Request number { $id }
error_server_about = Try again. If it happens again, give this number to the operator of the server.
error_back = Go to webhooks
