//! One connection on trial: every step from the name's address to DONE's answer, with its time, sent as it is done.
//!
//! Opens the mailbox with EXAMINE, changes nothing, and keeps nothing. The account's action connection lists its
//! mailboxes last. The first step that fails is the last.

mod idle;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::time::Instant as TokioInstant;

use crate::account::AccountState;
use crate::action::{ActionConnection, Listing};
use crate::clock::now;
use crate::credential_cache::CredentialCache;
use crate::dial::{Dial, Stage, Transport};
use crate::log_in::log_in;
use crate::login_governor::LoginGovernor;
use crate::secret::{self, Credential, CredentialFuture, CredentialSource, oauth::TokenRenewer};
use crate::session::{Discard, Session};
use mailwatch_proto::connection::dialogue::Greeting;
pub use mailwatch_proto::model::check::{Outcome, Step, StepKind};
use mailwatch_proto::model::{Account, Fault, FaultClass, Timer, TlsMode};

/// How old the IDLE is that is ended to see whether DONE is answered. No limit that a server or a gateway has is so
/// short: this shows that the way works, not how long it lasts.
const IDLE_FOR: Duration = Duration::from_secs(3);

/// Receives each step.
pub type Steps = mpsc::UnboundedSender<Step>;

/// Tries the account's first mailbox. `password` is what was typed and is not kept anywhere yet; without it the
/// account's own source is asked. Returns whether every step succeeded; each is sent to `steps`, the failed one with its fault.
/// Its logins are counted like those of a watch.
pub async fn check(
    account: &Account,
    dial: Arc<dyn Dial>,
    governor: LoginGovernor,
    password: Option<SecretString>,
    steps: &Steps,
) -> bool {
    let mut trial = Trial { account, governor, steps, begun: now(), doing: StepKind::Dns };
    match trial.run(&dial, password).await {
        Ok(()) => true,
        Err(fault) => {
            trial.tell(Outcome::Failed(fault));
            false
        }
    }
}

/// A trial that is under way.
struct Trial<'a> {
    account: &'a Account,
    governor: LoginGovernor,
    steps: &'a Steps,
    /// When the step that is under way began.
    begun: Instant,
    doing: StepKind,
}

impl Trial<'_> {
    fn tell(&mut self, outcome: Outcome) {
        let at = now();
        let took = at.saturating_duration_since(self.begun);
        self.begun = at;
        // The receiver may be gone; the trial ends with its connection all the same.
        let _ = self.steps.send(Step { kind: self.doing, took, outcome });
    }

    fn done(&mut self, detail: impl Into<String>, next: StepKind) {
        self.tell(Outcome::Done(detail.into()));
        self.doing = next;
    }

    fn left_out(&mut self, why: &str, next: StepKind) {
        self.tell(Outcome::LeftOut(why.to_owned()));
        self.doing = next;
    }

    fn reply(&self) -> Instant {
        now() + self.account.timers.limit(Timer::Reply)
    }

    async fn run(&mut self, dial: &Arc<dyn Dial>, password: Option<SecretString>) -> Result<(), Fault> {
        let by = TokioInstant::from_std(self.begun + self.account.timers.limit(Timer::Connect));
        let transport = self.dialled(&**dial, by).await?;
        let greeted = transport.greeted;
        let mut session = Session::new(transport, self.peer(), false);
        let greeting = if greeted {
            self.left_out("read before STARTTLS", StepKind::Login);
            Greeting::Ok
        } else {
            let greeting = session.greeting(by.into_std(), &Discard).await?;
            let said = match greeting {
                Greeting::Ok => "ready",
                Greeting::Preauth => "ready, and logged in already",
            };
            self.done(said, StepKind::Login);
            greeting
        };
        let secret = self.logged_in(&mut session, dial, greeting, password).await?;
        self.known(&mut session).await?;
        self.examined(&mut session).await?;
        if session.can("IDLE") {
            self.idled(&mut session, IDLE_FOR).await?;
        } else {
            self.left_out("the server has no IDLE: it will be polled", StepKind::Done);
            self.tell(Outcome::LeftOut("there is no IDLE to end".to_owned()));
        }
        session.log_out(now() + Duration::from_secs(2), &Discard).await;
        drop(session);
        self.listed(Arc::clone(dial), secret).await
    }

    fn peer(&self) -> String {
        format!("{}:{}", self.account.host, self.account.port)
    }

    fn late(&self, what: &str) -> Fault {
        let peer = self.peer();
        Fault::retry_after(FaultClass::Timeout, format!("{what} from {peer} within the connect timer"))
    }

    async fn dialled(&mut self, dial: &dyn Dial, by: TokioInstant) -> Result<Transport, Fault> {
        let (tx, mut stages) = mpsc::unbounded_channel();
        let mut dialling = dial.dial_in_stages(self.account, tx);
        let transport = loop {
            tokio::select! {
                biased;
                Some(stage) = stages.recv() => self.staged(stage),
                dialled = &mut dialling => break dialled,
                () = tokio::time::sleep_until(by) => return Err(self.late("no connection")),
            }
        };
        drop(dialling);
        // A failure belongs to the step after the last that was reached.
        while let Some(stage) = stages.recv().await {
            self.staged(stage);
        }
        let transport = transport?;
        if self.doing < StepKind::Greeting {
            // A transport without stages, or without TLS.
            let text = if self.account.tls == TlsMode::Off { "none: loopback" } else { "not told" };
            self.left_out(text, StepKind::Greeting);
        }
        Ok(transport)
    }

    fn staged(&mut self, stage: Stage) {
        match stage {
            Stage::Resolved(addrs) => {
                let addrs: Vec<_> = addrs.iter().map(|addr| addr.ip().to_string()).collect();
                self.done(addrs.join(", "), StepKind::Tcp);
            }
            Stage::Connected(addr) => {
                let proxied = self.account.network.proxy.is_some() && self.account.tls != TlsMode::Off;
                self.done(addr.to_string(), if proxied { StepKind::Proxy } else { StepKind::Tls });
            }
            Stage::Tunnelled { proxy, server } => self.done(format!("{server} through {proxy}"), StepKind::Tls),
            // The failed step follows.
            Stage::Untrusted => {}
            Stage::Secured { tls, pin } => {
                let mut info = tls.map_or_else(String::new, |tls| format!("TLS {}, {}", tls.version, tls.cipher));
                if let Some(pin) = pin {
                    info = format!("{info}, pin_sha256 {pin}");
                }
                self.done(info, StepKind::Greeting);
            }
        }
    }

    async fn logged_in(
        &mut self,
        session: &mut Session,
        dial: &Arc<dyn Dial>,
        greeting: Greeting,
        password: Option<SecretString>,
    ) -> Result<Option<SecretString>, Fault> {
        if session.capabilities().is_empty() {
            session.ask_capabilities(self.reply(), &Discard).await?;
        }
        match greeting {
            Greeting::Preauth => {
                session.logged_in(self.reply(), &Discard).await?;
                self.left_out("the server considers the connection logged in already", StepKind::Capabilities);
                Ok(password)
            }
            Greeting::Ok => {
                // Who asks for a trial acts.
                let credentials = CredentialCache::new(self.account, self.governor.clone());
                credentials.forgive().await;
                let secrets: Arc<dyn CredentialSource> =
                    Arc::new(LoginSecret { secret: password, dial: Arc::clone(dial) });
                let mut login = credentials.login_permit(self.account, &secrets).await?;
                let password = login.secret.clone();
                let with = (login.plan, &password);
                match log_in(session, self.account, with, login.ticket(), self.reply(), &Discard).await {
                    Ok(way) => login.accepted(way).await,
                    Err(failure) => {
                        let fault = failure.fault.clone();
                        return Err(login.failed(failure, fault).await);
                    }
                }
                self.done(format!("as {}", self.account.user), StepKind::Capabilities);
                Ok(Some(password))
            }
        }
    }

    async fn known(&mut self, session: &mut Session) -> Result<(), Fault> {
        self.done(session.capabilities().join(" "), StepKind::Id);
        match session.exchange_ids(self.account.quirks.id_required, self.reply(), &Discard).await? {
            Some(id) => self.done(id, StepKind::Examine),
            None => self.left_out("the server does not say what it is", StepKind::Examine),
        }
        Ok(())
    }

    async fn examined(&mut self, session: &mut Session) -> Result<(), Fault> {
        let mailbox = self.account.first_name();
        let selected = session.examine(mailbox, self.reply(), &Discard).await?;
        let messages = if selected.exists == 1 { "message" } else { "messages" };
        self.done(format!("{mailbox}: {} {messages}", selected.exists), StepKind::Idle);
        Ok(())
    }

    async fn listed(&mut self, dial: Arc<dyn Dial>, secret: Option<SecretString>) -> Result<(), Fault> {
        (self.begun, self.doing) = (now(), StepKind::List);
        let account = Arc::new(AccountState::new(self.account.clone(), None, self.governor.clone()));
        let secrets = Arc::new(LoginSecret { secret, dial: Arc::clone(&dial) });
        let action = ActionConnection::new(account, dial, secrets);
        let listing = action.list().await?;
        self.tell(Outcome::Done(describe(&listing)));
        action.close().await;
        Ok(())
    }
}

/// `3 mailboxes, 1 of them cannot be opened: Archive, INBOX, Sent`.
fn describe(listing: &Listing) -> String {
    let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let mut parts = vec![count(listing.mailboxes.len(), "mailbox", "mailboxes")];
    let closed = listing.mailboxes.iter().filter(|mailbox| !mailbox.can_be_opened).count();
    if closed > 0 {
        parts.push(format!("{closed} of them cannot be opened"));
    }
    if listing.left_out > 0 {
        parts.push(format!("{} cannot be read", count(listing.left_out, "response", "responses")));
    }
    let names: Vec<&str> = listing.mailboxes.iter().map(|mailbox| mailbox.name.as_str()).collect();
    let colon = if names.is_empty() { "" } else { ": " };
    format!("{}{colon}{}", parts.join(", "), names.join(", "))
}

/// The secret that the trial's login has proven, so that nothing is asked for twice.
struct LoginSecret {
    secret: Option<SecretString>,
    dial: Arc<dyn Dial>,
}

impl CredentialSource for LoginSecret {
    fn obtain<'a>(&'a self, account: &'a Account, renewing: &'a mut TokenRenewer) -> CredentialFuture<'a> {
        Box::pin(async {
            match &self.secret {
                Some(secret) => Ok(Credential { secret: secret.clone(), asked: now(), lives: None }),
                None => secret::credential(account, &*self.dial, renewing).await,
            }
        })
    }
}

impl fmt::Debug for LoginSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginSecret").finish_non_exhaustive()
    }
}
