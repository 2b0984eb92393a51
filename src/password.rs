//! Stored passwords: Argon2id with 19 MiB, two passes and one lane (OWASP ASVS 5.0, 11.4.2), as PHC strings.
//!
//! Passwords are compared in the form of RFC 8265, section 4.2 (`OpaqueString`): other spaces become ASCII spaces, and
//! the text is normalized to NFC. Keyboards and systems differ in how they compose "й" or "é", and the person cannot
//! see which form they typed.

mod queue;

use std::borrow::Cow;

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHash, Version};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::clock;

pub use queue::{Busy, Hasher};

/// Memory of a new hash. A block of Argon2 is 1 KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Iterations over the memory for a new hash (`t` in PHC strings).
const PASSES: u32 = 2;
/// Length of a new hash.
const OUTPUT_BYTES: usize = 32;

/// Hashing failed: an invalid parameter, or not enough memory.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed")]
pub struct CannotHash;

/// The memory that Argon2 works in, reused for each hash.
///
/// Argon2's own allocation of 19 MiB stays in the heap of every thread that ever hashed: after the first `free`, glibc
/// takes blocks of up to 32 MiB from the thread's heap and keeps them (`M_MMAP_THRESHOLD` in mallopt(3)). Measured: 200
/// sign-ins left 2 GiB allocated.
#[derive(Default)]
pub struct Workspace(Vec<Block>);

impl Workspace {
    /// More than 32 MiB: glibc maps such an allocation separately and unmaps it when it is freed. Only blocks in use
    /// are written to, so the rest takes no physical memory.
    const CAPACITY_BLOCKS: usize = 33 * 1024;

    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.capacity() == 0 {
            self.0.reserve_exact(Self::CAPACITY_BLOCKS.max(count));
        }
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        &mut self.0
    }

    /// Returns the memory to the operating system.
    fn release(&mut self) {
        self.0 = Vec::new();
    }
}

/// The PHC string to store for a new password. Takes about 10 ms on one core.
pub fn hash(password: &str, workspace: &mut Workspace) -> Result<String, CannotHash> {
    phc_string(&prepared(password), workspace).map_err(|_| CannotHash)
}

fn phc_string(password: &str, workspace: &mut Workspace) -> Result<String, argon2::password_hash::Error> {
    let salt = Salt::new(&clock::random::<16>())?;
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(OUTPUT_BYTES))?;
    let stored = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&params)?,
        salt: Some(salt),
        hash: None,
    };
    let hash = output(password, &stored, workspace).ok_or(argon2::password_hash::Error::Internal)?;
    Ok(PasswordHash { hash: Some(hash), ..stored }.to_string())
}

/// A hash that no password matches, for accounts that do not exist: verifying against it takes as long as against a
/// real one.
pub const DUMMY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The result of [`verify`].
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The password does not match.
    Wrong,
    /// The password matches. If there is a new hash, store it instead: the old one is of the password before NFC
    /// normalization, or has weaker parameters.
    Right(Option<String>),
}

/// Compares a password with a stored hash: normalized, and then as typed if that differs. Whether there is a second
/// comparison depends only on what was typed, so a wrong password takes the same time for every account, existing or
/// not.
pub fn verify(typed: &str, stored: &str, workspace: &mut Workspace) -> Verdict {
    let Ok(stored) = PasswordHash::new(stored) else { return Verdict::Wrong };
    let prepared = prepared(typed);
    let in_nfc = is_of(&prepared, &stored, workspace);
    let right = in_nfc || prepared != typed && is_of(typed, &stored, workspace);
    match right {
        false => Verdict::Wrong,
        true if in_nfc && is_current(&stored) => Verdict::Right(None),
        // A failed upgrade of the hash does not make the sign-in fail.
        true => Verdict::Right(phc_string(&prepared, workspace).ok()),
    }
}

/// Compares in constant time (`Output` implements `PartialEq` that way).
fn is_of(password: &str, stored: &PasswordHash, workspace: &mut Workspace) -> bool {
    stored.hash.is_some() && output(password, stored, workspace) == stored.hash
}

/// The hash of a password with the parameters and the salt of `stored`; `None` if these are invalid.
fn output(password: &str, stored: &PasswordHash, workspace: &mut Workspace) -> Option<Output> {
    let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
    let params = Params::try_from(stored).ok()?;
    let (blocks, length) = (params.block_count(), params.output_len().unwrap_or(OUTPUT_BYTES));
    let salt = stored.salt.as_ref()?;
    let mut bytes = [0; Output::MAX_LENGTH];
    let out = bytes.get_mut(..length)?;
    let argon2 = Argon2::new(algorithm, version, params);
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, out, workspace.blocks(blocks)).ok()?;
    Output::new(out).ok()
}

/// Whether a stored hash is at least as strong as a new one.
fn is_current(stored: &PasswordHash) -> bool {
    let strong = |params: Params| params.m_cost() >= MEMORY_KIB && params.t_cost() >= PASSES;
    stored.algorithm == ARGON2ID_IDENT
        && stored.version == Some(Version::V0x13.into())
        && Params::try_from(stored).is_ok_and(strong)
        && stored.hash.as_ref().is_some_and(|hash| hash.len() >= OUTPUT_BYTES)
}

/// Prepares a password as RFC 8265, section 4.2.2: maps spaces, then normalizes to NFC. Does not trim and does not fold
/// case.
fn prepared(typed: &str) -> Cow<'_, str> {
    if is_nfc(typed) && !typed.contains(is_other_space) {
        return Cow::Borrowed(typed);
    }
    Cow::Owned(typed.chars().map(|c| if is_other_space(c) { ' ' } else { c }).nfc().collect())
}

/// The general category `Zs` without the ASCII space.
const fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use argon2::{PasswordHasher, PasswordVerifier};

    use super::*;

    const COMPOSED: &str = "йогурт їжак café";
    const DECOMPOSED: &str = "и\u{306}огурт і\u{308}жак cafe\u{301}";

    fn new_hash(password: &str) -> String {
        hash(password, &mut Workspace::default()).expect("a hash")
    }

    fn verdict(typed: &str, stored: &str) -> Verdict {
        verify(typed, stored, &mut Workspace::default())
    }

    /// A hash as version 0.1.0 stored it: of the bytes as typed.
    fn old_hash(password: &str, memory_kib: u32, passes: u32) -> String {
        let argon2 = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(memory_kib, passes, 1, None).expect("parameters"),
        );
        let salt: [u8; 16] = clock::random();
        argon2.hash_password_with_salt(password.as_bytes(), &salt).expect("a hash").to_string()
    }

    #[test]
    fn only_the_password_itself_matches() {
        let stored = new_hash("correct horse батарея");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(verdict("correct horse батарея", &stored), Verdict::Right(None));
        assert_eq!(verdict("correct horse батарея ", &stored), Verdict::Wrong);
        for junk in ["", "junk", "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA", DUMMY] {
            assert_eq!(verdict("", junk), Verdict::Wrong, "{junk}");
        }
        assert!(
            is_current(&PasswordHash::new(DUMMY).expect("a PHC string")),
            "verifying it costs as much as a new hash"
        );
    }

    #[test]
    fn argon2_itself_writes_and_reads_the_same_stored_string() {
        let stored = new_hash("correct horse battery");
        let parsed = PasswordHash::new(&stored).expect("a PHC string");
        assert!(Argon2::default().verify_password(b"correct horse battery", &parsed).is_ok());
        assert_eq!(
            verdict("correct horse battery", &old_hash("correct horse battery", 19 * 1024, 2)),
            Verdict::Right(None)
        );
    }

    #[test]
    fn a_reused_workspace_does_not_affect_the_next_hash() {
        let mut workspace = Workspace::default();
        let big = old_hash("one password", 24 * 1024, 2);
        let stored = new_hash("another password");
        assert_eq!(verify("one password", &big, &mut workspace), Verdict::Right(None));
        assert_eq!(verify("another password", &stored, &mut workspace), Verdict::Right(None));
        assert_eq!(verify("one password", &stored, &mut workspace), Verdict::Wrong);
        workspace.release();
        assert_eq!(verify("another password", &stored, &mut workspace), Verdict::Right(None));
    }

    #[test]
    fn a_password_matches_in_every_composition_of_its_letters() {
        for (chosen, typed) in [
            (COMPOSED, DECOMPOSED),
            (DECOMPOSED, COMPOSED),
            ("four words and spaces", "four\u{a0}words\u{3000}and\u{2009}spaces"),
            ("four\u{202f}words and spaces", "four words and spaces"),
            ("\u{212b}ngström was here", "Ångström was here"),
        ] {
            assert_eq!(verdict(typed, &new_hash(chosen)), Verdict::Right(None), "{typed:?} for {chosen:?}");
        }
        for (chosen, typed) in [
            (" not trimmed at all ", "not trimmed at all"),
            ("Case is not folded", "case is not folded"),
            ("ﬁne ligatures stay", "fine ligatures stay"),
            ("tab\tis no space here", "tab is no space here"),
        ] {
            assert_eq!(verdict(typed, &new_hash(chosen)), Verdict::Wrong, "{typed:?} for {chosen:?}");
        }
    }

    #[test]
    fn a_hash_of_an_unnormalized_password_matches_as_typed_and_is_replaced() {
        let old = old_hash(DECOMPOSED, 19 * 1024, 2);
        assert_eq!(verdict(COMPOSED, &old), Verdict::Wrong);
        let Verdict::Right(Some(new)) = verdict(DECOMPOSED, &old) else { panic!("a new hash") };
        assert_eq!(verdict(COMPOSED, &new), Verdict::Right(None));
        assert_eq!(verdict(DECOMPOSED, &new), Verdict::Right(None));
    }

    #[test]
    fn a_hash_with_weaker_parameters_is_replaced() {
        for (memory_kib, passes) in [(8 * 1024, 2), (19 * 1024, 1)] {
            let old = old_hash("correct horse battery", memory_kib, passes);
            let Verdict::Right(Some(new)) = verdict("correct horse battery", &old) else { panic!("a new hash") };
            assert_eq!(verdict("correct horse battery", &new), Verdict::Right(None));
            assert_eq!(verdict("wrong horse battery", &old), Verdict::Wrong);
        }
    }
}
