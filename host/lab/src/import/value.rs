//! What a pickle says, as inert data: an arena of nodes that refer to each other by index.
//!
//! Sharing and cycles cost nothing to build here; whoever walks the nodes bounds the walk.

use std::borrow::Cow;

/// Index of a node in [`Values`].
pub type Id = usize;

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Something that has a place in the tree but that import never reads (bytes, long integers).
    Opaque,
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Set(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// `module.name`: a symbol, never resolved.
    Global(String),
    /// What Python would make by calling `callable` with `args`, and then give `state` and `items`.
    Object {
        callable: Id,
        args: Id,
        state: Option<Id>,
        items: Vec<(Id, Id)>,
    },
    /// A reference to data kept outside the pickle.
    Persistent(Id),
}

/// The nodes of one pickle.
#[derive(Debug, Default)]
pub struct Values(Vec<Node>);

impl Values {
    pub fn push(&mut self, node: Node) -> Id {
        self.0.push(node);
        self.0.len() - 1
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn node(&self, id: Id) -> &Node {
        &self.0[id]
    }

    pub fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.0[id]
    }

    pub fn text(&self, id: Id) -> Option<&str> {
        match self.node(id) {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn global(&self, id: Id) -> Option<&str> {
        match self.node(id) {
            Node::Global(name) => Some(name),
            _ => None,
        }
    }

    pub fn size(&self, id: Id) -> Option<usize> {
        match self.node(id) {
            Node::Int(value) => usize::try_from(*value).ok(),
            _ => None,
        }
    }

    pub fn tuple(&self, id: Id) -> Option<&[Id]> {
        match self.node(id) {
            Node::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// A tuple of sizes: a tensor's shape or strides. Also `torch.Size(…)`.
    pub fn sizes(&self, id: Id) -> Option<Vec<usize>> {
        match self.node(id) {
            Node::Tuple(items) => items.iter().map(|&item| self.size(item)).collect(),
            Node::Object { callable, args, .. } if self.global(*callable) == Some("torch.Size") => {
                let inner = *self.tuple(*args)?.first()?;
                self.tuple(inner)?.iter().map(|&item| self.size(item)).collect()
            }
            _ => None,
        }
    }

    /// The call `callable(args…)` that makes node `id`.
    pub fn call(&self, id: Id) -> Option<(&str, &[Id])> {
        match self.node(id) {
            Node::Object { callable, args, .. } => Some((self.global(*callable)?, self.tuple(*args)?)),
            _ => None,
        }
    }

    /// Entries of a dict or an `OrderedDict`; keys that are not text are shown as `?`.
    pub fn entries(&self, id: Id) -> Option<Vec<(Cow<'_, str>, Id)>> {
        let pairs = match self.node(id) {
            Node::Dict(pairs) => pairs,
            Node::Object { callable, items, .. } if self.global(*callable) == Some("collections.OrderedDict") => items,
            _ => return None,
        };
        Some(pairs.iter().map(|&(key, value)| (Cow::from(self.text(key).unwrap_or("?")), value)).collect())
    }

    /// The attribute `name` of an object, from the state that it was given.
    pub fn attribute(&self, id: Id, name: &str) -> Option<Id> {
        let Node::Object { state: Some(state), .. } = self.node(id) else { return None };
        let found = self.entries(*state)?.into_iter().rfind(|(key, _)| key == name);
        found.map(|(_, value)| value)
    }
}
