//! A client's session: its loop, its one place of waiting, and the faults that strike by time or by place.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::behaviour::Event;
use crate::certificate::certificate;
use crate::fault::{Answer, Close, Fault, Place, Step};
use crate::happening::Happening;
use crate::input::{BEFORE_LOGIN, Framed, Input, LOGGED_IN, Limits};
use crate::interest::{Notify, elsewhere};
use crate::scenario::{Dialect, Scenario};
use crate::selected::Selected;
use crate::shared::{Control, Shared};
use crate::stream::{Encryption, Stream};

/// What a silenced session keeps to send later, at most.
const HELD_BACK: usize = 256 * 1024;

/// An output buffer that has grown beyond this is given back: a thousand sessions may idle.
const KEPT: usize = 4 * 1024;

/// Mistakes in a row after which a client is sent away, as Dovecot does.
const MAX_MISTAKES: u32 = 20;

/// What the client has done so far, as far as it matters for its next command.
#[derive(Debug, Default)]
pub(crate) struct Client {
    pub(crate) authenticated: bool,
    /// Whether it has sent ID.
    pub(crate) introduced: bool,
    /// Whether names are in UTF-8.
    pub(crate) utf8: bool,
    pub(crate) mistakes: u32,
}

/// How far the scenario has been played.
pub(crate) struct Playing {
    pub(crate) scenario: Arc<Scenario>,
    /// When each rule's act was last due.
    pub(crate) fired: Vec<Option<Instant>>,
    /// How often each rule was met.
    pub(crate) counted: Vec<u32>,
    pub(crate) silent: bool,
    pub(crate) deaf: bool,
}

impl Playing {
    fn new(scenario: Arc<Scenario>) -> Self {
        let rules = scenario.rules.len();
        Self { fired: vec![None; rules], counted: vec![0; rules], scenario, silent: false, deaf: false }
    }
}

/// One client's session.
pub(crate) struct Session {
    pub(crate) shared: Shared,
    pub(crate) conn: usize,
    pub(crate) stream: Stream,
    pub(crate) encryption: Encryption,
    pub(crate) input: Input,
    pub(crate) out: Vec<u8>,
    pub(crate) client: Client,
    pub(crate) selected: Option<Selected>,
    /// What is told of other mailboxes.
    pub(crate) notify: Option<Notify>,
    /// When the running IDLE's `+` was sent.
    pub(crate) idle_since: Option<Instant>,
    control: watch::Receiver<Control>,
    pub(crate) playing: Playing,
    pub(crate) started: Instant,
    /// Whether what is said is kept until it can be changed as a whole.
    pub(crate) holding: bool,
}

/// Why a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The client is gone.
    Gone,
    /// The server ends it.
    Close(Close),
}

/// What a session was woken by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Bytes have come.
    Input,
    /// The selected mailbox has changed.
    Mailbox,
    /// The time that was waited for has come.
    Due,
    /// The server is to end IDLE by itself.
    EndIdle,
}

impl From<io::Error> for End {
    fn from(_: io::Error) -> Self {
        // Whatever it was, the client can no longer be reached.
        Self::Gone
    }
}

impl Session {
    pub(crate) fn new(shared: Shared, conn: usize, stream: Stream, encryption: Encryption) -> Self {
        let mut control = shared.control();
        let playing = Playing::new(Arc::clone(&control.borrow_and_update().scenario));
        Self {
            shared,
            conn,
            stream,
            encryption,
            input: Input::default(),
            out: Vec::new(),
            client: Client::default(),
            selected: None,
            notify: None,
            idle_since: None,
            control,
            playing,
            started: Instant::now(),
            holding: false,
        }
    }

    /// Serves the client until either ends it.
    pub(crate) async fn run(mut self) {
        let end = match self.serve().await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        match end {
            End::Gone => {}
            End::Close(how) => self.stream.close(how).await,
        }
    }

    async fn serve(&mut self) -> Result<Infallible, End> {
        if self.has(|fault| matches!(fault, Fault::FreshUidValidity(n) if *n == self.conn)) {
            self.shared.change_all_uidvalidities();
        }
        let reactions = self.reactions_to(&Happening::Event(&Event::Connect));
        if !reactions.is_empty() {
            self.begin(&reactions).await?;
            self.complete(0, &reactions).await?;
        }
        if self.has(|fault| matches!(fault, Fault::NoHandshake)) {
            loop {
                self.next(None).await?;
                self.input.discard();
            }
        }
        if self.encryption == Encryption::Implicit {
            self.stream.start_tls(certificate()?.acceptor()).await?;
        }
        self.greet().await?;
        loop {
            match self.input.frame(self.limits()) {
                Framed::Command(command) => self.command(&command).await?,
                Framed::Continue => self.say("+ OK"),
                Framed::Incomplete => {
                    self.next(None).await?;
                }
                Framed::LineTooLong => return self.bye("Command line too long").await,
                Framed::LiteralTooLarge { sync: false, .. } => return self.bye("Literal too large").await,
                Framed::LiteralTooLarge { line, sync: true } => {
                    let tag = line.split(|&b| b == b' ').next().unwrap_or(b"*");
                    self.say(&format!("{} NO [TOOBIG] Literal too large", String::from_utf8_lossy(tag)));
                }
            }
        }
    }

    const fn limits(&self) -> Limits {
        if self.client.authenticated { LOGGED_IN } else { BEFORE_LOGIN }
    }

    async fn greet(&mut self) -> Result<(), End> {
        self.slow(Step::Greeting).await?;
        if let Some(answer) = self.answer_to(Step::Greeting) {
            let (Answer::No(text) | Answer::Bad(text) | Answer::Bye(text)) = answer;
            return self.bye(&text).await.map(|never| match never {});
        }
        self.client.authenticated = self.has(|fault| matches!(fault, Fault::Preauth));
        let status = if self.client.authenticated { "PREAUTH" } else { "OK" };
        let text = match self.dialect() {
            Dialect::Dovecot => "Demo server ready.",
            Dialect::Gmail => "Gimap ready for requests from 127.0.0.1 d3mo42wrz",
        };
        let greeting = format!("* {status} [CAPABILITY {}] {text}\r\n", self.capabilities());
        let reactions = self.reactions_to(&Happening::Event(&Event::Greeting));
        self.begin(&reactions).await?;
        self.flush().await?;
        if !reactions.swallows() {
            self.out.extend(reactions.instead().unwrap_or_else(|| greeting.into_bytes()));
        }
        self.complete(0, &reactions).await?;
        self.insert(Place::AfterGreeting).await
    }

    /// Waits for whatever comes first, and sends what is to be sent before that. Every wait of a session is this one,
    /// so that faults that strike by time do so wherever it is. Cancel-safe but for the sending.
    pub(crate) async fn next(&mut self, until: Option<Instant>) -> Result<Wake, End> {
        loop {
            self.flush().await?;
            let act = self.next_act();
            let at = act.into_iter().map(|(at, _)| at).chain(until).min();
            let wake = tokio::select! {
                biased;
                changed = self.control.changed() => {
                    // The sender lives in the server, which this session holds.
                    changed.map_err(|_| End::Gone)?;
                    self.obey();
                    continue;
                }
                () = sleep_until(at.unwrap_or(self.started)), if at.is_some() => match act {
                    Some((due, rule)) if Some(due) == at => {
                        self.playing.fired[rule] = Some(due);
                        match self.act(rule).await? {
                            Some(wake) => wake,
                            None => continue,
                        }
                    }
                    Some(_) | None => Wake::Due,
                },
                () = changed(self.selected.as_mut()), if self.idle_since.is_some() => Wake::Mailbox,
                () = elsewhere(self.notify.as_mut()) => {
                    let from = self.out.len();
                    self.tell_elsewhere();
                    Box::pin(self.retell(from, &Event::Elsewhere)).await?;
                    continue;
                }
                read = self.input.fill(&mut self.stream), if !self.playing.deaf && self.input.has_room() => {
                    if read? == 0 {
                        return Err(End::Gone);
                    }
                    Wake::Input
                }
            };
            return Ok(wake);
        }
    }

    /// Takes over what the server's handle was told.
    fn obey(&mut self) {
        let scenario = Arc::clone(&self.control.borrow_and_update().scenario);
        if !Arc::ptr_eq(&scenario, &self.playing.scenario) {
            self.playing = Playing::new(scenario);
        }
    }

    /// Sends what has been said, or keeps it while nothing is answered.
    pub(crate) async fn flush(&mut self) -> Result<(), End> {
        if self.holding {
            return Ok(());
        }
        if self.is_silent() {
            self.out.truncate(HELD_BACK);
            return Ok(());
        }
        if self.out.is_empty() {
            return Ok(());
        }
        if self.has(|fault| matches!(fault, Fault::Trickle)) {
            for byte in self.out.chunks(1) {
                self.stream.write_all(byte).await?;
                self.stream.flush().await?;
                tokio::task::yield_now().await;
            }
        } else {
            self.stream.write_all(&self.out).await?;
            self.stream.flush().await?;
        }
        self.out.clear();
        self.out.shrink_to(KEPT);
        Ok(())
    }

    pub(crate) fn is_silent(&self) -> bool {
        self.playing.silent || self.control.borrow().paused
    }

    /// A line to be sent.
    pub(crate) fn say(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// BYE, and the end.
    pub(crate) async fn bye(&mut self, text: &str) -> Result<Infallible, End> {
        self.say(&format!("* BYE {text}"));
        self.flush().await?;
        Err(End::Close(Close::Clean))
    }

    /// Counts a mistake of the client's; too many end the session.
    pub(crate) async fn mistake(&mut self) -> Result<(), End> {
        self.client.mistakes += 1;
        if self.client.mistakes < MAX_MISTAKES {
            return Ok(());
        }
        self.bye("Too many invalid IMAP commands.").await.map(|never| match never {})
    }

    /// Tells what has changed in the selected mailbox.
    pub(crate) async fn tell(&mut self, expunges: bool) -> Result<(), End> {
        let from = self.out.len();
        if self.tell_changes(expunges) {
            if self.idle_since.is_none() {
                return Ok(());
            }
            return Box::pin(self.retell(from, &Event::News)).await;
        }
        // Dovecot's words where a mailbox was replaced under a session.
        self.bye("IMAP session state is inconsistent, please relogin.").await.map(|never| match never {})
    }

    /// Whether the session can go on: its mailbox is still the one that was selected, or this server does not mind.
    fn tell_changes(&mut self, expunges: bool) -> bool {
        let lives = self.faults().find_map(|fault| if let Fault::Replaced(how) = fault { Some(*how) } else { None });
        let Some(selected) = &mut self.selected else { return true };
        selected.changes.mark_unchanged();
        let mut state = self.shared.state();
        match (state.mailboxes.get_mut(&selected.name), lives) {
            (Some(mailbox), _) if mailbox.uidvalidity() == selected.uidvalidity => {
                selected.tell(mailbox, expunges, &mut self.out);
                true
            }
            (Some(mailbox), Some(how)) => {
                selected.replaced(mailbox, how, &mut self.out);
                true
            }
            (None, Some(_)) => true,
            (Some(_) | None, None) => false,
        }
    }
}

/// Waits for a change of the selected mailbox; for ever where none is selected.
async fn changed(selected: Option<&mut Selected>) {
    if let Some(selected) = selected
        && selected.changes.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_waiting_session_is_small() {
        let shared = Shared::new("", "");
        let (_client, stream) = tokio::io::duplex(64);
        let session = Session::new(shared, 1, Stream::InProcess(stream), Encryption::Off);
        let size = size_of_val(&session.run());
        assert!(size < 4 * 1024, "{size} bytes");
    }
}
