//! The values of properties.

use super::name::Name;

/// What a property holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Text(String),
    List(List, Vec<Value>),
    Structure(Vec<(Name, Value)>),
}

/// Whether the order of a list means anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Bag,
    Seq,
}

impl List {
    pub fn name(self) -> Name {
        Name::rdf(match self {
            Self::Bag => "Bag",
            Self::Seq => "Seq",
        })
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
