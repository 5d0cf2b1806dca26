//! A file that is looked at: the screen at moments of it, and that no key and no engine changes it.

use std::sync::Arc;
use std::time::Instant;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mailwatch_engine::replay::{Replay, read_report};
use mailwatch_proto::model::Board;
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::settings::keys::BINDINGS;
use mailwatch_tui::tui::{Options, ViewedFile};
use ratatui::layout::Size;

use crate::fuzz::event_of;
use crate::pictures;

const STATE: &str = include_str!("../open/state.jsonl");

fn replay() -> Arc<Replay> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(STATE.len() as u64);
    archive.append_data(&mut header, "report/state.jsonl", STATE.as_bytes()).expect("packed");
    let bytes = archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("packed");
    Arc::new(Replay::new(read_report(&bytes).expect("a report"), Instant::now()))
}

fn viewing((width, height): (u16, u16)) -> App {
    let viewed = Some(ViewedFile::new("case-4711.tar.gz".to_owned(), replay()));
    App::new(Options { viewed, ..pictures::options() }, Size::new(width, height), pictures::now())
}

fn press(app: &mut App, code: KeyCode, modifiers: KeyModifiers) -> Vec<Effect> {
    app.update(Input::Term(TermEvent::Key(KeyEvent::new(code, modifiers))), pictures::now())
}

fn at_the_stall(size: (u16, u16)) -> App {
    let mut app = viewing(size);
    press(&mut app, KeyCode::Char('<'), KeyModifiers::NONE);
    app
}

#[test]
fn the_moment_of_a_stall() {
    for (width, height) in [(200, 50), (100, 30), (80, 24), (40, 10)] {
        insta::assert_snapshot!(format!("stall_{width}x{height}"), pictures::picture(&at_the_stall((width, height))));
    }
}

#[test]
fn a_time_in_which_nothing_is_kept_is_named() {
    let mut app = viewing((100, 30));
    press(&mut app, KeyCode::Left, KeyModifiers::CONTROL);
    insta::assert_snapshot!("silence_100x30", pictures::picture(&app));
}

#[test]
fn no_key_is_offered_against_what_was_wrong_in_a_file_and_its_mails_are_not_said_to_have_come() {
    let mut app = at_the_stall((100, 30));
    press(&mut app, KeyCode::Char('5'), KeyModifiers::NONE);
    let text = pictures::picture(&app);
    assert!(text.contains("reissue 4:30 helps") && !text.contains("x reissue"), "{text}");
    assert!(text.contains("no mail is kept in this file"), "{text}");
}

#[test]
fn no_engine_changes_a_file_and_no_clock() {
    let mut app = at_the_stall((100, 30));
    let before = pictures::picture(&app);
    let later = pictures::now();
    app.update(Input::Board(Board::default()), later);
    app.update(Input::EngineEnded { why: None, standing_by: true }, later);
    app.tick(later);
    assert_eq!(pictures::picture(&app), before);
    assert_eq!(app.pace(), None, "nothing runs");
}

#[test]
fn whatever_is_pressed_nothing_leaves_that_would_reach_an_engine() {
    let mut app = at_the_stall((100, 30));
    for binding in BINDINGS {
        for key in binding.keys {
            let key = Input::Term(TermEvent::Key(event_of(*key)));
            for effect in app.update(key, pictures::now()) {
                assert!(!matches!(effect, Effect::Ask(..) | Effect::AskAll(_) | Effect::Request(_)), "{effect:?}");
            }
        }
    }
}

#[test]
fn one_way_or_another_a_moment_is_the_same() {
    let mut forth = viewing((100, 30));
    press(&mut forth, KeyCode::Home, KeyModifiers::NONE);
    for _ in 0..9 {
        press(&mut forth, KeyCode::Char('.'), KeyModifiers::NONE);
    }
    let moment = forth.now.wall;
    let mut back = viewing((100, 30));
    while back.now.wall > moment {
        press(&mut back, KeyCode::Char(','), KeyModifiers::NONE);
    }
    // The selection is the viewer's.
    for app in [&mut forth, &mut back] {
        press(app, KeyCode::Char('g'), KeyModifiers::NONE);
    }
    assert_eq!(pictures::picture(&back), pictures::picture(&forth));
}

#[test]
fn a_click_on_the_time_line_goes_there() {
    let mut app = viewing((100, 30));
    let click = |column| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        Input::Term(TermEvent::Mouse(MouseEvent { kind, column, row: 1, modifiers: KeyModifiers::NONE }))
    };
    let first = pictures::picture(&app).lines().nth(1).map(|line| line.chars().take_while(|c| *c != '─').count());
    // A quotation mark stands before the picture's line.
    let first = u16::try_from(first.expect("a time line") - 1).expect("on the screen");
    app.update(click(first), pictures::now());
    assert!(pictures::picture(&app).contains("Mon 2026-11-23 08:00:00.000"), "{}", pictures::picture(&app));
}
