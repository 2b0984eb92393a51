//! What a program needs of shared libraries, read from its dynamic section (System V gABI, chapter 5; LSB 5.0 §10.7.3).

use std::collections::BTreeSet;
use std::path::Path;

const SECTION_DYNAMIC: u32 = 6;
const SECTION_VERSION_NEEDS: u32 = 0x6fff_fffe;
const DYNAMIC_NEEDED: u64 = 1;

/// Libraries, and the versions of their symbols.
#[derive(Debug)]
pub struct Needs {
    pub libraries: BTreeSet<String>,
    pub versions: BTreeSet<String>,
}

/// A section of the file: its place, and the number of the section with its strings.
struct Section {
    kind: u32,
    offset: usize,
    size: usize,
    strings: usize,
}

struct Elf(Vec<u8>);

impl Needs {
    /// Of a 64-bit little-endian ELF file.
    pub fn of(path: &Path) -> Self {
        let elf = Elf(std::fs::read(path).expect("a program"));
        assert_eq!(&elf.0[..6], b"\x7fELF\x02\x01", "a 64-bit little-endian ELF file");
        let sections = elf.sections();
        let (mut libraries, mut versions) = (BTreeSet::new(), BTreeSet::new());
        for section in &sections {
            let strings = sections.get(section.strings).map_or(0, |strings| strings.offset);
            match section.kind {
                SECTION_DYNAMIC => {
                    let entries = (section.offset..section.offset + section.size).step_by(16);
                    let needed = entries.filter(|at| elf.number(*at, 8) == DYNAMIC_NEEDED);
                    libraries.extend(needed.map(|at| elf.text(strings + elf.place(at + 8, 8))));
                }
                SECTION_VERSION_NEEDS => versions.extend(elf.versions(section.offset, strings)),
                _ => {}
            }
        }
        Self { libraries, versions }
    }
}

impl Elf {
    fn number(&self, at: usize, bytes: usize) -> u64 {
        self.0[at..at + bytes].iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn place(&self, at: usize, bytes: usize) -> usize {
        usize::try_from(self.number(at, bytes)).expect("a place in the file")
    }

    fn text(&self, at: usize) -> String {
        let end = self.0[at..].iter().position(|byte| *byte == 0).expect("an end");
        String::from_utf8_lossy(&self.0[at..at + end]).into_owned()
    }

    fn sections(&self) -> Vec<Section> {
        let (table, size, count) = (self.place(0x28, 8), self.place(0x3a, 2), self.place(0x3c, 2));
        let section = |at: usize| Section {
            kind: u32::try_from(self.number(at + 4, 4)).expect("4 bytes"),
            offset: self.place(at + 0x18, 8),
            size: self.place(at + 0x20, 8),
            strings: self.place(at + 0x28, 4),
        };
        (0..count).map(|number| section(table + number * size)).collect()
    }

    /// The chain of libraries, and of each the chain of versions.
    fn versions(&self, mut library: usize, strings: usize) -> Vec<String> {
        let mut found = Vec::new();
        loop {
            let mut version = library + self.place(library + 8, 4);
            for _ in 0..self.number(library + 2, 2) {
                found.push(self.text(strings + self.place(version + 8, 4)));
                version += self.place(version + 12, 4);
            }
            match self.place(library + 12, 4) {
                0 => return found,
                next => library += next,
            }
        }
    }
}
