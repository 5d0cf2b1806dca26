//! async-imap's session, with every answer judged here: it takes an end, a NO and a BAD for success.
//!
//! What only reads uses its typed calls; what writes uses [`ActionSession::raw`].

use std::collections::BTreeMap;
use std::task::Context;
use std::time::Instant;

use async_imap::imap_proto;
use async_imap::types::NameAttribute;
use async_imap::{Client, Session};
use futures_util::TryStreamExt as _;
use tokio::time::timeout_at;

use super::guard::Guard;
use crate::connection_limit::ConnectionPermit;
use crate::dial::Io;
use crate::lending::Borrowed;
use crate::mail_text::READ;
use crate::session::explain;
use mailwatch_proto::model::{Fault, FaultClass, LINE_LIMIT, Status, sanitise};
use mailwatch_proto::names::read_name;
use mailwatch_proto::refusal::{self, At};
use mailwatch_proto::response::{Response, StatusText};
use mailwatch_proto::wire::framer::Framer;

/// The answer to LIST.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The mailboxes, by name.
    pub mailboxes: Vec<Mailbox>,
    /// Responses that could not be read: perhaps mailboxes too.
    pub left_out: usize,
}

/// A mailbox that was listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Its name as a person writes it.
    pub name: String,
    /// Whether it can be opened: neither `\Noselect` nor `\NonExistent`.
    pub can_be_opened: bool,
}

/// What a raw command brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The untagged responses, in order.
    pub untagged: Vec<Response>,
    /// What the tagged OK said.
    pub text: StatusText,
}

/// An open action connection.
#[derive(Debug)]
pub struct ActionSession {
    session: Session<Guard<Box<dyn Io>>>,
    /// Whether names go as UTF-8.
    utf8: bool,
    peer: String,
    /// `None` where it is one more than the account may have.
    permit: Option<ConnectionPermit>,
    /// A watch's, which has it again once the permit is given back: the order matters.
    _borrowed: Option<Borrowed>,
}

/// What a server gave of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peeked {
    /// Its first bytes, and whether there may be more.
    Text(Vec<u8>, bool),
    /// It is there, without a text.
    NoText,
    /// Nothing.
    Gone,
}

impl ActionSession {
    /// On a stream that is logged in.
    pub async fn new(
        io: Box<dyn Io>,
        framer: Framer,
        utf8: bool,
        peer: String,
        permit: Option<ConnectionPermit>,
    ) -> Result<Self, Fault> {
        // The guard answers this itself; nothing is sent.
        match Client::new(Guard::new(io, framer)).login("", "").await {
            Ok(session) => Ok(Self { session, utf8, peer, permit, _borrowed: None }),
            Err((error, _)) => Err(broken(&peer, &error)),
        }
    }

    /// The same in the place that was lent for it.
    pub fn on(self, borrowed: Borrowed) -> Self {
        Self { _borrowed: Some(borrowed), ..self }
    }

    /// Whether it is one more than the account may have.
    pub const fn is_beyond(&self) -> bool {
        self.permit.is_none()
    }

    /// Whether it can be used again, as far as is known without asking the server.
    pub fn stands(&mut self, cx: &mut Context<'_>) -> bool {
        self.session.as_mut().stands(cx)
    }

    /// Whether names go as UTF-8.
    pub const fn is_utf8(&self) -> bool {
        self.utf8
    }

    /// Every mailbox of the account.
    ///
    /// # Errors
    /// Where the server refuses, ends the connection, or does not answer in time.
    pub async fn list(&mut self, by: Instant) -> Result<Listing, Fault> {
        let utf8 = self.utf8;
        let mut unreadable = 0;
        let listing = async {
            let names = self.session.list(Some(""), Some("*")).await?;
            let mut mailboxes = BTreeMap::new();
            let mut names = std::pin::pin!(names);
            while let Some(listed) = names.try_next().await? {
                match read_name(listed.name(), utf8) {
                    Some(name) => drop(mailboxes.insert(name, listed.attributes().iter().all(opens))),
                    None => unreadable += 1,
                }
            }
            Ok(mailboxes)
        };
        let listed = timeout_at(by.into(), listing).await;
        let mailboxes = self.judge("LIST", listed)?;
        let mailboxes = mailboxes.into_iter().map(|(name, can_be_opened)| Mailbox { name, can_be_opened }).collect();
        Ok(Listing { mailboxes, left_out: unreadable + self.session.get_ref().left_out() })
    }

    /// The first bytes of a mail, without marking it as seen, and whether there may be more; `None` where it is not there.
    ///
    /// # Errors
    /// Where the server refuses, ends the connection, or does not answer in time.
    pub async fn peek(&mut self, uid: u32, by: Instant) -> Result<Peeked, Fault> {
        let items = format!("(UID BODY.PEEK[]<0.{READ}>)");
        let fetching = async {
            let fetches = self.session.uid_fetch(uid.to_string(), items).await?;
            let mut fetches = std::pin::pin!(fetches);
            let (mut found, mut there) = (None, false);
            while let Some(fetch) = fetches.try_next().await? {
                // A FETCH of another mail, sent in between, has its own UID, or no text.
                there |= fetch.uid == Some(uid);
                if fetch.uid.is_none_or(|told| told == uid)
                    && let Some(text) = fetch.body()
                {
                    // A server may ignore that a part was asked for.
                    found = Some((text[..text.len().min(READ)].to_vec(), text.len() >= READ));
                }
            }
            Ok(match found {
                Some((text, cut)) => Peeked::Text(text, cut),
                None if there => Peeked::NoText,
                None => Peeked::Gone,
            })
        };
        let fetched = timeout_at(by.into(), fetching).await;
        self.judge("UID FETCH", fetched)
    }

    /// Runs a command by its text, with a literal at its end if there is one: it goes out at the server's `+`, whatever
    /// untagged data stands before that. The text announces the literal's size.
    ///
    /// # Errors
    /// Where the server answers NO or BAD, asks for more than there is, ends the connection, or does not answer in time.
    pub async fn raw(
        &mut self,
        what: &str,
        command: &str,
        mut literal: Option<&str>,
        by: Instant,
    ) -> Result<Answered, Fault> {
        let mut untagged = Vec::new();
        let running = async {
            let id = self.session.run_command(command).await?;
            while let Some(data) = self.session.read_response().await? {
                match data.parsed() {
                    imap_proto::Response::Done { tag, .. } if *tag == id => break,
                    imap_proto::Response::Continue { .. } => match literal.take() {
                        // A server that has answered already would take it for commands.
                        Some(literal) if self.session.get_ref().answer().is_none() => {
                            self.session.as_mut().await_literal();
                            self.session.run_command_untagged(literal).await?;
                        }
                        // It would take the next command for what it asked for.
                        Some(_) | None => return Err(async_imap::error::Error::Append),
                    },
                    response => untagged.push(Response::from(response)),
                }
            }
            Ok(())
        };
        let ran = timeout_at(by.into(), running).await;
        self.judge(what, ran)?;
        let text = self.session.get_ref().answer().map(|(_, text)| text.clone()).unwrap_or_default();
        Ok(Answered { untagged, text })
    }

    /// Ends it. Whatever comes of it, the connection goes.
    pub async fn log_out(mut self, by: Instant) {
        if let Err(fault) = self.raw("LOGOUT", "LOGOUT", None, by).await {
            tracing::debug!(%fault, "an action connection ended without LOGOUT's reply");
        }
    }

    /// Whether a command succeeded, by its tagged reply alone.
    fn judge<T>(
        &self,
        what: &str,
        ran: Result<async_imap::error::Result<T>, tokio::time::error::Elapsed>,
    ) -> Result<T, Fault> {
        let guard = self.session.get_ref();
        match guard.answer() {
            Some((Status::No | Status::Bad, text)) => {
                return Err(refusal::fault(&text.whole(), At::Session, &format!("{} refused {what}", self.peer)));
            }
            Some((Status::Ok, _)) => {
                if let Ok(Ok(told)) = ran {
                    return Ok(told);
                }
            }
            None => {}
        }
        if let Some(text) = guard.bye() {
            return Err(refusal::fault(&text.whole(), At::Session, &format!("{} said BYE", self.peer)));
        }
        if let Some(ended) = guard.ended() {
            return Err(explain(&self.peer, ended).1);
        }
        Err(match ran {
            Ok(Ok(_)) => lost(&self.peer, what),
            Ok(Err(error)) => broken(&self.peer, &error),
            Err(_) => {
                let message = format!("{} did not answer {what} in time", self.peer);
                Fault::retry_after(FaultClass::Timeout, message)
            }
        })
    }
}

fn opens(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => false,
        // RFC 5258 §3: it implies \Noselect.
        NameAttribute::Extension(name) => !name.eq_ignore_ascii_case("\\NonExistent"),
        // The others are uses; the enum is the parser's and grows.
        _ => true,
    }
}

fn lost(peer: &str, what: &str) -> Fault {
    Fault::retry_after(FaultClass::Protocol, format!("{peer} left {what} without a reply"))
}

fn broken(peer: &str, error: &async_imap::error::Error) -> Fault {
    let message = match error {
        async_imap::error::Error::Append => {
            format!("{peer} asked for more of a command that is already answered or complete")
        }
        // Its words may hold what was to be read, a mail's text among it.
        async_imap::error::Error::Parse(_) => format!("{peer} sent something that does not answer this"),
        error => format!("the conversation with {peer} broke: {error}"),
    };
    Fault::retry_after(FaultClass::Protocol, sanitise(&message, LINE_LIMIT))
}
