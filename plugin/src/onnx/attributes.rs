//! The attributes of a node.

use std::collections::HashMap;

use tract_core::internal::*;

use super::pb::{AttributeProto, AttributeType};
use super::tensor::decode;

enum Attribute {
    Integer(i64),
    Float(f32),
    Text(String),
    Integers(Vec<i64>),
    Floats(Vec<f32>),
    Tensor(Arc<Tensor>),
    /// Graphs and the like, which no supported operator has.
    Other,
}

/// Attributes by name.
pub struct Attributes(HashMap<String, Attribute>);

impl Attributes {
    /// # Errors
    /// When a text is not UTF-8 or a tensor cannot be read.
    pub fn decode(protos: Vec<AttributeProto>) -> TractResult<Self> {
        protos
            .into_iter()
            .map(|mut proto| Ok((std::mem::take(&mut proto.name), attribute(proto)?)))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// # Errors
    /// As for all that follow: when the attribute is there, but of another type.
    pub fn integer(&self, name: &str) -> TractResult<Option<i64>> {
        self.get(name, |attribute| if let Attribute::Integer(value) = attribute { Some(*value) } else { None })
    }

    pub fn float(&self, name: &str) -> TractResult<Option<f32>> {
        self.get(name, |attribute| if let Attribute::Float(value) = attribute { Some(*value) } else { None })
    }

    pub fn text(&self, name: &str) -> TractResult<Option<&str>> {
        self.get(name, |attribute| if let Attribute::Text(value) = attribute { Some(value.as_str()) } else { None })
    }

    pub fn integers(&self, name: &str) -> TractResult<Option<&[i64]>> {
        self.get(name, |attribute| if let Attribute::Integers(values) = attribute { Some(&values[..]) } else { None })
    }

    pub fn floats(&self, name: &str) -> TractResult<Option<&[f32]>> {
        self.get(name, |attribute| if let Attribute::Floats(values) = attribute { Some(&values[..]) } else { None })
    }

    pub fn tensor(&self, name: &str) -> TractResult<Option<&Arc<Tensor>>> {
        self.get(name, |attribute| if let Attribute::Tensor(value) = attribute { Some(value) } else { None })
    }

    /// Attribute `name` as yes or no, `default` where it is left out.
    pub fn flag(&self, name: &str, default: bool) -> TractResult<bool> {
        Ok(self.integer(name)?.map_or(default, |value| value != 0))
    }

    /// # Errors
    /// When an attribute of one of these names is set.
    pub fn refuse(&self, names: &[&str]) -> TractResult<()> {
        match names.iter().find(|name| self.0.contains_key(**name)) {
            Some(name) => bail!("attribute {name} is not supported"),
            None => Ok(()),
        }
    }

    fn get<'a, T>(&'a self, name: &str, read: impl Fn(&'a Attribute) -> Option<T>) -> TractResult<Option<T>> {
        let Some(attribute) = self.0.get(name) else { return Ok(None) };
        read(attribute).with_context(|| format!("attribute {name} is of the wrong type")).map(Some)
    }
}

fn attribute(proto: AttributeProto) -> TractResult<Attribute> {
    Ok(match AttributeType::try_from(proto.r#type) {
        Ok(AttributeType::Int) => Attribute::Integer(proto.i),
        Ok(AttributeType::Float) => Attribute::Float(proto.f),
        Ok(AttributeType::String) => Attribute::Text(String::from_utf8(proto.s)?),
        Ok(AttributeType::Ints) => Attribute::Integers(proto.ints),
        Ok(AttributeType::Floats) => Attribute::Floats(proto.floats),
        Ok(AttributeType::Tensor) => proto.t.map(decode).transpose()?.map_or(Attribute::Other, Attribute::Tensor),
        _ => Attribute::Other,
    })
}
