//! What a fault sends that no healthy server would.

use std::io;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use crate::fault::Payload;

/// Sent at a time, where much is sent.
const CHUNK: [u8; 8192] = [b'x'; 8192];

/// Sends what does not fit in memory, or is plain text. What changes a mailbox is the session's to do: not here.
///
/// # Errors
/// Where the client is gone.
pub(crate) async fn send(what: &Payload, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    match what {
        Payload::Bytes(bytes) => stream.write_all(bytes).await?,
        Payload::StillHere(n) => stream.write_all(b"* OK Still here\r\n".repeat(*n).as_slice()).await?,
        Payload::EndlessLine(limit) => {
            stream.write_all(b"* OK ").await?;
            fill(*limit, stream).await?;
        }
        Payload::HugeLiteral { announced, sent } => {
            stream.write_all(format!("* 1 FETCH (BODY[HEADER] {{{announced}}}\r\n").as_bytes()).await?;
            fill(*sent, stream).await?;
            if sent >= announced {
                stream.write_all(b")\r\n").await?;
            }
        }
        Payload::Nested(depth) => {
            let line = format!("* 1 FETCH (BODYSTRUCTURE {}{})\r\n", "(".repeat(*depth), ")".repeat(*depth));
            stream.write_all(line.as_bytes()).await?;
        }
        Payload::NewMail | Payload::ExpungeAll(_) => {}
    }
    stream.flush().await
}

async fn fill(mut left: u64, stream: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
    while left > 0 {
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK.len());
        stream.write_all(&CHUNK[..n]).await?;
        left -= n as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(what: Payload) -> String {
        let mut bytes = Vec::new();
        send(&what, &mut bytes).await.expect("a Vec takes everything");
        String::from_utf8(bytes).expect("ASCII")
    }

    #[tokio::test]
    async fn a_huge_literal_is_closed_only_where_all_of_it_was_sent() {
        let whole = sent(Payload::HugeLiteral { announced: 3, sent: 3 }).await;
        assert_eq!(whole, "* 1 FETCH (BODY[HEADER] {3}\r\nxxx)\r\n");
        let part = sent(Payload::HugeLiteral { announced: 400_000_000, sent: 2 }).await;
        assert_eq!(part, "* 1 FETCH (BODY[HEADER] {400000000}\r\nxx");
    }

    #[tokio::test]
    async fn an_endless_line_has_no_end() {
        let line = sent(Payload::EndlessLine(20_000)).await;
        assert_eq!(line.len(), 20_005);
        assert!(!line.contains('\n'));
    }

    #[tokio::test]
    async fn lists_are_as_deep_as_asked() {
        assert_eq!(sent(Payload::Nested(3)).await, "* 1 FETCH (BODYSTRUCTURE ((())))\r\n");
    }
}
