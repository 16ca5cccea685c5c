//! The unpickler's stack of values, with the marks that group them.

use super::error::{Result, unreadable};
use super::value::Id;

#[derive(Default)]
pub struct Stack {
    items: Vec<Id>,
    /// Heights of the stack; what lies below the last is out of reach.
    marks: Vec<usize>,
}

impl Stack {
    pub fn push(&mut self, id: Id) {
        self.items.push(id);
    }

    pub fn mark(&mut self) {
        self.marks.push(self.items.len());
    }

    pub fn pop(&mut self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = if self.items.len() > floor { self.items.pop() } else { None };
        top.map_or_else(|| unreadable("its pickle takes more than it made"), Ok)
    }

    pub fn peek(&self) -> Result<Id> {
        self.items.last().map_or_else(|| unreadable("its pickle names a value that is not there"), |&id| Ok(id))
    }

    /// All above the last mark, and the mark.
    pub fn pop_mark(&mut self) -> Result<Vec<Id>> {
        let Some(start) = self.marks.pop() else { return unreadable("its pickle lacks a mark") };
        Ok(self.items.split_off(start))
    }

    pub fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>>>()?;
        items.reverse();
        Ok(items)
    }

    /// Python's `POP`: the top value, or the mark where that is the top.
    pub fn discard(&mut self) -> Result<()> {
        if self.marks.last() == Some(&self.items.len()) { self.pop_mark().map(drop) } else { self.pop().map(drop) }
    }
}
