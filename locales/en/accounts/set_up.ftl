# The first administrator.
set_up = Initial setup
set_up_about = Create the first administrator. This page works only once.
set_up_button = Create account
set_up_failed = The account was not created
