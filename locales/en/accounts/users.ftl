# Users: the list, and one user.
users_lead = People who sign in here. There is no mail server: you send invitation links yourself.
role_label = Role
role_admin = Administrator
role_about_admin = Sees and changes everything.
role_viewer = Viewer
role_about_viewer = Reads webhooks and the log. Sees no secrets, sends and changes nothing.
last_sign_in = Last sign-in
user_active = Active
user_disabled = Disabled
user_you = (you)
user_is_you = This is your account.
user_edit_of = Edit { $name }
user_not_saved = The user was not changed
user_enable = Enable user
user_enable_about = They can sign in again with their old password.
user_disable = Disable user
user_disable_about = They are signed out at once and cannot sign in. What they created stays.
