//! Drives an exchange over a session: sends its lines, hands it responses and time.

use std::sync::Arc;
use std::time::Instant;

use super::secret::LoginLines;
use super::{Incoming, Session, Sink};
use crate::clock::now;
use crate::login_governor::LoginTicket;
use crate::wire::Outgoing;
use mailwatch_proto::connection::dialogue::{Answer, Exchange, Facts, Input, LoginFailure, Output, Question, Step};
use mailwatch_proto::connection::task::Progress;

/// What came of waiting for the server.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Input for the exchange.
    Input(Input),
    /// Something else: a line of the trace.
    Aside(Incoming),
}

/// What a login is done with.
pub(super) struct RunningLogin<'a> {
    /// Makes the lines that carry the secret.
    pub lines: LoginLines,
    /// Counts it; without it the secret goes out once.
    pub ticket: Option<&'a mut LoginTicket>,
}

impl Session {
    /// Writes what the session knows of the connection into an exchange's facts.
    pub(crate) fn write_facts(&self, facts: &mut Facts) {
        facts.tags = self.tags;
        facts.capabilities = Arc::clone(&self.capabilities);
        facts.utf8 = self.utf8;
    }

    /// Keeps what an exchange has learned of the connection.
    pub(crate) fn keep_facts(&mut self, facts: &Facts) {
        self.tags = facts.tags;
        self.capabilities = Arc::clone(&facts.capabilities);
        self.utf8 = facts.utf8;
    }

    /// Carries out an output that concerns the connection alone, and returns any other. `login` makes the lines that carry
    /// a secret.
    pub(crate) fn apply<E>(&mut self, output: Output<E>, login: Option<&mut LoginLines>) -> Option<Output<E>> {
        match output {
            Output::Send(line) => self.put(Outgoing::line(line)),
            Output::SendLogin(line) => {
                if let Some(outgoing) = login.and_then(|login| login.make(line)) {
                    self.put(outgoing);
                }
            }
            Output::Trust => self.trust(),
            Output::Utf8 => self.utf8 = true,
            other @ (Output::Ask(_)
            | Output::Progress(..)
            | Output::LookBack(_)
            | Output::Accepted(_)
            | Output::Ended(_)) => return Some(other),
        }
        None
    }

    /// Waits for the connection and for the deadline. Cancel-safe.
    pub(crate) async fn hear(&mut self, deadline: Option<Instant>) -> Heard {
        let late = tokio::time::sleep_until(deadline.unwrap_or_else(now).into());
        let incoming = tokio::select! {
            // The deadline first: a flood of bytes must not starve it.
            biased;
            () = late, if deadline.is_some() => return Heard::Input(Input::Tick),
            incoming = self.next() => incoming,
        };
        match incoming {
            Ok(Incoming::Response(response)) => Heard::Input(Input::Response(response)),
            Ok(Incoming::Unparsed(text)) => Heard::Input(Input::Unparsed(text)),
            Ok(aside @ (Incoming::Written(_) | Incoming::Line(_))) => Heard::Aside(aside),
            Err(fault) => Heard::Input(Input::Lost(fault)),
        }
    }

    /// Runs a step that asks nothing of the host, but a login whether the secret may go out again; what it does not need
    /// goes to the sink. Also returns what a failure of a login means.
    pub(super) async fn run<S: Step>(
        &mut self,
        step: S,
        mut facts: Facts,
        by: Instant,
        mut login: Option<RunningLogin<'_>>,
        sink: &impl Sink,
    ) -> Result<S::Done, (LoginFailure, Option<String>)> {
        self.write_facts(&mut facts);
        let begun = now();
        let mut exchange = Exchange::start(step, facts, by.saturating_duration_since(begun), begun);
        let ended = loop {
            match exchange.poll() {
                None => match self.hear(exchange.deadline()).await {
                    Heard::Input(input) => exchange.handle(now(), input),
                    Heard::Aside(aside) => sink.give(aside).await,
                },
                Some(output) => match self.apply(output, login.as_mut().map(|login| &mut login.lines)) {
                    Some(Output::Progress(_, Progress::Response(response))) => {
                        sink.give(Incoming::Response(response)).await;
                    }
                    Some(Output::Progress(_, Progress::Unparsed(text))) => sink.give(Incoming::Unparsed(text)).await,
                    Some(Output::Ask(Question::AnotherWay)) => {
                        let allowed = match login.as_mut().and_then(|login| login.ticket.as_deref_mut()) {
                            Some(ticket) => ticket.another().await,
                            None => false,
                        };
                        exchange.handle(now(), Input::Answer(Answer::AnotherWay(allowed)));
                    }
                    Some(Output::Ended(ended)) => break ended,
                    // Such a step has no other outputs.
                    Some(_) | None => {}
                },
            }
        };
        self.keep_facts(exchange.facts());
        ended.map_err(|fault| (exchange.login_failure(fault), exchange.challenge().map(str::to_owned)))
    }
}
