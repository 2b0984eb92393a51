//! What is released: the binary and where it runs, the list of its parts, the files for containers. What needs a release
//! build, a root of its own or a container engine is on demand: `tests/long --packages`.

mod containers;
mod debian;
mod elf;
mod parts;

use std::collections::BTreeSet;
use std::path::Path;

use elf::Needs;

/// The oldest glibc that a released binary runs with: `packaging/build` says so to the linker.
const GLIBC_MAX: (u32, u32) = (2, 28);
/// Libraries of Debian's base system.
const BASE: [&str; 8] = [
    "libc.so.6",
    "libm.so.6",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
    "libgcc_s.so.1",
    "ld-linux-x86-64.so.2",
];

/// The numbers of `GLIBC_2.28`; `None` for the versions of another library and for `GLIBC_PRIVATE`.
fn glibc(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix("GLIBC_")?.split('.').map_while(|number| number.parse().ok());
    Some((numbers.next()?, numbers.next().unwrap_or(0)))
}

#[test]
fn the_libraries_and_symbol_versions_that_a_program_needs_are_read_from_it() {
    let needs = Needs::of(Path::new(env!("CARGO_BIN_EXE_hachok")));
    assert!(needs.libraries.contains("libc.so.6"), "{needs:?}");
    let newest = needs.versions.iter().filter_map(|version| glibc(version)).max();
    assert!(newest.is_some_and(|newest| newest >= (2, 17)), "{needs:?}");
    assert_eq!(glibc("GLIBC_2.3.4"), Some((2, 3)));
    assert_eq!((glibc("GCC_3.0"), glibc("GLIBC_PRIVATE")), (None, None));
}

#[test]
#[ignore = "on demand: needs a released binary, HACHOK_RELEASED"]
fn on_demand_the_released_binary_needs_only_the_base_of_debian_10() {
    let path = std::env::var("HACHOK_RELEASED").expect("HACHOK_RELEASED");
    let needs = Needs::of(Path::new(&path));
    let foreign: BTreeSet<_> = needs.libraries.iter().filter(|name| !BASE.contains(&name.as_str())).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    let young: Vec<_> =
        needs.versions.iter().filter(|version| glibc(version).is_some_and(|numbers| numbers > GLIBC_MAX)).collect();
    assert!(young.is_empty(), "{young:?}");
    let size = std::fs::metadata(&path).expect("the binary").len();
    println!(
        "{size} bytes, newest symbol {:?}, {:?}",
        needs.versions.iter().filter_map(|v| glibc(v)).max(),
        needs.libraries
    );
    assert!(size <= 30_000_000, "{size} bytes");
}
