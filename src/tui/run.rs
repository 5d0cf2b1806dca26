//! The screen on the process's terminal.

use std::io;
use std::time::Duration;

use crossterm::event::Event as TermEvent;
use futures_util::Stream;
use tokio::sync::mpsc;

use super::background::is_worth_asking;
use super::event_loop::run_on;
use super::glyphs::Characters;
use super::keyboard::Keyboard;
use super::leave::Leave;
use super::linked::Linked;
use super::options::Options;
use super::signals;
use super::terminal::TakenTerminal;
use super::typing::{TerminalAnswers, Typing};
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
    let asks = is_worth_asking(var);
    let inputs = move || {
        keyboard.listen();
        let typing = Typing { pause: keyboard.pause(), answers: keyboard.answers().map(TerminalAnswers::new) };
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
    Box::pin(run_with(|| (inputs(), Typing::default()), false, first, links, options)).await
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
    let (inputs, typing) = inputs();
    environment.may_run(options.commands.clone(), typing);
    let mut ground = environment.ground();
    if asks {
        let waits = options.themes.auto && ground.is_none();
        ground = environment.ask_ground(if waits { BLINK } else { Duration::ZERO }).await?.or(ground);
    }
    if let Some(ground) = ground.filter(|_| options.themes.auto) {
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
