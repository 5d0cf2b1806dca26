//! The plaintext before TLS: greeting, CAPABILITY, STARTTLS. Nothing of it is used afterwards.
//!
//! Never goes on without TLS. Bytes between STARTTLS' reply and the handshake are discarded: an attacker in between could
//! have injected them (CVE-2011-0411 and its kin).

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::deadline::Deadline;
use mailwatch_proto::greeting;
use mailwatch_proto::model::{Fault, FaultClass, WireDirection, WireLine, one_line};
use mailwatch_proto::refusal::{self, At};

/// The longest line that is read before login.
const LINE_CAP: usize = 8 << 10;

/// Bytes that are read before TLS in all. A greeting and two replies need a few hundred.
const TOTAL_CAP: usize = 64 << 10;

const CAPABILITY_TAG: &str = "c1";
const STARTTLS_TAG: &str = "c2";

/// Brings the connection to the beginning of the TLS handshake; returns the lines that were exchanged.
pub(super) async fn negotiate<S>(io: &mut S, place: &str, deadline: &Deadline) -> Result<Vec<WireLine>, Fault>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut negotiation = Negotiation { io, place, pending: Vec::new(), total: 0, trace: Vec::new() };
    let greeting = deadline
        .hold(FaultClass::Timeout, negotiation.line(), || {
            format!("{place} took the connection, but did not greet (if this port is for implicit TLS, use tls = \"implicit\")")
        })
        .await??;
    deadline
        .hold(FaultClass::Timeout, negotiation.start(&greeting), || format!("{place} did not answer before STARTTLS"))
        .await??;
    if !negotiation.pending.is_empty() {
        tracing::warn!(
            place,
            bytes = negotiation.pending.len(),
            "discarded what came between STARTTLS and the handshake"
        );
    }
    Ok(negotiation.trace)
}

struct Negotiation<'a, S> {
    io: &'a mut S,
    place: &'a str,
    /// Bytes that are not a line yet.
    pending: Vec<u8>,
    total: usize,
    trace: Vec<WireLine>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Negotiation<'_, S> {
    async fn start(&mut self, greeting: &str) -> Result<(), Fault> {
        let place = self.place;
        let text = match ServerLine::of(greeting, "") {
            ServerLine::Untagged("OK", text) => text,
            ServerLine::Untagged("PREAUTH", _) => {
                return Err(Fault::retry_after(
                    FaultClass::Tls,
                    format!(
                        "{place} greets with PREAUTH: it considers the connection logged in, and STARTTLS is no longer allowed. Use tls = \"implicit\""
                    ),
                ));
            }
            ServerLine::Untagged("BYE", text) => return Err(self.turned_away(text)),
            ServerLine::Untagged(..) | ServerLine::Tagged(..) | ServerLine::Other => {
                let message = match greeting::foreign(greeting.as_bytes()) {
                    Some(said) => format!("{place} {said}"),
                    None => format!("{place} does not speak IMAP: it greets with {:?}", one_line(greeting.as_bytes())),
                };
                return Err(Fault::retry_after(FaultClass::Protocol, message));
            }
        };
        let offered = match capabilities_in(text) {
            Some(list) => offers_starttls(list),
            None => self.ask().await?,
        };
        if !offered {
            return Err(Fault::retry_after(
                FaultClass::Tls,
                format!(
                    "{place} offers no STARTTLS, and nothing is sent without TLS. Use tls = \"implicit\" with port 993; if \
                     it used to be offered, someone in between may be removing it"
                ),
            ));
        }
        let (status, text) = self.command(STARTTLS_TAG, "STARTTLS", |_| ()).await?;
        if status.eq_ignore_ascii_case("OK") {
            return Ok(());
        }
        Err(refusal::fault(&text, At::StartTls, &format!("{place} refuses STARTTLS")))
    }

    /// Asks for the capabilities, which the greeting did not list.
    async fn ask(&mut self) -> Result<bool, Fault> {
        let mut offered = false;
        let untagged = |line: &str| {
            if let ServerLine::Untagged("CAPABILITY", list) = ServerLine::of(line, "") {
                offered |= offers_starttls(list);
            }
        };
        self.command(CAPABILITY_TAG, "CAPABILITY", untagged).await?;
        Ok(offered)
    }

    /// Sends a command and reads up to its tagged reply: the status and the text.
    async fn command(
        &mut self,
        tag: &str,
        command: &str,
        mut untagged: impl FnMut(&str),
    ) -> Result<(String, String), Fault> {
        let line = format!("{tag} {command}");
        self.trace.push(WireLine { direction: WireDirection::Client, text: line.clone() });
        let sent = self.io.write_all(format!("{line}\r\n").as_bytes()).await;
        if let Err(error) = sent.and(self.io.flush().await) {
            return Err(self.ended(&error.to_string()));
        }
        loop {
            let line = self.line().await?;
            match ServerLine::of(&line, tag) {
                ServerLine::Tagged(status, text) => return Ok((status.to_owned(), text.to_owned())),
                ServerLine::Untagged("BYE", text) => return Err(self.turned_away(text)),
                ServerLine::Untagged(..) | ServerLine::Other => untagged(&line),
            }
        }
    }

    /// The next line, without its end.
    async fn line(&mut self) -> Result<String, Fault> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.pending.drain(..=end).collect();
                self.trace.push(WireLine { direction: WireDirection::Server, text: one_line(&line) });
                return Ok(String::from_utf8_lossy(&line).trim_end().to_owned());
            }
            if self.pending.len() > LINE_CAP || self.total > TOTAL_CAP {
                return Err(Fault::retry_after(
                    FaultClass::Protocol,
                    format!("{} sends more than any greeting needs; the connection was closed", self.place),
                ));
            }
            let mut chunk = [0; 2048];
            match self.io.read(&mut chunk).await {
                Ok(0) => return Err(self.ended("end of stream")),
                Ok(n) => {
                    self.total += n;
                    self.pending.extend_from_slice(&chunk[..n]);
                    if self.total == self.pending.len() && greeting::is_tls(&self.pending) {
                        let message = format!("{} {}", self.place, greeting::TLS);
                        return Err(Fault::retry_after(FaultClass::Protocol, message));
                    }
                }
                Err(error) => return Err(self.ended(&error.to_string())),
            }
        }
    }

    fn turned_away(&self, text: &str) -> Fault {
        refusal::fault(text, At::Greeting, &format!("{} refuses the connection", self.place))
    }

    fn ended(&self, how: &str) -> Fault {
        // Courier's way to say that an address has too many connections (tcpd/tcpd.c).
        let hint =
            if self.total == 0 { ". Some servers do this if they have too many connections from here" } else { "" };
        Fault::retry_after(FaultClass::Closed, format!("{} closed the connection before TLS ({how}){hint}", self.place))
    }
}

/// A server's line, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerLine<'a> {
    /// `* WORD text`, the word one of those below.
    Untagged(&'static str, &'a str),
    /// `tag STATUS text`.
    Tagged(&'a str, &'a str),
    Other,
}

impl<'a> ServerLine<'a> {
    fn of(line: &'a str, tag: &str) -> Self {
        let Some((first, rest)) = line.split_once(' ') else { return Self::Other };
        let rest = rest.trim_start();
        let (word, text) = rest.split_once(' ').unwrap_or((rest, ""));
        if first == "*" {
            let known =
                ["OK", "PREAUTH", "BYE", "CAPABILITY"].into_iter().find(|known| known.eq_ignore_ascii_case(word));
            return known.map_or(Self::Other, |known| Self::Untagged(known, text));
        }
        if !tag.is_empty() && first == tag { Self::Tagged(word, text) } else { Self::Other }
    }
}

/// The list in `[CAPABILITY …]` at the beginning of a response's text.
fn capabilities_in(text: &str) -> Option<&str> {
    let code = text.trim_start().strip_prefix('[')?.split(']').next()?;
    let (name, list) = code.split_once(' ')?;
    name.eq_ignore_ascii_case("CAPABILITY").then_some(list)
}

fn offers_starttls(list: &str) -> bool {
    list.split_ascii_whitespace().any(|name| name.eq_ignore_ascii_case("STARTTLS"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{DuplexStream, duplex};

    use super::*;
    use mailwatch_proto::model::Next;

    /// What comes of it when the server says this, whatever it is asked, and closes.
    async fn hear(script: &str) -> Result<Vec<WireLine>, Fault> {
        let (mut ours, mut theirs) = duplex(256 << 10);
        theirs.write_all(script.as_bytes()).await.expect("room");
        theirs.shutdown().await.expect("open");
        let outcome = negotiate(&mut ours, "there", &Deadline::within(Duration::from_secs(20))).await;
        drop::<DuplexStream>(theirs);
        outcome
    }

    #[tokio::test]
    async fn starttls_is_asked_for_when_it_is_offered() {
        for script in [
            "* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\nc2 OK go\r\n",
            "* ok hello\r\n* CAPABILITY IMAP4rev1 starttls\r\nc1 OK done\r\n* OK unasked\r\nc2 ok go\r\n",
        ] {
            let trace = hear(script).await.expect(script);
            let sent: Vec<&str> =
                trace.iter().filter(|l| l.direction == WireDirection::Client).map(|l| l.text.as_str()).collect();
            assert_eq!(sent.last(), Some(&"c2 STARTTLS"));
        }
    }

    #[tokio::test]
    async fn without_tls_it_does_not_go_on() {
        let cases = [
            ("* OK [CAPABILITY IMAP4rev1] hello\r\n", FaultClass::Tls, Next::Retry, "offers no STARTTLS"),
            ("* OK hi\r\n* CAPABILITY IMAP4rev1\r\nc1 OK\r\n", FaultClass::Tls, Next::Retry, "offers no STARTTLS"),
            ("* OK hi\r\nc1 BAD what\r\n", FaultClass::Tls, Next::Retry, "offers no STARTTLS"),
            ("* OK [CAPABILITY STARTTLS] hi\r\nc2 NO not today\r\n", FaultClass::Tls, Next::Retry, "not today"),
            ("* OK [CAPABILITY STARTTLS] hi\r\nc2 BAD\r\n", FaultClass::Tls, Next::Retry, "refuses STARTTLS"),
            ("* OK [CAPABILITY STARTTLS] hi\r\nc2 NO [UNAVAILABLE] later\r\n", FaultClass::Tls, Next::Retry, "later"),
            ("* PREAUTH welcome\r\n", FaultClass::Tls, Next::Retry, "PREAUTH"),
            ("* BYE too early\r\n", FaultClass::Closed, Next::Retry, "too early"),
            ("* BYE Too many simultaneous connections\r\n", FaultClass::Limit, Next::RetryLater, "Too many"),
            ("* OK [CAPABILITY STARTTLS] hi\r\n* BYE now\r\n", FaultClass::Closed, Next::Retry, "now"),
            ("* OK hi\r\n", FaultClass::Closed, Next::Retry, "closed"),
            ("", FaultClass::Closed, Next::Retry, "closed"),
            ("220 mail ESMTP\r\n", FaultClass::Protocol, Next::Retry, "SMTP"),
            ("+OK ready\r\n", FaultClass::Protocol, Next::Retry, "POP3"),
            ("\x15\x03\x01\x00\x02\x02\x46", FaultClass::Protocol, Next::Retry, "tls = \"implicit\""),
            ("hello\r\n", FaultClass::Protocol, Next::Retry, "hello"),
            ("\r\n", FaultClass::Protocol, Next::Retry, "does not speak IMAP"),
        ];
        for (script, class, next, words) in cases {
            let fault = hear(script).await.expect_err(script);
            assert_eq!((fault.class, fault.next), (class, next), "{script:?}: {}", fault.message);
            assert!(fault.message.starts_with("there"), "{}", fault.message);
            assert!(fault.message.contains(words), "{script:?}: {}", fault.message);
        }
    }

    #[tokio::test]
    async fn a_server_that_never_ends_its_line_or_its_lines_is_left() {
        let line = format!("* OK {}", "a".repeat(100_000));
        let lines = "* OK again\r\n".repeat(10_000);
        for script in [line, lines] {
            let fault = hear(&script).await.expect_err("more than a greeting");
            assert_eq!(fault.class, FaultClass::Protocol);
            assert!(fault.message.len() < 200);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_told_from_one_that_stops() {
        for (script, words) in [("", "did not greet"), ("* OK hi\r\n", "before STARTTLS")] {
            let (mut ours, mut theirs) = duplex(4096);
            theirs.write_all(script.as_bytes()).await.expect("room");
            let fault =
                negotiate(&mut ours, "there", &Deadline::within(Duration::from_secs(20))).await.expect_err("silence");
            assert_eq!(fault.class, FaultClass::Timeout);
            assert!(fault.message.contains(words), "{}", fault.message);
        }
    }
}
