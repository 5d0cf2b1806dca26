//! One frame with 200 watches and a full log at 200x50.

#[path = "../tests/screens/scene.rs"]
#[expect(dead_code, reason = "the pictures use more of it")]
mod scene;

use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use mailwatch_tui::model::{Board, WatchId};
use mailwatch_tui::tui::app::{App, Input};
use mailwatch_tui::tui::clock::Now;
use mailwatch_tui::tui::{Options, draw};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

fn board(now: Now) -> Board {
    let mut board = scene::board(now);
    let models: Vec<_> = board.watches.values().cloned().collect();
    for n in 0..195 {
        let mut snapshot = (*models[n % models.len()]).clone();
        snapshot.id = WatchId::new(&format!("account{:02}", n / 10), &format!("lists/number-{n}"));
        board.watches.insert(snapshot.id.clone(), Arc::new(snapshot));
    }
    board
}

fn frame(criterion: &mut Criterion) {
    let now = Now { at: Instant::now() + scene::secs(100_000), wall: scene::wall() };
    let options = Options { zone: TimeZone::UTC, ..Options::default() };
    let mut app = App::new(options, Size::new(200, 50), now);
    app.update(Input::Board(board(now)), now);
    for n in 0..10_000u64 {
        let subject = format!("a subject of ordinary length, the {n}th of its kind");
        let mail = scene::mail("Ann Lee <ann@example.org>", &subject);
        app.update(Input::Event(scene::ago(now, 10_000 - n, Some(("work", "INBOX")), 1, mail)), now);
    }
    let mut terminal = Terminal::new(TestBackend::new(200, 50)).expect("a test's terminal");
    let mut second = 0;
    criterion.bench_function("frame_200_watches_10000_lines_200x50", |bencher| {
        bencher.iter(|| {
            second += 1;
            app.tick(Now { at: now.at + scene::secs(second % 200), wall: now.wall + scene::secs(second % 200) });
            terminal.draw(|frame| draw(frame, &app)).expect("a test's terminal");
        });
    });
}

criterion_group!(benches, frame);
criterion_main!(benches);
