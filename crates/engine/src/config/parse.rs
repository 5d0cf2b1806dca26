//! From a text to a configuration, or to every problem of the text at once.

use std::path::Path;

use toml::de::DeTable;

use super::account::{self, Base};
use super::conceal::{conceal, harmless};
use super::document::{Config, Source};
use super::error::{ConfigError, Problems};
use super::files::{Files, ReadFile, read_file};
use super::findings::Findings;
use super::format::{Format, FrontEndTable};
use super::host::HostSetting;
use super::patience::within;
use super::providers::Providers;
use super::read::Section;
use super::table::Table;
use super::warning::{self, Warning, WarningKind};
use super::{history, host, network, notify, schema, timers};
use crate::history::Limits;
use mailwatch_proto::model::{Account, Notifications};

/// Reads and checks a file, the certificates it names and the providers beside it included.
///
/// # Errors
/// Where it cannot be read, or with all its problems.
pub fn load<F: FrontEndTable>(path: &Path, format: &Format<F>) -> Result<Config<F::Settings>, ConfigError> {
    let (text, writers) = read_file(path)?;
    let mut config = load_text(&text, path, format)?;
    if let Some(writers) = writers {
        config.warnings.insert(0, Warning { line: None, kind: WarningKind::Writable(writers) });
    }
    Ok(config)
}

/// Checks a configuration's text, the user's own providers and the certificates that it names included.
pub(super) fn load_text<F: FrontEndTable>(
    text: &str,
    path: &Path,
    format: &Format<F>,
) -> Result<Config<F::Settings>, ConfigError> {
    let providers = format.providers.beside(path)?;
    parse_with(text, path, (&providers, &format.front_end), Some(&|ca| within(ca, std::fs::read)))
}

/// Checks a configuration's text by the built-in providers. Touches no file: whether `ca_file` can be used, and which
/// providers the user has, is for [`load`] to see.
///
/// # Errors
/// With all problems of the text.
pub fn parse<F: FrontEndTable>(
    text: &str,
    path: &Path,
    format: &Format<F>,
) -> Result<Config<F::Settings>, ConfigError> {
    parse_with(text, path, (&format.providers, &format.front_end), None)
}

pub(super) fn parse_with<F: FrontEndTable>(
    text: &str,
    path: &Path,
    (providers, front_end): (&Providers, &F),
    read: Option<ReadFile<'_>>,
) -> Result<Config<F::Settings>, ConfigError> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut findings = Findings::default();
    let ((accounts, hosts), (notify, history), ui) = if errors.is_empty() {
        let files = Files { directory: path.parent().unwrap_or(Path::new("")), read };
        let (timers, network) = (timers::Settings::default(), network::Settings::default());
        let base = Base { files, timers, network, providers };
        document(root.get_ref(), base, front_end, &mut findings)
    } else {
        // What the parser makes of a broken text would lead to complaints about keys that are there.
        findings.syntax(&errors, text);
        (Default::default(), Default::default(), F::Settings::default())
    };
    if !findings.problems.is_empty() {
        let shown = conceal(text, root.get_ref(), !errors.is_empty(), front_end.tables());
        return Err(ConfigError::Invalid(Problems::new(path, shown, findings.problems)));
    }
    if let Some(error) = findings.elsewhere {
        return Err(error);
    }
    let warnings = warning::located(findings.warnings, text);
    Ok(Config { path: path.to_owned(), accounts, hosts, notify, history, ui, warnings, source: Source(text.into()) })
}

/// What is watched here, and what is shown besides.
type Shown = (Vec<Account>, Vec<HostSetting>);

fn document<F: FrontEndTable>(
    root: &DeTable<'_>,
    mut base: Base<'_>,
    front_end: &F,
    findings: &mut Findings,
) -> (Shown, (Notifications, Limits), F::Settings) {
    let root = Section::open(root, schema::FILE, None, findings);
    if let Some(section) = root.table("timers", schema::TIMERS_TABLE, findings) {
        base.timers = timers::read(&section, findings);
        base.timers.check_retry(&timers::Settings::default(), findings);
    }
    if let Some(section) = root.table("network", schema::NETWORK, findings) {
        base.network = network::read(&section, findings);
    }
    let history = root.table("history", schema::HISTORY, findings);
    let history = history.map_or_else(Limits::default, |section| history::read(&section, findings));
    let notify = root.table("notify", schema::NOTIFY, findings);
    let mut notify = notify.map_or_else(Notifications::default, |section| notify::read(&section, findings));
    let ui = ui(&root, &base.files, front_end, findings);
    let accounts = account::read_all(&root, &base, &mut notify.silent, findings);
    if notify.any() {
        let addresses = accounts.iter().filter(|account| account.user.contains('@'));
        notify.rules.own = addresses.map(|account| account.user.to_lowercase()).collect();
        let opened = accounts.iter().filter_map(|account| Some((account.name.clone(), account.hooks.open()?.to_vec())));
        notify.open = opened.collect();
    }
    let hosts = host::read_all(&root, findings);
    ((accounts, hosts), (notify, history), ui)
}

fn ui<F: FrontEndTable>(root: &Section<'_>, files: &Files<'_>, front_end: &F, findings: &mut Findings) -> F::Settings {
    let Some(table) = front_end.tables().first() else { return F::Settings::default() };
    match root.table("ui", *table, findings) {
        Some(section) => front_end.read(&section, files.read.map(|_| files.directory), findings),
        None => F::Settings::default(),
    }
}

/// Reads another file of TOML, a theme for one, every problem pointed at. It holds no secrets: all of it may be shown.
///
/// # Errors
/// With all problems of the text; `path` stands in them.
pub fn parse_file<T>(
    text: &str,
    path: &Path,
    top: Table,
    read: impl FnOnce(&Section<'_>, &mut Findings) -> T,
) -> Result<T, ConfigError> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut findings = Findings::default();
    let value = if errors.is_empty() {
        let section = Section::open(root.get_ref(), top, None, &mut findings);
        Some(read(&section, &mut findings))
    } else {
        findings.syntax(&errors, text);
        None
    };
    match value {
        Some(value) if findings.problems.is_empty() => Ok(value),
        Some(_) | None => Err(ConfigError::Invalid(Problems::new(path, harmless(text), findings.problems))),
    }
}
