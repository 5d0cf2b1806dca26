//! The loop: one select over signals, the frame that is due, keys, replies, the board and the events. All I/O is handed
//! in, so that tests drive the real loop.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event as TermEvent;
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::layout::{Rect, Size};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use super::app::{App, Effect, Input};
use super::aside::{For, unlock};
use super::clicks::Clicks;
use super::clock::Now;
use super::draw::draw;
use super::environment::Environment;
use super::leave::Leave;
use super::linked::{Heard, LinkInUse, Linked};
use super::options::Options;
use super::redraw::Redraw;
use super::signals::Signal;
use mailwatch_engine::notify::Alert;
use mailwatch_proto::model::{Command, Event, MailKey, WatchId};

/// How long the wheel rests before what it has changed is asked for.
const REST: Duration = Duration::from_millis(300);

/// How long to wait for a stop: without a shell's job control none comes.
const STOP: Duration = Duration::from_millis(300);

/// What woke the loop.
enum Woken {
    News(Input),
    Signal(Option<Signal>),
    Term(Option<io::Result<TermEvent>>),
    Frame,
    Rested,
    Linked(Option<Linked>),
    Heard(Heard),
}

/// Runs the screen until something ends it, first on the engine of `first`; each of `links` takes the place of the one
/// before. An error of the terminal means that it is gone, and ends the screen too.
pub async fn run_on<B, I, S, E>(
    terminal: &mut Terminal<B>,
    mut inputs: I,
    mut signals: S,
    (first, mut links): (Linked, mpsc::Receiver<Linked>),
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
    let Linked { front_end, requests, engine } = first;
    app.begin(engine, shown);
    let mut link = LinkInUse::new(front_end, requests);
    app.update(Input::Earlier(link.take_earlier()), shown);
    let (mut links_open, mut signals_open) = (true, true);
    let mut rest = None;
    loop {
        let at = environment.now().at;
        let due = redraw.due(at, app.pace());
        // Signals first, then the frame, which is due 30 times a second at most, then another engine, then keys: no flood
        // starves another.
        let woken = tokio::select! {
            biased;
            signal = signals.next(), if signals_open => Woken::Signal(signal),
            () = sleep_until(due.unwrap_or(at).into()), if due.is_some() => Woken::Frame,
            news = environment.news() => Woken::News(news),
            () = sleep_until(rest.unwrap_or(at).into()), if rest.is_some() => Woken::Rested,
            linked = links.recv(), if links_open => Woken::Linked(linked),
            event = inputs.next() => Woken::Term(event),
            heard = link.next() => Woken::Heard(heard),
        };
        let now = redraw.shown(environment.now());
        let effects = match woken {
            Woken::Frame => {
                let asks = link.take_board().map(|board| app.update(Input::Board(board), now)).unwrap_or_default();
                app.tick(redraw.draw(environment.now()));
                if frame(terminal, &mut app, now).is_err() {
                    return Leave::TerminalGone;
                }
                drawn(&mut app, &mut link, &mut redraw, now);
                if asks.is_empty() {
                    continue;
                }
                asks
            }
            Woken::News(news) => app.update(news, now),
            Woken::Rested => {
                rest = None;
                app.update(Input::Rested, now)
            }
            Woken::Linked(Some(linked)) => swap(&mut app, &mut link, linked, now),
            Woken::Linked(None) => {
                links_open = false;
                if app.engine.gone.is_none() {
                    continue;
                }
                app.update(Input::EngineEnded { why: None, standing_by: false }, now)
            }
            Woken::Heard(heard) => match take(&mut app, &link, heard, links_open, now) {
                Some(effects) => effects,
                None => continue,
            },
            Woken::Term(Some(Ok(event))) => {
                redraw.mark_pressed();
                let effects = app.update(clicks.input(event, environment.now().at), now);
                rest = app.timers.waits_for_rest().then(|| environment.now().at + REST);
                effects
            }
            Woken::Term(Some(Err(_)) | None) => return Leave::TerminalGone,
            Woken::Signal(Some(signal)) => answer(signal),
            Woken::Signal(None) => {
                signals_open = false;
                Vec::new()
            }
        };
        redraw.mark();
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            let done = perform(effect, &mut app, &mut link, now);
            let leave = match done {
                Some(LoopEffect::Leave(leave)) => Some(leave),
                Some(LoopEffect::Anew) => anew(terminal, &mut environment).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Copy(text)) => environment.copy(text).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Alert(alert)) => environment.alert(&alert).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Users(users)) => do_for_user(users, &mut environment, &mut app),
                Some(LoopEffect::Run(command)) => run(&command, &mut environment, &mut app),
                Some(LoopEffect::Suspend) => suspend(terminal, &mut environment, &mut signals).await,
                Some(LoopEffect::Aside(what)) => {
                    let edge = (&mut environment, &mut inputs, &mut signals);
                    let ended = aside(what, terminal, edge, &link).await;
                    let now = redraw.shown(environment.now());
                    ended.map(|input| effects.extend(app.update(input, now))).err()
                }
                None => None,
            };
            if let Some(leave) = leave {
                return leave;
            }
        }
    }
}

/// Takes in what the engine says; `None` where that changes no cell, as while the display is frozen.
fn take(app: &mut App, link: &LinkInUse, heard: Heard, links_open: bool, now: Now) -> Option<Vec<Effect>> {
    match heard {
        Heard::Board => (!app.is_frozen()).then(Vec::new),
        Heard::Events(events) => {
            let asks = happened(app, events, now);
            (!app.is_frozen()).then_some(asks)
        }
        Heard::Ended(events) => {
            happened(app, events, now);
            Some(app.update(Input::EngineEnded { why: link.ending(), standing_by: links_open }, now))
        }
        Heard::Reply(reply) => Some(app.update(Input::Reply(reply), now)),
    }
}

/// A frame was drawn: mails that it could show are confirmed, and timers' settings that wait are sent. What a busy watch does
/// not take goes with the next frame.
fn drawn(app: &mut App, link: &mut LinkInUse, redraw: &mut Redraw, now: Now) {
    for mail in app.drawn() {
        link.confirm(mail);
    }
    link.want_wire(app.wants_wire());
    if let Some(why) = link.send_held() {
        app.update(Input::NotTaken(why), now);
        redraw.mark();
    }
    if link.holds() {
        redraw.mark();
    }
}

/// Writes a file of the screen's own, and says where it cannot be written; or runs a command of the user's.
fn do_for_user<E: Environment>(users: Users, environment: &mut E, app: &mut App) -> Option<Leave> {
    match users {
        Users::Keep(file, text) => {
            if let Err(why) = environment.keep(&file, &text) {
                app.notices.say(format!("{} cannot be written: {why}", file.display()));
            }
        }
        Users::Run(watch, arguments) => environment.run_users(watch, arguments),
    }
    None
}

/// Starts a program; where it cannot be started the screen says so.
fn run<E: Environment>(command: &[String], environment: &mut E, app: &mut App) -> Option<Leave> {
    if let Err(why) = environment.run(command) {
        let program = command.first().map_or("", String::as_str);
        app.notices.say(format!("{program} cannot be started: {why}"));
    }
    None
}

/// The command that opens a mail; what is wrong with it is said.
fn open_mail(mail: &MailKey, message_id: Option<&str>, app: &mut App) -> Option<Vec<String>> {
    let found = app.options.commands.opener(mail, message_id);
    let started = |command: &Vec<String>| format!("started {}", command.first().map_or("", String::as_str));
    app.notices.say(found.as_ref().map_or_else(Clone::clone, started));
    found.ok()
}

/// Another engine takes the place of the one before, at once and with its board; what that one had still to say comes first.
fn swap(app: &mut App, link: &mut LinkInUse, linked: Linked, now: Now) -> Vec<Effect> {
    let Linked { front_end, requests, engine } = linked;
    let before = std::mem::replace(link, LinkInUse::new(front_end, requests));
    happened(app, before.last_events(), now);
    let mut effects = app.update(Input::Linked(engine), now);
    effects.extend(app.update(Input::Earlier(link.take_earlier()), now));
    if let Some(board) = link.take_board() {
        app.update(Input::Board(board), now);
    }
    effects
}

fn happened(app: &mut App, events: Vec<Event>, now: Now) -> Vec<Effect> {
    events.into_iter().flat_map(|event| app.update(Input::Event(event), now)).collect()
}

/// For what the screen is put aside.
enum Aside {
    Account(String),
    Host(Arc<str>),
}

/// An effect that only the loop can carry out.
enum LoopEffect {
    Leave(Leave),
    Copy(String),
    Alert(Alert),
    Anew,
    Suspend,
    Aside(Aside),
    Run(Vec<String>),
    Users(Users),
}

/// What the user keeps, or runs.
enum Users {
    Keep(PathBuf, String),
    Run(Option<WatchId>, Vec<String>),
}

/// Sends commands and requests; returns what is left to the loop.
fn perform(effect: Effect, app: &mut App, link: &mut LinkInUse, now: Now) -> Option<LoopEffect> {
    if !matches!(effect, Effect::Ask(..)) {
        link.send_held();
    }
    match effect {
        Effect::Ask(id, command) => {
            if let Err(why) = link.ask(id, command) {
                app.update(Input::NotTaken(why), now);
            }
            None
        }
        Effect::AskAll(command) => {
            let asked = link.commander().send_all(command);
            app.update(Input::Asked(command, asked), now);
            None
        }
        Effect::LinkAgain(host) => {
            link.try_again(&host);
            None
        }
        Effect::Request(request) => {
            if let Some(host) = app.selected_host() {
                link.aim(&host);
            }
            if !link.requests().request(request) {
                app.update(Input::NotRequested, now);
            }
            None
        }
        Effect::Look(request) => {
            let _ = link.requests().request(request);
            None
        }
        Effect::Suspend => Some(LoopEffect::Suspend),
        Effect::Unlock(account) => Some(LoopEffect::Aside(Aside::Account(account))),
        Effect::AskHost(host) => Some(LoopEffect::Aside(Aside::Host(host))),
        Effect::Redraw => Some(LoopEffect::Anew),
        Effect::Leave(leave) => Some(LoopEffect::Leave(leave)),
        Effect::Copy(text) => Some(LoopEffect::Copy(text)),
        Effect::Run(command) => Some(LoopEffect::Run(command)),
        Effect::RunUsers(watch, arguments) => Some(LoopEffect::Users(Users::Run(watch, arguments))),
        Effect::Keep(file, text) => Some(LoopEffect::Users(Users::Keep(file, text))),
        Effect::OpenMail(mail, message_id) => open_mail(&mail, message_id.as_deref(), app).map(LoopEffect::Run),
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

/// Puts the screen aside for commands that ask; what they came to, once the terminal was taken again.
async fn aside<B, I, S, E>(
    what: Aside,
    terminal: &mut Terminal<B>,
    (environment, inputs, signals): (&mut E, &mut I, &mut S),
    link: &LinkInUse,
) -> Result<Input, Leave>
where
    B: Backend,
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
    S: Stream<Item = Signal> + Unpin,
    E: Environment,
{
    // In a box: the loop would carry its room for ever.
    let what_for = match &what {
        Aside::Account(account) => For::Account(account),
        Aside::Host(host) => For::Host(host),
    };
    let outcome = Box::pin(unlock(what_for, (environment, inputs, signals), link)).await?;
    anew(terminal, environment).map_err(|_| Leave::TerminalGone)?;
    Ok(match what {
        Aside::Account(account) => Input::Unlocked(account, outcome),
        Aside::Host(host) => Input::Reached(host, outcome.map(drop)),
    })
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
