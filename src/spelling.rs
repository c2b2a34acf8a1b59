//! How the database, the API and files spell what is one of a few.

/// For each of these enums: all there are, how each is spelled, and the inverse.
macro_rules! spelled_as {
    ($($kind:ident { $($variant:ident = $text:literal),+ $(,)? })+) => {$(
        impl $kind {
            /// Every one there is.
            pub const ALL: [$kind; [$($text),+].len()] = [$($kind::$variant),+];

            /// How the database, the API and files spell it.
            pub fn as_str(self) -> &'static str {
                match self { $($kind::$variant => $text),+ }
            }
            /// The inverse of [`Self::as_str`].
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some($kind::$variant),)+ _ => None }
            }
        }
    )+};
}

pub(crate) use spelled_as;
