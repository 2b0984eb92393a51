# Invitations, and links to a new password.
invitations = Pending links
invitation_for = Purpose
invitation_password = Password reset
invitation_withdraw = Revoke
invitation_withdraw_of = Revoke the link for { $email }
invitation_not_made = The invitation was not created
invitation_link = Invitation link
invitation_link_about = Send it to the person yourself. The link works once and expires in 7 days. They choose a password and are signed in.
invite = Invite user
invite_about = You get a link to pass on. The person chooses their own password.
link_copy_now = Copy the link now. It will not be shown again.
password_link = Password reset link
password_link_about = Send it to the person yourself. The link works once and expires in 7 days. The current password keeps working until a new one is set.
password_link_why = If someone has forgotten their password, create a link so they can set a new one.
password_link_make = Create link

invite_title = Create your account
