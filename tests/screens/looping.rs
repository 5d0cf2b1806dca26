//! The loop as it runs, on a terminal that counts its frames, under a paused clock.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use futures_util::stream::{self, Stream};
use mailwatch_engine::link::{self, Link};
use mailwatch_proto::model::{Board, Command, Phase, WatchId};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::{EngineIs, Environment, Leave, Linked, Paced, RequestClient, Signal, Unlocking, run_on};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::{pictures, scene};

/// A test's terminal that counts its frames.
struct Counting {
    inner: TestBackend,
    frames: Arc<AtomicUsize>,
    /// What stands there after the last frame.
    shown: Arc<Mutex<String>>,
}

impl Backend for Counting {
    type Error = Infallible;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> Result<(), Infallible> {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.inner.draw(content)?;
        *self.shown.lock().expect("no panic") = self.inner.to_string();
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        panic!("the screen must not ask the terminal for its cursor")
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), Infallible> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, Infallible> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl Paced for Counting {}

/// Clocks that follow tokio's; counts what is asked of the process.
struct TestEdge {
    base: Now,
    suspended: Arc<AtomicUsize>,
    resumed: Arc<AtomicUsize>,
}

impl Environment for TestEdge {
    fn now(&self) -> Now {
        let at = tokio::time::Instant::now().into_std();
        Now { at, wall: self.base.wall + at.saturating_duration_since(self.base.at) }
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.suspended.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn unlock(&mut self, _: &str) -> Unlocking {
        self.suspended.fetch_add(1, Ordering::Relaxed);
        Unlocking::Shown("ended with exit code 2".to_owned())
    }

    fn resume(&mut self) -> io::Result<()> {
        self.resumed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

pub struct Running {
    pub links: mpsc::Sender<Linked>,
    shown: Arc<Mutex<String>>,
    keys: Option<mpsc::UnboundedSender<io::Result<TermEvent>>>,
    signals: mpsc::UnboundedSender<Signal>,
    frames: Arc<AtomicUsize>,
    suspended: Arc<AtomicUsize>,
    resumed: Arc<AtomicUsize>,
    pub engine: Engine,
    task: JoinHandle<Leave>,
    pub now: Now,
}

/// An engine's ends, as far as a screen has to do with it.
pub struct Engine {
    pub publisher: link::Publisher,
    pub commands: BTreeMap<WatchId, link::Commands>,
    pub confirmed: mpsc::UnboundedReceiver<mailwatch_proto::model::MailKey>,
}

/// An engine with that board, and a screen's ends at it.
pub fn engine(board: Board, is: EngineIs) -> (Engine, Linked) {
    let Link { publisher, commands, confirmed, front_end } = link::link(board.watches.keys().cloned(), 64, true);
    publisher.change(|shown| *shown = board);
    let linked = Linked { front_end, requests: RequestClient::absent(), engine: is };
    (Engine { publisher, commands, confirmed }, linked)
}

fn stream_of<T>(mut receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> + Unpin {
    stream::poll_fn(move |context| receiver.poll_recv(context))
}

pub fn start(board: impl FnOnce(Now) -> Board) -> Running {
    let now = Now { at: tokio::time::Instant::now().into_std(), wall: SystemTime::UNIX_EPOCH + scene::secs(1000) };
    let (engine, first) = engine(board(now), EngineIs::Own);
    let (links, later) = mpsc::channel(4);
    let (keys, key_events) = mpsc::unbounded_channel();
    let (signals, signal_events) = mpsc::unbounded_channel();
    let frames = Arc::new(AtomicUsize::new(0));
    let (suspended, resumed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let shown = Arc::new(Mutex::new(String::new()));
    let backend = Counting { inner: TestBackend::new(100, 30), frames: Arc::clone(&frames), shown: Arc::clone(&shown) };
    let edge = TestEdge { base: now, suspended: Arc::clone(&suspended), resumed: Arc::clone(&resumed) };
    let task = tokio::spawn(async move {
        let mut terminal = Terminal::new(backend).expect("a test's terminal");
        let (keys, signals) = (stream_of(key_events), stream_of(signal_events));
        run_on(&mut terminal, keys, signals, (first, later), pictures::options(), edge).await
    });
    Running { links, shown, keys: Some(keys), signals, frames, suspended, resumed, engine, task, now }
}

impl Running {
    pub fn press(&self, code: KeyCode, modifiers: KeyModifiers) {
        let keys = self.keys.as_ref().expect("the keyboard is there");
        keys.send(Ok(TermEvent::Key(KeyEvent::new(code, modifiers)))).expect("the loop runs");
    }

    /// What the last frame shows.
    pub fn shown(&self) -> String {
        self.shown.lock().expect("no panic").clone()
    }

    pub fn frames(&self) -> usize {
        self.frames.load(Ordering::Relaxed)
    }
}

/// The scene, with every watch at rest.
pub fn resting(now: Now) -> Board {
    let mut board = scene::board(now);
    for snapshot in board.watches.values_mut() {
        let snapshot = Arc::make_mut(snapshot);
        snapshot.phase = Phase::Paused;
        snapshot.connection.replacing = false;
        snapshot.quarantined = None;
        snapshot.deadline = None;
    }
    board
}

#[tokio::test(start_paused = true)]
async fn with_nothing_running_no_frame_is_drawn() {
    let running = start(resting);
    sleep(scene::secs(1)).await;
    let before = running.frames();
    sleep(scene::secs(3600)).await;
    assert_eq!(running.frames(), before);
}

#[tokio::test(start_paused = true)]
async fn a_running_timer_is_drawn_once_a_second() {
    let running = start(scene::board);
    sleep(scene::millis(500)).await;
    let before = running.frames();
    sleep(scene::secs(60)).await;
    assert_eq!(running.frames() - before, 60);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_display_draws_nothing_until_a_key() {
    let running = start(scene::board);
    running.press(KeyCode::Char('F'), KeyModifiers::NONE);
    sleep(scene::secs(1)).await;
    let before = running.frames();
    let wire = scene::wire(mailwatch_proto::model::WireDirection::Server, "* 3 EXISTS");
    running.engine.publisher.publish(scene::ago(running.now, 0, Some(("work", "INBOX")), 1, wire));
    running.engine.publisher.change(|board| *board = resting(running.now));
    sleep(scene::secs(60)).await;
    assert_eq!(running.frames(), before);
    running.press(KeyCode::Char('F'), KeyModifiers::NONE);
    sleep(scene::secs(60)).await;
    assert_eq!(running.frames(), before + 1, "the board that came meanwhile has nothing running");
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_drawn_thirty_times_a_second_at_most() {
    let running = start(resting);
    sleep(scene::secs(1)).await;
    let before = running.frames();
    for n in 0..1000u32 {
        let wire = scene::wire(mailwatch_proto::model::WireDirection::Server, &format!("* {n} EXISTS"));
        running.engine.publisher.publish(scene::ago(running.now, 0, Some(("work", "INBOX")), 1, wire));
        sleep(scene::millis(1)).await;
    }
    assert!(running.frames() - before <= 31, "{} frames", running.frames() - before);
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_confirmed_after_the_frame_that_shows_it() {
    let mut running = start(resting);
    sleep(scene::secs(1)).await;
    let before = running.frames();
    let mail = scene::mail("Ann Lee <ann@example.org>", "Friday?");
    running.engine.publisher.publish(scene::ago(running.now, 0, Some(("work", "INBOX")), 1, mail));
    let confirmed = running.engine.confirmed.recv().await.expect("the mail is confirmed");
    assert_eq!((confirmed.uid, &*confirmed.watch.account), (7, "work"));
    assert_eq!(running.frames(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn keys_become_commands_of_the_selected_watch() {
    let mut running = start(scene::board);
    sleep(scene::secs(1)).await;
    running.press(KeyCode::Char('d'), KeyModifiers::NONE);
    let first = WatchId::new("gmail", "INBOX");
    let commands = running.engine.commands.get_mut(&first).expect("the first watch");
    assert_eq!(commands.recv().await, Some(Command::Done));
}

#[tokio::test(start_paused = true)]
async fn user1_asks_every_watch_for_done() {
    let mut running = start(scene::board);
    sleep(scene::secs(1)).await;
    running.signals.send(Signal::User1).expect("the loop runs");
    for commands in running.engine.commands.values_mut() {
        assert_eq!(commands.recv().await, Some(Command::Done));
    }
}

#[tokio::test(start_paused = true)]
async fn what_ends_it_ends_it_at_once() {
    let quit = start(scene::board);
    quit.press(KeyCode::Char('q'), KeyModifiers::NONE);
    assert_eq!(quit.task.await.expect("no panic"), Leave::Quit);

    let control_c = start(scene::board);
    control_c.press(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(control_c.task.await.expect("no panic"), Leave::Quit);

    for signal in [Signal::Terminate, Signal::Interrupt, Signal::HangUp] {
        let running = start(scene::board);
        running.signals.send(signal).expect("the loop runs");
        assert_eq!(running.task.await.expect("no panic"), Leave::Signal(signal));
    }

    let mut unplugged = start(scene::board);
    drop(unplugged.keys.take());
    assert_eq!(unplugged.task.await.expect("no panic"), Leave::TerminalGone);
}

#[tokio::test(start_paused = true)]
async fn a_suspended_screen_comes_back_whole() {
    let running = start(resting);
    sleep(scene::secs(1)).await;
    let before = running.frames();
    running.press(KeyCode::Char('z'), KeyModifiers::CONTROL);
    sleep(scene::millis(10)).await;
    assert_eq!(running.suspended.load(Ordering::Relaxed), 1);
    assert_eq!(running.resumed.load(Ordering::Relaxed), 0);
    running.signals.send(Signal::Continue).expect("the loop runs");
    sleep(scene::millis(100)).await;
    assert_eq!(running.resumed.load(Ordering::Relaxed), 1);
    assert_eq!(running.frames(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_command_said_stays_until_enter_or_a_signal() {
    for by_signal in [false, true] {
        let running = start(resting);
        sleep(scene::secs(1)).await;
        running.press(KeyCode::Char('L'), KeyModifiers::NONE);
        running.press(KeyCode::Char('q'), KeyModifiers::NONE);
        sleep(scene::secs(100)).await;
        assert_eq!(running.suspended.load(Ordering::Relaxed), 1);
        assert_eq!(running.resumed.load(Ordering::Relaxed), 0, "the terminal is not the screen's");
        assert!(!running.task.is_finished(), "q was not for the screen");
        if by_signal {
            running.signals.send(Signal::Terminate).expect("the loop runs");
            assert_eq!(running.task.await.expect("no panic"), Leave::Signal(Signal::Terminate));
        } else {
            running.press(KeyCode::Enter, KeyModifiers::NONE);
            sleep(scene::secs(1)).await;
            assert_eq!(running.resumed.load(Ordering::Relaxed), 1);
            running.press(KeyCode::Char('q'), KeyModifiers::NONE);
            assert_eq!(running.task.await.expect("no panic"), Leave::Quit);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_screen_stays_when_the_engine_has_ended() {
    let Running { keys, engine, frames, task, links, .. } = start(resting);
    drop(links);
    sleep(scene::secs(1)).await;
    let before = frames.load(Ordering::Relaxed);
    drop(engine);
    sleep(scene::secs(10)).await;
    assert!(!task.is_finished());
    // The board's end and the events' are two things to hear of; the age of what is shown counts from then on.
    assert!((10..=12).contains(&(frames.load(Ordering::Relaxed) - before)));
    drop(keys);
}
