//! Style sheet, scripts and icons: minified and compressed by `build.rs`, embedded in the binary, and served under names
//! that contain a hash of their content.
//!
//! In debug builds, a file of `static/` that was edited after the build is served as it is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::domain::hex::hex;

/// A file as `build.rs` has prepared it.
struct StaticFile {
    path: &'static str,
    /// Of the file before it was minified.
    source_hash: u64,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

static FILES: &[StaticFile] = include!(concat!(env!("OUT_DIR"), "/static_files.rs"));

/// A file to serve.
pub(crate) struct Asset {
    /// The path in `static/`.
    path: &'static str,
    /// The first eight hex digits of the SHA-256 of `plain`.
    pub hash: String,
    pub plain: Cow<'static, [u8]>,
    /// The content compressed with gzip and with brotli; `None` if it was edited after the build.
    pub compressed: Option<Compressed>,
}

/// A file in both compressed forms.
#[derive(Clone, Copy)]
pub(crate) struct Compressed {
    pub gzip: &'static [u8],
    pub brotli: &'static [u8],
}

impl Asset {
    fn new(file: &StaticFile) -> Self {
        let compressed = Compressed { gzip: file.gzip, brotli: file.brotli };
        let (plain, compressed) = match edited(file) {
            Some(bytes) => (Cow::Owned(bytes), None),
            None => (Cow::Borrowed(file.plain), Some(compressed)),
        };
        let hash = hex(&Sha256::digest(&plain)).chars().take(8).collect();
        Self { path: file.path, hash, plain, compressed }
    }

    /// `app.css` → `app.1f3a5b7c.css`.
    fn hashed_name(&self) -> String {
        match self.path.rsplit_once('.') {
            Some((stem, ending)) => format!("{stem}.{}.{ending}", self.hash),
            None => format!("{}.{}", self.path, self.hash),
        }
    }

    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, ending)| ending) {
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        }
    }
}

/// The file in `static/`, if it is another one than at build time. Always `None` in release builds.
fn edited(file: &StaticFile) -> Option<Vec<u8>> {
    if !cfg!(debug_assertions) {
        return None;
    }
    let bytes = std::fs::read(format!("{}/static/{}", env!("CARGO_MANIFEST_DIR"), file.path)).ok()?;
    let mut hash = DefaultHasher::new();
    hash.write(&bytes);
    (hash.finish() != file.source_hash).then_some(bytes)
}

/// The files by the part of their URL after `/static/`.
static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let assets = FILES.iter().map(Asset::new);
    assets.map(|asset| (asset.hashed_name(), asset)).collect()
});

/// The URL of a static file: `app.css` → `/static/app.1f3a5b7c.css`.
pub fn asset_url(path: &str) -> String {
    match ASSETS.iter().find(|(_, asset)| asset.path == path) {
        Some((name, _)) => format!("/static/{name}"),
        None => {
            debug_assert!(false, "no static file {path}");
            format!("/static/{path}")
        }
    }
}

/// A file by its hashed name (the part of the URL after `/static/`). A name with a hash of other content is not found,
/// so clients may cache what they get without limit.
pub(crate) fn find(hashed: &str) -> Option<&'static Asset> {
    ASSETS.get(hashed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file as it was at build time.
    fn built(path: &str) -> &'static StaticFile {
        FILES.iter().find(|file| file.path == path).expect(path)
    }

    #[test]
    fn a_hashed_name_leads_to_its_file_and_no_other() {
        let url = asset_url("app.css");
        let style = find(url.strip_prefix("/static/").unwrap_or_default()).expect("a style sheet");
        assert!(!style.plain.is_empty() && style.media_type().starts_with("text/css"));
        assert!(find("app.css").is_none());
        assert!(find("app.00000000.css").is_none());
        assert!(find("../Cargo.toml").is_none());
    }

    #[test]
    fn htmx_is_the_file_that_was_published() {
        let version = include_str!("../static/vendor/VERSION");
        assert!(version.contains(&hex(&Sha256::digest(built("vendor/htmx.min.js").plain))));
    }

    #[test]
    fn minified_files_keep_strings_and_lose_comments() {
        let style = String::from_utf8_lossy(built("app.css").plain);
        assert!(style.contains("content:attr(data-th) \" \"") && style.contains("calc(100dvh - 5rem)"), "{style}");
        assert!(!style.contains("var(--sunken)") && style.contains("var(--b)"), "{style}");
        assert!(
            style.contains(".btn{text-decoration") && style.contains(";&:hover{") && style.contains("ul,ol{"),
            "{style}"
        );
        assert!(!style.contains("/*") && !style.contains("  ") && !style.contains('\n'), "{style}");
        let script = String::from_utf8_lossy(built("app.js").plain);
        assert!(script.lines().all(|line| !line.starts_with(['/', ' '])), "{script}");
    }

    /// Bytes as a browser receives them that knows only gzip; without the pages (tests/pages/every_page/headers.rs).
    #[test]
    fn the_first_load_stays_small() {
        for (path, bytes_max) in
            [("app.js", 3_072), ("app.css", 8_000), ("vendor/htmx.min.js", 17_000), ("icons.svg", 1_300)]
        {
            let (gzip, brotli) = (built(path).gzip.len(), built(path).brotli.len());
            assert!(gzip <= bytes_max && brotli < gzip, "{path}: {gzip} bytes, {brotli} with brotli");
        }
    }
}
