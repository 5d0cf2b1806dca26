//! The service of a program with a configuration and an engine: reads and writes the one, tries connections, and tells
//! the other.

use std::io;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::adding::{keep_password, not_taken, not_written, put_sample};
use super::bench::Bench;
use super::changes::changed_settings;
use super::evidence::{EvidenceOrder, NoReport, begin_evidence};
use super::finding::look_up;
use super::mails::list_mails;
use super::message::{Entry, Password, Reply, Request, ShareOrder};
use super::reading::{Readings, answer_marked};
use super::restarting::restart;
use super::saving::{Loaded, save_tuned};
use super::service::Service;
use super::source::{ConfigSource, NextProgram, NotLoaded, UiSettings};
use super::trial::Trial;
use crate::Engine;
use crate::config::save::{Tuned, save_connections};
use crate::config::{Config, EditError, FrontEndTable as _, beside_runtime, edit};
use crate::history::{History, Limits};
use crate::open_files::allow_sockets;
use crate::secret::TypedPasswords;
use mailwatch_proto::model::{Account, LINE_LIMIT, Notifications, sanitise};

/// The configuration, before there is an engine.
#[derive(Debug)]
pub struct AppService<C: ConfigSource> {
    source: C,
    /// The accounts in force.
    loaded: Option<Loaded>,
    /// What `[ui]` says now.
    ui: Option<UiSettings<C>>,
    /// What was typed for this run.
    typed: watch::Sender<TypedPasswords>,
    notifications: watch::Sender<Notifications>,
    /// The program that is to be started in this one's place.
    next: watch::Sender<Option<NextProgram>>,
    /// How much the history keeps.
    limits: Limits,
}

/// The service with its engine.
#[derive(Debug)]
pub struct RunningService<C: ConfigSource> {
    app: AppService<C>,
    engine: Engine,
    /// Where the evidence is read from.
    history: History,
    /// Whether a usable configuration was read.
    ready: bool,
    trial: Option<Trial>,
    readings: Readings,
    /// Stops a write when the front end has ended.
    stop: CancellationToken,
    _stops: DropGuard,
}

impl<C: ConfigSource> AppService<C> {
    /// A service that has read nothing yet.
    pub fn new(source: C) -> Self {
        Self {
            source,
            loaded: None,
            ui: None,
            typed: watch::Sender::new(TypedPasswords::default()),
            notifications: watch::Sender::new(Notifications::default()),
            next: watch::Sender::new(None),
            limits: Limits::default(),
        }
    }

    /// Reads the configuration.
    ///
    /// # Errors
    /// Where there is none to work with; the one read before stays in force.
    pub fn read(&mut self) -> Result<Config<UiSettings<C>>, C::Error> {
        let config = self.source.load()?;
        Ok(self.take(config))
    }

    /// Takes over a configuration that was read.
    pub fn take(&mut self, config: Config<UiSettings<C>>) -> Config<UiSettings<C>> {
        self.loaded = Some(Loaded::of(&config));
        self.ui = Some(config.ui.clone());
        self.notifications.send_replace(config.notify.clone());
        self.limits = config.history;
        config
    }

    /// The current settings for notifications.
    #[must_use]
    pub fn notifications(&self) -> watch::Receiver<Notifications> {
        self.notifications.subscribe()
    }

    /// The program that is to be started in this one's place, once that was asked for. Without a receiver none can be.
    #[must_use]
    pub fn next_program(&self) -> watch::Receiver<Option<NextProgram>> {
        self.next.subscribe()
    }

    /// Takes the passwords typed before; later ones are added.
    pub fn take_typed(&mut self, typed: TypedPasswords) -> watch::Receiver<TypedPasswords> {
        self.typed.send_replace(typed);
        self.typed.subscribe()
    }

    /// The service, once its engine runs.
    #[must_use]
    pub fn with_engine(self, engine: Engine, history: History) -> RunningService<C> {
        history.limit(self.limits);
        let stop = CancellationToken::new();
        let stops = stop.clone().drop_guard();
        RunningService {
            app: self,
            engine,
            history,
            ready: false,
            trial: None,
            readings: Readings::default(),
            stop,
            _stops: stops,
        }
    }

    /// The account that was typed, checked as the configuration would be.
    fn account_of(&self, entry: &Entry) -> Result<(Account, Option<Password>), Reply<UiSettings<C>>> {
        let path = self.source.path().map_err(|error| Reply::Failed(error.to_string()))?;
        let account = entry.draft.account(&path, &self.source.format()).map_err(Reply::Wrong)?;
        Ok((account, entry.password.clone().map(|(password, _)| password)))
    }

    /// The order for the evidence that the front end wants.
    fn evidence(&self) -> Result<EvidenceOrder, NoReport> {
        let state = self.source.state()?;
        let tables = self.source.format().front_end.tables();
        let order = EvidenceOrder::requested(state.clone(), state, self.source.path().ok(), tables);
        Ok(EvidenceOrder { accounts: self.source.accounts().to_vec(), ..order })
    }
}

impl<C: ConfigSource> RunningService<C> {
    /// The engine, and whether there was a usable configuration.
    #[must_use]
    pub fn into_engine(self) -> (Engine, bool) {
        (self.engine, self.ready)
    }
}

impl<C> Service<UiSettings<C>> for RunningService<C>
where
    C: ConfigSource + Clone + Send + Sync + 'static,
    C::Error: Send + 'static,
    UiSettings<C>: Send + Sync + 'static,
{
    async fn answer(
        &mut self,
        request: Request,
        replies: &mpsc::Sender<Reply<UiSettings<C>>>,
    ) -> Option<Reply<UiSettings<C>>> {
        match request {
            Request::Reload => Some(self.reload().await),
            Request::Save(wanted) => Some(self.save(wanted).await),
            Request::Share(order) => Some(self.share(order).await),
            Request::Sample => Some(match self.app.source.path() {
                Ok(path) => put_sample(&path, self.app.source.sample()),
                Err(error) => Reply::Failed(error.to_string()),
            }),
            Request::Evidence => {
                self.write_evidence(replies.clone());
                None
            }
            Request::Find(address) => {
                self.find(address, replies.clone());
                None
            }
            Request::Try(number, entry) => match self.app.account_of(&entry) {
                Ok((account, password)) => {
                    self.trial = Some(Trial::begin(
                        number,
                        account,
                        password,
                        (self.engine.governor().clone(), replies.clone()),
                    ));
                    None
                }
                Err(reply) => Some(reply),
            },
            Request::StopTrying => {
                self.trial = None;
                None
            }
            Request::Add(entry) => Some(match self.add(*entry).await {
                Ok(reply) | Err(reply) => reply,
            }),
            Request::Secret(name, Password(secret)) => Some(self.another_secret(&name, Some(secret)).await),
            Request::LoggedIn(name) => Some(self.another_secret(&name, None).await),
            Request::Check(number, name) => {
                self.bench().check(number, name, replies.clone());
                None
            }
            Request::Probe(order) => {
                self.bench().probe(*order, replies.clone());
                None
            }
            Request::Push(order) => {
                let test = self.engine.push_test(&order.account, &order.mailbox);
                self.bench().push(order, test, replies.clone());
                None
            }
            Request::Report(order) => {
                self.bench().report(order, replies.clone());
                None
            }
            Request::Mails(number, query) => {
                list_mails(self.history.clone(), number, query, replies.clone());
                None
            }
            Request::Read(number, mail) => {
                self.readings.begin(number, self.engine.read_mail(&mail), replies.clone());
                None
            }
            Request::StopReading(number) => {
                self.readings.stop(number);
                None
            }
            Request::Seen(number, mails) => {
                answer_marked(number, self.engine.mark_seen(mails), replies.clone());
                None
            }
            Request::Restart => {
                restart(self.app.source.clone(), self.app.next.clone(), replies.clone());
                None
            }
        }
    }
}

impl<C> RunningService<C>
where
    C: ConfigSource + Clone + Send + Sync + 'static,
    C::Error: Send + 'static,
    UiSettings<C>: Send + Sync + 'static,
{
    fn bench(&self) -> Bench<C> {
        Bench {
            source: self.app.source.clone(),
            typed: self.app.typed.borrow().clone(),
            governor: self.engine.governor().clone(),
            history: self.history.clone(),
            stop: self.stop.clone(),
        }
    }

    async fn save(&mut self, wanted: Vec<Tuned>) -> Reply<UiSettings<C>> {
        let format = self.app.source.format();
        match (&mut self.app.loaded, self.app.source.path()) {
            (Some(loaded), Ok(path)) => save_tuned(loaded, (path, format), wanted, &mut self.engine).await,
            (None, _) | (_, Err(_)) => Reply::Failed("not saved: no configuration was read yet; R reads it".to_owned()),
        }
    }

    /// Has an account's mailboxes share so many connections from now on.
    async fn share(&mut self, ShareOrder { account, connections }: ShareOrder) -> Reply<UiSettings<C>> {
        let path = match self.app.source.path() {
            Ok(path) => path,
            Err(error) => return Reply::Failed(error.to_string()),
        };
        let (format, name) = (self.app.source.format(), account.clone());
        match beside_runtime(move || save_connections(&path, &name, connections, &format)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Reply::Failed(sanitise(&error.to_string(), LINE_LIMIT)),
            Err(error) => return Reply::Failed(format!("not saved: {error}")),
        }
        let name = sanitise(&account, 100);
        match self.reload().await {
            Reply::Read { said, ui } => {
                Reply::Read { said: format!("max_connections = {connections} for {name} is saved; {said}"), ui }
            }
            other => other,
        }
    }

    /// Takes over a secret that was typed, or stored, for this account, and tries with it at once.
    async fn another_secret(&self, name: &str, typed: Option<SecretString>) -> Reply<UiSettings<C>> {
        let said = sanitise(name, 100);
        let Some(account) = self.engine.account(name).cloned() else {
            return Reply::Failed(format!("no account {said} is being watched"));
        };
        self.app.typed.send_modify(|all| *all = all.with(&account, typed));
        self.engine.governor().changed(&account).await;
        match self.engine.try_again(&account.name) {
            0 => Reply::Done(format!("account {said} has its secret, but none of its watches waits for one")),
            _ => Reply::Done(format!("account {said} is tried again with its secret")),
        }
    }

    async fn reload(&mut self) -> Reply<UiSettings<C>> {
        let before = self.app.ui.clone().map(|ui| (self.app.notifications.borrow().clone(), self.app.limits, ui));
        let source = self.app.source.clone();
        let config = match beside_runtime(move || source.load()).await {
            Ok(Ok(config)) => self.app.take(config),
            Ok(Err(error)) => {
                return match error.into() {
                    NotLoaded::Config(error) => Reply::Config(Arc::new(error)),
                    NotLoaded::Other(message) => Reply::Failed(message),
                };
            }
            Err(error) => return Reply::Failed(format!("the configuration cannot be read: {error}")),
        };
        self.ready = true;
        allow_sockets(config.accounts.iter().map(|account| account.mailboxes.len()).sum());
        let done = self.engine.reconfigure(config.accounts).await;
        self.history.limit(config.history);
        let besides = before.map_or_else(String::new, |(notify, limits, ui)| {
            let changed = self.app.source.format().front_end.changed(&ui, &config.ui);
            changed_settings((&notify, limits), (&config.notify, config.history), &changed)
        });
        tracing::info!("{done}{besides}");
        let warnings = match config.warnings.len() {
            0 => String::new(),
            1 => format!("; warning: {}", config.warnings[0]),
            count => format!("; {count} warnings: `mailwatch-tui config check` shows them"),
        };
        Reply::Read { said: format!("{done}{besides}{warnings}"), ui: config.ui }
    }

    /// Has an address's server found.
    fn find(&self, address: String, replies: mpsc::Sender<Reply<UiSettings<C>>>) {
        let known = self.app.source.format().providers;
        // Adding the account reports the problems of the user's own table.
        let own = self.app.source.path().ok().and_then(|path| known.beside(&path).ok());
        look_up(address, own.unwrap_or(known), replies);
    }

    /// Keeps the password, writes the account, and watches it. Nothing is written where the password cannot be kept.
    async fn add(&mut self, entry: Entry) -> Result<Reply<UiSettings<C>>, Reply<UiSettings<C>>> {
        self.trial = None;
        let path = self.app.source.path().map_err(|error| Reply::Failed(error.to_string()))?;
        let (account, _) = self.app.account_of(&entry)?;
        let format = self.app.source.format();
        let change = |text: Option<&str>| entry.draft.add_to(text, &path, &format);
        // What the file does not take is known before the password is kept.
        let now = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(not_written(&path, &error)),
        };
        change(now.as_deref()).map_err(not_taken)?;
        keep_password(&account, entry.password.clone(), &self.app.typed).await?;
        edit(&path, change).map_err(|error| match error {
            EditError::Refused(refused) => not_taken(refused),
            EditError::Io(error) => not_written(&path, &error),
        })?;
        self.app.source.add_account(&account.name);
        Ok(match self.reload().await {
            Reply::Read { said, ui } => {
                Reply::Read { said: format!("account {} is added: {said}", sanitise(&account.name, 100)), ui }
            }
            other => other,
        })
    }

    /// Writes the evidence while the front end goes on; the reply says where. What its end finds unfinished is dropped.
    fn write_evidence(&self, replies: mpsc::Sender<Reply<UiSettings<C>>>) {
        let (order, history, stop) = (self.app.evidence(), self.history.clone(), self.stop.clone());
        tokio::spawn(async move {
            // What has just happened may still be on its way to the disk.
            history.close().await;
            let not_written = |why: &dyn std::fmt::Display| {
                Reply::Failed(sanitise(&format!("no evidence written: {why}"), LINE_LIMIT))
            };
            let reply = match order {
                Ok(order) => match begin_evidence(order, stop).await {
                    Ok(Ok(written)) => Reply::Done(sanitise(&written.to_string(), LINE_LIMIT)),
                    Ok(Err(error)) => not_written(&error),
                    Err(error) => not_written(&error),
                },
                Err(error) => not_written(&error),
            };
            // A front end that has ended needs no answer.
            let _ = replies.send(reply).await;
        });
    }
}
