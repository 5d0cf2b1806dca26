//! A test's bench: a server, the program's files, and at the end the search for what must not be in them.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::dovecot::{ANNA, Dovecot, OTTO, User};
use crate::secrets;

/// A password that is none.
pub const WRONG: &str = "Not-the-Passw0rd-of-anyone";

/// A server and the program's files. What was written is searched for passwords when it is dropped.
pub struct Bench {
    // Dropped before the directory that it lives in.
    pub server: Dovecot,
    runs: Cell<usize>,
    /// What the program's environment has besides the usual.
    env: RefCell<Vec<(&'static str, String)>>,
    /// What must not be found either.
    secrets: RefCell<Vec<String>>,
    dir: TempDir,
}

/// An account of the program.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    pub name: &'a str,
    pub user: User,
    pub mailboxes: &'a [&'a str],
    pub starttls: bool,
    /// `max_connections`.
    pub connections: u16,
    /// Further lines.
    pub more: &'a str,
}

impl Default for Account<'_> {
    fn default() -> Self {
        Self { name: "one", user: ANNA, mailboxes: &["INBOX"], starttls: false, connections: 8, more: "" }
    }
}

impl Bench {
    /// A server with empty INBOXes.
    pub fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("mw-").tempdir().expect("a directory");
        Self::on(Dovecot::start(dir.path().join("server")), dir)
    }

    /// The same with a server that takes access tokens, about which it asks on this port.
    pub fn with_tokens(introspection: u16) -> Self {
        let dir = tempfile::Builder::new().prefix("mw-").tempdir().expect("a directory");
        Self::on(Dovecot::start_with(dir.path().join("server"), Some(introspection)), dir)
    }

    fn on(server: Dovecot, dir: TempDir) -> Self {
        for user in [ANNA, OTTO] {
            server.make_mailbox(user, "INBOX");
        }
        Self { server, runs: Cell::new(0), env: RefCell::default(), secrets: RefCell::default(), dir }
    }

    /// Gives the program something in its environment.
    pub fn set_env(&self, name: &'static str, value: String) {
        self.env.borrow_mut().push((name, value));
    }

    /// What the program's environment has besides the usual.
    pub fn env(&self) -> Vec<(&'static str, String)> {
        self.env.borrow().clone()
    }

    /// Says what else must not be in any file.
    pub fn forbid(&self, secrets: impl IntoIterator<Item = String>) {
        self.secrets.borrow_mut().extend(secrets);
    }

    /// Where everything lies.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The program's configuration.
    pub fn config(&self) -> PathBuf {
        self.dir().join("config.toml")
    }

    /// The program's state.
    pub fn state_dir(&self) -> PathBuf {
        self.dir().join("state")
    }

    /// The number of a run of the program: none is given twice.
    pub fn next_run(&self) -> usize {
        self.runs.replace(self.runs.get() + 1)
    }

    /// Writes the configuration. Retries are short, so that a server that is away costs a test little.
    pub fn configure(&self, accounts: &[Account<'_>]) {
        self.configure_timed(accounts, "");
    }

    /// The same with more timers.
    pub fn configure_timed(&self, accounts: &[Account<'_>], timers: &str) {
        let mut config = format!("[timers]\n{timers}\nretry_min = \"1s\"\nretry_max = \"1s\"\n");
        for Account { name, user, mailboxes, starttls, connections, more } in accounts {
            let (tls, port) = if *starttls { ("starttls", self.server.imap) } else { ("implicit", self.server.imaps) };
            let password = self.password_file(name, user.password);
            let _ = write!(
                config,
                "\n[[account]]\nname = {name:?}\nhost = \"localhost\"\nport = {port}\ntls = {tls:?}\nca_file = '{}'\n\
                 user = {:?}\npassword_command = [\"cat\", '{}']\nmailboxes = {mailboxes:?}\n\
                 max_connections = {connections}\n{more}\n",
                self.server.ca_file().display(),
                user.name,
                password.display(),
            );
        }
        fs::write(self.config(), config).expect("a file");
    }

    fn password_file(&self, account: &str, password: &str) -> PathBuf {
        let dir = self.dir().join("secrets");
        fs::create_dir_all(&dir).expect("a directory");
        let path = dir.join(account);
        fs::write(&path, format!("{password}\n")).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("our file");
        path
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let rightly = [self.dir().join("secrets"), self.server.secrets()];
        let more = self.secrets.borrow();
        let all: Vec<&str> =
            [ANNA.password, OTTO.password, WRONG].into_iter().chain(more.iter().map(String::as_str)).collect();
        secrets::search(self.dir(), &rightly, &all);
    }
}
