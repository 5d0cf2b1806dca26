//! A directory with a configuration, and commands that run in it: answers come from a script, and nothing is reached.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use mailwatch_engine::check::{Outcome, Step, StepKind};
use mailwatch_engine::dial::{Dial, Dialling};
use mailwatch_engine::discover::{LookUp, LookingUp};
use mailwatch_engine::secret::PromptError;
use mailwatch_proto::model::{Account, Fault, FaultClass, OAuthClient, TlsMode};
use mailwatch_tui::cli::{AccountCommand, Command, ConfigCommand, Global};
use mailwatch_tui::commands::account::{AccountEnvironment, Check, Checking, LogIn, LoggingIn, Prompter, account};
use mailwatch_tui::commands::config;
use mailwatch_tui::output::{Exit, Output};
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

use crate::good;

pub const CONFIG: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\nmailboxes = [\"INBOX\", \"Lists\"]\n\
    [[account]]\nname = \"home\"\nhost = \"localhost\"\nuser = \"u\"\ntls = \"off\"\npassword_command = [\"printf\", \"hunter2\"]\ntimers = { reissue = \"30s\" }\n";

/// A directory with a configuration in it, and what commands say about it.
pub struct Home {
    pub dir: tempfile::TempDir,
    pub global: Global,
}

/// A person who answers so; no answers at all is nobody.
#[derive(Default)]
pub struct Script(VecDeque<String>, bool);

impl Script {
    pub fn of(answers: &[&str]) -> Self {
        Self(answers.iter().map(ToString::to_string).collect(), !answers.is_empty())
    }
}

impl Prompter for Script {
    fn is_interactive(&self) -> bool {
        self.1
    }

    fn line(&mut self, question: &str, to: &mut dyn Write) -> io::Result<Option<String>> {
        writeln!(to, "{question}")?;
        Ok(self.0.pop_front())
    }

    fn password(&mut self, question: &str, to: &mut dyn Write) -> Result<SecretString, PromptError> {
        writeln!(to, "{question}")?;
        match self.0.pop_front() {
            Some(answer) if answer.is_empty() => Err(PromptError::Empty),
            Some(answer) => Ok(SecretString::from(answer)),
            None => Err(PromptError::Cancelled),
        }
    }
}

/// A network where nothing is.
#[derive(Debug)]
pub struct Nowhere;

impl LookUp for Nowhere {
    fn srv<'a>(&'a self, _: &'a str, _: TlsMode) -> LookingUp<'a> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

/// Only the names that begin with `imap` have addresses.
impl Dial for Nowhere {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        let (class, message) = if account.host.starts_with("imap") {
            (FaultClass::Connect, "nothing is there")
        } else {
            (FaultClass::Dns, "it has no address")
        };
        Box::pin(std::future::ready(Err(Fault::retry_after(class, message))))
    }
}

/// An issuer at which everybody is let in, unless the client is called `refused`; a server that refuses as little.
pub struct Lenient;

impl LogIn for Lenient {
    fn log_in<'l>(
        &'l self,
        account: &'l Account,
        client: &'l OAuthClient,
        output: &'l mut Output<'_>,
    ) -> LoggingIn<'l> {
        Box::pin(async move {
            if client.client_id == "refused" {
                writeln!(output.err, "error: access_denied")?;
                return Ok(Exit::Failed);
            }
            writeln!(output.out, "{} logged in at {}", account.user, client.issuer.name())?;
            Ok(Exit::Done)
        })
    }
}

/// A server that takes every password but `wrong`, and every user but `nobody`.
impl Check for Lenient {
    fn check<'c>(
        &'c self,
        account: &'c Account,
        password: Option<SecretString>,
        output: &'c mut Output<'_>,
    ) -> Checking<'c> {
        let wrong = password.is_some_and(|password| password.expose_secret() == "wrong") || account.user == "nobody";
        Box::pin(async move {
            writeln!(output.out, "checked {}@{}:{}", account.user, account.host, account.port)?;
            let fault = Fault::needs_user(FaultClass::Auth, "refused the login");
            let step = Step { kind: StepKind::Login, took: Duration::ZERO, outcome: Outcome::Failed(fault) };
            Ok(wrong.then_some(step))
        })
    }
}

/// What a command said, and how it ended.
pub struct Said {
    pub exit: Exit,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new(config: Option<&str>) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("new/config.toml");
        if let Some(text) = config {
            fs::create_dir(dir.path().join("new")).expect("made");
            fs::write(&path, text).expect("written");
        }
        Self { dir, global: Global { config: Some(path), ..Global::default() } }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("new/config.toml")
    }

    pub fn config(&self, command: ConfigCommand) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };
        let exit = config::config(command, &self.global, &mut output).expect("memory");
        self.said(exit, out, err)
    }

    pub async fn account(&self, command: AccountCommand) -> Said {
        self.answered(command, Script::default()).await
    }

    pub async fn answered(&self, command: AccountCommand, mut script: Script) -> Said {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut output = Output { out: &mut out, err: &mut err, width: 100, colour: false };
        let mut environment = AccountEnvironment {
            prompter: &mut script,
            dns: &Nowhere,
            dial: &Nowhere,
            login: &Lenient,
            check: &Lenient,
            keyring: || Box::pin(std::future::ready(Ok(()))),
        };
        let exit = account(&command, &self.global, &mut output, &mut environment).await.expect("memory");
        assert!(script.0.is_empty(), "not asked for: {:?}", script.0);
        self.said(exit, out, err)
    }

    /// `account add` with these arguments, and these answers at a terminal; without any nobody is there.
    pub async fn add(&self, arguments: &str, answers: &[&str]) -> Said {
        let Some(Command::Account(command)) = good(&format!("account add {arguments}")).command else { panic!("add") };
        self.answered(command, Script::of(answers)).await
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap_or_default()
    }

    pub fn said(&self, exit: Exit, out: Vec<u8>, err: Vec<u8>) -> Said {
        let text =
            |bytes| String::from_utf8(bytes).expect("text").replace(&self.dir.path().display().to_string(), "DIR");
        Said { exit, out: text(out), err: text(err) }
    }
}
