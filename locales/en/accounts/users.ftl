# Users: the list, and one user.
users_lead = People who can sign in. Hachok sends no email, so you pass on invitation links yourself.
role_label = Role
role_admin = Administrator
role_about_admin = Can view and change everything.
role_viewer = Viewer
role_about_viewer = Can view webhooks and the log. Cannot see secrets, send events or change anything.
last_sign_in = Last sign-in
user_active = Active
user_disabled = Disabled
user_you = (you)
user_is_you = This is your account.
user_edit_of = Edit { $name }
user_not_saved = The changes were not saved
user_enable = Enable user
user_enable_about = They can sign in again with the same password.
user_disable = Disable user
user_disable_about = They are signed out immediately and can no longer sign in. Everything they created is kept.
