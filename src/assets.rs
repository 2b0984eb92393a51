//! Style sheet, scripts and icons: embedded in the binary (read from disk in debug builds) and served under names that
//! contain a hash of their content.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

use crate::domain::hex::hex;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// Two maps between a file's path and the path with the first eight hex digits of its SHA-256.
struct Names {
    hashed: HashMap<String, String>,
    plain: HashMap<String, String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let mut names = Names { hashed: HashMap::new(), plain: HashMap::new() };
    for path in Files::iter() {
        let Some(file) = Files::get(&path) else { continue };
        let hash: String = hex(&file.metadata.sha256_hash()).chars().take(8).collect();
        let hashed = match path.rsplit_once('.') {
            Some((stem, ending)) => format!("{stem}.{hash}.{ending}"),
            None => format!("{path}.{hash}"),
        };
        names.hashed.insert(path.to_string(), hashed.clone());
        names.plain.insert(hashed, path.into_owned());
    }
    names
});

/// The URL of a static file: `app.css` → `/static/app.1f3a5b7c.css`.
pub fn asset_url(path: &str) -> String {
    match NAMES.hashed.get(path) {
        Some(hashed) => format!("/static/{hashed}"),
        None => {
            debug_assert!(false, "no static file {path}");
            format!("/static/{path}")
        }
    }
}

/// The bytes and media type of a file by its hashed name (the part of the URL after `/static/`). A name with a hash of
/// other content is not found, so clients may cache what they get without limit.
pub fn find(hashed: &str) -> Option<(Cow<'static, [u8]>, &'static str)> {
    let path = NAMES.plain.get(hashed)?;
    Files::get(path).map(|file| (file.data, media_type(path)))
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn a_hashed_name_leads_to_its_file_and_no_other() {
        let url = asset_url("app.css");
        let name = url.strip_prefix("/static/").unwrap_or_default();
        assert!(find(name).is_some_and(|(bytes, kind)| !bytes.is_empty() && kind.starts_with("text/css")));
        assert!(find("app.css").is_none());
        assert!(find("app.00000000.css").is_none());
        assert!(find("../Cargo.toml").is_none());
    }

    #[test]
    fn htmx_is_the_file_that_was_published() {
        let version = include_str!("../static/vendor/VERSION");
        let url = asset_url("vendor/htmx.min.js");
        let (bytes, _) = find(url.strip_prefix("/static/").unwrap_or_default()).unwrap_or_default();
        assert!(version.contains(&hex(&Sha256::digest(&bytes))));
    }

    /// Bytes as a browser receives them; without the pages, which tests/pages/headers.rs adds.
    #[test]
    fn the_first_load_stays_small() {
        let transferred = |path: &str| {
            let file = Files::get(path).expect("a static file");
            let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
            gzip.write_all(&file.data).expect("memory takes bytes");
            gzip.finish().expect("memory takes bytes").len()
        };
        for (path, bytes_max) in [("app.js", 1_300), ("app.css", 10_000), ("vendor/htmx.min.js", 18_000)] {
            let bytes = transferred(path);
            assert!(bytes <= bytes_max, "{path}: {bytes} bytes");
        }
    }
}
