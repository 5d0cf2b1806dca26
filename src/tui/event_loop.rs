//! The loop: one select over signals, the frame that is due, keys, replies, the board and the events. All I/O is handed
//! in, so that tests drive the real loop.

use std::io;
use std::time::Duration;

use crossterm::event::Event as TermEvent;
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Rect, Size};
use tokio::time::{sleep_until, timeout};

use super::app::{App, Effect, Input};
use super::clicks::Clicks;
use super::clock::Now;
use super::draw::draw;
use super::leave::Leave;
use super::options::Options;
use super::redraw::Redraw;
use super::requests::{Reply, RequestClient};
use super::signals::Signal;
use mailwatch_engine::link::{Commander, FrontEnd};
use mailwatch_engine::notify::Alert;
use mailwatch_proto::model::Command;

/// How many events are taken at once before keys and frames again.
const BATCH: usize = 512;

/// How long to wait for a stop: without a shell's job control none comes.
const STOP: Duration = Duration::from_millis(300);

/// The process around the loop: clocks, terminal modes, clipboard.
pub trait Environment {
    /// Reads the clocks.
    fn now(&self) -> Now;

    /// Gives the terminal back and stops the process.
    ///
    /// # Errors
    /// Where the system refuses.
    fn suspend(&mut self) -> io::Result<()>;

    /// Takes the terminal again.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn resume(&mut self) -> io::Result<()>;

    /// Puts a text on the clipboard, if there is one.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn copy(&mut self, _text: String) -> io::Result<()> {
        Ok(())
    }

    /// Has the terminal show a notification, between two frames.
    ///
    /// # Errors
    /// Where the terminal is gone.
    fn alert(&mut self, _alert: &Alert) -> io::Result<()> {
        Ok(())
    }
}

/// What woke the loop.
enum Woken {
    Signal(Option<Signal>),
    Term(Option<io::Result<TermEvent>>),
    Frame,
    Board(bool),
    Event(Option<mailwatch_proto::model::Event>),
    Reply(Reply),
}

/// Runs the screen until something ends it. An error of the terminal means that it is gone, and ends the screen too.
pub async fn run_on<B, I, S, E>(
    terminal: &mut Terminal<B>,
    mut inputs: I,
    mut signals: S,
    mut front_end: FrontEnd,
    mut requests: RequestClient,
    options: Options,
    mut environment: E,
) -> Leave
where
    B: Backend,
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
    S: Stream<Item = Signal> + Unpin,
    E: Environment,
{
    let now = environment.now();
    let mut redraw = Redraw::new(now);
    let shown = redraw.shown(now);
    let size = terminal.size().unwrap_or(Size::ZERO);
    let mut app = App::new(options, size, shown);
    let mut clicks = Clicks::default();
    let mut board = front_end.board.clone();
    board.mark_changed();
    let mut board_is_stale = false;
    let (mut board_open, mut events_open, mut signals_open) = (true, true, true);
    loop {
        let due = redraw.due(environment.now().at, app.pace());
        // Signals first, then the frame, which is due 30 times a second at most, then keys: no flood starves another.
        let woken = tokio::select! {
            biased;
            signal = signals.next(), if signals_open => Woken::Signal(signal),
            () = sleep_until(due.unwrap_or_else(|| environment.now().at).into()), if due.is_some() => Woken::Frame,
            event = inputs.next() => Woken::Term(event),
            reply = requests.reply() => Woken::Reply(reply),
            changed = board.changed(), if board_open && !board_is_stale => Woken::Board(changed.is_ok()),
            event = front_end.event(), if events_open => Woken::Event(event),
        };
        let now = redraw.shown(environment.now());
        let effects = match woken {
            Woken::Frame => {
                if board_is_stale {
                    let fresh = board.borrow_and_update().clone();
                    board_is_stale = false;
                    app.update(Input::Board(fresh), now);
                }
                app.tick(redraw.draw(environment.now()));
                if frame(terminal, &mut app, now).is_err() {
                    return Leave::TerminalGone;
                }
                for mail in app.drawn() {
                    front_end.confirm(mail);
                }
                continue;
            }
            Woken::Board(true) => {
                board_is_stale = true;
                if app.is_frozen() {
                    continue;
                }
                Vec::new()
            }
            Woken::Board(false) => {
                board_open = false;
                // The last board may have come together with the end.
                board_is_stale = true;
                app.update(Input::EngineEnded, now)
            }
            Woken::Event(Some(event)) => {
                let more = std::iter::from_fn(|| front_end.try_event()).take(BATCH);
                for event in std::iter::once(event).chain(more) {
                    app.update(Input::Event(event), now);
                }
                // A frozen display changes no cell.
                if app.is_frozen() {
                    continue;
                }
                Vec::new()
            }
            Woken::Event(None) => {
                events_open = false;
                app.update(Input::EngineEnded, now)
            }
            Woken::Reply(reply) => app.update(Input::Reply(reply), now),
            Woken::Term(Some(Ok(event))) => {
                redraw.mark_pressed();
                app.update(clicks.input(event, environment.now().at), now)
            }
            Woken::Term(Some(Err(_)) | None) => return Leave::TerminalGone,
            Woken::Signal(Some(signal)) => answer(signal),
            Woken::Signal(None) => {
                signals_open = false;
                Vec::new()
            }
        };
        redraw.mark();
        let commander = front_end.commander();
        for effect in effects {
            let done = perform(effect, &mut app, commander, &requests, now);
            let leave = match done {
                Some(LoopEffect::Leave(leave)) => Some(leave),
                Some(LoopEffect::Anew) => anew(terminal, &mut environment).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Copy(text)) => environment.copy(text).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Alert(alert)) => environment.alert(&alert).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Suspend) => suspend(terminal, &mut environment, &mut signals).await,
                None => None,
            };
            if let Some(leave) = leave {
                return leave;
            }
        }
    }
}

/// An effect that only the loop can carry out.
enum LoopEffect {
    Leave(Leave),
    Copy(String),
    Alert(Alert),
    Anew,
    Suspend,
}

/// Sends commands and requests; returns what is left to the loop.
fn perform(
    effect: Effect,
    app: &mut App,
    commander: &Commander,
    requests: &RequestClient,
    now: Now,
) -> Option<LoopEffect> {
    match effect {
        Effect::Ask(id, command) => {
            if let Err(why) = commander.send(&id, command) {
                app.update(Input::NotTaken(why), now);
            }
            None
        }
        Effect::AskAll(command) => {
            let asked = commander.send_all(command);
            app.update(Input::Asked(asked), now);
            None
        }
        Effect::Request(request) => {
            if !requests.request(request) {
                app.update(Input::NotRequested, now);
            }
            None
        }
        Effect::Suspend => Some(LoopEffect::Suspend),
        Effect::Redraw => Some(LoopEffect::Anew),
        Effect::Leave(leave) => Some(LoopEffect::Leave(leave)),
        Effect::Copy(text) => Some(LoopEffect::Copy(text)),
        Effect::Alert(alert) => Some(LoopEffect::Alert(alert)),
    }
}

/// Stops the process; when it continues, takes the terminal again.
async fn suspend<B, S, E>(terminal: &mut Terminal<B>, environment: &mut E, signals: &mut S) -> Option<Leave>
where
    B: Backend,
    S: Stream<Item = Signal> + Unpin,
    E: Environment,
{
    if environment.suspend().is_err() {
        return Some(Leave::TerminalGone);
    }
    if let Some(leave) = stopped(signals).await {
        return Some(leave);
    }
    anew(terminal, environment).err().map(|_| Leave::TerminalGone)
}

fn answer(signal: Signal) -> Vec<Effect> {
    match signal {
        Signal::Interrupt | Signal::Terminate | Signal::HangUp => vec![Effect::Leave(Leave::Signal(signal))],
        Signal::User1 => vec![Effect::AskAll(Command::Done)],
        Signal::Continue => vec![Effect::Redraw],
    }
}

/// Draws. The terminal's size may have changed without an event: the app learns it before it is drawn.
pub(in crate::tui) fn frame<B: Backend>(terminal: &mut Terminal<B>, app: &mut App, now: Now) -> Result<(), B::Error> {
    let drawn = terminal.draw(|frame| {
        let size = frame.area().as_size();
        if size != app.size {
            app.update(Input::Term(TermEvent::Resize(size.width, size.height)), now);
        }
        draw(frame, app);
    });
    drawn.map(|_| ())
}

/// Takes the terminal again, and draws every cell at the next frame. `clear` would ask the terminal for its cursor, and
/// fail without an answer; `resize` does not.
fn anew<B: Backend, E: Environment>(terminal: &mut Terminal<B>, environment: &mut E) -> io::Result<()> {
    environment.resume()?;
    let gone = |error: B::Error| io::Error::other(error.to_string());
    let size = terminal.size().map_err(gone)?;
    terminal.resize(Rect::from((ratatui::layout::Position::ORIGIN, size))).map_err(gone)
}

/// Waits until the stop is over: for the signal that ends it, but not for long.
async fn stopped<S: Stream<Item = Signal> + Unpin>(signals: &mut S) -> Option<Leave> {
    let signal = timeout(STOP, async {
        loop {
            match signals.next().await {
                Some(Signal::User1) => {}
                other => return other,
            }
        }
    });
    match signal.await {
        Ok(Some(signal @ (Signal::Interrupt | Signal::Terminate | Signal::HangUp))) => Some(Leave::Signal(signal)),
        Ok(Some(Signal::Continue | Signal::User1) | None) | Err(_) => None,
    }
}
