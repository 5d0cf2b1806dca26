//! What waits inside the tap for its reader: responses for async-imap, notes for the session. Empty, it holds no heap.

use std::collections::VecDeque;
use std::task::Waker;

use tokio::io::ReadBuf;

use super::Note;

/// Checked responses on their way to async-imap.
pub struct Responses {
    bytes: Vec<u8>,
    taken: usize,
    /// What is left of each response's length.
    lengths: VecDeque<usize>,
}

impl Responses {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), taken: 0, lengths: VecDeque::new() }
    }

    /// Puts a response behind the others.
    pub fn push(&mut self, response: &[u8]) {
        self.bytes.extend_from_slice(response);
        self.lengths.push_back(response.len());
    }

    /// Fills `buf`. `false`: there is nothing to fill it with.
    ///
    /// A response that fits is never split: parsers of async-imap's that see a part of one may take it for wrong.
    pub fn hand_out(&mut self, buf: &mut ReadBuf<'_>) -> bool {
        let before = buf.filled().len();
        while let Some(length) = self.lengths.front_mut() {
            let fits = *length <= buf.remaining();
            if !fits && buf.filled().len() > before {
                break;
            }
            let count = (*length).min(buf.remaining());
            buf.put_slice(&self.bytes[self.taken..self.taken + count]);
            self.taken += count;
            *length -= count;
            if !fits {
                break;
            }
            self.lengths.pop_front();
        }
        if self.lengths.is_empty() {
            // Kept for the next, until `rest`.
            self.bytes.clear();
            self.taken = 0;
        }
        buf.filled().len() > before
    }

    /// Gives the memory back where nothing waits.
    pub fn rest(&mut self) {
        if self.lengths.is_empty() {
            *self = Self::new();
        }
    }

    /// How many bytes wait.
    pub const fn waiting(&self) -> usize {
        self.bytes.len() - self.taken
    }

    /// The heap that it holds, in bytes.
    #[cfg(test)]
    pub fn heap(&self) -> usize {
        self.bytes.capacity() + self.lengths.capacity() * size_of::<usize>()
    }
}

/// Notes on their way to the session.
pub struct Notes {
    notes: VecDeque<Note>,
    /// A reader that waits until notes are taken.
    waiting: Option<Waker>,
}

impl Notes {
    /// So many notes may wait before reading stops: a reader that takes none must not fill the memory.
    pub const ENOUGH: usize = 256;

    /// Nothing waits.
    pub const fn new() -> Self {
        Self { notes: VecDeque::new(), waiting: None }
    }

    /// Puts a note behind the others.
    pub fn push(&mut self, note: Note) {
        self.notes.push_back(note);
    }

    /// The oldest note.
    pub fn take(&mut self) -> Option<Note> {
        let note = self.notes.pop_front();
        if self.notes.is_empty() {
            self.notes.shrink_to(0);
            if let Some(waker) = self.waiting.take() {
                waker.wake();
            }
        }
        note
    }

    /// Whether there are too many to read on.
    pub fn is_full(&self) -> bool {
        self.notes.len() >= Self::ENOUGH
    }

    /// Wakes this reader once the notes are taken.
    pub fn wake_when_taken(&mut self, waker: &Waker) {
        self.waiting = Some(waker.clone());
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// The heap that it holds, in bytes; its notes' texts aside.
    #[cfg(test)]
    pub fn heap(&self) -> usize {
        self.notes.capacity() * size_of::<Note>()
    }
}
