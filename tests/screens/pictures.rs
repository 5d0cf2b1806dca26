//! Pictures of the scene, and what holds for every one of them.

use std::time::Instant;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use mailwatch_proto::model::{Board, WatchId};
use mailwatch_tui::tui::app::{App, Input, Pane};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::layout::ScreenLayout;
use mailwatch_tui::tui::{Options, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use unicode_width::UnicodeWidthStr;

use crate::scene;

pub const SIZES: [(u16, u16); 6] = [(200, 50), (100, 30), (80, 24), (60, 20), (40, 10), (20, 5)];

pub fn options() -> Options {
    Options { zone: TimeZone::UTC, version: "1.2.3", ..Options::default() }
}

pub fn now() -> Now {
    Now { at: Instant::now() + scene::secs(100_000), wall: scene::wall() }
}

pub fn app(width: u16, height: u16, options: Options, now: Now) -> App {
    let mut app = App::new(options, Size::new(width, height), now);
    app.update(Input::Board(scene::board(now)), now);
    for event in scene::events(now) {
        app.update(Input::Event(event), now);
    }
    press(&mut app, now, &[KeyCode::End, KeyCode::Up]);
    app
}

pub fn press(app: &mut App, now: Now, keys: &[KeyCode]) {
    for key in keys {
        app.update(Input::Term(TermEvent::Key(KeyEvent::new(*key, KeyModifiers::NONE))), now);
    }
}

pub fn picture(app: &App) -> String {
    let Size { width, height } = app.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test's terminal");
    terminal.draw(|frame| draw(frame, app)).expect("a test's terminal");
    // A backend without columns can't be written as text.
    if width == 0 { "\n".repeat(usize::from(height)) } else { terminal.backend().to_string() }
}

#[test]
fn without_a_watch_the_screen_says_so() {
    let now = now();
    let app = App::new(options(), Size::new(80, 24), now);
    insta::assert_snapshot!("empty_80x24", picture(&app));
}

#[test]
fn no_size_is_too_small() {
    let now = now();
    let mut app = app(0, 0, options(), now);
    for width in 0..=40 {
        for height in 0..=20 {
            app.update(Input::Term(TermEvent::Resize(width, height)), now);
            for keys in
                [&[][..], &[KeyCode::Char('?')], &[KeyCode::Enter], &[KeyCode::Char('t')], &[KeyCode::Char('z')]]
            {
                press(&mut app, now, &[KeyCode::Esc]);
                press(&mut app, now, keys);
                for pane in ['1', '2', '3', '4', '5'] {
                    press(&mut app, now, &[KeyCode::Char(pane)]);
                    let text = picture(&app);
                    assert_eq!(text.lines().count(), usize::from(height), "{width}x{height}");
                }
            }
        }
    }
}

#[test]
fn strangers_text_keeps_every_border_straight() {
    let subjects = [
        "お知らせ：明日の会議について、とても長い件名がここに続きます",
        "👩\u{200d}💻 ❤\u{fe0f} 🇩🇪 👍🏽 emoji of all kinds 🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉",
        "שלום עולם مرحبا بالعالم right to left",
        "e\u{301}\u{301}\u{301}a\u{308}o\u{302} combining marks z\u{335}\u{336}\u{337}",
        "한국어 ｆｕｌｌｗｉｄｔｈ ¡mixed! 中",
    ];
    for (width, height) in [(200, 50), (100, 30), (81, 24), (80, 24), (60, 20)] {
        let now = now();
        let mut app = app(width, height, options(), now);
        for subject in subjects {
            let event = scene::ago(now, 0, Some(("work", "お知らせ/日本語")), 1, scene::mail(subject, subject));
            app.update(Input::Event(event), now);
        }
        let mut board = scene::board(now);
        rename(&mut board);
        app.update(Input::Board(board), now);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test's terminal");
        terminal.draw(|frame| draw(frame, &app)).expect("a test's terminal");
        let buffer = terminal.backend().buffer();
        for (_, area) in &ScreenLayout::of(&app, app.size).panes {
            for y in area.top() + 1..area.bottom() - 1 {
                for x in [area.left(), area.right() - 1] {
                    assert_eq!(buffer[(x, y)].symbol(), "│", "{width}x{height} at {x},{y}\n{}", terminal.backend());
                }
            }
        }
        for y in 0..height {
            let mut cells = 0;
            let mut x = 0;
            while x < width {
                let size = buffer[(x, y)].symbol().width().max(1);
                cells += size;
                x += u16::try_from(size).expect("a cell's width");
            }
            assert_eq!(cells, usize::from(width), "row {y}\n{}", terminal.backend());
        }
    }
}

#[test]
fn a_subject_of_ten_thousand_characters_takes_half_the_pane_and_says_that_there_is_more() {
    let now = now();
    let mut app = App::new(options(), Size::new(100, 30), now);
    app.update(Input::Board(scene::board(now)), now);
    let subject = "a very long subject ".repeat(500);
    app.update(Input::Event(scene::ago(now, 0, Some(("work", "INBOX")), 1, scene::mail("Ann", &subject))), now);
    let text = picture(&app);
    let pane = ScreenLayout::of(&app, app.size).inside(Pane::Log).map_or(0, |area| usize::from(area.height));
    assert_eq!(text.lines().filter(|line| line.contains("very")).count(), pane / 2, "{text}");
    assert!(text.contains("y copies all"), "{text}");
    let cut = text.lines().filter(|line| line.contains("very")).map(|line| line.matches('…').count());
    assert_eq!(cut.sum::<usize>(), 1, "{text}");
}

/// Gives a watch a name that no one expects.
pub fn rename(board: &mut Board) {
    let Some((_, snapshot)) = board.watches.pop_first() else { return };
    let mut snapshot = (*snapshot).clone();
    snapshot.id = WatchId::new("会社のメール", "お知らせ/日本語のとても長い名前");
    board.watches.insert(snapshot.id.clone(), snapshot.into());
}
