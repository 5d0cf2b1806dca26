//! Lines from a stranger: capped, so that no line costs more memory than its cap.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _};

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoLine {
    /// It is longer than the cap.
    #[error("a line of more than {0} bytes")]
    TooLong(usize),
    /// It is not UTF-8.
    #[error("a line that is not UTF-8")]
    NotText,
    /// The connection broke.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    reader: R,
    limit: usize,
    line: Vec<u8>,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// Of at most so many bytes, their ends not counted.
    pub(super) const fn new(reader: R, limit: usize) -> Self {
        Self { reader, limit, line: Vec::new() }
    }

    /// The next line without its end; `None` at the end of all, where half a line is none. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Option<String>, NoLine> {
        loop {
            let read = self.reader.fill_buf().await?;
            if read.is_empty() {
                return Ok(None);
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            if self.line.len() + part.len() > self.limit {
                return Err(NoLine::TooLong(self.limit));
            }
            self.line.extend_from_slice(part);
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                let line = String::from_utf8(std::mem::take(&mut self.line)).map_err(|_| NoLine::NotText)?;
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::io::{AsyncWriteExt as _, BufReader};

    use super::*;

    async fn all(text: &[u8], limit: usize) -> (Vec<String>, Option<NoLine>) {
        let mut lines = Lines::new(text, limit);
        let mut read = Vec::new();
        loop {
            match lines.next().await {
                Ok(Some(line)) => read.push(line),
                Ok(None) => return (read, None),
                Err(error) => return (read, Some(error)),
            }
        }
    }

    #[tokio::test]
    async fn half_a_line_is_none_and_one_beyond_the_cap_ends_it() {
        let (read, error) = all(b"one\n\ntwo\nhalf", 5).await;
        assert!(read == ["one", "", "two"] && error.is_none());
        let (read, error) = all(b"12345\n123456\n", 5).await;
        assert!(read == ["12345"] && matches!(error, Some(NoLine::TooLong(5))));
        let (read, error) = all(b"a\n\xff\n", 5).await;
        assert!(read == ["a"] && matches!(error, Some(NoLine::NotText)));
    }

    proptest! {
        #[test]
        fn however_the_bytes_come_the_lines_are_the_same(lines in prop::collection::vec("[a-z]{0,9}", 0..9), cut in 1..7_usize) {
            let text: String = lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let read = runtime.block_on(async {
                let (mut writer, reader) = tokio::io::duplex(cut);
                let mut lines = Lines::new(BufReader::with_capacity(cut, reader), 9);
                let writing = async {
                    writer.write_all(text.as_bytes()).await.expect("room");
                    drop(writer);
                };
                let reading = async {
                    let mut read = Vec::new();
                    while let Some(line) = lines.next().await.expect("short lines") {
                        read.push(line);
                    }
                    read
                };
                tokio::join!(writing, reading).1
            });
            prop_assert_eq!(read, lines);
        }
    }
}
