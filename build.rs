//! Minifies the files of `static/` and compresses them with gzip and brotli, once, for `src/assets.rs`. Names the commit
//! of a release build, for `src/version.rs`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::Write as _;
use std::path::Path;

/// The strongest level of brotli, and its largest window (RFC 7932 §9.1).
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW_BITS: u32 = 22;
/// Enough to find a commit, and the length that `git log --abbrev=12` shows.
const COMMIT_DIGITS: usize = 12;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=static");
    name_commit()?;
    let out = std::env::var("OUT_DIR")?;
    let mut paths = Vec::new();
    list(Path::new("static"), &mut paths)?;
    paths.sort();
    let mut table = String::from("&[\n");
    for (number, path) in paths.iter().enumerate() {
        let source = fs::read(Path::new("static").join(path))?;
        let plain = minified(path, &source)?;
        let mut gzip = Vec::new();
        zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, plain.as_slice(), &mut gzip)?;
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, BROTLI_QUALITY, BROTLI_WINDOW_BITS);
        brotli.write_all(&plain)?;
        let mut source_hash = DefaultHasher::new();
        source_hash.write(&source);
        write!(table, "StaticFile {{ path: {path:?}, source_hash: {}", source_hash.finish())?;
        for (field, bytes) in [("plain", &plain), ("gzip", &gzip), ("brotli", &brotli.into_inner())] {
            fs::write(Path::new(&out).join(format!("{number}.{field}")), bytes)?;
            write!(table, ", {field}: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{number}.{field}\"))")?;
        }
        table.push_str(" },\n");
    }
    table.push(']');
    fs::write(Path::new(&out).join("static_files.rs"), table)?;
    Ok(())
}

/// Sets `HACHOK_VERSION` for the crate: the version and, if it is known, the commit: `0.1.0 (0123456789ab)`.
///
/// The commit is that of the environment variable `HACHOK_COMMIT`, else the one checked out. It is read from the files of
/// git, because the program may be missing. A debug build has none: each commit would compile the crate anew.
fn name_commit() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-env-changed=HACHOK_COMMIT");
    let given = std::env::var("HACHOK_COMMIT").ok().filter(|commit| !commit.is_empty());
    let is_release = std::env::var("PROFILE")? == "release";
    let commit = given.or_else(|| is_release.then(checked_out).flatten());
    if let Some(wrong) = commit.as_deref().filter(|commit| !commit.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        return Err(format!("HACHOK_COMMIT must be a commit in hexadecimal, not {wrong}").into());
    }
    let short = commit.map(|commit| format!(" ({})", commit.chars().take(COMMIT_DIGITS).collect::<String>()));
    println!("cargo:rustc-env=HACHOK_VERSION={}{}", std::env::var("CARGO_PKG_VERSION")?, short.unwrap_or_default());
    Ok(())
}

/// The commit in `.git`; `None` if the sources are no clone.
fn checked_out() -> Option<String> {
    let read = |path: &str| {
        let path = format!(".git/{path}");
        Path::new(&path).exists().then(|| println!("cargo:rerun-if-changed={path}"));
        fs::read_to_string(path).ok()
    };
    let head = read("HEAD")?;
    let Some(branch) = head.trim().strip_prefix("ref: ") else { return Some(head.trim().to_owned()) };
    let loose = read(branch).map(|commit| commit.trim().to_owned());
    loose.or_else(|| {
        let packed = read("packed-refs")?;
        let mut refs = packed.lines().filter_map(|line| line.split_once(' '));
        refs.find(|(_, name)| *name == branch).map(|(commit, _)| commit.to_owned())
    })
}

/// Adds the path of every file in `folder`, from `static` on.
fn list(folder: &Path, paths: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, paths)?;
        } else {
            let path = path.strip_prefix("static")?.to_str().ok_or("a path is not UTF-8")?;
            paths.push(path.replace('\\', "/"));
        }
    }
    Ok(())
}

fn minified(path: &str, source: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let text = || std::str::from_utf8(source);
    Ok(match path {
        "app.css" => with_short_names(&css(text()?), &fs::read_to_string("static/icons.svg")?).into_bytes(),
        "app.js" => lines(text()?, "//").into_bytes(),
        "icons.svg" | "favicon.svg" => lines(text()?, "<!--").into_bytes(),
        _ => source.to_vec(),
    })
}

/// With custom properties of one letter each, in the order of their definitions. Those that the icons use keep their names:
/// an icon inherits them from the page that shows it.
fn with_short_names(css: &str, icons: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut letters = ('a'..='z').chain('A'..='Z');
    let mut short: Vec<(&str, String)> = Vec::new();
    let mut made = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(start) = rest.find("--") {
        let (before, from) = rest.split_at(start);
        let (name, after) = from.split_at(from.find(|c| !is_name(c)).unwrap_or(from.len()));
        made.push_str(before);
        if !icons.contains(name) && !short.iter().any(|(known, _)| *known == name) {
            let letter = letters.next().map_or_else(|| name.to_owned(), |letter| format!("--{letter}"));
            short.push((name, letter));
        }
        made.push_str(short.iter().find(|(known, _)| *known == name).map_or(name, |(_, letter)| letter));
        rest = after;
    }
    made.push_str(rest);
    made
}

/// Lines without indentation, without blank lines, and without lines that begin with `comment`.
fn lines(text: &str, comment: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(comment));
    lines.collect::<Vec<_>>().join("\n")
}

/// Without comments, and without white space that separates nothing. Strings stay as they are.
fn css(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '"' => rest.get(1..).and_then(|inside| inside.find('"')).map_or(rest.len(), |end| end + 2),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        match first {
            '/' if length > 1 => {}
            _ if first.is_whitespace() => {
                if !made.ends_with([' ', '{', '}', ';', ',', ':', '>']) {
                    made.push(' ');
                }
            }
            '{' | '}' | ';' | ',' | '>' => {
                let end = made.trim_end_matches(if first == '}' { &[' ', ';'][..] } else { &[' '][..] }).len();
                made.truncate(end);
                made.push(first);
            }
            _ => made.push_str(token),
        }
        rest = after;
    }
    made
}
