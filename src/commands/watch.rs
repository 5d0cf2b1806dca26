//! `watch`: events on standard output, without a screen. The engine of its state directory, or, where one runs already, a
//! reader of that one's events that stands by to be the next.

mod own;
mod standing_by;

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;

use jiff::tz::TimeZone;
use mailwatch_engine::config::beside_runtime;
use tokio::sync::mpsc;

use crate::cli::Global;
use crate::configuration::{self, BadConfig, Config};
use crate::headless::{Format, Printed, Signal};
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::background::{Typed, typed};
use crate::process::dialler::dialler;
use crate::process::enter::same_config;
use crate::process::metrics::Metrics;
use crate::process::prepare::{ask_missing, state_dir, usable};
use crate::process::restart::{Carried, carried};
use crate::process::signals::signals;
use crate::process::whole::{all, material};

/// What was asked of it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// JSON lines.
    pub json: bool,
    /// The name by which it is remembered what was told.
    pub reader: Option<String>,
    /// A screen leaves its engine to this program.
    pub handed_over: bool,
}

/// What a `watch` has before it knows whether it is the engine.
struct Prepared<'a> {
    global: &'a Global,
    format: Format,
    state: PathBuf,
    /// What it would work by.
    config: Option<PathBuf>,
    metrics: Metrics,
    signals: mpsc::Receiver<Signal>,
    /// Where this program itself speaks as signals do.
    says: mpsc::Sender<Signal>,
    /// What the program before it has left, where it was started anew.
    carried: Carried,
    /// What is printed, and which mails were as another engine's.
    printed: Printed,
    /// Whether this program as the engine runs on the whole configuration, though it prints the events of some accounts alone.
    whole: bool,
    /// The name by which it is remembered what was told.
    reader: Option<String>,
}

impl Prepared<'_> {
    /// The accounts whose events are printed; all where none is named.
    fn accounts(&self) -> Vec<Arc<str>> {
        names(self.global)
    }
}

fn names(global: &Global) -> Vec<Arc<str>> {
    global.accounts.iter().map(|name| Arc::from(name.as_str())).collect()
}

/// Events on standard output.
///
/// # Errors
/// If the output cannot be written for another reason than a closed pipe.
pub async fn watch(global: &Global, asked: Asked, output: &mut Output<'_>) -> io::Result<Exit> {
    let Asked { json, reader, handed_over } = asked;
    logging::to_stderr(global.verbose);
    let mut carried = carried()?;
    let anew = carried.typed.take();
    let given = if handed_over && anew.is_none() { begin_alone()? } else { Vec::new() };
    let (says, mut signals) = signals()?;
    let whole = carried.whole;
    let all = all(global);
    let runs = if whole { &all } else { global };
    let Some(read) = load(runs, &mut signals).await? else { return Ok(Exit::Done) };
    let Some(config) = usable(read, output)? else { return Ok(Exit::Bad) };
    if config.accounts.is_empty() {
        let why = format!("{}: there is no account; other hosts have their own engines", config.path.display());
        return output.error(Exit::Bad, why);
    }
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    let format = if json { Format::Json } else { Format::Text { zone: TimeZone::system(), all: global.verbose > 0 } };
    let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let typed = match anew {
        // It was asked for when the program was started first.
        Some(typed) => Some(typed),
        None => ask_missing(global, &config.accounts, output).await?,
    };
    let Some(mut typed) = typed else { return Ok(Exit::Failed) };
    for (name, secret) in given {
        if let Some(account) = config.accounts.iter().find(|account| account.name == name) {
            typed = typed.with(account, Some(secret));
        }
    }
    let Some(metrics) = Metrics::listen(global, output).await? else { return Ok(Exit::Failed) };
    let material = material(runs, config, typed, dialler);
    let config = same_config(global);
    let printed = Printed::of(names(global));
    let prepared = Prepared { global, format, state, config, metrics, signals, says, carried, printed, whole, reader };
    standing_by::run(prepared, material, output).await
}

/// Leaves the terminal of the screen that started this program, and reads what was typed there.
fn begin_alone() -> io::Result<Vec<Typed>> {
    // It fails where the session is its own already.
    #[cfg(unix)]
    let _ = rustix::process::setsid();
    typed()
}

/// Reads the configuration, however long its files take; `None` where a signal asked to end first.
async fn load(global: &Global, signals: &mut mpsc::Receiver<Signal>) -> io::Result<Option<Result<Config, BadConfig>>> {
    loop {
        let global = global.clone();
        let mut reading = pin!(beside_runtime(move || configuration::load(&global)));
        loop {
            let signal = tokio::select! {
                biased;
                Some(signal) = signals.recv() => signal,
                read = &mut reading => return read.map(Some),
            };
            match signal {
                Signal::Stop => return Ok(None),
                // It may have been read before what this signal is about.
                Signal::Reload => break,
                Signal::CheckMail | Signal::Restart => {}
            }
        }
    }
}
