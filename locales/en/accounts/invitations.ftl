# Invitations, and links to a new password.
invitations = Pending links
invitation_for = For
invitation_password = New password
invitation_withdraw = Withdraw
invitation_withdraw_of = Withdraw the link for { $email }
invitation_not_made = The invitation was not created
invitation_link = Invitation link
invitation_link_about = Send it to the person yourself. It works once, for 7 days. They set their password and are signed in.
invite = Invite user
invite_about = You get a link to send. The person sets the password.
link_copy_now = Copy the link now. It will not be shown again.
password_link = New password link
password_link_about = Send it to the person yourself. It works once, for 7 days. The old password works until then.
password_link_why = For someone who forgot the password: a link with which they set a new one.
password_link_make = Create link

invite_title = Create your account
