//! The screen on the process's terminal.

use std::io;
use std::time::Duration;

use crossterm::event::Event as TermEvent;
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::app::Input;
use super::background::is_worth_asking;
use super::colour_depth::ColourDepth;
use super::environment::Environment;
use super::event_loop::run_on;
use super::glyphs::Characters;
use super::keyboard::Keyboard;
use super::leave::Leave;
use super::linked::Linked;
use super::options::Options;
use super::signals;
use super::terminal::{TakenTerminal, Typing, ask_background};
use mailwatch_engine::notify::Shows;

/// How long the first frame waits for the terminal's background: no eye sees it, and most terminals answer in less. A later
/// answer changes the colours.
const BLINK: Duration = Duration::from_millis(20);

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
    // Once a process: the answer is remembered.
    let asks = !keyboard.listens() && options.depth != ColourDepth::None && is_worth_asking(var);
    let inputs = move || {
        keyboard.listen(asks);
        let typing = Typing { pause: keyboard.pause(), background: keyboard.background() };
        (keyboard, typing)
    };
    // In a box: the screen's state is large, and those who wait for it would carry it.
    Box::pin(run_with(inputs, asks, first, links, options)).await
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
    run_with(|| (inputs(), Typing::default()), false, first, links, options).await
}

async fn run_with<I>(
    inputs: impl FnOnce() -> (I, Typing),
    asks: bool,
    first: Linked,
    links: mpsc::Receiver<Linked>,
    mut options: Options,
) -> io::Result<Leave>
where
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
{
    let signals = signals::listen()?;
    let shows = Shows::from_vars(var, options.characters == Characters::Ascii);
    let mut environment = TakenTerminal::enter(options.mouse, options.depth, shows)?;
    let mut screen = environment.screen()?;
    let guard = environment.panic_guard();
    if asks {
        ask_background()?;
    }
    let (inputs, typing) = inputs();
    environment.may_run(options.commands.clone(), typing);
    if options.themes.auto
        && let Ok(Input::Background(ground)) = timeout(BLINK, (&mut environment).news()).await
    {
        options.themes.show_on(ground);
    }
    let running = run_on(&mut screen, inputs, signals, (first, links), options, &mut environment);
    let leave = guard.watch(running).await;
    // In this order: what the screen writes when dropped must not reach the terminal that was given back.
    environment.leave();
    drop(screen);
    Ok(leave)
}

fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
