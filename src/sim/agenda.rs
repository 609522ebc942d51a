//! Things to do later, ordered by simulated time and, within one millisecond, by when they were asked for.

use crate::kube::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A queue of future work. Ties come out in the order they went in, so that runs repeat exactly.
#[derive(Clone, Debug)]
pub struct Agenda<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    next_ticket: u64,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    at: SimTime,
    ticket: u64,
    due: T,
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.ticket == other.ticket
    }
}
impl<T> Eq for Entry<T> {}
impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.ticket).cmp(&(other.at, other.ticket))
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda { heap: BinaryHeap::new(), next_ticket: 0 }
    }
}

impl<T> Agenda<T> {
    /// Asks for `due` at `at`.
    pub fn push(&mut self, at: SimTime, due: T) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.heap.push(Reverse(Entry { at, ticket, due }));
    }

    /// When the next thing is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(entry)| entry.at)
    }

    /// Takes the next thing if it is due at or before `until`.
    pub fn pop_until(&mut self, until: SimTime) -> Option<(SimTime, T)> {
        if self.next_at()? > until {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| (entry.at, entry.due))
    }

    /// How many things have been taken so far.
    pub fn taken(&self) -> u64 {
        self.next_ticket - self.heap.len() as u64
    }

    /// How many things are waiting.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is waiting.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}
