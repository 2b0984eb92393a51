use std::path::Path;

use super::files;

#[test]
fn the_readme_shows_the_configurations_of_the_proxies_as_they_are_tested() {
    let (_, text) = readme().remove(0);
    let shipped = files("packaging/proxies", "");
    assert_eq!(shipped.len(), 3);
    for (path, configuration) in shipped {
        assert!(text.contains(&configuration), "{path}");
        assert!(text.contains(&format!("({path})")), "a link to {path}");
    }
}

#[test]
fn the_readme_names_every_setting() {
    let (_, text) = readme().remove(0);
    let config = files("src", "config.rs").remove(0).1;
    let variables = config.split("env = \"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(name, _)| name);
    let missing: Vec<&str> = variables.filter(|name| !text.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn readme() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    vec![("README.md".into(), std::fs::read_to_string(path).expect("the README"))]
}
