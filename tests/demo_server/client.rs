//! A client that knows nothing of IMAP but lines: it sends what it is told and keeps what it hears.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

/// No step of a test takes longer, or it has failed.
const BOUND: Duration = Duration::from_mins(10);

pub struct Client<S> {
    io: S,
    buf: Vec<u8>,
    tag: u32,
    ended: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// A client that has read the greeting.
    pub async fn greeted(io: S) -> (Self, String) {
        let mut client = Self::new(io);
        let greeting = client.line().await;
        (client, greeting)
    }

    pub fn new(io: S) -> Self {
        Self { io, buf: Vec::new(), tag: 0, ended: false }
    }

    /// A client that has logged in and has this mailbox selected by `command`.
    pub async fn within(io: S, command: &str) -> Self {
        let (mut client, _) = Self::greeted(io).await;
        let login = format!("LOGIN {} {}", imap_misbehave::USER, imap_misbehave::PASSWORD);
        assert!(client.ok(&login).await.contains("Logged in"));
        client.ok(command).await;
        client
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.io.write_all(bytes.as_ref()).await.expect("the server reads");
        self.io.flush().await.expect("the server reads");
    }

    /// The next line without its end; empty at the end of the stream.
    pub async fn line(&mut self) -> String {
        loop {
            if let Some(end) = self.buf.iter().position(|&b| b == b'\n') {
                let rest = self.buf.split_off(end + 1);
                let line = std::mem::replace(&mut self.buf, rest);
                return String::from_utf8_lossy(&line).trim_end().to_owned();
            }
            let read = timeout(BOUND, self.io.read_buf(&mut self.buf)).await.expect("a line in time");
            if !matches!(read, Ok(n) if n > 0) {
                self.ended = true;
                return String::new();
            }
        }
    }

    /// Sends a command and gives all lines up to its tagged reply.
    pub async fn command(&mut self, text: &str) -> String {
        self.tag += 1;
        let tag = format!("T{}", self.tag);
        self.send(format!("{tag} {text}\r\n")).await;
        self.until(&format!("{tag} ")).await
    }

    /// The same for a command that must succeed.
    pub async fn ok(&mut self, text: &str) -> String {
        let reply = self.command(text).await;
        assert!(reply.contains(&format!("\nT{} OK", self.tag)), "{text}: {reply}");
        reply
    }

    /// All lines up to one that begins so, each after a line feed.
    pub async fn until(&mut self, start: &str) -> String {
        let mut all = String::new();
        loop {
            let line = self.line().await;
            all.push('\n');
            all.push_str(&line);
            assert!(!self.ended, "the stream ended before {start}: {all}");
            if line.starts_with(start) {
                return all;
            }
        }
    }

    /// Enters IDLE; what came before `+`.
    pub async fn idle(&mut self) -> String {
        self.send("I IDLE\r\n").await;
        self.until("+ ").await
    }

    /// Whatever comes in this time, at most `limit` bytes; `false` where the stream ended.
    pub async fn hear(&mut self, time: Duration, limit: usize, heard: &mut Vec<u8>) -> bool {
        let until = Instant::now() + time;
        heard.append(&mut self.buf);
        while heard.len() < limit {
            match timeout_at(until, self.io.read_buf(heard)).await {
                Ok(Ok(n)) if n > 0 => {}
                Ok(Ok(_) | Err(_)) => return false,
                Err(_) => return true,
            }
        }
        true
    }

    /// Sends where the server may be gone already; whether it is not.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.io.write_all(bytes.as_ref()).await.is_ok() && self.io.flush().await.is_ok()
    }

    pub fn into_inner(self) -> S {
        self.io
    }
}
