//! Any keys, any sizes, any events, in any order: no panic, and every frame fits.

use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mailwatch_tui::model::{DoneReason, EventKind, Status, WireDirection};
use mailwatch_tui::tui::app::Input;
use mailwatch_tui::tui::clock::Now;
use proptest::prelude::*;

use crate::{pictures, scene};

#[derive(Clone, Debug)]
enum Step {
    Key(KeyCode, bool),
    Resize(u16, u16),
    Mouse(u16, u16, bool),
    Paste(String),
    Mail(String, String),
    Wire(String, bool),
    Done(u64, u64, bool),
    Board,
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

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (key(), any::<bool>()).prop_map(|(code, ctrl)| Step::Key(code, ctrl)),
        3 => (0u16..220, 0u16..60).prop_map(|(width, height)| Step::Resize(width, height)),
        2 => (0u16..220, 0u16..60, any::<bool>()).prop_map(|(x, y, wheel)| Step::Mouse(x, y, wheel)),
        1 => any::<String>().prop_map(Step::Paste),
        3 => (any::<String>(), any::<String>()).prop_map(|(from, subject)| Step::Mail(from, subject)),
        3 => (any::<String>(), any::<bool>()).prop_map(|(text, ours)| Step::Wire(text, ours)),
        2 => (any::<u64>(), any::<u64>(), any::<bool>()).prop_map(|(idle, took, late)| Step::Done(idle, took, late)),
        1 => Just(Step::Board),
        1 => (0u64..100_000_000).prop_map(Step::Later),
        4 => Just(Step::Draw),
    ]
}

fn inputs(step: Step, now: Now) -> Vec<Input> {
    let work = Some(("work", "INBOX"));
    let happened = |kind| Input::Event(scene::ago(now, 0, work, 1, kind));
    match step {
        Step::Key(code, ctrl) => {
            let modifiers = if ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            vec![Input::Term(TermEvent::Key(KeyEvent::new(code, modifiers)))]
        }
        Step::Resize(width, height) => vec![Input::Term(TermEvent::Resize(width, height))],
        Step::Mouse(column, row, wheel) => {
            let kind = if wheel { MouseEventKind::ScrollUp } else { MouseEventKind::Down(MouseButton::Left) };
            vec![Input::Term(TermEvent::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))]
        }
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
        Step::Board => vec![Input::Board(scene::board(now))],
        Step::Later(_) | Step::Draw => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

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
            }
            if drawn {
                let rows = pictures::picture(&app).lines().count();
                prop_assert_eq!(rows, usize::from(app.size.height));
            }
        }
    }
}
