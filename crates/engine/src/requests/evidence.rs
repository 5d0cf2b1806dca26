//! The evidence of a time as one file. Needs no engine that runs; without a configuration it says so in the file.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::selection::Selection;
use crate::config::{NoHome, Table, share};
use crate::history::{Archive, Interrupted, Unreadable};
use crate::report::{self, Facts, NotWritten, Redactor, ReportData, ReportFile, Scope};

/// What a front end's request means: a day.
const REQUESTED_SINCE: Duration = Duration::from_hours(24);

/// What goes into the evidence, and where it goes.
#[derive(Clone, Debug)]
pub struct EvidenceOrder {
    /// How far back.
    pub since: Duration,
    /// These accounts; all where none is named.
    pub accounts: Vec<String>,
    /// Only this watch.
    pub watch: Option<String>,
    /// The file, or the directory for it; without it the working directory.
    pub output: Option<PathBuf>,
    /// Whether users' names stay as they are.
    pub with_names: bool,
    /// Whether a file that is there is overwritten.
    pub force: bool,
    /// The state directory, which has the history.
    pub state: Result<PathBuf, NoHome>,
    /// The configuration's file.
    pub config: Option<PathBuf>,
    /// The front end's tables in the configuration.
    pub ui_tables: &'static [Table],
}

impl EvidenceOrder {
    /// What a front end's request means: the last day of all accounts, into a directory.
    #[must_use]
    pub fn requested(into: PathBuf, state: PathBuf, config: Option<PathBuf>, ui_tables: &'static [Table]) -> Self {
        Self {
            since: REQUESTED_SINCE,
            accounts: Vec::new(),
            watch: None,
            output: Some(into),
            with_names: false,
            // The name includes the second: only a file of the same second is overwritten.
            force: true,
            state: Ok(state),
            config,
            ui_tables,
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Its size in bytes.
    pub size: usize,
    /// How many stalls it tells of.
    pub stalls: usize,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stalls = match self.stalls {
            0 => "no stall".to_owned(),
            1 => "1 stall".to_owned(),
            count => format!("{count} stalls"),
        };
        let (path, size) = (self.path.display(), self.size.div_ceil(1024));
        write!(f, "{path}: {stalls}, {size} KiB; see its summary.md")
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    /// There is no state directory.
    #[error(transparent)]
    NoHome(#[from] NoHome),
    /// Nothing is kept of an account or watch of that name.
    #[error("{0}")]
    Unknown(String),
    /// `history.db` cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// The file cannot be written.
    #[error(transparent)]
    NotWritten(#[from] NotWritten),
}

/// The evidence, packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gathered {
    /// The file's own name, without a directory.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// How many stalls it tells of.
    pub stalls: usize,
}

impl Gathered {
    /// Writes it where it was ordered. `stop` is asked in between: once it says yes, nothing is left. Blocks.
    ///
    /// # Errors
    /// Where it cannot be written, or was stopped.
    pub fn save(&self, output: Option<&Path>, force: bool, stop: &dyn Fn() -> bool) -> Result<Written, NotWritten> {
        let path = place(output, &self.name);
        report::save(&path, &self.bytes, force, stop)?;
        Ok(Written { path, size: self.bytes.len(), stalls: self.stalls })
    }
}

/// Gathers and writes. `stop` is asked in between: once it says yes, nothing is left. Blocks.
///
/// # Errors
/// Where nothing can be read or written, or it was stopped.
pub fn write_evidence(order: &EvidenceOrder, now: SystemTime, stop: &dyn Fn() -> bool) -> Result<Written, NoReport> {
    is_free(order.output.as_deref(), order.force, now)?;
    read(order, now, stop, |files, stalls| {
        let (name, output) = (report::name(now), order.output.as_deref());
        let path = place(output, &file_name(&name));
        let size = report::save_as(&path, order.force, stop, |file| {
            report::pack_into(file, &name, files, now, stop).map_err(|error| failed(error, order, now, stop))
        })?;
        Ok(Written { path, size: usize::try_from(size).unwrap_or(usize::MAX), stalls })
    })
}

/// Whether a report of this moment may be written there: a file that is there is overwritten only where that was asked for.
///
/// # Errors
/// Where there is one.
pub fn is_free(output: Option<&Path>, force: bool, now: SystemTime) -> Result<(), NotWritten> {
    let path = place(output, &file_name(&report::name(now)));
    if !force && path.symlink_metadata().is_ok() { Err(NotWritten::Exists(path)) } else { Ok(()) }
}

/// Gathers, into memory. `stop` is asked in between. Blocks.
///
/// # Errors
/// Where nothing can be read, or it was stopped.
pub fn gather(order: &EvidenceOrder, now: SystemTime, stop: &dyn Fn() -> bool) -> Result<Gathered, NoReport> {
    let name = report::name(now);
    read(order, now, stop, |files, stalls| {
        let bytes = report::pack(&name, files, now, stop).map_err(|error| failed(error, order, now, stop))?;
        Ok(Gathered { name: file_name(&name), bytes, stalls })
    })
}

fn failed(error: Interrupted, order: &EvidenceOrder, now: SystemTime, stop: &dyn Fn() -> bool) -> NoReport {
    match error {
        Interrupted::Unreadable(error) => NoReport::Unreadable(error),
        Interrupted::Reader(_) if stop() => NotWritten::Stopped.into(),
        Interrupted::Reader(error) => {
            NotWritten::Io { path: place(order.output.as_deref(), &file_name(&report::name(now))), error }.into()
        }
    }
}

/// Hands on the files, whose rows are read as they are written, and the number of stalls that they tell of.
fn read<T>(
    order: &EvidenceOrder,
    now: SystemTime,
    stop: &dyn Fn() -> bool,
    take: impl FnOnce(&[ReportFile<'_>], usize) -> Result<T, NoReport>,
) -> Result<T, NoReport> {
    let archive = Archive::open(order.state.as_ref().map_err(|error| *error)?)?;
    let watches = archive.watches()?;
    let whose = Selection { accounts: &order.accounts, watch: order.watch.as_deref() };
    if let Some(error) = whose.unknown(&watches) {
        return Err(NoReport::Unknown(error));
    }
    let config = order.config.as_ref().map(|path| fs::read_to_string(path).map_err(|error| (path, error)));
    let known = config.iter().flatten().flat_map(|text| share::users(text));
    let logins = watches.iter().map(|key| key.login.rsplit_once('@').map_or(key.login.as_str(), |(user, _)| user));
    let users: Vec<String> = logins.map(str::to_owned).chain(known).collect();
    let redactor = Redactor::new(users.iter().map(String::as_str), order.with_names);
    let since = now.checked_sub(order.since).unwrap_or(SystemTime::UNIX_EPOCH);
    let scope = Scope { since, watches: &|key| whose.includes(key), redactor: &redactor };
    let data = ReportData::read(&archive, &scope).map_err(|error| failed(error, order, now, stop))?;
    if stop() {
        return Err(NotWritten::Stopped.into());
    }
    let home = std::env::home_dir().map(|home| home.to_string_lossy().into_owned()).filter(|home| home.len() > 1);
    let rename = |text: &str| {
        // A home directory has its owner's name.
        let short = home.as_ref().map_or_else(|| text.to_owned(), |home| text.replace(home.as_str(), "~"));
        redactor.text(if order.with_names { text } else { &short })
    };
    let config = match config {
        Some(Ok(text)) => {
            share::shareable(&text, order.ui_tables, &rename).unwrap_or_else(|error| format!("# {error}\n"))
        }
        Some(Err((path, error))) => format!("# {} cannot be read: {error}\n", rename(&path.display().to_string())),
        None => "# there is none\n".to_owned(),
    };
    let facts = Facts { since, until: now, config: &config, renamed: !order.with_names };
    take(&report::bundle(&data, &facts), data.proof.stalls.len())
}

/// Begins to write, on a thread that may block.
#[must_use]
pub fn begin_evidence(order: EvidenceOrder, stop: CancellationToken) -> JoinHandle<Result<Written, NoReport>> {
    tokio::task::spawn_blocking(move || write_evidence(&order, SystemTime::now(), &|| stop.is_cancelled()))
}

/// Where it goes: a directory gets a file of the report's own name.
fn place(output: Option<&Path>, file: &str) -> PathBuf {
    match output {
        None => PathBuf::from(file),
        Some(path) if path.is_dir() => path.join(file),
        Some(path) => path.to_owned(),
    }
}

fn file_name(name: &str) -> String {
    format!("{name}.tar.gz")
}
