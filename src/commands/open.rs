//! `open`: a report or a history in the screen. There is no engine, and nothing is written.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use mailwatch_engine::link::{self, Link};
use mailwatch_engine::replay::{self, Replay};
use mailwatch_engine::requests::request_channel;
use mailwatch_proto::model::sanitise;
use tokio::sync::mpsc;

use crate::cli::Global;
use crate::configuration;
use crate::output::{Exit, Output};
use crate::process::screen_options::options;
use crate::tui::{self, EngineIs, Keyboard, Linked, ViewedFile};

/// What is shown of the file's name.
const NAME: usize = 60;

/// Shows the file until the screen is left.
///
/// # Errors
/// Where the terminal or the output cannot be used.
pub async fn open(global: &Global, file: &Path, output: &mut Output<'_>) -> io::Result<Exit> {
    let ui = match configuration::ui(global) {
        Ok(ui) => ui,
        Err(error) => {
            write!(output.err, "{}", error.render(output.width, output.colour))?;
            return Ok(Exit::Bad);
        }
    };
    let path = file.to_owned();
    let read =
        tokio::task::spawn_blocking(move || replay::open(&path).map(|material| Replay::new(material, Instant::now())));
    let replay = match read.await.map_err(io::Error::other)? {
        Ok(replay) if replay.is_empty() => {
            writeln!(output.err, "error: {} has nothing to show", file.display())?;
            return Ok(Exit::Failed);
        }
        Ok(replay) => Arc::new(replay),
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            return Ok(Exit::Failed);
        }
    };
    let name = file.file_name().map_or_else(|| file.to_string_lossy(), |name| name.to_string_lossy());
    let mut options = tui::Options { configures: false, ..options(global) };
    options.apply(ui);
    options.viewed = Some(ViewedFile::new(sanitise(&name, NAME), replay));
    // The ends of an engine that is not there: they are held until the screen is left.
    let Link { publisher: _publisher, confirmed: _confirmed, front_end, .. } = link::link([], 1, false);
    let (requests, _queue) = request_channel();
    let links = mpsc::channel(1).1;
    let mut keyboard = Keyboard::default();
    let left = tui::run(&mut keyboard, Linked { front_end, requests, engine: EngineIs::Own }, links, options).await;
    keyboard.let_go();
    left.map(|_| Exit::Done)
}
