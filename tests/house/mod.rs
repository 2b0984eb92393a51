//! The rules of the repository, checked by reading its files.

mod cycles;
mod files;
mod forms;
mod ignored;
mod links;
mod migrations;
mod readme;
mod rooms;
pub mod routes;
mod style;
mod templates;
mod terms;
mod typography;

use std::fs;
use std::path::{Path, PathBuf};

/// All files below a folder of the repository whose names end like this, with their text; sorted by path.
pub fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join(folder), &mut found);
    let mut files: Vec<_> = found
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .map(|path| {
            let name = path.strip_prefix(root).expect("a path below").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    files.sort();
    files
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, found) } else { found.push(path) }
    }
}
