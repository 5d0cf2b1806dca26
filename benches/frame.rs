//! One frame with hundreds of watches and a full log at 200x50, and the way from a key press to the terminal's bytes: drawn
//! and made bytes of as the program does, which go nowhere.

#[path = "../tests/screens/scene.rs"]
#[expect(dead_code, reason = "the pictures use more of it")]
mod scene;

use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use mailwatch_proto::model::{Board, WatchId};
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::{Lean, Options, draw};
use ratatui::layout::{Rect, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};

fn board(now: Now, watches: usize) -> Board {
    let mut board = scene::board(now);
    let models: Vec<_> = board.watches.values().cloned().collect();
    for n in board.watches.len()..watches {
        let mut snapshot = (*models[n % models.len()]).clone();
        snapshot.id = WatchId::new(&format!("account{:02}", n / 10), &format!("lists/number-{n}"));
        board.watches.insert(snapshot.id.clone(), Arc::new(snapshot));
    }
    board
}

fn app(now: Now, watches: usize) -> App {
    let options = Options { zone: TimeZone::UTC, ..Options::default() };
    let mut app = App::new(options, Size::new(200, 50), now);
    app.update(Input::Board(board(now, watches)), now);
    for n in 0..10_000u64 {
        let subject = format!("a subject of ordinary length, the {n}th of its kind");
        let mail = scene::mail("Ann Lee <ann@example.org>", &subject);
        app.update(Input::Event(scene::ago(now, 10_000 - n, Some(("work", "INBOX")), 1, mail)), now);
    }
    app
}

type Nowhere = Terminal<Lean<std::io::Sink>>;

fn nowhere() -> Nowhere {
    let viewport = Viewport::Fixed(Rect::new(0, 0, 200, 50));
    Terminal::with_options(Lean::new(std::io::sink()), TerminalOptions { viewport }).expect("a sink")
}

fn press(terminal: &mut Nowhere, app: &mut App, now: Now, code: KeyCode) {
    app.update(Input::Term(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))), now);
    terminal.draw(|frame| draw(frame, app)).expect("a sink");
}

fn moment() -> Now {
    Now { at: Instant::now() + scene::secs(100_000), wall: scene::wall() }
}

fn frame(criterion: &mut Criterion) {
    for watches in [200, 500] {
        let now = moment();
        let mut app = app(now, watches);
        let mut terminal = nowhere();
        let mut second = 0;
        criterion.bench_function(&format!("frame_{watches}_watches_10000_lines_200x50"), |bencher| {
            bencher.iter(|| {
                second += 1;
                app.tick(Now { at: now.at + scene::secs(second % 200), wall: now.wall + scene::secs(second % 200) });
                terminal.draw(|frame| draw(frame, &app)).expect("a sink");
            });
        });
    }
}

/// A key that moves the selection, up to the escape sequences that a terminal would be sent.
fn key_to_bytes(criterion: &mut Criterion) {
    for watches in [500, 5000] {
        let now = moment();
        let (mut app, mut terminal) = (app(now, watches), nowhere());
        let mut down = false;
        criterion.bench_function(&format!("key_to_bytes_{watches}_watches_200x50"), |bencher| {
            bencher.iter(|| {
                down = !down;
                press(&mut terminal, &mut app, now, if down { KeyCode::Down } else { KeyCode::Up });
            });
        });
    }
}

/// A letter of a filter, typed and taken back, over as many lines as the log keeps.
fn filter(criterion: &mut Criterion) {
    let now = moment();
    let (mut app, mut terminal) = (app(now, 500), nowhere());
    for key in "3/9".chars() {
        press(&mut terminal, &mut app, now, KeyCode::Char(key));
    }
    let mut longer = false;
    criterion.bench_function("filter_10000_lines_200x50", |bencher| {
        bencher.iter(|| {
            longer = !longer;
            press(&mut terminal, &mut app, now, if longer { KeyCode::Char('9') } else { KeyCode::Backspace });
        });
    });
}

criterion_group!(benches, frame, key_to_bytes, filter);
criterion_main!(benches);
