//! No two files of `src/` import each other, directly or over others: each can be read after those that it names.

use std::collections::{BTreeMap, BTreeSet};

use super::files;

type Path = Vec<String>;

#[test]
fn no_files_import_each_other() {
    let sources: Vec<_> = files("src", ".rs").into_iter().filter(|(path, _)| !is_of_tests(path)).collect();
    let found = cycles(&sources);
    assert!(found.is_empty(), "imports within cycles:\n{}", found.join("\n"));
}

#[test]
fn a_seeded_cycle_is_found() {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let base = file("src/a/base.rs", "pub struct Base;");
    let facade = file("src/a/mod.rs", "mod base;\nmod one;\npub mod two;\npub use base::Base;");
    let one = file("src/a/one.rs", "use super::two;\nfn f() {\n    two::g();\n}");
    let two = file(
        "src/a/two.rs",
        "use super::Base;\nuse crate::{a::one, b};\nfn g(_: Base) -> b::B {}\nfn h() { one::f() }",
    );
    // Re-exports are followed, and a module is named by what is taken from it.
    let harmless = file(
        "src/a/two.rs",
        "use super::Base;\nuse super::one;\nfn g(_: Base) {}\n#[cfg(test)]\nmod tests {\n    fn h() { super::one::f() }\n}",
    );
    let seeded = cycles(&[base.clone(), facade.clone(), one.clone(), two]);
    assert_eq!(seeded, ["src/a/one.rs -> src/a/two.rs", "src/a/two.rs -> src/a/one.rs"]);
    assert_eq!(cycles(&[base, facade, one, harmless]), Vec::<String>::new());
}

/// Tests name what they need, from above as well.
fn is_of_tests(path: &str) -> bool {
    let places = ["/tests/", "/tests.rs", "/testing/", "/query_plans/", "_tests.rs"];
    places.iter().any(|place| path.contains(place))
}

/// The imports that are left when files that import nothing more, and files that no other file imports any more, are taken away.
fn cycles(sources: &[(String, String)]) -> Vec<String> {
    let modules: BTreeMap<Path, Module> =
        sources.iter().map(|(path, text)| (module(path), Module::read(path, text))).collect();
    let mut edges: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (place, module) in &modules {
        for named in &module.named {
            let home = resolve(&modules, place, named).and_then(|named| home(&modules, &named, 8));
            if let Some(home) = home.filter(|home| home != place) {
                edges.insert((module.file.as_str(), modules[&home].file.as_str()));
            }
        }
    }
    loop {
        let before = edges.len();
        let (from, to): (BTreeSet<&str>, BTreeSet<&str>) = edges.iter().copied().unzip();
        edges.retain(|(importer, imported)| to.contains(importer) && from.contains(imported));
        if edges.len() == before {
            return edges.iter().map(|(importer, imported)| format!("{importer} -> {imported}")).collect();
        }
    }
}

struct Module {
    file: String,
    /// Imported names of modules and items, with their paths.
    imports: BTreeMap<String, Path>,
    /// The same, for others too.
    exports: BTreeMap<String, Path>,
    /// What is imported or written out with its path.
    named: Vec<Path>,
}

impl Module {
    fn read(file: &str, text: &str) -> Self {
        let code = super::rooms::code(text);
        let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let mut module =
            Self { file: file.to_owned(), imports: BTreeMap::new(), exports: BTreeMap::new(), named: Vec::new() };
        let mut rest = String::new();
        for statement in code.split_inclusive(';') {
            let start = statement.trim_start();
            let is_statement = |at: &usize| *at == 0 || start[..*at].trim_end().ends_with(['b', ')', '{', '}', ']']);
            let at = start.match_indices("use ").map(|(at, _)| at).filter(is_statement).last();
            let Some(at) = at.filter(|_| statement.ends_with(';')) else {
                rest.push_str(statement);
                continue;
            };
            rest.push_str(&start[..at]);
            let mut leaves = Vec::new();
            expand(&[], &start[at + 4..start.len() - 1], &mut leaves);
            let is_public = start[..at].trim_end().rsplit('\n').next().is_some_and(|line| line.starts_with("pub"));
            for (name, path) in leaves {
                if is_public {
                    module.exports.insert(name.clone(), path.clone());
                } else {
                    module.named.push(path.clone());
                }
                module.imports.insert(name, path);
            }
        }
        module.named.extend(written_out(&rest));
        module
    }
}

/// The leaves of a `use` tree, each under the name that it gets.
fn expand(before: &[String], tree: &str, leaves: &mut Vec<(String, Path)>) {
    let tree = tree.trim();
    if let Some(at) = tree.find('{') {
        let path: Path = [before, &segments(&tree[..at])].concat();
        for item in items(&tree[at + 1..]) {
            expand(&path, &item, leaves);
        }
    } else if !tree.is_empty() {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let mut path: Path = [before, &segments(path)].concat();
        path.pop_if(|last| last == "self");
        let name = if alias.is_empty() { path.last().cloned().unwrap_or_default() } else { alias.trim().to_owned() };
        path.pop_if(|last| last == "*");
        leaves.push((name, path));
    }
}

/// The parts between the commas, up to the brace that ends the list.
fn items(list: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut depth = 0;
    for c in list.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => items.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                items.last_mut().expect("an item").push(c);
            }
        }
    }
    items
}

fn segments(path: &str) -> Path {
    path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Paths of two or more names in the code.
fn written_out(code: &str) -> Vec<Path> {
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    // `pub(in crate::db)` imports nothing.
    let code = code.replace("pub(in crate::", "pub(");
    let words = code.split(|c: char| !is_of_path(c)).filter(|word| word.contains("::"));
    words.map(segments).filter(|path| path.len() > 1).collect()
}

fn module(path: &str) -> Path {
    let place = path.trim_start_matches("src/").trim_end_matches(".rs");
    let place = place.trim_end_matches("/mod").split('/').map(str::to_owned);
    place.filter(|part| part != "lib").collect()
}

/// The path from the root of the crate; `None` for other crates.
fn resolve(modules: &BTreeMap<Path, Module>, place: &[String], path: &[String]) -> Option<Path> {
    let (head, rest) = path.split_first()?;
    let child = [place, std::slice::from_ref(head)].concat();
    let base = match head.as_str() {
        "crate" => Vec::new(),
        "self" => place.to_vec(),
        "super" => {
            let above = place.split_last()?.1;
            if rest.first().is_some_and(|next| next == "super") {
                return resolve(modules, above, rest);
            }
            above.to_vec()
        }
        _ if modules.contains_key(&child) => child,
        _ => {
            let import = modules.get(place)?.imports.get(head).filter(|import| import.as_slice() != path)?;
            resolve(modules, place, import)?
        }
    };
    Some([base, rest.to_vec()].concat())
}

/// The module that holds an item, re-exports followed; a module alone is nothing that is taken from it.
fn home(modules: &BTreeMap<Path, Module>, named: &[String], depth: usize) -> Option<Path> {
    let length = (1..=named.len()).rev().find(|length| modules.contains_key(&named[..*length]))?;
    let (place, item) = (named[..length].to_vec(), named.get(length)?);
    let export = modules[&place].exports.get(item).filter(|_| depth > 0);
    match export.and_then(|export| resolve(modules, &place, export)) {
        Some(export) => home(modules, &[&export, &named[length + 1..]].concat(), depth - 1),
        None => Some(place),
    }
}
