//! Enums whose values have a name in the database and in JSON.

/// Defines an enum whose values have a name in the database and in JSON: `ALL`, `as_str`, `parse`, `Serialize`.
macro_rules! string_enum {
    ($(#[$doc:meta])* $type:ident { $($(#[$vdoc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type { $($(#[$vdoc])* $name,)* }

        impl $type {
            /// All values, in the order of their definition.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in the database and in JSON.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Finds a value by its name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use string_enum;
