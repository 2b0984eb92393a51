//! The icons, which a page shows by reference.

use crate::support::App;

/// An icon inherits the colours of the page: the style sheet that is served has to define them by the same names.
#[tokio::test]
async fn every_colour_of_an_icon_is_defined_by_the_style_sheet() {
    let app = App::start();
    let page = app.admin().await.open("/webhooks").await;
    let visitor = app.visitor();
    let css = visitor.open(&page.attribute("link[rel=stylesheet]", "href").expect("a style sheet")).await.body;
    let icons = page.body.split('"').find(|part| part.starts_with("/static/icons.")).expect("an icon");
    let icons = visitor.open(icons.split('#').next().unwrap_or_default()).await.body;
    let used: Vec<&str> = icons.split("var(").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(!used.is_empty());
    for name in used {
        assert!(css.contains(&format!("{name}:")), "{name} is not defined");
    }
}
