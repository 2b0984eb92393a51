//! The HTML of every page against a stored copy, so that a change of a template or text shows in review.
//!
//! After an intended change: `INSTA_UPDATE=always cargo test --lib snapshots`, then `git diff tests/snapshots`.

use super::super::gallery::{Picture, pictures};
use crate::assets::asset_url;
use crate::domain::accounts::user::{Language, Role};

/// Pages whose copy holds the layout as well: one of a user, one of a visitor. All others hold title and contents.
const WITH_LAYOUT: [&str; 2] = ["list", "sign-in"];

#[test]
fn every_page_equals_its_snapshot() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/pages"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for language in Language::ALL {
            let all = pictures(*language, Role::Admin);
            for (name, html) in all.iter().filter(|picture| !is_part_of_a_page(picture, &all)) {
                let shown = if WITH_LAYOUT.contains(name) { html.clone() } else { contents(html) };
                insta::assert_snapshot!(format!("{name}.{}", language.as_str()), without_what_changes(&shown));
            }
        }
    });
}

/// A fragment whose HTML a page of the gallery holds needs no copy of its own.
fn is_part_of_a_page((name, html): &Picture, all: &[Picture]) -> bool {
    name.ends_with("fragment") && all.iter().any(|(other, page)| other != name && page.contains(html))
}

/// Title and contents of a page; a fragment as it is.
fn contents(html: &str) -> String {
    let part = |from: &str, to: &str| {
        let (start, end) = (html.find(from)?, html.find(to)? + to.len());
        html.get(start..end)
    };
    match (part("<title>", "</title>"), part("<main", "</main>")) {
        (Some(title), Some(main)) => format!("{title}\n{main}"),
        _ => html.to_owned(),
    }
}

/// Neither the hashes of the static files nor the time zones of this version of the database of time zones.
fn without_what_changes(html: &str) -> String {
    let mut html = html.to_owned();
    for file in ["app.css", "app.js", "favicon.svg", "icons.svg", "vendor/htmx.min.js"] {
        html = html.replace(&asset_url(file), &format!("/static/{file}"));
    }
    let zones = |html: &str| Some((html.find("<datalist id=\"zones\">")?, html.find("</datalist>")?));
    if let Some((start, end)) = zones(&html) {
        html.replace_range(start..end, "<datalist id=\"zones\">…");
    }
    html
}
