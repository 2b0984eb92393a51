# Signing in, and what follows when a session has ended.
sign_in = Sign in
sign_in_wrong = Wrong email or password
sign_in_wait = { $n ->
    [one] Too many attempts. Try again in { $n } second.
   *[other] Too many attempts. Try again in { $n } seconds.
}
session_ended = Your session has ended. Sign in again to continue.
session_ended_form_kept = Nothing was saved or sent. What you typed is kept for 30 minutes and will be in the form again after you sign in. Passwords and other secrets are not kept.
session_ended_nothing_done = Nothing was changed or sent. After you sign in, press the button again.
form_filled_in = Nothing was saved or sent. The form contains what you typed, except passwords and other secrets. Check it and submit it again.
sign_in_forgotten = Forgot your password? Ask an administrator for a password reset link.
