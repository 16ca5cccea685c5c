//! Who has to act when something fails.

/// Decides the HTTP status, whether a job is tried again, and the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blame {
    /// The file, or whoever sent it, is at fault: the same again fails again.
    Uploader,
    /// The installation, or what it relies on, is at fault: a program, a setting, a permission, a system out of reach.
    Operator,
    /// The plugin or its model is at fault, and would be of the same bytes again.
    Plugin,
    /// Veritag is at fault: worth a bug report.
    Us,
}

impl Blame {
    /// Whether the same may go well later.
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Operator)
    }
}

/// An error, and what it comes from.
pub fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// An error in words, with what it comes from.
pub fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    causes(error).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// An error's table: for each variant its stable kebab-case code, who has to act, and, where it says something of an
/// asset, the reason that an assessment gives. Variants that wrap an error of ours are named last: it answers for them.
#[doc(hidden)]
#[macro_export]
macro_rules! diagnose {
    ($error:ident {
        $($variant:pat => $code:literal, $blame:ident $(, $reason:ident)?;)*
    } $(wraps $($wrapping:ident),+)?) => {
        impl $error {
            /// Stable kebab-case.
            pub fn code(&self) -> &'static str {
                match self {
                    $($variant => $code,)*
                    $($(Self::$wrapping(error) => error.code(),)+)?
                }
            }

            pub fn blame(&self) -> $crate::blame::Blame {
                match self {
                    $($variant => $crate::blame::Blame::$blame,)*
                    $($(Self::$wrapping(error) => error.blame(),)+)?
                }
            }

            /// What an assessment gives as its reason.
            #[allow(dead_code)] // Few errors are about an asset.
            pub fn reason(&self) -> veritag_abi::Reason {
                match self {
                    $($variant => $crate::diagnose!(@reason $($reason)?),)*
                    $($(Self::$wrapping(error) => error.reason(),)+)?
                }
            }

            /// Every code of its own, and who has to act.
            #[cfg(test)]
            #[allow(dead_code)]
            pub const CODES: &'static [(&'static str, $crate::blame::Blame)] =
                &[$(($code, $crate::blame::Blame::$blame)),*];
        }
    };
    (@reason) => { veritag_abi::Reason::Failed };
    (@reason $reason:ident) => { veritag_abi::Reason::$reason };
}

pub use diagnose;
