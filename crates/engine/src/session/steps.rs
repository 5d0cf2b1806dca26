//! Single steps of a conversation, for checks, probes and the action connection.

use std::sync::Arc;
use std::time::Instant;

use secrecy::SecretString;

use super::exchange::RunningLogin;
use super::secret::LoginLines;
use super::{Session, Sink, bearer};
use crate::headers::decode;
use crate::login_governor::LoginTicket;
use mailwatch_proto::connection::dialogue::{
    Capability, EnableUtf8, Examine, Facts, Greet, Greeting, Identify, Login, LoginFailure, LoginPlan, Logout,
    Selected, Step, Subject, Trusted,
};
use mailwatch_proto::model::{Fault, LoginWay, WatchId};

/// What a login is to be done with.
#[derive(Clone, Copy, Debug)]
pub struct LoginWith<'a> {
    /// How it is to go.
    pub plan: LoginPlan,
    /// The login name.
    pub user: &'a str,
    /// The password or token.
    pub secret: &'a SecretString,
    /// The server's name and port, as a token's mechanism wants them.
    pub at: (&'a str, u16),
}

impl Session {
    fn facts_of(&self, id_required: bool) -> Facts {
        Facts::new(Subject {
            id: WatchId::new("", ""),
            peer: self.peer.as_str().into(),
            id_required,
            poll_by_status: false,
            looks_back: false,
            decode,
        })
    }

    async fn step<S: Step>(&mut self, step: S, by: Instant, sink: &impl Sink) -> Result<S::Done, Fault> {
        let facts = self.facts_of(false);
        self.run(step, facts, by, None, sink).await.map_err(|(failure, _)| failure.fault)
    }

    /// Waits for the greeting.
    ///
    /// # Errors
    /// Where the server says BYE, says no greeting, or closes; where it is late.
    pub async fn greeting(&mut self, by: Instant, sink: &impl Sink) -> Result<Greeting, Fault> {
        self.step(Greet::default(), by, sink).await
    }

    /// Asks for the capabilities. NO or BAD leaves what was known.
    ///
    /// # Errors
    /// Where the reply is late, the server says BYE, or the connection ends.
    pub async fn ask_capabilities(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        self.step(Capability::default(), by, sink).await
    }

    /// Logs in. Afterwards the caps are those of a server that is trusted with mail, and the capabilities are those
    /// after login (RFC 3501 §6.2.3: they may differ). Without a ticket the secret goes out by one way alone. Returns the way
    /// that it went.
    ///
    /// # Errors
    /// Where the server refuses (class `auth`, `limit`), offers no way that the secret can go, or the connection ends.
    pub async fn log_in(
        &mut self,
        with: LoginWith<'_>,
        ticket: Option<&mut LoginTicket>,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<LoginWay, LoginFailure> {
        let LoginWith { plan, user, secret, at } = with;
        let lines = LoginLines::new(plan.auth, user, secret.clone(), at).map_err(|fault| LoginFailure {
            fault,
            way: None,
            refusal: None,
        })?;
        let facts = self.facts_of(false);
        let ended = self.run(Login::new(plan), facts, by, Some(RunningLogin { lines, ticket }), sink).await;
        ended.map_err(|(failure, challenge)| LoginFailure {
            fault: bearer::explain(failure.fault, challenge.as_deref()),
            ..failure
        })
    }

    /// Follows PREAUTH: the server considers the connection logged in already.
    ///
    /// # Errors
    /// As [`Session::ask_capabilities`].
    pub async fn logged_in(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        self.step(Trusted::default(), by, sink).await
    }

    /// Exchanges IDs (RFC 2971), where the server offers ID or is known to require it. NO or BAD is no failure.
    ///
    /// # Errors
    /// As [`Session::ask_capabilities`].
    pub async fn exchange_ids(
        &mut self,
        required: bool,
        by: Instant,
        sink: &impl Sink,
    ) -> Result<Option<String>, Fault> {
        let facts = self.facts_of(required);
        self.run(Identify::default(), facts, by, None, sink).await.map_err(|(failure, _)| failure.fault)
    }

    /// Has names go as UTF-8, where the server offers it (RFC 6855 §3).
    ///
    /// # Errors
    /// As [`Session::ask_capabilities`]; NO or BAD leaves names in modified UTF-7.
    pub async fn enable_utf8(&mut self, by: Instant, sink: &impl Sink) -> Result<(), Fault> {
        self.step(EnableUtf8::default(), by, sink).await
    }

    /// Opens a mailbox for reading only, so that `\Recent` and `\Seen` are left alone.
    ///
    /// # Errors
    /// Class `mailbox` where the server refuses; as [`Session::ask_capabilities`] otherwise.
    pub async fn examine(&mut self, mailbox: &str, by: Instant, sink: &impl Sink) -> Result<Selected, Fault> {
        self.step(Examine::new(Arc::from(mailbox)), by, sink).await
    }

    /// Logs out. The connection ends whatever the server answers.
    pub async fn log_out(&mut self, by: Instant, sink: &impl Sink) {
        // The step turns every fault into an end.
        let _ = self.step(Logout::by(by), by, sink).await;
    }
}
