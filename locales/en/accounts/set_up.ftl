# The first administrator.
set_up = Initial setup
set_up_about = Create the first administrator. This page works only once.
set_up_button = Create account
set_up_failed = The account was not created
set_up_where = No user exists yet. Open the setup link that Hachok printed when it started: it is in its terminal or log.
set_up_again = The link is valid for an hour. Restart Hachok to get a new one.
