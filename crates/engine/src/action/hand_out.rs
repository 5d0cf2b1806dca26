//! Responses on their way to async-imap.

use std::collections::VecDeque;

use async_imap::imap_proto::Response;
use tokio::io::ReadBuf;

/// The steps in which async-imap 0.12 reads: of what is longer, its parser sees parts first.
const BLOCK: usize = 4096;

/// Whole responses that wait.
#[derive(Debug, Default)]
pub struct HandOut {
    bytes: Vec<u8>,
    taken: usize,
    /// What is left of each response's length.
    lengths: VecDeque<usize>,
}

impl HandOut {
    /// Puts a response behind the others.
    pub fn push(&mut self, response: &[u8]) {
        self.bytes.extend_from_slice(response);
        self.lengths.push_back(response.len());
    }

    /// Fills `buf`. `false`: there is nothing to fill it with.
    ///
    /// A response that fits is never split: some parsers take a part of one for a whole that is wrong.
    pub fn fill(&mut self, buf: &mut ReadBuf<'_>) -> bool {
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
            self.bytes.clear();
            self.taken = 0;
        }
        buf.filled().len() > before
    }

    /// Drops what waits, and gives the memory back.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Whether async-imap waits for all of a response, whose whole the parser is known to read, when it sees parts of it.
/// Over a part that it takes for wrong (the ID response's) it would close the stream.
pub fn is_awaited(response: &[u8]) -> bool {
    let mut parts = (BLOCK..response.len()).step_by(BLOCK);
    parts.all(|end| Response::parse(&response[..end]).is_err_and(|error| error.is_incomplete()))
}
