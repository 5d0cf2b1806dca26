//! Whose headers are asked for, and how: several mails together while that works, one alone where it may be to blame.

use std::collections::{BTreeSet, VecDeque};

use super::gather::Gather;

/// Mails whose headers are asked for together: their set fits any server's line.
const TOGETHER: usize = 100;

/// Mails whose headers alone are refused before the rest of a look is told without: a server that gives no headers at all
/// is not asked for each.
const FAILURES: usize = 20;

/// Whose headers are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asking {
    /// Several mails'.
    Together(Vec<u32>),
    /// One mail's, of a part or whole.
    Alone {
        /// Its UID.
        uid: Vec<u32>,
        /// Whether only a part is asked for.
        partial: bool,
    },
}

impl Asking {
    pub(super) fn uids(&self) -> &[u32] {
        match self {
            Self::Together(uids) | Self::Alone { uid: uids, .. } => uids,
        }
    }
}

/// How many are asked for at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    #[default]
    Together,
    /// The next one alone: it may be to blame.
    AloneOnce,
    /// Each alone.
    Alone,
}

/// The mails whose headers are still to be asked for.
#[derive(Debug, Default)]
pub(super) struct Headers {
    rest: VecDeque<u32>,
    /// Mails that an earlier connection failed on: alone, and last.
    last: VecDeque<u32>,
    mode: Mode,
    failed: BTreeSet<u32>,
    put_off: BTreeSet<u32>,
    /// Whether some were read.
    pub(super) brought: bool,
    /// Whether there may be mails that were not found.
    pub(super) unsure: bool,
}

impl Headers {
    /// Plans. `alone`: the first of them may be to blame for a refusal; `single`: any of them may.
    pub(super) fn plan(&mut self, uids: Vec<u32>, is_suspect: impl Fn(u32) -> bool, alone: bool, single: bool) {
        let (last, rest): (VecDeque<u32>, VecDeque<u32>) = uids.into_iter().partition(|uid| is_suspect(*uid));
        (self.rest, self.last) = (rest, last);
        self.mode = match (single, alone) {
            (true, _) => Mode::Alone,
            (false, true) => Mode::AloneOnce,
            (false, false) => Mode::Together,
        };
    }

    /// Who is next.
    pub(super) fn next(&mut self, partial: bool) -> Option<Asking> {
        let alone = |uid: u32| Asking::Alone { uid: vec![uid], partial };
        if self.rest.is_empty() {
            return self.last.pop_front().map(alone);
        }
        let mode = self.mode;
        if mode == Mode::AloneOnce {
            self.mode = Mode::Together;
        }
        if mode != Mode::Together || self.rest.len() == 1 {
            return self.rest.pop_front().map(alone);
        }
        let some = self.rest.drain(..self.rest.len().min(TOGETHER)).collect();
        Some(Asking::Together(some))
    }

    /// Several were asked for. Where some are left, the first of them is to blame, most likely.
    pub(super) fn again(&mut self, left: &[u32], brought: bool) {
        if left.is_empty() {
            return;
        }
        for uid in left.iter().rev() {
            self.rest.push_front(*uid);
        }
        self.mode = if brought && self.mode != Mode::Alone { Mode::AloneOnce } else { Mode::Alone };
    }

    /// One was refused. Whether that is enough.
    pub(super) fn fail(&mut self, uid: u32) -> bool {
        self.failed.insert(uid);
        self.failed.len() >= FAILURES
    }

    /// All that are left.
    pub(super) fn drain(&mut self) -> Vec<u32> {
        self.rest.drain(..).chain(self.last.drain(..)).collect()
    }

    pub(super) fn failed(&self, uid: u32) -> bool {
        self.failed.contains(&uid)
    }

    /// Another connection asks for this one.
    pub(super) fn put_off(&mut self, uid: u32, gather: &mut Gather) {
        self.put_off.insert(uid);
        gather.put_off(uid);
    }

    pub(super) fn first_put_off(&self) -> Option<u32> {
        self.put_off.first().copied()
    }

    pub(super) fn put_off_count(&self) -> usize {
        self.put_off.len()
    }
}
