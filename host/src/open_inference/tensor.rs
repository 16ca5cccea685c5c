//! A named tensor of one of the datatypes that faces and features need.

use std::ops::Range;

use serde_json::Value;

use super::Malformed;

/// Row-major; `data` fills `shape`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Uint8(Vec<u8>),
    Fp32(Vec<f32>),
}

impl Data {
    pub const fn datatype(&self) -> &'static str {
        match self {
            Self::Uint8(_) => "UINT8",
            Self::Fp32(_) => "FP32",
        }
    }

    /// Number of values.
    pub const fn len(&self) -> usize {
        match self {
            Self::Uint8(values) => values.len(),
            Self::Fp32(values) => values.len(),
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Little-endian.
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Uint8(values) => values.clone(),
            Self::Fp32(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        }
    }

    /// # Errors
    /// [`Malformed`] for another datatype, or a length that is no multiple of its size.
    pub fn from_bytes(datatype: &str, bytes: &[u8]) -> Result<Self, Malformed> {
        match (datatype, bytes.as_chunks::<4>()) {
            ("UINT8", _) => Ok(Self::Uint8(bytes.to_vec())),
            ("FP32", (values, [])) => Ok(Self::Fp32(values.iter().map(|value| f32::from_le_bytes(*value)).collect())),
            ("FP32", _) => Err(Malformed(format!("{} bytes are no FP32", bytes.len()))),
            _ => Err(unknown(datatype)),
        }
    }

    /// Flat; what is no number becomes `null`, as JSON has no word for it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Uint8(values) => values.iter().copied().collect(),
            Self::Fp32(values) => values.iter().copied().collect(),
        }
    }

    /// From a list, flat or nested.
    ///
    /// # Errors
    /// [`Malformed`] for another datatype, or what is no value of it.
    pub fn from_json(datatype: &str, value: &Value) -> Result<Self, Malformed> {
        let wrong = |value: &Value| Malformed(format!("{value} is no {datatype}"));
        match datatype {
            "UINT8" => {
                let read = |value: &Value| value.as_u64().and_then(|n| n.try_into().ok()).ok_or_else(|| wrong(value));
                Ok(Self::Uint8(flat(value, &read)?))
            }
            "FP32" => Ok(Self::Fp32(flat(value, &|v| v.as_f64().map(|n| n as f32).ok_or_else(|| wrong(v)))?)),
            _ => Err(unknown(datatype)),
        }
    }
}

impl Tensor {
    /// # Errors
    /// [`Malformed`] when `data` does not fill `shape`.
    pub fn new(name: impl Into<String>, shape: Vec<usize>, data: Data) -> Result<Self, Malformed> {
        let name = name.into();
        let volume = shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
        if shape.is_empty() || volume != Some(data.len()) {
            return Err(Malformed(format!("{name}: {} values do not fill shape {shape:?}", data.len())));
        }
        Ok(Self { name, shape, data })
    }

    /// Length of the first axis.
    pub fn rows(&self) -> usize {
        self.shape[0]
    }

    /// The values of rows `range`, as a tensor of its own.
    pub fn slice(&self, range: Range<usize>) -> Self {
        let row = self.data.len().checked_div(self.rows()).unwrap_or(0);
        let values = range.start * row..range.end * row;
        let data = match &self.data {
            Data::Uint8(all) => Data::Uint8(all[values].to_vec()),
            Data::Fp32(all) => Data::Fp32(all[values].to_vec()),
        };
        let mut shape = self.shape.clone();
        shape[0] = range.len();
        Self { name: self.name.clone(), shape, data }
    }
}

fn unknown(datatype: &str) -> Malformed {
    Malformed(format!("datatype {datatype:?} is not spoken here, only UINT8 and FP32"))
}

fn flat<T>(value: &Value, read: &impl Fn(&Value) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
    let items = value.as_array().ok_or_else(|| Malformed("data is no list".into()))?;
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Array(_) => values.extend(flat(item, read)?),
            number => values.push(read(number)?),
        }
    }
    Ok(values)
}
