//! Reads JSON from outside; the only code that does.
//!
//! serde_json parses a number as an integer or a double and refuses what fits neither. Bodies are forwarded byte for
//! byte, so no value in them may be refused or changed: members are looked up in the raw text. If a name occurs twice,
//! the last one counts, as in JavaScript, Ruby and Python (RFC 8259 §4 leaves it open).

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::text;

/// Maximum number of digits of a whole number that is an id.
const WHOLE_DIGITS_MAX: usize = 64;

/// The members of a JSON object as raw text.
#[derive(Debug, Default)]
pub struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Parses a text that must be one object.
    pub fn read(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Returns `None` if the value is not an object.
    pub fn of(value: &'a RawValue) -> Option<Self> {
        Self::read(value.get()).ok()
    }

    /// The last member of this name; escapes in names are decoded for the comparison.
    pub fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(key, _)| is_text(key, name)).map(|(_, value)| *value)
    }

    /// The last member of each name. A name that cannot be decoded is used as it is written.
    fn by_name(&self) -> HashMap<String, &'a RawValue> {
        let named = |(name, value): &(&'a RawValue, &'a RawValue)| {
            (text(name).unwrap_or_else(|| name.get().to_owned()), *value)
        };
        self.0.iter().map(named).collect()
    }

    /// All members in their order, names and values as they are written.
    pub fn entries(&self) -> &[(&'a RawValue, &'a RawValue)] {
        &self.0
    }

    /// Whether there is a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The elements of an array, as written. `None` if there are more than `count_max`.
pub fn elements_up_to(array: &str, count_max: usize) -> Result<Option<Vec<&RawValue>>, serde_json::Error> {
    let mut elements = Vec::new();
    let mut parser = serde_json::Deserializer::from_str(array);
    let read = ElementsSeed { elements: &mut elements, count_max }.deserialize(&mut parser).and_then(|()| parser.end());
    if elements.len() > count_max {
        return Ok(None);
    }
    read.map(|()| Some(elements))
}

/// Stops after one element more than `count_max`.
struct ElementsSeed<'e, 'a> {
    elements: &'e mut Vec<&'a RawValue>,
    count_max: usize,
}

impl<'a> DeserializeSeed<'a> for ElementsSeed<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for ElementsSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut array: A) -> Result<(), A::Error> {
        while self.elements.len() <= self.count_max {
            match array.next_element()? {
                Some(element) => self.elements.push(element),
                None => break,
            }
        }
        Ok(())
    }
}

/// The elements of a value; `None` if it is not an array.
pub fn elements(value: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(value.get()).ok()
}

/// The text of a value; `None` if it is not a string or cannot be decoded (half a surrogate pair).
pub fn text(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// The range within `body` of a part of it.
pub fn place_of(body: &[u8], part: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
    start..start + part.len()
}

fn is_text(value: &RawValue, expected: &str) -> bool {
    let written = value.get().trim_matches('"');
    if written.contains('\\') { text(value).is_some_and(|text| text == expected) } else { written == expected }
}

/// The id that a value names: a text without hidden characters, or a whole number in any notation. `7`, `7.0`, `70e-1`
/// and `"7"` are the same id; `"7.0"` and `"07"` are different texts.
pub fn id(value: &RawValue) -> Option<String> {
    let named = text(value).map_or_else(|| whole(value.get()), |text| Some(text::cleaned(&text)));
    named.filter(|id| !id.is_empty())
}

/// The digits of a whole number, with `-` if it is negative; `None` if the text is not a whole number.
pub fn whole(number: &str) -> Option<String> {
    let Number { negative, digits, exponent } = Number::read(number)?;
    if digits.is_empty() {
        return Some("0".to_owned());
    }
    let zeros = usize::try_from(exponent).ok().filter(|zeros| zeros + digits.len() <= WHOLE_DIGITS_MAX)?;
    Some(format!("{}{digits}{}", if negative { "-" } else { "" }, "0".repeat(zeros)))
}

/// The whole number in a parsed value, a number or a text. `None` for a double beyond 2^53, which may have been another
/// number.
pub fn whole_of(value: &Value) -> Option<String> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() && number.as_f64().is_none_or(|number| number.abs() >= EXACT) => None,
        Value::Number(number) => whole(&number.to_string()),
        Value::String(text) => whole(text::trimmed(text)),
        _ => None,
    }
}

/// A number by value: its digits without zeros at either end, and a power of ten as factor.
#[derive(Debug, PartialEq, Eq)]
struct Number {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Number {
    /// Parses the grammar of RFC 8259 §6: `-`, digits, a fraction, an exponent.
    fn read(text: &str) -> Option<Self> {
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if before.is_empty() || !is_number(before) || !is_number(after) {
            return None;
        }
        let significant = format!("{before}{after}");
        let digits = significant.trim_start_matches('0');
        let digits = digits.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = significant.len() - significant.trim_end_matches('0').len();
        let exponent = saturating(exponent)?.saturating_add(i64::try_from(zeros).ok()?);
        let exponent = exponent.saturating_sub(i64::try_from(after.len()).ok()?);
        Some(Self { negative, digits: digits.to_owned(), exponent })
    }
}

/// Parses an exponent; one that does not fit saturates.
fn saturating(exponent: &str) -> Option<i64> {
    let (negative, digits) = exponent.strip_prefix('-').map_or((false, exponent), |digits| (true, digits));
    let digits = digits.strip_prefix('+').filter(|_| !negative).unwrap_or(digits);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let far = i64::MAX / 2;
    let size = digits.parse().map_or(far, |size: i64| size.min(far));
    Some(if negative { -size } else { size })
}

/// Whether two values are equal: numbers by value, texts by their characters, objects regardless of the order of their
/// members.
pub fn is_same(one: &RawValue, other: &RawValue) -> bool {
    if one.get() == other.get() {
        return true;
    }
    match (one.get().bytes().next(), other.get().bytes().next()) {
        (Some(b'"'), Some(b'"')) => text(one).is_some_and(|one| Some(one) == text(other)),
        (Some(b'['), Some(b'[')) => match (elements(one), elements(other)) {
            (Some(one), Some(other)) => {
                one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| is_same(one, other))
            }
            _ => false,
        },
        (Some(b'{'), Some(b'{')) => match (Members::of(one), Members::of(other)) {
            (Some(one), Some(other)) => {
                let (one, other) = (one.by_name(), other.by_name());
                one.len() == other.len()
                    && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
            }
            _ => false,
        },
        _ => Number::read(one.get()).is_some_and(|number| Some(number) == Number::read(other.get())),
    }
}

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Removes the byte order mark that some senders put before the body (RFC 8259 §8.1 allows a reader to ignore it).
pub fn without_bom(body: Bytes) -> Bytes {
    if body.starts_with(BOM) { body.slice(BOM.len()..) } else { body }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).expect(json)
    }

    #[test]
    fn a_whole_number_is_the_same_id_in_every_notation() {
        for seven in ["7", "\"7\"", "7.0", "7e0", "70e-1", "0.7E+1", "7.000", "\" 7 \"", "\"7\\u200b\"", "\"\\u0037\""]
        {
            assert_eq!(id(&raw(seven)).as_deref(), Some("7"), "{seven}");
        }
        let long = "9".repeat(64);
        for (json, expected) in [
            ("-7", Some("-7")),
            ("-0", Some("0")),
            ("0e999999999999999999999", Some("0")),
            ("123456789012345678901234567890", Some("123456789012345678901234567890")),
            ("1.5e1", Some("15")),
            ("1e3", Some("1000")),
            (&long, Some(long.as_str())),
            ("7.5", None),
            ("1e400", None),
            ("1e-400", None),
            ("1e99999999999999999999", None),
            ("true", None),
            ("null", None),
            ("[7]", None),
            ("{\"id\":7}", None),
            ("\"\"", None),
            ("\" \\u200b\"", None),
            ("\"\\ud83d\"", None),
            ("\"7.0\"", Some("7.0")),
            ("\"07\"", Some("07")),
            ("\"Сайт\"", Some("Сайт")),
        ] {
            assert_eq!(id(&raw(json)).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn a_parsed_whole_number_may_be_a_text_or_have_a_zero_fraction() {
        for (value, expected) in [
            (serde_json::json!(10), Some("10")),
            (serde_json::json!(10.0), Some("10")),
            (serde_json::json!(" 10 "), Some("10")),
            (serde_json::json!("1e1"), Some("10")),
            (serde_json::json!(u64::MAX), Some("18446744073709551615")),
            (serde_json::json!(1e30), None),
            (serde_json::json!(10.5), None),
            (serde_json::json!("ten"), None),
            (serde_json::json!(""), None),
            (serde_json::json!(null), None),
            (serde_json::json!([10]), None),
        ] {
            assert_eq!(whole_of(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn the_last_member_of_a_name_counts_in_every_notation() {
        let members = Members::read(r#"{"a":1,"b":2,"\u0061":3,"\ud83d":4}"#).expect("an object");
        assert_eq!(members.get("a").map(RawValue::get), Some("3"));
        assert_eq!(members.get("b").map(RawValue::get), Some("2"));
        assert!(!members.has("c"));
        assert!(Members::read("[]").is_err() && Members::read("{\"a\":}").is_err());
    }

    #[test]
    fn values_are_compared_by_meaning() {
        for (one, other, same) in [
            ("1", "1.0", true),
            ("1e400", "1e400", true),
            ("1e400", "10e399", true),
            ("1e400", "1e401", false),
            ("-0", "0.0", true),
            ("12345678901234567890123", "12345678901234567890124", false),
            ("\"a\"", "\"\\u0061\"", true),
            ("\"\\ud83d\"", "\"\\ud83d\"", true),
            ("\"\\ud83d\"", "\"\\ud83e\"", false),
            ("\"1\"", "1", false),
            ("[1,2]", "[1.0, 2]", true),
            ("[1,2]", "[2,1]", false),
            ("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true),
            ("{\"a\":1,\"a\":2}", "{\"a\":2}", true),
            ("{\"a\":1}", "{\"a\":1,\"b\":1}", false),
            ("{\"\\ud83d\":1}", "{\"\\ud83d\":1.0}", true),
            ("{\"\\ud83d\":1}", "{\"\\ud83e\":1}", false),
            ("true", "false", false),
            ("null", "0", false),
        ] {
            assert_eq!(is_same(&raw(one), &raw(other)), same, "{one} {other}");
            assert_eq!(is_same(&raw(other), &raw(one)), same, "{other} {one}");
        }
    }

    #[test]
    fn large_objects_are_compared_in_linear_time() {
        let object = |last: usize| {
            let members: Vec<_> =
                (0..100_000).rev().map(|n| format!("\"{n}\":{}", if n == 0 { last } else { n })).collect();
            raw(&format!("{{{}}}", members.join(",")))
        };
        let (one, other, begun) = (object(0), object(1), std::time::Instant::now());
        assert!(!is_same(&one, &other) && is_same(&one, &raw(&one.get().replace(',', ", "))));
        // A comparison member by member would take minutes.
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once() {
        assert_eq!(without_bom(Bytes::from("\u{feff}{}")), "{}");
        assert_eq!(without_bom(Bytes::from("\u{feff}\u{feff}{}")), "\u{feff}{}");
        assert_eq!(without_bom(Bytes::from("{}\u{feff}")), "{}\u{feff}");
    }

    proptest! {
        #[test]
        fn a_number_is_the_same_regardless_of_its_exponent(number in 0_u64..1_000_000_000, shift in 0_usize..20) {
            let shifted = format!("{number}{}e-{shift}", "0".repeat(shift));
            prop_assert_eq!(whole(&shifted), Some(number.to_string()));
            prop_assert_eq!(whole(&format!("{number}.{}", "0".repeat(shift))), Some(number.to_string()));
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text in "[-+0-9.eE]{0,40}") {
            drop((whole(&text), Number::read(&text)));
        }
    }
}
