//! The side of a push test that listens: a connection that idles, as a watch's does.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::account::AccountState;
use crate::action::greeted;
use crate::clock::now;
use crate::dial::Dial;
use crate::log_in::log_in;
use crate::secret::CredentialSource;
use crate::session::{Discard, Incoming, Session};
use crate::tcp_evidence::sample;
use mailwatch_proto::connection::dialogue::Greeting;
use mailwatch_proto::connection::task::Notify;
use mailwatch_proto::connection::{Connection, Input, Known, Output, Role};
use mailwatch_proto::idle::{Change, End};
use mailwatch_proto::model::{ConnId, DoneReason, Fault, FaultClass, Timer, Timers};
use mailwatch_proto::refusal::At;

/// It is no watch's: it has no number.
const NO_CONN: ConnId = ConnId(0);

/// What is heard while it idles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// The server waits for DONE.
    Idling,
    /// There is a new message.
    More,
    /// DONE was answered.
    Ended,
}

/// A connection that idles.
pub(super) struct Listener {
    session: Session,
    connection: Connection,
    timers: Timers,
    /// How many messages there are.
    exists: u32,
    reply: Duration,
}

impl Listener {
    /// Logs in and opens the mailbox, for reading.
    pub(super) async fn open(
        state: &AccountState,
        dial: &dyn Dial,
        secrets: &Arc<dyn CredentialSource>,
        mailbox: &str,
    ) -> Result<Self, Fault> {
        let by = now() + state.account.timers.limit(Timer::Connect);
        let (mut session, greeting) = greeted(state, dial, by.into()).await?;
        let reply = state.account.timers.limit(Timer::Reply);
        let due = || now() + reply;
        if session.capabilities().is_empty() {
            session.ask_capabilities(due(), &Discard).await?;
        }
        match greeting {
            Greeting::Preauth => session.logged_in(due(), &Discard).await?,
            Greeting::Ok => {
                let mut login = state.login_permit(secrets).await?;
                let (plan, secret) = (login.plan, login.secret.clone());
                match log_in(&mut session, &state.account, (plan, &secret), login.ticket(), due(), &Discard).await {
                    Ok(way) => login.accepted(way).await,
                    Err(failure) => {
                        let fault = failure.fault.clone();
                        return Err(login.failed(failure, fault).await);
                    }
                }
            }
        }
        if !session.can("IDLE") {
            return Err(Fault::needs_user(
                FaultClass::Protocol,
                "the server has no IDLE: it announces nothing, and is polled",
            ));
        }
        session.exchange_ids(state.account.quirks.id_required, due(), &Discard).await?;
        session.enable_utf8(due(), &Discard).await?;
        let selected = session.examine(mailbox, due(), &Discard).await?;
        let mut connection = Connection::new(NO_CONN, Role::Active);
        connection.rest(None, None, Notify::Never);
        connection.known = Known { proxy: session.proxy().map(str::to_owned), ..Known::default() };
        // No timer of a watch ends this IDLE.
        let timers = state.account.timers.with(Timer::Reissue, None, mailwatch_proto::model::Origin::Config).with(
            Timer::Silence,
            None,
            mailwatch_proto::model::Origin::Config,
        );
        Ok(Self { session, connection, timers, exists: selected.exists, reply })
    }

    /// Sends IDLE and waits for its `+`.
    pub(super) async fn begin(&mut self) -> Result<(), Fault> {
        self.connection.idle(self.session.upcoming_tag(), self.timers, now());
        self.until(Heard::Idling).await
    }

    /// Sends DONE and waits for its answer. Whether a new message was announced with it.
    pub(super) async fn end(&mut self) -> Result<bool, Fault> {
        let before = self.exists;
        self.connection.handle(now(), Input::Done(DoneReason::User));
        self.until(Heard::Ended).await?;
        Ok(self.exists > before)
    }

    async fn until(&mut self, wanted: Heard) -> Result<(), Fault> {
        while self.next().await? != wanted {}
        Ok(())
    }

    /// The next thing that is heard. Can be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<Heard, Fault> {
        loop {
            if let Some(heard) = self.drive()? {
                return Ok(heard);
            }
            let deadline = self.connection.deadline().map(|(at, _)| at);
            let incoming = tokio::select! {
                biased;
                () = tokio::time::sleep_until(deadline.unwrap_or_else(now).into()), if deadline.is_some() => None,
                incoming = self.session.next() => Some(incoming?),
            };
            match incoming {
                None => self.connection.handle(now(), Input::Tick),
                Some(Incoming::Response(response)) => self.connection.handle(now(), Input::Response(&response)),
                Some(Incoming::Unparsed(_)) => self.connection.handle(now(), Input::Noise),
                Some(Incoming::Written(at)) => self.connection.handle(at, Input::Written),
                Some(Incoming::Line(_)) => {}
            }
        }
    }

    /// Acts on what the machine hands out.
    fn drive(&mut self) -> Result<Option<Heard>, Fault> {
        while let Some(output) = self.connection.poll() {
            match output {
                Output::Send(line) => self.session.send_line(line),
                Output::Sample => {
                    let seen = self.session.io().tcp().and_then(sample);
                    self.connection.handle(now(), Input::Sampled(seen));
                }
                Output::Changed(Change::Idling) => return Ok(Some(Heard::Idling)),
                Output::Changed(Change::Exists(count)) => {
                    let more = count > self.exists;
                    self.exists = count;
                    if more {
                        return Ok(Some(Heard::More));
                    }
                }
                Output::Changed(Change::Expunged(count)) => self.exists = self.exists.saturating_sub(count),
                Output::Ended(End::Done(_)) => return Ok(Some(Heard::Ended)),
                Output::Ended(End::Bye(text)) => return Err(self.session.bye(&text, At::Session)),
                Output::Ended(End::Refused(text)) => return Err(refused(&format!("the server refuses IDLE: {text}"))),
                Output::Ended(End::ServerEnded(text)) => {
                    return Err(refused(&format!("the server ended IDLE by itself: {text}")));
                }
                Output::Ended(End::Overdue(timer)) => {
                    return Err(refused(&format!("IDLE was not answered within the {timer} timer")));
                }
                Output::Stalled(stall) => {
                    return Err(refused(&format!("{}: {}", stall.finding.verdict, stall.finding.text)));
                }
                Output::UserTimeout(_) | Output::Late(_) | Output::Changed(_) => {}
            }
        }
        Ok(None)
    }

    pub(super) async fn close(mut self) {
        self.session.log_out(now() + self.reply.min(Duration::from_secs(2)), &Discard).await;
    }
}

fn refused(why: &str) -> Fault {
    Fault::retry_after(FaultClass::Protocol, why)
}

/// A moment before which something is to happen.
pub(super) fn within(limit: Duration) -> Instant {
    now() + limit
}
