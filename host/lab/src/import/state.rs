//! From a checkpoint's values to its named tensors, wherever they are nested.

use std::borrow::Cow;

use super::error::{Result, unsupported};
use super::value::{Id, Node, Values};

/// Keys under which training scripts keep the weights.
const KEYS: [&str; 6] = ["state_dict", "model_state_dict", "model", "net", "weights", "module"];
/// Bounds on what one checkpoint may hold; the walk follows shared values as often as they are shared.
const MAX_DEPTH: usize = 64;
const MAX_ENTRIES: usize = 100_000;
const MAX_NAME: usize = 512;
const MAX_RANK: usize = 8;
/// The epsilon of torch's `BatchNorm2d`, which a state_dict does not record.
pub const EPSILON: f64 = 1e-5;

/// Where a tensor's numbers lie: a strided view of a storage.
#[derive(Debug)]
pub struct View {
    /// Name of the storage's class, such as `torch.FloatStorage`.
    pub class: String,
    pub key: String,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub strides: Vec<usize>,
}

/// The tensors of the state_dict or module under `root`, by their names there.
///
/// # Errors
/// `Unsupported` where there is no such thing, or it is not made of plain tensors.
pub fn views(values: &Values, root: Id) -> Result<Vec<(String, View)>> {
    let mut walk = Walk { values, found: Vec::new(), left: MAX_ENTRIES };
    walk.checkpoint(root, 0)?;
    walk.found.into_iter().map(|(name, id)| view(values, id, &name).map(|view| (name, view))).collect()
}

struct Walk<'a> {
    values: &'a Values,
    found: Vec<(String, Id)>,
    left: usize,
}

impl Walk<'_> {
    fn checkpoint(&mut self, id: Id, depth: usize) -> Result<()> {
        if self.values.attribute(id, "_modules").is_some() {
            return self.module(id, "", 0);
        }
        let Some(entries) = self.values.entries(id) else {
            return unsupported("it holds neither a state_dict nor a module; save `model.state_dict()`");
        };
        let named = |key: &&str| entries.iter().find(|(name, _)| name == key).map(|&(_, value)| value);
        let inner = KEYS.iter().filter_map(named).find(|&value| self.holds_names(value));
        match inner {
            Some(value) if depth < MAX_DEPTH => self.checkpoint(value, depth + 1),
            None if entries.iter().any(|&(_, value)| is_tensor(self.values, value)) => {
                entries.into_iter().try_for_each(|(name, value)| self.add("", &name, value))
            }
            _ => unsupported(format!("no weights under {KEYS:?}; save `model.state_dict()`")),
        }
    }

    fn holds_names(&self, id: Id) -> bool {
        self.values.entries(id).is_some() || self.values.attribute(id, "_modules").is_some()
    }

    /// An `nn.Module`: its own parameters and buffers, then its children's.
    fn module(&mut self, id: Id, prefix: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return unsupported(format!("its modules are nested more than {MAX_DEPTH} deep"));
        }
        self.epsilon(id, prefix)?;
        for (name, value) in ["_parameters", "_buffers"].iter().flat_map(|kind| children(self.values, id, kind)) {
            self.add(prefix, &name, value)?;
        }
        for (name, child) in children(self.values, id, "_modules") {
            self.spend(prefix, &name)?;
            self.module(child, &format!("{prefix}{name}."), depth + 1)?;
        }
        Ok(())
    }

    fn add(&mut self, prefix: &str, name: &str, value: Id) -> Result<()> {
        self.spend(prefix, name)?;
        self.found.push((format!("{prefix}{name}"), value));
        Ok(())
    }

    fn spend(&mut self, prefix: &str, name: &str) -> Result<()> {
        if self.left == 0 || prefix.len() + name.len() > MAX_NAME {
            return unsupported("it has far more or longer names than a network has");
        }
        self.left -= 1;
        Ok(())
    }

    fn epsilon(&self, id: Id, prefix: &str) -> Result<()> {
        match self.values.attribute(id, "eps").map(|eps| self.values.node(eps)) {
            Some(Node::Float(eps)) if *eps != EPSILON => {
                unsupported(format!("`{prefix}eps` is {eps}, where torchvision's networks have {EPSILON}"))
            }
            _ => Ok(()),
        }
    }
}

fn children<'a>(values: &'a Values, id: Id, kind: &str) -> Vec<(Cow<'a, str>, Id)> {
    let entries = values.attribute(id, kind).and_then(|dict| values.entries(dict)).unwrap_or_default();
    entries.into_iter().filter(|&(_, value)| *values.node(value) != Node::None).collect()
}

fn is_tensor(values: &Values, id: Id) -> bool {
    values.call(id).is_some_and(|(name, _)| name.starts_with("torch._utils._rebuild_"))
}

fn view(values: &Values, id: Id, name: &str) -> Result<View> {
    let found = match values.call(id) {
        Some(("torch._utils._rebuild_parameter", args)) => args.first().and_then(|&data| strided(values, data)),
        _ => strided(values, id),
    };
    found.map_or_else(|| unsupported(format!("`{name}` is not a plain dense tensor; save a plain state_dict")), Ok)
}

/// `_rebuild_tensor_v2(storage, offset, shape, strides, …)`.
fn strided(values: &Values, id: Id) -> Option<View> {
    let ("torch._utils._rebuild_tensor_v2", [storage, offset, shape, strides, ..]) = values.call(id)? else {
        return None;
    };
    let (class, key) = storage_of(values, *storage)?;
    let (shape, strides) = (values.sizes(*shape)?, values.sizes(*strides)?);
    let offset = values.size(*offset)?;
    (shape.len() == strides.len() && shape.len() <= MAX_RANK).then_some(View { class, key, offset, shape, strides })
}

/// The persistent id `("storage", class, key, location, numel)`.
fn storage_of(values: &Values, id: Id) -> Option<(String, String)> {
    let Node::Persistent(id) = values.node(id) else { return None };
    let [kind, class, key, ..] = values.tuple(*id)? else { return None };
    let (class, key) = (values.global(*class)?, values.text(*key)?);
    let known = values.text(*kind) == Some("storage") && class.len() + key.len() <= MAX_NAME;
    known.then(|| (class.to_owned(), key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict(values: &mut Values, entries: &[(&str, Id)]) -> Id {
        let pairs = entries.iter().map(|&(key, value)| (values.push(Node::Text(key.to_owned())), value)).collect();
        values.push(Node::Dict(pairs))
    }

    #[test]
    fn modules_within_themselves_come_to_an_end() {
        let mut values = Values::default();
        let class = values.push(Node::Global("net.Net".to_owned()));
        let args = values.push(Node::Tuple(Vec::new()));
        let module = values.push(Node::Object { callable: class, args, state: None, items: Vec::new() });
        let children = dict(&mut values, &[("a", module), ("b", module)]);
        let inner = dict(&mut values, &[("_modules", children)]);
        let Node::Object { state, .. } = values.node_mut(module) else { unreachable!() };
        *state = Some(inner);
        assert_eq!(views(&values, module).unwrap_err().code(), "model-checkpoint-unsupported");
    }

    #[test]
    fn a_checkpoint_within_itself_comes_to_an_end() {
        let mut values = Values::default();
        let root = dict(&mut values, &[]);
        let key = values.push(Node::Text("model".to_owned()));
        *values.node_mut(root) = Node::Dict(vec![(key, root)]);
        assert_eq!(views(&values, root).unwrap_err().code(), "model-checkpoint-unsupported");
    }

    #[test]
    fn what_is_no_dense_tensor_is_named() {
        let mut values = Values::default();
        let symbol = values.push(Node::Global("torch._utils._rebuild_tensor_v3".to_owned()));
        let args = values.push(Node::Tuple(Vec::new()));
        let tensor = values.push(Node::Object { callable: symbol, args, state: None, items: Vec::new() });
        let root = dict(&mut values, &[("conv1.weight", tensor)]);
        assert!(views(&values, root).unwrap_err().to_string().contains("`conv1.weight`"));
    }
}
