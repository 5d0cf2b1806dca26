//! One frame with hundreds of watches and a full log at 200x50, and the way from a key press to the terminal's bytes.

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
use mailwatch_tui::tui::{Options, draw};
use ratatui::backend::{CrosstermBackend, TestBackend};
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

fn moment() -> Now {
    Now { at: Instant::now() + scene::secs(100_000), wall: scene::wall() }
}

fn frame(criterion: &mut Criterion) {
    for watches in [200, 500] {
        let now = moment();
        let mut app = app(now, watches);
        let mut terminal = Terminal::new(TestBackend::new(200, 50)).expect("a test's terminal");
        let mut second = 0;
        criterion.bench_function(&format!("frame_{watches}_watches_10000_lines_200x50"), |bencher| {
            bencher.iter(|| {
                second += 1;
                app.tick(Now { at: now.at + scene::secs(second % 200), wall: now.wall + scene::secs(second % 200) });
                terminal.draw(|frame| draw(frame, &app)).expect("a test's terminal");
            });
        });
    }
}

/// A key that moves the selection, up to the escape sequences that a terminal would be sent.
fn key_to_bytes(criterion: &mut Criterion) {
    let now = moment();
    let mut app = app(now, 500);
    let backend = CrosstermBackend::new(std::io::sink());
    let viewport = Viewport::Fixed(Rect::new(0, 0, 200, 50));
    let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).expect("a sink");
    let mut down = false;
    criterion.bench_function("key_to_bytes_500_watches_200x50", |bencher| {
        bencher.iter(|| {
            down = !down;
            let code = if down { KeyCode::Down } else { KeyCode::Up };
            app.update(Input::Term(Event::Key(KeyEvent::new(code, KeyModifiers::NONE))), now);
            terminal.draw(|frame| draw(frame, &app)).expect("a sink");
        });
    });
}

criterion_group!(benches, frame, key_to_bytes);
criterion_main!(benches);
