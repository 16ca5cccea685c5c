//! A restricted unpickler: builds [`Values`], runs nothing.
//!
//! Opcodes of protocols 2 to 5 (Python's `pickletools.py` documents them), as `torch.save` writes them.
//! Calls stay nodes, symbols pass through [`globals::admit`], and each opcode makes at most one node, so
//! that memory is bounded by the input's length.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::error::{Result, unreadable, unsupported};
use super::globals;
use super::stack::Stack;
use super::value::{Id, Node, Values};

/// Most nodes that one pickle may make; a large checkpoint with its optimiser makes about 100 000.
const MAX_NODES: usize = 4 << 20;

/// A pickle as data.
#[derive(Debug)]
pub struct Pickle {
    pub values: Values,
    pub root: Id,
    /// Bytes up to and with the end mark.
    pub used: usize,
}

/// # Errors
/// `Hostile` for a symbol that no model needs, `Unreadable` for bytes that are no pickle.
pub fn read(bytes: &[u8]) -> Result<Pickle> {
    let mut machine = Machine::new(bytes);
    loop {
        let op = machine.input.u8()?;
        if op == b'.' {
            break;
        }
        machine.step(op)?;
    }
    let root = machine.stack.pop()?;
    Ok(Pickle { values: machine.values, root, used: machine.input.position() })
}

struct Machine<'a> {
    input: Cursor<'a>,
    values: Values,
    stack: Stack,
    memo: HashMap<u64, Id>,
}

impl<'a> Machine<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let (values, stack, memo) = Default::default();
        Self { input: Cursor::new(bytes), values, stack, memo }
    }

    fn step(&mut self, op: u8) -> Result<()> {
        match op {
            0x80 => self.protocol(),
            0x95 => self.input.take(8).map(drop),
            b'(' | b'0' | b'1' | b'2' => self.shuffle(op),
            b'q' | b'r' | b'h' | b'j' | 0x94 => self.memo(op),
            b'a' | b'e' | 0x90 => self.extend(op),
            b's' | b'u' => self.set_items(op),
            b'c' | b'i' | 0x93 => self.global(op),
            b'R' | 0x81 | 0x92 => self.call(op),
            b'b' => self.build(),
            b't' | 0x85..=0x87 | b'l' | b'd' | 0x91 | b'Q' => self.gather(op),
            _ => self.scalar(op).and_then(|node| self.push(node)),
        }
    }

    fn shuffle(&mut self, op: u8) -> Result<()> {
        match op {
            b'(' => self.stack.mark(),
            b'0' => self.stack.discard()?,
            b'1' => drop(self.stack.pop_mark()?),
            _ => self.stack.push(self.stack.peek()?),
        }
        Ok(())
    }

    fn scalar(&mut self, op: u8) -> Result<Node> {
        Ok(match op {
            b'N' => Node::None,
            0x88 | 0x89 => Node::Bool(op == 0x88),
            b'J' => Node::Int(self.input.i32()?),
            b'K' => Node::Int(self.input.unsigned(1)? as i64),
            b'M' => Node::Int(self.input.unsigned(2)? as i64),
            0x8a => self.input.long(1)?.map_or(Node::Opaque, Node::Int),
            0x8b => self.input.long(4)?.map_or(Node::Opaque, Node::Int),
            b'G' => Node::Float(self.input.float()?),
            b'X' => Node::Text(self.input.text(4)?),
            0x8c | b'U' => Node::Text(self.input.text(1)?),
            b'T' => Node::Text(self.input.text(4)?),
            0x8d => Node::Text(self.input.text(8)?),
            b'C' => self.opaque(1)?,
            b'B' => self.opaque(4)?,
            0x8e | 0x96 => self.opaque(8)?,
            b')' => Node::Tuple(Vec::new()),
            b']' => Node::List(Vec::new()),
            b'}' => Node::Dict(Vec::new()),
            0x8f => Node::Set(Vec::new()),
            _ => return unreadable(format!("opcode 0x{op:02x} has no place in a torch.save pickle")),
        })
    }

    fn opaque(&mut self, width: usize) -> Result<Node> {
        self.input.counted(width).map(|_| Node::Opaque)
    }

    fn protocol(&mut self) -> Result<()> {
        match self.input.u8()? {
            0..=5 => Ok(()),
            other => unsupported(format!("pickle protocol {other}; save it with protocol 2, PyTorch's default")),
        }
    }

    fn push(&mut self, node: Node) -> Result<()> {
        if self.values.len() >= MAX_NODES {
            return unreadable(format!("its pickle holds more than {MAX_NODES} values"));
        }
        let id = self.values.push(node);
        self.stack.push(id);
        Ok(())
    }

    fn memo(&mut self, op: u8) -> Result<()> {
        let key = match op {
            0x94 => self.memo.len() as u64,
            b'q' | b'h' => self.input.unsigned(1)?,
            _ => self.input.unsigned(4)?,
        };
        if matches!(op, b'h' | b'j') {
            let Some(&id) = self.memo.get(&key) else { return unreadable("its pickle recalls what it never kept") };
            self.stack.push(id);
        } else {
            self.memo.insert(key, self.stack.peek()?);
        }
        Ok(())
    }

    fn gather(&mut self, op: u8) -> Result<()> {
        let items = match op {
            0x85..=0x87 => self.stack.pop_many(usize::from(op - 0x84))?,
            b'Q' => self.stack.pop_many(1)?,
            _ => self.stack.pop_mark()?,
        };
        self.push(match op {
            b'l' => Node::List(items),
            b'd' => Node::Dict(pairs(&items)?),
            0x91 => Node::Set(items),
            b'Q' => Node::Persistent(items[0]),
            _ => Node::Tuple(items),
        })
    }

    fn extend(&mut self, op: u8) -> Result<()> {
        let items = if op == b'a' { self.stack.pop_many(1)? } else { self.stack.pop_mark()? };
        let target = self.stack.peek()?;
        match self.values.node_mut(target) {
            Node::List(list) | Node::Set(list) => list.extend(items),
            Node::Object { .. } => {}
            _ => return unreadable("its pickle appends to what is no list"),
        }
        Ok(())
    }

    fn set_items(&mut self, op: u8) -> Result<()> {
        let items = if op == b's' { self.stack.pop_many(2)? } else { self.stack.pop_mark()? };
        let new = pairs(&items)?;
        let target = self.stack.peek()?;
        match self.values.node_mut(target) {
            Node::Dict(pairs) | Node::Object { items: pairs, .. } => pairs.extend(new),
            _ => return unreadable("its pickle sets items of what is no dict"),
        }
        Ok(())
    }

    /// `GLOBAL` and `INST` name their symbol in two lines, `STACK_GLOBAL` on the stack.
    fn global(&mut self, op: u8) -> Result<()> {
        if op != 0x93 {
            let (module, name) = (self.input.line()?, self.input.line()?);
            self.push(Node::Global(globals::admit(&module, &name)?))?;
            return if op == b'i' { self.instance() } else { Ok(()) };
        }
        let words = self.stack.pop_many(2)?;
        let (Some(module), Some(name)) = (self.values.text(words[0]), self.values.text(words[1])) else {
            return unreadable("its pickle names a symbol by something else than text");
        };
        let symbol = globals::admit(module, name)?;
        self.push(Node::Global(symbol))
    }

    fn instance(&mut self) -> Result<()> {
        let callable = self.stack.pop()?;
        let args = self.stack.pop_mark()?;
        self.push(Node::Tuple(args))?;
        let args = self.stack.pop()?;
        self.push(Node::Object { callable, args, state: None, items: Vec::new() })
    }

    fn call(&mut self, op: u8) -> Result<()> {
        if op == 0x92 {
            self.stack.pop()?;
        }
        let (args, callable) = (self.stack.pop()?, self.stack.pop()?);
        self.push(Node::Object { callable, args, state: None, items: Vec::new() })
    }

    fn build(&mut self) -> Result<()> {
        let new = self.stack.pop()?;
        let target = self.stack.peek()?;
        if let Node::Object { state, .. } = self.values.node_mut(target) {
            *state = Some(new);
        }
        Ok(())
    }
}

fn pairs(items: &[Id]) -> Result<Vec<(Id, Id)>> {
    if !items.len().is_multiple_of(2) {
        return unreadable("its pickle has a key without a value");
    }
    Ok(items.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect())
}

#[cfg(test)]
mod tests;
