//! Saves tuned timers into the configuration and applies them to the engine.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::message::Reply;
use crate::Engine;
use crate::config::save::{Place, Saved, Tuned, save};
use crate::config::{Config, Format, FrontEndTable, Source};
use mailwatch_proto::model::{self, Account, Timer};

/// Writes the timers into the file, and makes them the running configuration's own. IDLEs go on: their timers are in
/// force already.
pub(super) async fn save_tuned<F: FrontEndTable + Send + Sync + 'static>(
    loaded: &mut Loaded,
    (path, format): (PathBuf, Format<F>),
    wanted: Vec<Tuned>,
    engine: &mut Engine,
) -> Reply<F::Settings>
where
    F::Settings: Send,
{
    let source = loaded.source.clone();
    let tuned = wanted.clone();
    // A slow disk must not block the runtime.
    let saving = tokio::task::spawn_blocking(move || save(&path, &source, &tuned, &format));
    let saved = match saving.await {
        Ok(Ok(saved)) => saved,
        Ok(Err(error)) => return Reply::Failed(error.to_string()),
        Err(error) => return Reply::Failed(format!("not saved: {error}")),
    };
    loaded.settle(&saved, &wanted);
    let done = engine.reconfigure(loaded.accounts.clone()).await;
    tracing::info!("{done}");
    Reply::Done(said(&saved, &wanted))
}

/// The configuration as last read, with later saves.
#[derive(Debug)]
pub(super) struct Loaded {
    accounts: Vec<Account>,
    source: Source,
}

impl Loaded {
    /// The configuration that was read.
    pub(super) fn of<S>(config: &Config<S>) -> Self {
        Self { accounts: config.accounts.clone(), source: config.source.clone() }
    }

    /// Takes the saved timers from the file, and no other change in it.
    fn settle<S>(&mut self, saved: &Saved<S>, wanted: &[Tuned]) {
        self.source = saved.source.clone();
        for account in &mut self.accounts {
            let Some(new) = saved.edited.config.accounts.iter().find(|new| new.name == account.name) else { continue };
            for Tuned { place, timer, .. } in wanted {
                let meant = match place {
                    Place::Account(name) => **name == *account.name,
                    Place::All => true,
                };
                if !meant {
                    continue;
                }
                let tuned = new.timers.tuned(*timer);
                account.timers.set(*timer, tuned.value, tuned.origin);
                if *timer == Timer::Reissue {
                    account.reissue_auto = new.reissue_auto;
                }
            }
        }
    }
}

/// The sentence about what was saved.
fn said<S>(saved: &Saved<S>, wanted: &[Tuned]) -> String {
    let Saved { path, edited, merged, .. } = saved;
    let file = path.file_name().map_or_else(|| path.to_string_lossy(), std::ffi::OsStr::to_string_lossy);
    let list = |tuned: &[Tuned]| {
        let each = tuned.iter().map(|Tuned { timer, setting, .. }| format!("{timer} {setting}"));
        let place = tuned.first().map_or_else(String::new, |one| format!(" for {}", one.place));
        format!("{}{place}", each.collect::<Vec<_>>().join(", "))
    };
    let mut said = if edited.changed.is_empty() {
        format!("nothing to save: {file} has {} already", list(wanted))
    } else {
        format!("saved to {file}: {}", list(&edited.changed))
    };
    if !edited.overridden.is_empty() {
        let (verb, whose) = if edited.overridden.len() == 1 { ("keeps", "its") } else { ("keep", "their") };
        let names = edited.overridden.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let _ = write!(said, "; {names} {verb} {whose} own");
    }
    if *merged {
        said.push_str("; the file has other changes: R reads them");
    }
    model::sanitise(&said, model::LINE_LIMIT)
}
