//! The screen on the process's terminal.

use std::io;

use crossterm::event::Event as TermEvent;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::event_loop::run_on;
use super::glyphs::Characters;
use super::keyboard::{Keyboard, KeyboardPause};
use super::leave::Leave;
use super::linked::Linked;
use super::options::Options;
use super::{signals, terminal};
use mailwatch_engine::notify::Shows;

/// Runs the screen on the process's terminal until the user, a signal or the terminal ends it; first on the engine of
/// `first`, and on each of `links` from its arrival on. Leaves the terminal as it was, also after a panic. Does not end
/// the engine, and does not release the keyboard.
///
/// # Errors
/// If standard output is not a terminal, or cannot be set up.
pub async fn run(
    keyboard: &mut Keyboard,
    first: Linked,
    links: mpsc::Receiver<Linked>,
    options: Options,
) -> io::Result<Leave> {
    let inputs = move || {
        let pause = keyboard.listen().pause();
        (keyboard, pause)
    };
    run_with(inputs, first, links, options).await
}

/// The same with keys from elsewhere: from what `inputs` makes once standard output is known to be a terminal.
///
/// # Errors
/// As [`run`].
pub async fn run_from<I>(
    inputs: impl FnOnce() -> I,
    first: Linked,
    links: mpsc::Receiver<Linked>,
    options: Options,
) -> io::Result<Leave>
where
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
{
    run_with(|| (inputs(), KeyboardPause::default()), first, links, options).await
}

async fn run_with<I>(
    inputs: impl FnOnce() -> (I, KeyboardPause),
    first: Linked,
    links: mpsc::Receiver<Linked>,
    options: Options,
) -> io::Result<Leave>
where
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
{
    let signals = signals::listen()?;
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let shows = Shows::from_vars(var, options.characters == Characters::Ascii);
    let mut environment = terminal::TakenTerminal::enter(options.mouse, options.depth, shows)?;
    let mut screen = environment.screen()?;
    let guard = environment.panic_guard();
    let (inputs, pause) = inputs();
    environment.may_run(options.commands.clone(), pause);
    let running = run_on(&mut screen, inputs, signals, (first, links), options, &mut environment);
    let leave = guard.watch(running).await;
    // In this order: what the screen writes when dropped must not reach the terminal that was given back.
    environment.leave();
    drop(screen);
    Ok(leave)
}
