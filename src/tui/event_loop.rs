//! The loop: one select over signals, the frame that is due, keys, replies, the board and the events. All I/O is handed
//! in, so that tests drive the real loop.

mod effects;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crossterm::event::Event as TermEvent;
use futures_util::{Stream, StreamExt};
use ratatui::Terminal;
use ratatui::layout::{Rect, Size};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};

use super::app::{App, Effect, Input};
use super::aside::{For, unlock};
use super::clicks::Clicks;
use super::clock::Now;
use super::environment::{Environment, News};
use super::lean::Paced;
use super::leave::Leave;
use super::linked::{Heard, LinkInUse, Linked};
use super::options::Options;
use super::redraw::Redraw;
use super::sending::Sending;
use super::signals::Signal;
use effects::{Aside, LoopEffect, do_outside, perform};
use mailwatch_proto::model::{Command, Event};

/// How long the wheel rests before what it has changed is asked for.
const REST: Duration = Duration::from_millis(300);

/// How long to wait for a stop: without a shell's job control none comes.
const STOP: Duration = Duration::from_millis(300);

/// What woke the loop.
enum Woken {
    News(News),
    Signal(Option<Signal>),
    Term(Option<io::Result<TermEvent>>),
    Frame,
    Written,
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
    B: Paced,
    I: Stream<Item = io::Result<TermEvent>> + Unpin,
    S: Stream<Item = Signal> + Unpin,
    E: Environment,
{
    let now = environment.now();
    let mut redraw = Redraw::new(now);
    let shown = redraw.shown(now);
    let app = App::new(options, terminal.size().unwrap_or(Size::ZERO), shown);
    let (mut app, mut link) = begin(app, first, shown);
    let mut clicks = Clicks::default();
    let (mut links_open, mut signals_open, mut rest, mut confirms) = (true, true, None, false);
    let (mut sending, out) = (Sending::new(environment.flow()), environment.out());
    loop {
        let at = environment.now().at;
        let due = sending.due(redraw.due(at, app.pace()), at, redraw.is_pressed());
        // Signals first, then the frame, which is due 30 times a second at most and waits for the one before to be written, then
        // another engine, then keys: no flood starves another.
        let woken = tokio::select! {
            biased;
            signal = signals.next(), if signals_open => Woken::Signal(signal),
            () = out.written(), if confirms && sending.is_whole() => Woken::Written,
            () = async { sleep_until(due.unwrap_or(at).into()).await; out.written().await }, if due.is_some() => Woken::Frame,
            news = environment.news() => Woken::News(news),
            () = sleep_until(rest.unwrap_or(at).into()), if rest.is_some() => Woken::Rested,
            linked = links.recv(), if links_open => Woken::Linked(linked),
            event = inputs.next() => Woken::Term(event),
            heard = link.next() => Woken::Heard(heard),
        };
        let now = redraw.shown(environment.now());
        let effects = match woken {
            Woken::Frame => {
                let shown = show(terminal, (&mut app, &mut link), (&mut redraw, &mut sending), &mut environment, now);
                let Some(asks) = shown else { return Leave::TerminalGone };
                confirms = true;
                if asks.is_empty() {
                    continue;
                }
                asks
            }
            Woken::Written => {
                confirms = false;
                app.drawn().into_iter().for_each(|mail| link.confirm(mail));
                continue;
            }
            Woken::News(News::Answered(ground)) => {
                sending.answered(environment.now().at);
                let Some(ground) = ground else { continue };
                app.update(Input::Background(ground), now)
            }
            Woken::News(News::Shown(news)) => app.update(*news, now),
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
            before(done.as_ref(), &mut environment, &mut sending).await;
            let leave = match done {
                Some(LoopEffect::Leave(leave)) => Some(leave),
                Some(LoopEffect::Anew) => anew(terminal, &mut environment).err().map(|_| Leave::TerminalGone),
                Some(LoopEffect::Outside(outside)) => do_outside(outside, &mut environment, &mut app),
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

/// The screen's state on its first engine.
fn begin(mut app: App, first: Linked, shown: Now) -> (App, LinkInUse) {
    let Linked { front_end, requests, engine } = first;
    app.begin(engine, shown);
    let mut link = LinkInUse::new(front_end, requests);
    app.update(Input::Earlier(link.take_earlier()), shown);
    (app, link)
}

/// Draws the newest state, and asks the terminal where the line may be slow; what the board asks for. `None` where the
/// terminal is gone.
fn show<B: Paced, E: Environment>(
    terminal: &mut Terminal<B>,
    (app, link): (&mut App, &mut LinkInUse),
    (redraw, sending): (&mut Redraw, &mut Sending),
    environment: &mut E,
    now: Now,
) -> Option<Vec<Effect>> {
    let asks = link.take_board().map(|board| app.update(Input::Board(board), now)).unwrap_or_default();
    let (at, pressed) = (environment.now(), redraw.is_pressed());
    app.tick(redraw.draw(at));
    if sending.frame(terminal, app, (now, at.at), pressed).ok()? {
        let bytes = environment.ask_terminal().ok()?;
        sending.asked(at.at, bytes);
    }
    drawn(app, link, redraw, now);
    Some(asks)
}

/// Before somebody else has the terminal, or had it: what it still answers is awaited, then no more.
async fn before<E: Environment>(done: Option<&LoopEffect>, environment: &mut E, sending: &mut Sending) {
    match done {
        Some(LoopEffect::Leave(_) | LoopEffect::Anew | LoopEffect::Suspend | LoopEffect::Aside(_)) => {
            environment.settle().await;
            sending.forget();
        }
        Some(LoopEffect::Outside(_)) | None => {}
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

/// A frame was drawn: timers' settings that wait are sent. What a busy watch does not take goes with the next frame. Mails
/// that it could show are confirmed once it is written.
fn drawn(app: &mut App, link: &mut LinkInUse, redraw: &mut Redraw, now: Now) {
    link.want_wire(app.wants_wire());
    if let Some(why) = link.send_held() {
        app.update(Input::NotTaken(why), now);
        redraw.mark();
    }
    if link.holds() {
        redraw.mark();
    }
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

/// Stops the process; when it continues, takes the terminal again.
async fn suspend<B, S, E>(terminal: &mut Terminal<B>, environment: &mut E, signals: &mut S) -> Option<Leave>
where
    B: Paced,
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
    B: Paced,
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

/// Takes the terminal again, and draws every cell at the next frame. `clear` would ask the terminal for its cursor, and
/// fail without an answer; `resize` does not.
fn anew<B: Paced, E: Environment>(terminal: &mut Terminal<B>, environment: &mut E) -> io::Result<()> {
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
