//! `/users`, `/users/{id}`, and the question before a user is deleted.

use askama::Template;

use crate::domain::accounts::invitation::Invitation;
use crate::domain::accounts::user::{Language, Role, User};
use crate::domain::name::NAME_CHARS_MAX;
use crate::domain::problem::{Field, Problems};
use crate::i18n::Translator;
use crate::views::components::{Badge, FormErrors};
use crate::views::filters;
use crate::views::layout::{Layout, Notice, Place};

/// The fields of an invitation as typed.
#[derive(Clone, Copy, Debug)]
pub struct InviteInput<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub role: Role,
}

impl Default for InviteInput<'_> {
    fn default() -> Self {
        Self { email: "", name: "", role: Role::Viewer }
    }
}

/// A one-time link that was just created.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'a> {
    pub url: &'a str,
    /// The link sets a new password; otherwise it invites.
    pub is_password: bool,
}

/// The card that shows a new link; it is not shown again.
#[derive(Template)]
#[template(path = "accounts/_link.html")]
pub struct LinkCard<'a> {
    t: Translator<'a>,
    link: NewLink<'a>,
}

impl askama::filters::HtmlSafe for LinkCard<'_> {}

/// `/users`.
#[derive(Template)]
#[template(path = "accounts/users.html")]
pub struct UsersPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    users: &'a [User],
    invitations: &'a [Invitation],
    typed: InviteInput<'a>,
    errors: FormErrors<'a>,
    link: Option<LinkCard<'a>>,
}

impl<'a> UsersPage<'a> {
    /// The users, the open invitations, and the form to invite.
    pub fn new(
        layout: Layout<'a>,
        users: &'a [User],
        invitations: &'a [Invitation],
        typed: InviteInput<'a>,
        problems: &'a Problems,
    ) -> Self {
        let errors = FormErrors::new(layout.t, layout.t.invitation_not_made(), problems);
        Self { t: layout.t, layout: layout.at(Place::Users), users, invitations, typed, errors, link: None }
    }

    /// With a link that was just made, to be copied now or never.
    #[must_use]
    pub fn with_link(self, link: Option<NewLink<'a>>) -> Self {
        Self { link: link.map(|link| LinkCard { t: self.t, link }), ..self }
    }

    fn badge(&self, user: &User) -> Badge {
        Badge::of_user(self.t, user)
    }

    fn is_self(&self, user: &User) -> bool {
        self.layout.user.is_some_and(|reader| reader.id == user.id)
    }
}

/// `/users/{id}`.
#[derive(Template)]
#[template(path = "accounts/user.html")]
pub struct UserPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    user: &'a User,
    role: Role,
    errors: FormErrors<'a>,
    badge: Badge,
    link: Option<LinkCard<'a>>,
}

impl<'a> UserPage<'a> {
    /// Role, access and password of `user`; `role` is the one that was picked.
    pub fn new(layout: Layout<'a>, user: &'a User, role: Role, problems: &'a Problems) -> Self {
        let (t, badge) = (layout.t, Badge::of_user(layout.t, user));
        let errors = FormErrors::new(t, t.user_not_saved(), problems);
        Self { t, layout: layout.at(Place::Users), user, role, errors, badge, link: None }
    }

    /// With a link that was just made, to be copied now or never.
    #[must_use]
    pub fn with_link(self, url: Option<&'a str>) -> Self {
        let card = |url| LinkCard { t: self.t, link: NewLink { url, is_password: true } };
        Self { link: url.map(card), ..self }
    }

    fn is_self(&self) -> bool {
        self.layout.user.is_some_and(|reader| reader.id == self.user.id)
    }
}

/// `/users/{id}/deletion`.
#[derive(Template)]
#[template(path = "accounts/delete_user.html")]
pub struct DeleteUserPage<'a> {
    layout: Layout<'a>,
    t: Translator<'a>,
    user: &'a User,
}

impl<'a> DeleteUserPage<'a> {
    pub fn new(layout: Layout<'a>, user: &'a User) -> Self {
        Self { t: layout.t, layout: layout.at(Place::Users), user }
    }
}
