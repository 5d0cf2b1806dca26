//! A new account: its server found, its password kept, its lines written, its watch started.

use std::io;
use std::path::PathBuf;

use crate::configuration;
use crate::tui::host::{Entry, Keep, Password, Reply, Server};
use mailwatch_engine::Engine;
use mailwatch_engine::config::providers::Providers;
use mailwatch_engine::config::{EditError, NoHome, Refused, edit, write_sample};
use mailwatch_engine::discover::{Found, Sources, SystemDns, discover};
use mailwatch_engine::secret;
use mailwatch_proto::model::{Account, Auth, LINE_LIMIT, sanitise};
use tokio::sync::mpsc;

use super::Steward;

/// Finds an address's server, in half a minute at most, and tells it.
fn look_up(address: String, providers: Providers, replies: mpsc::Sender<Reply>) {
    tokio::spawn(async move {
        let dialler = mailwatch_engine::secret::dialler();
        let sources = Sources { providers: &providers, dns: &SystemDns, dial: &dialler, ispdb: false };
        let found = tokio::select! {
            found = discover(&address, sources) => found.ok().map(|found| Box::new(server(found, &providers))),
            // The screen has ended.
            () = replies.closed() => return,
        };
        // The same.
        let _ = replies.send(Reply::Found(address, found)).await;
    });
}

fn server(found: Found, providers: &Providers) -> Server {
    let app = providers.for_account(&found.host, &found.user).app_password.as_ref();
    let app = app.map(|page| format!("It wants an app password, made at {page}"));
    let notes: Vec<_> = found.caution.into_iter().chain(app).chain(found.note).map(|note| format!("{note}.")).collect();
    Server {
        host: found.host,
        port: found.port,
        tls: found.tls,
        auth: found.auth.first().copied().unwrap_or(Auth::Password),
        user: found.user,
        source: sanitise(&format!("from {}", found.way), LINE_LIMIT),
        note: (!notes.is_empty()).then(|| sanitise(&notes.join(" "), LINE_LIMIT)),
    }
}

impl Steward {
    fn path(&self) -> Result<PathBuf, NoHome> {
        self.global.config_path()
    }

    /// Has an address's server found.
    pub(super) fn find(&self, address: String, replies: mpsc::Sender<Reply>) {
        // Problems of the user's own table are told where the account is added.
        let own = self.path().ok().and_then(|path| configuration::format().providers.beside(&path).ok());
        look_up(address, own.unwrap_or_else(|| configuration::format().providers), replies);
    }

    pub(super) fn write_sample(&self) -> Reply {
        let path = match self.path() {
            Ok(path) => path,
            Err(error) => return Reply::Failed(error.to_string()),
        };
        let shown = sanitise(&path.to_string_lossy(), LINE_LIMIT);
        match write_sample(&path, configuration::SAMPLE) {
            Ok(()) => Reply::Done(format!("{shown} is written: edit it, then read it again")),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Reply::Failed(format!("{shown} is there already: edit it, then read it again"))
            }
            Err(error) => Reply::Failed(format!("{shown} cannot be written: {error}")),
        }
    }

    /// The account that was typed, checked as the configuration would be.
    pub(super) fn account_of(&self, entry: &Entry) -> Result<(Account, Option<Password>), Reply> {
        let path = self.path().map_err(|error| Reply::Failed(error.to_string()))?;
        let account = entry.draft.account(&path, &configuration::format()).map_err(Reply::Wrong)?;
        Ok((account, entry.password.clone().map(|(password, _)| password)))
    }

    /// Keeps the password, writes the account, and watches it. Nothing is written where the password cannot be kept.
    pub(super) async fn add(&mut self, entry: Entry, engine: &mut Engine) -> Reply {
        self.trial = None;
        let (path, (account, _)) = match (self.path(), self.account_of(&entry)) {
            (Ok(path), Ok(account)) => (path, account),
            (Err(error), _) => return Reply::Failed(error.to_string()),
            (_, Err(reply)) => return reply,
        };
        let format = configuration::format();
        let change = |text: Option<&str>| entry.draft.add_to(text, &path, &format);
        // What the file does not take is known before the password is kept.
        let now = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return not_written(&path, &error),
        };
        if let Err(refused) = change(now.as_deref()) {
            return not_taken(refused);
        }
        match entry.password.clone() {
            Some((Password(password), Keep::Keyring)) => {
                if let Err(fault) = secret::store(&account, password).await {
                    return Reply::NotKept(fault.message);
                }
                self.typed.send_modify(|typed| *typed = typed.with(&account, None));
            }
            Some((Password(password), Keep::ThisRun)) => {
                self.typed.send_modify(|typed| *typed = typed.with(&account, Some(password)));
            }
            None => {}
        }
        match edit(&path, change) {
            Ok(()) => {}
            Err(EditError::Refused(refused)) => return not_taken(refused),
            Err(EditError::Io(error)) => return not_written(&path, &error),
        }
        if !self.global.accounts.is_empty() {
            self.global.accounts.push(account.name.clone());
        }
        match self.reload(engine).await {
            Reply::Read { said, ui } => {
                Reply::Read { said: format!("account {} is added: {said}", sanitise(&account.name, 100)), ui }
            }
            other => other,
        }
    }
}

fn not_taken(refused: Refused) -> Reply {
    match refused {
        Refused::File(error) => Reply::Config(error),
        Refused::Draft(wrong) => Reply::Wrong(wrong),
    }
}

fn not_written(path: &std::path::Path, error: &io::Error) -> Reply {
    let shown = sanitise(&path.to_string_lossy(), LINE_LIMIT);
    Reply::Failed(format!("{shown} cannot be written: {error}; nothing was added"))
}
