//! Any keys, any sizes, any events, any answers, in any order: no panic, and every frame fits.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mailwatch_engine::config::parse;
use mailwatch_engine::link::NotTaken;
use mailwatch_proto::model::{
    Board, Command, ConnId, DoneReason, EventKind, Evidence, Fault, FaultClass, Origin, Phase, Served, Snapshot,
    Status, TIMERS, Timer, Timers, Verdict, WatchId, WireDirection,
};
use mailwatch_tui::configuration::format;
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::draw;
use mailwatch_tui::tui::keymap::{BINDINGS, Code, Key};
use mailwatch_tui::tui::layout::ScreenLayout;
use mailwatch_tui::tui::requests::Reply;
use mailwatch_tui::tui::settings::Ui;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use unicode_width::UnicodeWidthStr;

use crate::{pictures, scene};

#[derive(Clone, Debug)]
enum Step {
    /// A key of the table of actions.
    Action(usize),
    Key(KeyCode, bool),
    Resize(u16, u16),
    Mouse(u16, u16, MouseEventKind),
    DoubleClick(u16, u16),
    Paste(String),
    Mail(String, String),
    Wire(String, bool),
    Done(u64, u64, bool),
    /// What else may happen, by number, with a text.
    Happened(usize, String),
    /// Another truth: so many watches, in phases of this seed.
    Board(usize, u64),
    Scene,
    Answer(usize, String),
    Later(u64),
    Draw,
}

fn key() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        8 => prop::char::range(' ', '~').prop_map(KeyCode::Char),
        2 => prop::sample::select(vec![
            KeyCode::Up, KeyCode::Down, KeyCode::Left, KeyCode::Right, KeyCode::PageUp, KeyCode::PageDown,
            KeyCode::Home, KeyCode::End, KeyCode::Tab, KeyCode::BackTab, KeyCode::Enter, KeyCode::Esc,
            KeyCode::Backspace, KeyCode::F(1), KeyCode::Null,
        ]),
        1 => any::<char>().prop_map(KeyCode::Char),
    ]
}

fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![
        3 => (0u16..220, 0u16..60),
        1 => (0u16..4, 0u16..4),
        2 => prop::sample::select(vec![(200, 50), (100, 30), (80, 24), (60, 20), (40, 10), (20, 5), (1, 1)]),
    ]
}

fn mouse() -> impl Strategy<Value = MouseEventKind> {
    prop::sample::select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::Down(MouseButton::Right),
        MouseEventKind::Up(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::ScrollLeft,
    ])
}

fn step() -> impl Strategy<Value = Step> {
    let at = || (0u16..220, 0u16..60);
    prop_oneof![
        10 => (0..BINDINGS.len()).prop_map(Step::Action),
        4 => (key(), any::<bool>()).prop_map(|(code, ctrl)| Step::Key(code, ctrl)),
        3 => size().prop_map(|(width, height)| Step::Resize(width, height)),
        3 => (at(), mouse()).prop_map(|((x, y), kind)| Step::Mouse(x, y, kind)),
        1 => at().prop_map(|(x, y)| Step::DoubleClick(x, y)),
        1 => any::<String>().prop_map(Step::Paste),
        2 => (any::<String>(), any::<String>()).prop_map(|(from, subject)| Step::Mail(from, subject)),
        2 => (any::<String>(), any::<bool>()).prop_map(|(text, ours)| Step::Wire(text, ours)),
        2 => (any::<u64>(), any::<u64>(), any::<bool>()).prop_map(|(idle, took, late)| Step::Done(idle, took, late)),
        2 => (0..HAPPENINGS, any::<String>()).prop_map(|(which, text)| Step::Happened(which, text)),
        3 => (0usize..40, any::<u64>()).prop_map(|(count, seed)| Step::Board(count, seed)),
        1 => Just(Step::Scene),
        2 => (0..ANSWERS, any::<String>()).prop_map(|(which, text)| Step::Answer(which, text)),
        1 => (0u64..100_000_000).prop_map(Step::Later),
        4 => Just(Step::Draw),
    ]
}

/// The terminal's event for a key of the table.
pub fn event_of(key: Key) -> KeyEvent {
    let code = match key.code {
        Code::Char(c) => KeyCode::Char(c),
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Insert => KeyCode::Insert,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left | Code::ShiftLeft => KeyCode::Left,
        Code::Right | Code::ShiftRight => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(n) => KeyCode::F(n),
    };
    let mut modifiers = if key.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
    modifiers.set(KeyModifiers::SHIFT, key.without_shift().is_some());
    KeyEvent::new(code, modifiers)
}

const HAPPENINGS: usize = 19;

/// Everything that an event may be, but mail, the trace and an answered DONE.
fn happening(which: usize, text: String) -> EventKind {
    let (span, evidence) = (Duration::from_millis(text.len() as u64 * 977), Evidence::default());
    match which {
        0 => EventKind::Phase { from: None, to: Phase::ALL[text.len() % Phase::ALL.len()], by: Served::Status },
        1 => EventKind::Connected { addr: None, tls: None, took: span },
        2 => EventKind::Capabilities { idle: false, list: [text].into() },
        3 => EventKind::Exists { count: u32::MAX, delta: i64::MIN },
        4 => EventKind::Expunge { count: u32::MAX },
        5 => EventKind::Flags { count: 0 },
        6 => EventKind::DoneSent { reason: DoneReason::NewMail, idle: span },
        7 => EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: span, evidence },
        8 => EventKind::Verdict { verdict: Verdict::PathDead, text, evidence: Some(evidence), mails: Vec::new() },
        9 => EventKind::Replaced { by: ConnId(u64::MAX), blind: span },
        10 => EventKind::Heartbeat { text },
        11 => EventKind::Unparsed { text },
        12 => EventKind::Bye { text },
        13 => EventKind::Alert { text },
        14 => EventKind::Fault { class: FaultClass::Auth, message: text, retry: false },
        15 => EventKind::Retry { attempt: u32::MAX, delay: Duration::MAX },
        16 => {
            EventKind::Retuned { timer: Timer::Silence, from: None, to: Some(span), origin: Origin::Learned, by: None }
        }
        17 => EventKind::Hook { command: vec![text], exit: None, took: span },
        _ => EventKind::Lost { count: u64::MAX },
    }
}

const ANSWERS: usize = 9;

/// Everything that the program around the screen, and the link, may answer.
fn answer(which: usize, text: String) -> Input {
    let error = || {
        let format = format();
        parse(&text, "config.toml".as_ref(), &format).err().or_else(|| parse("[[account", "c".as_ref(), &format).err())
    };
    match which {
        0 => Input::Reply(Reply::Done(text)),
        1 => Input::Reply(Reply::Failed(text)),
        2 => Input::Reply(Reply::Read { said: text, ui: Ui::default() }),
        3 => Input::Reply(Reply::Config(Arc::new(error().expect("no account is no configuration")))),
        4 => Input::NotTaken(NotTaken::Busy),
        5 => Input::NotTaken(NotTaken::NoSuchWatch),
        6 => Input::Asked(Command::Done, text.len()),
        7 => Input::NotRequested,
        _ => Input::EngineEnded { why: None, standing_by: true },
    }
}

/// So many watches in accounts of three, each in a phase and with figures of the seed's.
fn any_board(count: usize, mut seed: u64, now: Now) -> Board {
    let mut random = move || {
        // Knuth's MMIX generator: enough to mix a few figures.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let models: Vec<Snapshot> = scene::board(now).watches.into_values().map(|watch| (*watch).clone()).collect();
    let mut board = Board::default();
    for n in 0..count {
        let mut snapshot = if random() % 2 == 0 {
            models[n % models.len()].clone()
        } else {
            Snapshot::new(WatchId::new("x", "y"), Timers::default(), now.at)
        };
        snapshot.id = WatchId::new(["work", "お知らせ", "e\u{301}", ""][n / 3 % 4], &format!("box{}", n + n / 12));
        snapshot.phase = Phase::ALL[usize::try_from(random()).unwrap_or(0) % Phase::ALL.len()];
        snapshot.mailbox.new = u32::try_from(random() % 3).unwrap_or(0) * 1_000_000_000;
        snapshot.connection.attempt = u32::try_from(random()).unwrap_or(0);
        if random() % 3 == 0 {
            let timer = TIMERS[usize::try_from(random()).unwrap_or(0) % TIMERS.len()].timer;
            snapshot.deadline = Some((now.at + Duration::from_secs(random() % 100_000), timer));
        }
        if random() % 4 == 0 {
            snapshot.fault = Some(Fault::needs_user(FaultClass::Tls, "the certificate is 日本語 for another host"));
        }
        board.watches.insert(snapshot.id.clone(), Arc::new(snapshot));
    }
    if random() % 5 == 0 {
        board.fault = Some(Fault::retry_after(FaultClass::History, "history.db cannot be written"));
    }
    board
}

fn inputs(step: Step, now: Now) -> Vec<Input> {
    let work = Some(("work", "INBOX"));
    let happened = |kind| Input::Event(scene::ago(now, 0, work, 1, kind));
    match step {
        Step::Action(index) => {
            BINDINGS[index].keys.iter().map(|key| Input::Term(TermEvent::Key(event_of(*key)))).collect()
        }
        Step::Key(code, ctrl) => {
            let modifiers = if ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            vec![Input::Term(TermEvent::Key(KeyEvent::new(code, modifiers)))]
        }
        Step::Resize(width, height) => vec![Input::Term(TermEvent::Resize(width, height))],
        Step::Mouse(column, row, kind) => {
            vec![Input::Term(TermEvent::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))]
        }
        Step::DoubleClick(x, y) => vec![Input::DoubleClick((x, y).into())],
        Step::Paste(text) => vec![Input::Term(TermEvent::Paste(text))],
        Step::Mail(from, subject) => vec![happened(scene::mail(&from, &subject))],
        Step::Wire(text, ours) => {
            let direction = if ours { WireDirection::Client } else { WireDirection::Server };
            vec![happened(scene::wire(direction, &text))]
        }
        Step::Done(idle, took, late) => {
            let (reason, idle, took) = (DoneReason::User, Duration::from_millis(idle), Duration::from_millis(took));
            vec![
                happened(EventKind::DoneSent { reason, idle }),
                happened(EventKind::DoneAcked { took }),
                happened(EventKind::DoneAnswered { reason, took, status: Status::Ok, untagged: 0, late }),
            ]
        }
        Step::Happened(which, text) => vec![happened(happening(which, text))],
        Step::Board(count, seed) => vec![Input::Board(any_board(count, seed, now))],
        Step::Scene => vec![Input::Board(scene::board(now))],
        Step::Answer(which, text) => vec![answer(which, text)],
        Step::Later(_) | Step::Draw => Vec::new(),
    }
}

/// Draws, and asserts that each row fills the terminal's width exactly, wide characters counted as what they are.
fn fits(app: &App) -> Result<(), TestCaseError> {
    let mut terminal = Terminal::new(TestBackend::new(app.size.width, app.size.height)).expect("a test's terminal");
    terminal.draw(|frame| draw(frame, app)).expect("a test's terminal");
    let buffer = terminal.backend().buffer();
    for y in 0..app.size.height {
        let mut x = 0;
        while x < app.size.width {
            let symbol = buffer[(x, y)].symbol();
            prop_assert!(!symbol.chars().any(char::is_control), "row {}: {:?}", y, symbol);
            x += u16::try_from(symbol.width().max(1)).expect("a cell's width");
        }
        prop_assert_eq!(x, app.size.width, "row {}", y);
    }
    Ok(())
}

/// What holds for the table whatever was done.
fn is_sound(app: &App) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        app.watches.position().is_some(),
        !app.watches.rows.is_empty(),
        "a row is selected if and only if there is one"
    );
    if let Some(position) = app.watches.position() {
        let height = ScreenLayout::of(app, app.size).watch_rows();
        prop_assert!(
            (app.watches.top..app.watches.top + height).contains(&position),
            "{} from {}",
            position,
            app.watches.top
        );
        prop_assert!(app.selection().is_some(), "what is selected is on the board");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_comes_in_makes_it_panic(steps in prop::collection::vec(step(), 0..60)) {
        let mut now = pictures::now();
        let mut app = pictures::app(100, 30, pictures::options(), now);
        for step in steps {
            let drawn = matches!(step, Step::Draw | Step::Resize(..));
            if let Step::Later(millis) = step {
                let later = Duration::from_millis(millis);
                now = Now { at: now.at + later, wall: now.wall + later };
                app.tick(now);
            }
            for input in inputs(step, now) {
                app.update(input, now);
                is_sound(&app)?;
            }
            if drawn {
                fits(&app)?;
            }
        }
    }
}
