//! Minifies the files of `static/` and compresses them with gzip and brotli, once, for `src/assets.rs`.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::Write as _;
use std::path::Path;

/// The strongest level of brotli, and its largest window (RFC 7932 §9.1).
const BROTLI_QUALITY: u32 = 11;
const BROTLI_WINDOW_BITS: u32 = 22;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=static");
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
