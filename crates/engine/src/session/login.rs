//! Logging in with a password: AUTHENTICATE PLAIN where the server has it, else LOGIN. What goes out is never traced.

use std::time::Instant;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::command::{quoted, sasl_plain};
use super::{Incoming, Reply, Session, Sink, Tag};
use crate::wire::Outgoing;
use mailwatch_proto::model::{Fault, FaultClass, Status};
use mailwatch_proto::refusal::At;

impl Session {
    /// Logs in. Afterwards the caps are those of a server that is trusted with mail, and the capabilities are
    /// those after login (RFC 3501 §6.2.3: they may differ).
    ///
    /// # Errors
    /// Where the server refuses (class `auth`, `limit`), offers no way that a password can go, or the connection ends.
    pub async fn login(
        &mut self,
        user: &str,
        password: &SecretString,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<(), Fault> {
        if user.contains('\0') || password.expose_secret().contains('\0') {
            return Err(Fault::needs_user(
                FaultClass::Secret,
                "the login name or the password has a NUL in it, which IMAP cannot carry",
            ));
        }
        let before = self.capabilities.clone();
        self.capabilities = std::sync::Arc::default();
        let told = before.iter().cloned().collect::<Vec<_>>();
        let has = |name: &str| told.iter().any(|told| told.eq_ignore_ascii_case(name));

        let plain = has("AUTH=PLAIN");
        if plain {
            let (status, text) = self.authenticate_plain(user, password, has("SASL-IR"), by, sink).await?;
            match status {
                Status::Ok => return self.logged_in(by, sink).await,
                Status::No => return Err(self.refused("the login", &text, At::Login)),
                // Offered and not understood: LOGIN may be.
                Status::Bad if has("LOGINDISABLED") => {
                    return Err(self.refused("the login", &text, At::Session));
                }
                Status::Bad => {}
            }
        } else if has("LOGINDISABLED") {
            return Err(Fault::needs_user(
                FaultClass::Auth,
                format!(
                    "{} takes no password here (LOGINDISABLED, no AUTH=PLAIN); it offers: {}",
                    self.peer,
                    told.join(" ")
                ),
            ));
        }
        let (status, text) = self.login_command(user, password, has("LITERAL+"), by, sink).await?;
        match status {
            Status::Ok => self.logged_in(by, sink).await,
            Status::No => Err(self.refused("the login", &text, At::Login)),
            Status::Bad => Err(self.refused("LOGIN", &text, At::Session)),
        }
    }

    /// Raises the caps, and asks for the capabilities where login's reply did not tell them.
    ///
    /// # Errors
    /// As [`Session::reply`].
    pub async fn logged_in(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        self.wire.logged_in();
        if self.capabilities.is_empty() {
            self.ask_capabilities(by, sink).await?;
        }
        Ok(())
    }

    async fn authenticate_plain(
        &mut self,
        user: &str,
        password: &SecretString,
        initial_response: bool,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<(Status, super::StatusText), Fault> {
        let (tag, mut owed) = self.authenticate("PLAIN", sasl_plain(user, password), initial_response, by);
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(status, text) => return Ok((status, text)),
                Reply::Continue(_) => {
                    // A second `+` carries an error's details and wants an empty line (RFC 7628 §3.2.3, XOAUTH2).
                    let line = owed.take().unwrap_or_default();
                    self.put(Outgoing::secret(line, "***"));
                }
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
            }
        }
    }

    /// Begins AUTHENTICATE; what is still owed where the response cannot go with the command (RFC 4959).
    pub(super) fn authenticate(
        &mut self,
        mechanism: &str,
        response: Zeroizing<Vec<u8>>,
        initial_response: bool,
        by: Instant,
    ) -> (Tag, Option<Zeroizing<Vec<u8>>>) {
        let tag = self.next_tag();
        let command = format!("{tag} AUTHENTICATE {mechanism}");
        let owed = if initial_response {
            let mut line = Zeroizing::new(Vec::with_capacity(command.len() + response.len() + 3));
            line.extend_from_slice(command.as_bytes());
            line.push(b' ');
            line.extend_from_slice(&response);
            self.put(Outgoing::secret(line, &format!("{command} ***")));
            None
        } else {
            self.put(Outgoing::line(command));
            Some(response)
        };
        (Tag { text: tag, what: "AUTHENTICATE", by }, owed)
    }

    async fn login_command(
        &mut self,
        user: &str,
        password: &SecretString,
        literal_plus: bool,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<(Status, super::StatusText), Fault> {
        let password = password.expose_secret();
        let name = self.next_tag();
        let tag = Tag { text: name.clone(), what: "LOGIN", by };
        let shown = format!("{name} LOGIN *** ***");
        // Room for all at once, so that no half-grown copy of the password is left in freed memory.
        let room = || Zeroizing::new(Vec::with_capacity(user.len() * 2 + password.len() * 2 + 64));
        // Pieces that the server must each ask for with `+`, but for the first.
        let mut pieces = std::collections::VecDeque::new();
        let mut line = room();
        line.extend_from_slice(format!("{name} LOGIN").as_bytes());
        for word in [user, password] {
            line.push(b' ');
            if let Some(word) = quoted(word) {
                line.extend_from_slice(word.as_bytes());
                continue;
            }
            let plus = if literal_plus { "+" } else { "" };
            line.extend_from_slice(format!("{{{}{plus}}}\r\n", word.len()).as_bytes());
            if !literal_plus {
                pieces.push_back(std::mem::replace(&mut line, room()));
            }
            line.extend_from_slice(word.as_bytes());
        }
        line.extend_from_slice(b"\r\n");
        pieces.push_back(line);
        if let Some(first) = pieces.pop_front() {
            self.put(Outgoing::raw(first, &shown));
        }
        loop {
            match self.reply(&tag, sink).await? {
                Reply::Tagged(status, text) => return Ok((status, text)),
                Reply::Continue(_) => {
                    if let Some(piece) = pieces.pop_front() {
                        self.put(Outgoing::raw(piece, "***"));
                    }
                }
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
            }
        }
    }
}
