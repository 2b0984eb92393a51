//! The ids of the newest messages of a conversation that have arrived.

/// Ids that are kept of a conversation. A message whose webhook is lost is found as long as fewer newer ones have arrived.
const KEPT_MAX: usize = 100;

/// The newest message ids, at most 100, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageIds(Vec<i64>);

impl MessageIds {
    /// Adds an id. False if it is there already.
    pub fn insert(&mut self, id: i64) -> bool {
        let Err(place) = self.0.binary_search(&id) else { return false };
        self.0.insert(place, id);
        if self.0.len() > KEPT_MAX {
            self.0.remove(0);
        }
        true
    }

    /// Whether the message has arrived, or is so old that this is not known.
    pub fn may_have_arrived(&self, id: i64) -> bool {
        let is_older_than_kept = self.0.len() == KEPT_MAX && self.0.first().is_some_and(|oldest| id < *oldest);
        is_older_than_kept || self.0.binary_search(&id).is_ok()
    }

    /// The form in the database: the first id and the differences to the next ones, each in LEB128. 100 ids of a busy
    /// Chatwoot take 200 to 300 bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * 3);
        let mut last = 0_i64;
        for id in &self.0 {
            let mut rest = id.wrapping_sub(last).cast_unsigned();
            last = *id;
            loop {
                let [low, ..] = rest.to_le_bytes();
                rest >>= 7;
                bytes.push(low & 0x7f | if rest > 0 { 0x80 } else { 0 });
                if rest == 0 {
                    break;
                }
            }
        }
        bytes
    }

    /// Reads the form of [`Self::to_bytes`]; stops at what that does not write.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (mut ids, mut last, mut rest, mut shift) = (Vec::new(), 0_i64, 0_u64, 0_u32);
        for byte in bytes {
            rest |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            shift += 7;
            if byte & 0x80 == 0 {
                last = last.wrapping_add(rest.cast_signed());
                if ids.last().is_some_and(|before| *before >= last) || ids.len() == KEPT_MAX {
                    break;
                }
                ids.push(last);
                (rest, shift) = (0, 0);
            }
        }
        Self(ids)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_newest_hundred_are_kept() {
        let mut ids = MessageIds::default();
        assert!((1..=150).rev().all(|id| ids.insert(id * 10)));
        assert_eq!((ids.0.len(), ids.0.first(), ids.0.last()), (100, Some(&510), Some(&1500)));
        assert!(!ids.insert(1500));
        assert!(ids.may_have_arrived(510) && ids.may_have_arrived(3) && !ids.may_have_arrived(515));
        assert!(!MessageIds::default().may_have_arrived(3));
    }

    proptest! {
        #[test]
        fn ids_are_read_as_they_were_written(new in proptest::collection::vec(any::<i64>(), 0..200)) {
            let mut ids = MessageIds::default();
            new.into_iter().for_each(|id| { ids.insert(id); });
            prop_assert_eq!(MessageIds::from_bytes(&ids.to_bytes()), ids);
        }

        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(MessageIds::from_bytes(&bytes));
        }
    }
}
