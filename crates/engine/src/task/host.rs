//! What only the host knows or can do: dialling, logins' permission, what the history keeps.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, timeout_at};

use super::kept::found;
use super::{TaskContext, Trace};
use crate::credential_cache::LoginPermit;
use crate::history::{Among, Poison, WatchKey};
use crate::identity::key_of;
use crate::log_in::with_app_password;
use crate::session::{LoginLines, Session, explain_token};
use mailwatch_proto::connection::dialogue::{Answer, Dialled, Identity, LoginFailure, Permit, Question, Seen, Suspect};
use mailwatch_proto::model::{Auth, Fault, LoginWay, Next, Past, ServerInfo, TlsMode, WatchId};

/// How long a mail that could not be read is left alone.
const PATIENCE: Duration = Duration::from_hours(24);

/// The host of one exchange.
pub(super) struct Host<'a> {
    context: &'a TaskContext,
    /// The connection, once there is one.
    pub(super) session: Option<Session>,
    /// What the login's lines are made with.
    pub(super) login: Option<LoginLines>,
    permit: Option<LoginPermit>,
}

impl<'a> Host<'a> {
    pub(super) const fn new(context: &'a TaskContext) -> Self {
        Self { context, session: None, login: None, permit: None }
    }

    /// See [`AccountState::one_of`](crate::account::AccountState::one_of).
    pub(super) fn one_of(&self, told: Arc<[String]>) -> Arc<[String]> {
        self.context.state.one_of(told)
    }

    pub(super) fn key(&self, of: &WatchId) -> WatchKey {
        if *of == self.context.id { self.context.key.clone() } else { key_of(&self.context.state.account, of) }
    }

    /// Answers; `None` where there was no transport in time.
    pub(super) async fn answer(&mut self, question: Question) -> Option<Answer> {
        let history = &self.context.history;
        Some(match question {
            Question::Forgive => {
                self.context.state.forgive().await;
                Answer::Forgiven
            }
            Question::Dial(by) => {
                if let Some(fault) = Box::pin(self.context.state.login_not_due()).await {
                    return Some(Answer::Dialled(Err(fault)));
                }
                let dialled = timeout_at(by.into(), self.context.dial.dial(&self.context.state.account)).await.ok()?;
                Answer::Dialled(dialled.map(|transport| self.dialled(transport)).map_err(|fault| self.followed(fault)))
            }
            // In boxes: each task would carry what its login takes once.
            Question::Permit => Answer::Permit(Box::pin(self.permit()).await),
            Question::AnotherWay => Answer::AnotherWay(match &mut self.permit {
                Some(permit) => permit.another().await,
                None => false,
            }),
            Question::LoginFailed { failure, challenge } => {
                Answer::LoginFailed(Box::pin(self.login_failed(failure, challenge.as_deref())).await)
            }
            Question::Seen(of) => self.seen(&of).await,
            Question::Unreported(of) => Answer::Unreported(history.unreported(&self.key(&of)).await),
            Question::Keep { of, epoch, uidvalidity, uidnext, known } => {
                Answer::Kept(self.context.keep(&self.key(&of), (epoch, uidvalidity, uidnext), known).await)
            }
            Question::Commit { of, epoch, uidvalidity, uidnext, mails } => {
                self.context.commit(&self.key(&of), (epoch, uidvalidity, uidnext), mails).await
            }
            Question::Suspect { of, epoch, uid } => {
                let remembered = history.remember_poison(&self.key(&of), epoch, uid, SystemTime::now()).await;
                Answer::Suspected(remembered.map(|poison| poison.failures))
            }
            Question::Readable { of, epoch, uids } => {
                let key = self.key(&of);
                let mut kept = Ok(());
                for uid in uids {
                    kept = kept.and(history.forget_poison(&key, epoch, uid).await);
                }
                Answer::Kept(kept)
            }
            Question::Again { of, epoch, uidvalidity, uids, mails } => {
                let mails = mails.into_iter().map(found).collect();
                Answer::Kept(history.reread(&self.key(&of), (epoch, uidvalidity), uids, mails).await)
            }
            Question::Known { of, epoch, renamed, mails } => {
                let among = if renamed { Among::Mailboxes } else { Among::Epochs };
                let mails = mails.into_iter().map(identity).collect();
                let known = history.known(&self.key(&of), epoch, among, mails).await;
                Answer::Known(known.map(|known| known.iter().map(Option::is_some).collect()))
            }
        })
    }

    async fn seen(&self, of: &WatchId) -> Answer {
        let (history, key, now) = (&self.context.history, self.key(of), SystemTime::now());
        let seen = history.seen(&key).await.map(|seen| {
            seen.map(|seen| Seen {
                epoch: seen.epoch,
                uidvalidity: seen.uidvalidity,
                uidnext: seen.uidnext,
                last_alive: seen.last_alive,
            })
        });
        let epoch = seen.as_ref().ok().copied().flatten().map_or(0, |seen| seen.epoch);
        // Without them each mail is asked for like any other.
        let poisons = history.poisons(&key, epoch).await.unwrap_or_default();
        let suspect = |(uid, poison): (u32, Poison)| {
            let due = now.duration_since(poison.tried).is_ok_and(|age| age >= PATIENCE);
            Suspect { uid, failed: poison.failures, due }
        };
        Answer::Seen { seen, now, suspects: poisons.into_iter().map(suspect).collect() }
    }

    /// A server that may refuse the login, once it is back, is not asked every few seconds whether it is.
    /// A stranger in its place is.
    fn followed(&self, fault: Fault) -> Fault {
        match fault.next {
            Next::Soon if !self.context.state.is_proven() => Fault { next: Next::Retry, ..fault },
            Next::AtOnce
            | Next::Retry
            | Next::Soon
            | Next::RetryLater
            | Next::After(_)
            | Next::User
            | Next::UserAfter(_) => self.context.state.stranger.follow(fault, Instant::now()),
        }
    }

    fn dialled(&mut self, transport: crate::dial::Transport) -> Dialled {
        self.context.state.stranger.gone();
        let local = transport.io.tcp().and_then(|tcp| tcp.local_addr().ok());
        let server = ServerInfo {
            addr: transport.addr,
            proxy: transport.proxy.clone(),
            local,
            tls: transport.tls.clone(),
            ..ServerInfo::default()
        };
        let greeted = transport.greeted;
        let peer = self.context.state.peer();
        self.session = Some(Session::new(transport, peer, self.context.trace != Trace::Nobody));
        Dialled { server, greeted }
    }

    async fn permit(&mut self) -> Result<Permit, Fault> {
        let state = &self.context.state;
        let account = &state.account;
        // The dialler keeps plaintext to loopback. Asserted here because the secret goes out next.
        debug_assert!(account.tls != TlsMode::Off || self.session.as_ref().is_none_or(is_local), "plaintext login");
        let permit = state.login_permit(&self.context.secrets).await?;
        let at = (account.host.as_str(), account.port);
        self.login = Some(LoginLines::new(account.auth, &account.user, permit.secret.clone(), at)?);
        let clock = state.boot_clock();
        let granted = Permit { plan: permit.plan, token: permit.lifetime, clock, chance: fastrand::f64() };
        self.permit = Some(permit);
        Ok(granted)
    }

    /// The server accepted the login.
    pub(super) async fn accepted(&mut self, way: LoginWay) {
        self.login = None;
        if let Some(permit) = self.permit.take() {
            permit.accepted(way).await;
        }
    }

    async fn login_failed(&mut self, failure: LoginFailure, challenge: Option<&str>) -> Fault {
        self.login = None;
        let account = &self.context.state.account;
        let fault = match account.auth {
            Auth::Password => with_app_password(failure.fault.clone(), &account.quirks),
            Auth::OAuth2 => explain_token(failure.fault.clone(), challenge),
        };
        match self.permit.take() {
            Some(permit) => permit.failed(failure, fault).await,
            None => fault,
        }
    }

    /// What earlier runs left of a mailbox.
    pub(super) fn look_back(&self, of: WatchId) -> BoxFuture<'static, (Option<WatchId>, Option<Box<Past>>)> {
        let (history, key) = (self.context.history.clone(), self.key(&of));
        let of = (of != self.context.id).then_some(of);
        async move { (of, history.past(&key).await.ok().map(Box::new)) }.boxed()
    }
}

fn identity(mail: Identity) -> crate::history::Identity {
    let Identity { message_id, internal_date, size, subject } = mail;
    crate::history::Identity { message_id, internal_date, size, subject }
}

fn is_local(session: &Session) -> bool {
    let local = |tcp: &tokio::net::TcpStream| tcp.peer_addr().is_ok_and(|addr| addr.ip().is_loopback());
    session.io().tcp().is_none_or(local)
}
