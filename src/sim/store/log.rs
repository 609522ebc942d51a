//! The change log in blocks that copies of the store share: keeping a moment to go back to costs a pointer for each block, not a copy
//! of the past. Knows nothing of objects beyond that they were changed.

use super::Change;
use std::collections::VecDeque;
use std::sync::Arc;

/// How many changes a block holds.
const BLOCK: usize = 256;
/// How many blocks are kept: some fifty thousand changes, however large the cluster is. While they are of Pods they are 350 MB, twice as
/// much where each is of another one, for it holds the object before it too. A watcher further behind must list again, as after a real
/// 410 Gone, where the server forgets what is older than five minutes.
const BLOCKS: usize = 195;

/// Changes in the order of their revisions, which rise by one from each to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    full: VecDeque<Arc<Vec<Change>>>,
    /// The block being filled.
    open: Arc<Vec<Change>>,
}

impl Log {
    /// The revision of the oldest change that is kept.
    pub(super) fn first(&self) -> Option<u64> {
        let block = self.full.front().unwrap_or(&self.open);
        block.first().map(|change| change.revision)
    }

    /// Adds a change and forgets the oldest block if there are too many.
    pub(super) fn push(&mut self, change: Change) -> &Change {
        if self.open.len() == BLOCK {
            self.full.push_back(std::mem::take(&mut self.open));
            if self.full.len() > BLOCKS {
                self.full.pop_front();
            }
        }
        let open = Arc::make_mut(&mut self.open);
        open.push(change);
        &open[open.len() - 1]
    }

    /// The changes from the `start`th on that is kept.
    pub(super) fn from(&self, start: usize) -> impl Iterator<Item = &Change> {
        let block = (start / BLOCK).min(self.full.len());
        let mut blocks = self.full.range(block..).chain(std::iter::once(&self.open));
        let first = blocks.next().and_then(|first| first.get(start - block * BLOCK..)).unwrap_or_default();
        first.iter().chain(blocks.flat_map(|block| block.iter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::{Kind, Object, SimTime};
    use crate::sim::cause::CauseId;
    use crate::sim::store::ChangeKind;
    use serde_json::json;

    fn log_of(changes: usize) -> Log {
        let object = Object::from_value(Kind::ConfigMap, json!({ "metadata": { "name": "a" } })).unwrap();
        let mut log = Log::default();
        for n in 1..=changes as u64 {
            let (at, kind, key, object) = (SimTime(n), ChangeKind::Modified, object.key(), object.clone());
            log.push(Change { revision: n, at, kind, key, object, cause: CauseId(0), former: None });
        }
        log
    }

    #[test]
    fn every_change_is_found_from_every_start() {
        let log = log_of(3 * BLOCK + 7);
        for start in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 6, 3 * BLOCK + 7] {
            let found: Vec<u64> = log.from(start).map(|change| change.revision).collect();
            let expected: Vec<u64> = (start as u64 + 1..=3 * BLOCK as u64 + 7).collect();
            assert_eq!(found, expected, "from {start}");
        }
    }

    #[test]
    fn a_copy_shares_the_past_and_goes_its_own_way() {
        let mut log = log_of(2 * BLOCK + 1);
        let copy = log.clone();
        assert!(log.full.iter().zip(&copy.full).all(|(a, b)| Arc::ptr_eq(a, b)));
        let change = log.from(0).next().cloned().unwrap();
        log.push(Change { revision: 2 * BLOCK as u64 + 2, ..change });
        assert_eq!((log.from(0).count(), copy.from(0).count()), (2 * BLOCK + 2, 2 * BLOCK + 1));
    }

    #[test]
    fn the_log_is_bounded() {
        let log = log_of((BLOCKS + 3) * BLOCK);
        assert_eq!(log.first(), Some(2 * BLOCK as u64 + 1));
        assert_eq!(log.from(0).count(), (BLOCKS + 1) * BLOCK);
    }
}
