//! Rules for every form, regardless of its page.

mod csrf;
mod double_submit;
mod kept_forms;
mod limits;
mod origins;
mod refusals;
mod token;
