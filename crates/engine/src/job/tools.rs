//! The jobs: connect and open the mailbox, look for news, poll, log out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout_at;

use super::watched::Watched;
use super::{Ended, Errands, Home, Job, Live, Notify, Teller, Told};
use crate::account::AccountState;
use crate::catch_up::{CatchUp, Mailbox};
use crate::clock::now;
use crate::connection_limit::ConnectionPermit;
use crate::dial::Dial;
use crate::guest::Fresh;
use crate::history::{History, WatchKey};
use crate::hook::HookSignal;
use crate::log_in::log_in;
use crate::secret::CredentialSource;
use crate::session::{Greeting, Session};
use mailwatch_proto::model::{EventKind, Fault, FaultClass, Phase, ServerInfo, Timer, Timers, TlsMode, WatchId};
use mailwatch_proto::token_lifetime::TokenLifetime;

/// Who wants the trace's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nobody.
    Nobody,
    /// The evidence of a stall.
    Stalls,
    /// A screen besides, which also wants what is over.
    Screen,
}

/// What every job of a watch needs.
#[derive(Clone, Debug)]
pub struct Tools {
    /// The watch.
    pub id: WatchId,
    /// Its account.
    pub shared: Arc<AccountState>,
    /// Its key in the history.
    pub key: WatchKey,
    /// Makes connections.
    pub dial: Arc<dyn Dial>,
    /// Gets the account's password or token.
    pub secrets: Arc<dyn CredentialSource>,
    /// Keeps what was seen.
    pub history: History,
    /// Where it is said that hooks are owed.
    pub bell: HookSignal,
    /// Who wants the trace.
    pub trace: Trace,
    /// Whether the user has just acted: what was refused may be tried again.
    pub forgive: bool,
    /// Set where the mailbox appeared while others of its account were watched.
    pub fresh: Option<Fresh>,
    /// Whether there is no mailbox yet: the connection only asks which there are.
    pub scout: bool,
}

impl Tools {
    pub(super) fn catch_up<'a>(&'a self, session: &'a mut Session, timers: Timers, teller: &'a Teller) -> CatchUp<'a> {
        CatchUp { session, history: &self.history, key: &self.key, timers, teller, bell: &self.bell }
    }

    /// Connects, logs in, opens the mailbox and brings it up to date; runs the errands. `known` is what this run knows of
    /// the mailbox; without it, mails that an earlier run found and did not tell are told first.
    #[must_use]
    pub fn connect(self, timers: Timers, known: Option<Mailbox>, errands: Errands) -> Job {
        Job::start(move |teller| async move {
            let place = self.shared.connections.acquire().await;
            match self.connected(place, timers, known, (errands, false), &teller).await {
                Ok((live, mailbox)) => Ended::Ready(Box::new(live), mailbox),
                Err(fault) => Ended::Failed(fault),
            }
        })
    }

    /// The same beside a connection that goes on: what is new came while it was watched.
    #[must_use]
    pub fn connect_beside(
        self,
        place: ConnectionPermit,
        timers: Timers,
        known: Option<Mailbox>,
        errands: Errands,
    ) -> Job {
        Job::start(move |teller| async move {
            match self.connected(Some(place), timers, known, (errands, true), &teller).await {
                Ok((live, mailbox)) => Ended::Ready(Box::new(live), mailbox),
                Err(fault) => Ended::Failed(fault),
            }
        })
    }

    /// Sees to it that the account has a token newer than the one of this serial.
    #[must_use]
    pub fn renew(self, serial: u64) -> Job {
        Job::start(move |teller| async move {
            // A job ends with its teller: what is told comes first.
            let _teller = teller;
            match self.shared.renew(serial, &self.secrets).await {
                Ok(newer) => Ended::Renewed(newer),
                Err(fault) => Ended::Failed(fault),
            }
        })
    }

    async fn connected(
        &self,
        place: Option<ConnectionPermit>,
        timers: Timers,
        known: Option<Mailbox>,
        (errands, watched): (Errands, bool),
        teller: &Teller,
    ) -> Result<(Live, Option<Mailbox>), Fault> {
        let look_back = async {
            // Once a run, beside the network's own delays.
            if self.trace == Trace::Screen && known.is_none() {
                self.tell_past(&self.key, teller).await;
            }
        };
        let ((), entered) = tokio::join!(look_back, self.entered(timers, teller));
        let (session, lease, _) = entered?;
        // A scout has nothing to idle for: it asks again, and leaves once there is a mailbox.
        let idles = session.can("IDLE") && !self.scout;
        let real = self.shared.boot_clock().boottime(now());
        let replace = lease.and_then(|lease| lease.span).map(|span| span.replace(real, fastrand::f64()));
        let (open, notify) = (None, Notify::Off);
        let mut live = Live { session, _place: place, idles, lease, replace, cut_short: 0, open, notify };
        teller.tell(Told::Phase(Phase::Selecting)).await;
        self.arrange(&mut live, timers, &errands, teller).await?;
        let mut mailbox = self.open_home(&mut live, timers, (known, watched), &errands, teller).await?;
        self.attend(&mut live, timers, &errands.guests, teller).await?;
        self.go_home(&mut live, timers, &mut mailbox, &errands, teller).await?;
        Ok((live, mailbox))
    }

    /// Connects and logs in; no mailbox is open yet. With the token's lease, where there is one, and what the server said
    /// of itself.
    ///
    /// # Errors
    /// The first step that failed.
    pub async fn entered(
        &self,
        timers: Timers,
        teller: &Teller,
    ) -> Result<(Session, Option<TokenLifetime>, ServerInfo), Fault> {
        if self.forgive {
            self.shared.forgive().await;
        }
        let (mut session, greeting, mut server) = self.greeted(timers, teller).await?;
        let reply = timers.limit(Timer::Reply);
        if session.capabilities().is_empty() {
            session.ask_capabilities(now() + reply, teller).await?;
        }
        let lease = match greeting {
            Greeting::Ok => self.log_in(&mut session, reply, teller).await?,
            Greeting::Preauth => {
                session.logged_in(now() + reply, teller).await?;
                None
            }
        };
        let list = Arc::clone(session.capabilities());
        let idles = session.can("IDLE");
        teller.tell(Told::Event(EventKind::Capabilities { idle: idles, list: Arc::clone(&list) })).await;
        server.capabilities = list;
        let required = self.shared.account.quirks.id_required;
        server.id = session.exchange_ids(required, now() + reply, teller).await?;
        teller.tell(Told::Server(server.clone())).await;
        session.enable_utf8(now() + reply, teller).await?;
        Ok((session, lease, server))
    }

    /// What earlier runs left. Where it cannot be read the history itself says so, and the details lack it.
    pub(super) async fn tell_past(&self, key: &WatchKey, teller: &Teller) {
        if let Ok(past) = self.history.past(key).await {
            teller.tell(Told::Past(Box::new(past))).await;
        }
    }

    /// DNS, TCP, TLS and greeting, within `connect`.
    async fn greeted(&self, timers: Timers, teller: &Teller) -> Result<(Session, Greeting, ServerInfo), Fault> {
        let begun = now();
        let by = tokio::time::Instant::from_std(begun + timers.limit(Timer::Connect));
        let peer = self.shared.peer();
        let late = |what: &str| {
            Fault::retry_after(FaultClass::Timeout, format!("{what} from {peer} within the connect timer"))
        };
        let dialled = timeout_at(by, self.dial.dial(&self.shared.account)).await;
        let transport = dialled.map_err(|_| late("no connection"))??;
        let local = transport.io.tcp().and_then(|tcp| tcp.local_addr().ok());
        let server = ServerInfo {
            addr: transport.addr,
            proxy: transport.proxy.clone(),
            local,
            tls: transport.tls.clone(),
            ..ServerInfo::default()
        };
        let greeted = transport.greeted;
        let mut session = Session::new(transport, self.shared.peer(), self.trace != Trace::Nobody);
        let greeting = if greeted {
            Greeting::Ok
        } else {
            timeout_at(by, session.greeting(teller)).await.map_err(|_| late("no greeting"))??
        };
        let connected = EventKind::Connected {
            addr: server.addr,
            tls: server.tls.as_ref().map(|tls| tls.version),
            took: now().saturating_duration_since(begun),
        };
        teller.tell(Told::Event(connected)).await;
        teller.tell(Told::Server(server.clone())).await;
        Ok((session, greeting, server))
    }

    async fn log_in(
        &self,
        session: &mut Session,
        reply: Duration,
        teller: &Teller,
    ) -> Result<Option<TokenLifetime>, Fault> {
        teller.tell(Told::Phase(Phase::Authenticating)).await;
        let account = &self.shared.account;
        // The dialler keeps plaintext to loopback; TLS stands otherwise. Said here because it is where it matters.
        debug_assert!(account.tls != TlsMode::Off || session.io().tcp().is_none_or(is_local), "plaintext login");
        let pass = self.shared.login_permit(&self.secrets).await?;
        match log_in(session, account, &pass.secret, now() + reply, teller).await {
            Ok(()) => {
                let lease = pass.lifetime;
                pass.accepted();
                Ok(lease)
            }
            Err(fault) => Err(pass.failed(fault).await),
        }
    }

    /// Looks for news on a connection whose IDLE has ended. `changed` says that the mailbox's figures are old.
    #[must_use]
    pub fn look(
        self,
        mut live: Box<Live>,
        timers: Timers,
        mut mailbox: Option<Mailbox>,
        changed: bool,
        errands: Errands,
    ) -> Job {
        Job::start(move |teller| async move {
            match self.looked(&mut live, timers, &mut mailbox, changed, &errands, &teller).await {
                Ok(()) => Ended::Ready(live, mailbox),
                Err(fault) => Ended::Failed(fault),
            }
        })
    }

    async fn looked(
        &self,
        live: &mut Live,
        timers: Timers,
        mailbox: &mut Option<Mailbox>,
        changed: bool,
        errands: &Errands,
        teller: &Teller,
    ) -> Result<(), Fault> {
        if errands.home == Home::Open
            && live.open.as_ref() == Some(&self.id.mailbox)
            && let Some(mailbox) = mailbox
        {
            self.looked_home(live, timers, mailbox, changed, teller).await?;
        }
        self.run(live, timers, mailbox, errands, teller).await
    }

    /// The errands, and home again.
    async fn run(
        &self,
        live: &mut Live,
        timers: Timers,
        mailbox: &mut Option<Mailbox>,
        errands: &Errands,
        teller: &Teller,
    ) -> Result<(), Fault> {
        self.arrange(live, timers, errands, teller).await?;
        match errands.home {
            Home::Open => {}
            Home::Anew => *mailbox = self.open_home(live, timers, (*mailbox, false), errands, teller).await?,
            Home::Aside => *mailbox = None,
        }
        self.attend(live, timers, &errands.guests, teller).await?;
        self.go_home(live, timers, mailbox, errands, teller).await
    }

    async fn looked_home(
        &self,
        live: &mut Live,
        timers: Timers,
        mailbox: &mut Mailbox,
        changed: bool,
        teller: &Teller,
    ) -> Result<(), Fault> {
        match self.catch_up(&mut live.session, timers, teller).news(mailbox, false).await {
            // Refused where no news is known of: no reason to drop a connection that answers. The next look asks again.
            Err(fault) if !changed && fault.class == FaultClass::Protocol && live.session.ending().is_none() => {
                teller.tell(Told::Fault(fault)).await;
            }
            looked => looked?,
        }
        if changed {
            let by = now() + timers.limit(Timer::Reply);
            let watched = Watched::new(teller, mailbox.exists);
            let status = live.session.status(&self.id.mailbox, by, &watched).await?;
            mailbox.unseen = status.and_then(|status| status.unseen).or(mailbox.unseen);
            mailbox.exists = watched.count();
            if watched.risen() {
                self.catch_up(&mut live.session, timers, teller).news(mailbox, false).await?;
            }
        }
        Ok(())
    }

    /// Asks a server without IDLE: NOOP, then STATUS, because some servers' NOOP shows nothing; where that is known of
    /// the provider, STATUS alone.
    #[must_use]
    pub fn poll(self, mut live: Box<Live>, timers: Timers, mut mailbox: Option<Mailbox>, errands: Errands) -> Job {
        Job::start(move |teller| async move {
            match self.polled(&mut live, timers, &mut mailbox, &errands, &teller).await {
                Ok(()) => Ended::Ready(live, mailbox),
                Err(fault) => Ended::Failed(fault),
            }
        })
    }

    async fn polled(
        &self,
        live: &mut Live,
        timers: Timers,
        mailbox: &mut Option<Mailbox>,
        errands: &Errands,
        teller: &Teller,
    ) -> Result<(), Fault> {
        let open = live.open.as_ref() == Some(&self.id.mailbox);
        match mailbox {
            Some(mailbox) if open && errands.home == Home::Open => {
                self.polled_home(live, timers, mailbox, teller).await?;
            }
            // It shows that the server lives, and lets it tell what it has to tell.
            Some(_) | None => live.session.noop(now() + timers.limit(Timer::Reply), teller).await?,
        }
        self.run(live, timers, mailbox, errands, teller).await
    }

    async fn polled_home(
        &self,
        live: &mut Live,
        timers: Timers,
        mailbox: &mut Mailbox,
        teller: &Teller,
    ) -> Result<(), Fault> {
        let by = || now() + timers.limit(Timer::Reply);
        let watched = Watched::new(teller, mailbox.exists);
        if !self.shared.account.quirks.poll_by_status {
            live.session.noop(by(), &watched).await?;
        }
        let status = live.session.status(&self.id.mailbox, by(), &watched).await?;
        let risen = watched.risen();
        mailbox.exists = watched.count();
        let more = status.is_some_and(|status| {
            status.uidnext.is_some_and(|told| told > mailbox.uidnext)
                || status.messages.is_some_and(|told| told > mailbox.exists)
                || status.uidvalidity.is_some_and(|told| told != mailbox.uidvalidity)
        });
        mailbox.unseen = status.and_then(|status| status.unseen).or(mailbox.unseen);
        if more && !risen {
            // The open mailbox is a stale view: open it anew.
            let selected = live.session.examine(&self.id.mailbox, by(), teller).await?;
            *mailbox = self.catch_up(&mut live.session, timers, teller).reopened(selected, *mailbox).await?;
        } else if risen {
            self.catch_up(&mut live.session, timers, teller).news(mailbox, false).await?;
        }
        Ok(())
    }

    /// Says goodbye.
    #[must_use]
    pub fn log_out(live: Box<Live>, by: Instant) -> Job {
        Job::start(move |teller| async move {
            let mut live = live;
            let tag = live.session.say_logout(by);
            // Whatever comes of it, the connection goes.
            let _ = live.session.finish(&tag, &teller).await;
            Ended::LoggedOut
        })
    }
}

fn is_local(tcp: &tokio::net::TcpStream) -> bool {
    tcp.peer_addr().is_ok_and(|addr| addr.ip().is_loopback())
}
