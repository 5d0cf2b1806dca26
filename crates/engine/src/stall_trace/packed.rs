//! Lines of the trace, one behind another in one piece of memory: each watch holds some, for hours, and hardly any is ever
//! read. As values of their own they would take twice as much.

use std::time::{Duration, SystemTime};

use mailwatch_proto::model::{ConnId, WireDirection, WireLine};

/// The memory grows by so many bytes at once: doubling it would leave half of it unused.
const STEP: usize = 256;

/// A line of the trace, and when it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traced {
    /// When.
    pub at: SystemTime,
    /// On which connection.
    pub conn: Option<ConnId>,
    /// The line, cut.
    pub line: WireLine,
}

/// Lines, the oldest first.
///
/// A line is its head, of [`HEAD`] bytes, and its text.
#[derive(Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    lines: usize,
}

/// The text's length, the direction, the moment in nanoseconds since 1970, the connection's number.
const HEAD: usize = 2 + 1 + 8 + 8;

/// What stands for no connection; numbers are given from 1 up.
const NO_CONNECTION: u64 = u64::MAX;

impl Packed {
    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.lines
    }

    /// Adds a line behind the others. A text of more bytes than its length can say is cut.
    pub fn push(&mut self, traced: &Traced) {
        let Traced { at, conn, line } = traced;
        let text = &line.text[..line.text.floor_char_boundary(usize::from(u16::MAX))];
        let size = u16::try_from(text.len()).unwrap_or(u16::MAX);
        let direction = match line.direction {
            WireDirection::Client => b'C',
            WireDirection::Server => b'S',
        };
        let at = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let at = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let conn = conn.map_or(NO_CONNECTION, |conn| conn.0);
        let needed = self.bytes.len() + HEAD + text.len();
        if needed > self.bytes.capacity() {
            self.bytes.reserve_exact(needed.next_multiple_of(STEP) - self.bytes.len());
        }
        self.bytes.extend_from_slice(&size.to_le_bytes());
        self.bytes.push(direction);
        self.bytes.extend_from_slice(&at.to_le_bytes());
        self.bytes.extend_from_slice(&conn.to_le_bytes());
        self.bytes.extend_from_slice(text.as_bytes());
        self.lines += 1;
    }

    /// Takes away the oldest.
    pub fn drop_first(&mut self) {
        if let Some(size) = self.bytes.first_chunk() {
            self.bytes.drain(..HEAD + usize::from(u16::from_le_bytes(*size)));
            self.lines -= 1;
        }
    }

    /// All of them.
    pub fn unpack(self) -> Vec<Traced> {
        let mut left = self.bytes.as_slice();
        let mut lines = Vec::with_capacity(self.lines);
        while let Some((traced, rest)) = first(left) {
            lines.push(traced);
            left = rest;
        }
        lines
    }
}

/// The first line, and what follows it.
fn first(bytes: &[u8]) -> Option<(Traced, &[u8])> {
    let (size, rest) = bytes.split_first_chunk()?;
    let (&direction, rest) = rest.split_first()?;
    let (at, rest) = rest.split_first_chunk()?;
    let (conn, rest) = rest.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*size)))?;
    let direction = if direction == b'C' { WireDirection::Client } else { WireDirection::Server };
    let at = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::from_le_bytes(*at));
    let conn = u64::from_le_bytes(*conn);
    let conn = (conn != NO_CONNECTION).then_some(ConnId(conn));
    let line = WireLine { direction, text: String::from_utf8_lossy(text).into_owned() };
    Some((Traced { at, conn, line }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn traced() -> impl Strategy<Value = Traced> {
        let conn = proptest::option::of(any::<u32>().prop_map(|conn| ConnId(u64::from(conn))));
        (any::<u32>(), conn, any::<bool>(), ".{0,300}").prop_map(|(seconds, conn, client, text)| Traced {
            at: SystemTime::UNIX_EPOCH + Duration::new(u64::from(seconds), seconds % 1_000_000_000),
            conn,
            line: WireLine { direction: if client { WireDirection::Client } else { WireDirection::Server }, text },
        })
    }

    proptest! {
        #[test]
        fn lines_come_out_as_they_went_in_and_the_oldest_goes_first(
            lines in proptest::collection::vec(traced(), 0..20),
            dropped in 0..25_usize,
        ) {
            let mut packed = Packed::default();
            for line in &lines {
                packed.push(line);
            }
            for _ in 0..dropped {
                packed.drop_first();
            }
            let kept = &lines[dropped.min(lines.len())..];
            prop_assert_eq!(packed.len(), kept.len());
            prop_assert_eq!(packed.unpack(), kept);
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_cut_between_characters() {
        let line = WireLine { direction: WireDirection::Server, text: "é".repeat(40_000) };
        let mut packed = Packed::default();
        packed.push(&Traced { at: SystemTime::UNIX_EPOCH, conn: None, line });
        let text = packed.unpack().into_iter().map(|traced| traced.line.text).collect::<String>();
        assert_eq!(text, "é".repeat(32_767));
    }

    #[test]
    fn an_idles_lines_take_little_more_than_their_text() {
        let mut packed = Packed::default();
        let texts = ["A5 IDLE", "+ idling", "* 23 EXISTS", "DONE", "A5 OK IDLE completed"];
        for text in texts {
            let line = WireLine { direction: WireDirection::Server, text: text.to_owned() };
            packed.push(&Traced { at: SystemTime::UNIX_EPOCH, conn: Some(ConnId(1)), line });
        }
        let text: usize = texts.iter().map(|text| text.len()).sum();
        assert_eq!(packed.bytes.len(), text + texts.len() * HEAD);
        assert!(packed.bytes.capacity() <= packed.bytes.len() + STEP);
    }
}
