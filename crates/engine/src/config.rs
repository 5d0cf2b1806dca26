//! The configuration: TOML in, checked accounts out, and every problem of the file at once, pointed at.
//!
//! Knows no network and no screen. Reads files (the configuration itself, `ca_file`) in [`load`] alone; [`parse`] is pure.

mod account;
mod conceal;
mod draft;
mod error;
mod keys;
mod nearest;
mod network;
mod notify;
mod oauth;
mod place;
mod problem;
pub mod providers;
mod read;
mod remove;
pub mod save;
mod schema;
pub mod share;
mod theme;
mod timers;
mod warning;
mod write;

pub use draft::{Draft, Refused, Wrong};
pub use error::{ConfigError, Problems};
pub use nearest::nearest;
pub use place::{NoHome, default_path, default_state_dir, make_state_dir};
pub use problem::{Place, Problem, ProblemKind};
pub use remove::{NotRemoved, remove_account};
pub use theme::{NoTheme, Theme, ThemeError};
pub use warning::{Warning, WarningKind};
pub use write::{EditError, edit, write_sample};

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;

use account::Base;
pub use account::{IMAP_PORT, IMAPS_PORT, is_loopback};
use mailwatch_proto::model::keys::Keys;
use mailwatch_proto::model::{Account, Notifications, WatchId};
use problem::Findings;
use providers::Providers;
use read::Section;

/// The commented sample that `config init` writes.
pub const SAMPLE: &str = include_str!("../../../assets/config.toml");

/// What a configuration file may hold, in bytes: a thousand accounts fit, a device file given by mistake does not.
const SIZE_LIMIT: u64 = 1 << 20;

/// A configuration without problems.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The file it came from.
    pub path: PathBuf,
    /// The accounts in the file's order, at least one.
    pub accounts: Vec<Account>,
    /// Whether, how and when a person is notified of new mail.
    pub notify: Notifications,
    /// How the screen looks.
    pub ui: Ui,
    /// What is allowed and yet likely a mistake, in the file's order.
    pub warnings: Vec<Warning>,
    /// The text it was read from.
    pub source: Source,
}

/// The text of a configuration: what a later change of the file is told by. Never shown: its commands may name secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Source(Arc<str>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({} bytes)", self.0.len())
    }
}

/// How the screen looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    /// Its colours.
    pub theme: Theme,
    /// Whether nothing is to move that need not.
    pub reduced_motion: bool,
    /// Its keys.
    pub keys: Keys,
}

impl Config {
    /// The watches of all accounts, in the file's order.
    pub fn watches(&self) -> impl Iterator<Item = WatchId> {
        self.accounts
            .iter()
            .flat_map(|account| account.mailboxes.iter().map(|mailbox| WatchId::new(&account.name, mailbox)))
    }

    /// The account of that name.
    ///
    /// # Errors
    /// Where there is none; the error knows the nearest name.
    pub fn account(&self, name: &str) -> Result<&Account, UnknownAccount> {
        self.accounts.iter().find(|account| account.name == name).ok_or_else(|| self.unknown(name))
    }

    /// Keeps the accounts of these names; all where no name is given.
    ///
    /// # Errors
    /// Where a name is no account's. Nothing is changed then.
    pub fn keep(&mut self, names: &[String]) -> Result<(), UnknownAccount> {
        for name in names {
            self.account(name)?;
        }
        if !names.is_empty() {
            self.accounts.retain(|account| names.contains(&account.name));
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> UnknownAccount {
        let names = || self.accounts.iter().map(|account| account.name.as_str());
        UnknownAccount {
            name: mailwatch_proto::model::sanitise(name, NAME_SHOWN),
            nearest: nearest(name, names()).map(str::to_owned),
            known: names().collect::<Vec<_>>().join(", "),
        }
    }
}

/// What of a mistaken name is shown again, in characters.
const NAME_SHOWN: usize = 60;

/// There is no account of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no account `{name}`; {}", match nearest {
    Some(nearest) => format!("did you mean `{nearest}`?"),
    None => format!("the configuration has {known}"),
})]
pub struct UnknownAccount {
    name: String,
    nearest: Option<String>,
    known: String,
}

/// Reads and checks a file, the certificates it names and the providers beside it included.
///
/// # Errors
/// Where it cannot be read, or with all its problems.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let (text, world_writable) = read_file(path)?;
    let mut config = load_text(&text, path)?;
    if world_writable {
        config.warnings.insert(0, Warning { line: None, kind: WarningKind::WorldWritable });
    }
    Ok(config)
}

/// A file's text, and whether every user of the machine may change it.
fn read_file(path: &Path) -> Result<(String, bool), ConfigError> {
    let unreadable = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned() },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    };
    let file = File::open(path).map_err(unreadable)?;
    let world_writable = world_writable(&file).map_err(unreadable)?;
    let mut bytes = Vec::new();
    let size = file.take(SIZE_LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if size as u64 > SIZE_LIMIT {
        return Err(ConfigError::TooLarge { path: path.to_owned() });
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = problem::line_at(error.as_bytes(), error.utf8_error().valid_up_to());
        ConfigError::NotText { path: path.to_owned(), line }
    })?;
    Ok((text, world_writable))
}

/// Checks a configuration's text, the user's own providers and the certificates that it names included.
fn load_text(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let providers = Providers::beside(path)?;
    parse_with(text, path, &providers, Some(&|ca| std::fs::read(ca)))
}

/// Checks a configuration's text by the built-in providers. Touches no file: whether `ca_file` can be used, and which
/// providers the user has, is for [`load`] to see.
///
/// # Errors
/// With all problems of the text.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    parse_with(text, path, &Providers::built_in(), None)
}

/// How the files that a configuration names are read.
type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

fn parse_with(
    text: &str,
    path: &Path,
    providers: &Providers,
    files: Option<ReadFile<'_>>,
) -> Result<Config, ConfigError> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut findings = Findings::default();
    let config = if errors.is_empty() {
        let dir = path.parent().unwrap_or(Path::new(""));
        let base =
            Base { dir, files, timers: timers::Settings::default(), network: network::Settings::default(), providers };
        document(root.get_ref(), base, &mut findings)
    } else {
        // What the parser makes of a broken text would lead to complaints about keys that are there.
        findings.syntax(&errors, text);
        (Vec::new(), Notifications::default(), Ui::default())
    };
    if !findings.problems.is_empty() {
        let shown = conceal::conceal(text, root.get_ref(), !errors.is_empty());
        return Err(ConfigError::Invalid(Problems::new(path, shown, findings.problems)));
    }
    if let Some(error) = findings.elsewhere {
        return Err(error);
    }
    let (accounts, notify, ui) = config;
    let warnings = warning::located(findings.warnings, text);
    Ok(Config { path: path.to_owned(), accounts, notify, ui, warnings, source: Source(text.into()) })
}

fn document(root: &DeTable<'_>, mut base: Base<'_>, findings: &mut Findings) -> (Vec<Account>, Notifications, Ui) {
    let root = Section::open(root, Place::File, None, findings);
    if let Some(section) = root.table("timers", Place::Timers, findings) {
        base.timers = timers::read(&section, findings);
        base.timers.check_retry(&timers::Settings::default(), findings);
    }
    if let Some(section) = root.table("network", Place::Network, findings) {
        base.network = network::read(&section, findings);
    }
    let notify = root.table("notify", Place::Notify, findings);
    let mut notify = notify.map_or_else(Notifications::default, |section| notify::read(&section, findings));
    let ui = root.table("ui", Place::Ui, findings).map_or_else(Ui::default, |section| ui(&section, &base, findings));
    let accounts = account::read_all(&root, &base, &mut notify.silent, findings);
    (accounts, notify, ui)
}

fn ui(section: &Section<'_>, base: &Base<'_>, findings: &mut Findings) -> Ui {
    let keys = section.table("keys", Place::Keys, findings).map(|section| keys::read(&section, findings));
    Ui {
        theme: theme(section, base, findings).unwrap_or_default(),
        reduced_motion: section.flag("reduced_motion", findings),
        keys: keys.unwrap_or_default(),
    }
}

/// The theme that is named, the user's own where files may be read.
fn theme(section: &Section<'_>, base: &Base<'_>, findings: &mut Findings) -> Option<Theme> {
    let (name, at) = section.string("theme", findings)?;
    let found = match base.files {
        Some(_) => Theme::find(name, base.dir),
        None => Theme::built_in(name).ok_or_else(|| NoTheme::of(name, None).into()),
    };
    match found {
        Ok(theme) => {
            if let Some(path) = base.files.and_then(|_| theme::hides(name, base.dir)) {
                findings.warn(WarningKind::ThemeHidden { path }, at);
            }
            Some(theme)
        }
        Err(ThemeError::Unknown(unknown)) => {
            findings.problem(ProblemKind::Theme(unknown), at);
            None
        }
        Err(ThemeError::Config(error)) => {
            findings.elsewhere = Some(error);
            None
        }
    }
}

/// Whether every user of the machine may change the file, and with it the commands it names.
#[cfg(unix)]
fn world_writable(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(file.metadata()?.mode() & 0o002 != 0)
}

#[cfg(not(unix))]
fn world_writable(_: &File) -> io::Result<bool> {
    Ok(false)
}
