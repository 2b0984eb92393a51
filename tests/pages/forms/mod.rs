//! What holds for every form, whatever its page.

mod csrf;
mod double_submit;
mod kept_forms;
mod limits;
mod origins;
mod token;
