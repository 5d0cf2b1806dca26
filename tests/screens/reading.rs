//! The log and the wire as they are read: each kind of events, a search, wrapped lines, strangers' text.

use crossterm::event::KeyCode;
use mailwatch_proto::model::WireDirection;
use mailwatch_tui::tui::app::{App, Input};

use crate::pictures::{app, now, options, picture, press};
use crate::scene;

fn typed(app: &mut App, text: &str) {
    let now = app.now;
    press(app, now, &text.chars().map(KeyCode::Char).collect::<Vec<_>>());
}

#[test]
fn the_log_in_each_kind() {
    for (times, kind) in ["news", "all", "mail", "done", "trouble"].into_iter().enumerate() {
        let now = now();
        let mut app = app(80, 24, options(), now);
        typed(&mut app, "3z");
        typed(&mut app, &"v".repeat(times));
        insta::assert_snapshot!(format!("log_{kind}_80x24"), picture(&app));
    }
}

#[test]
fn the_log_while_it_is_searched() {
    let now = now();
    let mut app = app(80, 24, options(), now);
    typed(&mut app, "3z/DONE");
    press(&mut app, now, &[KeyCode::Esc, KeyCode::Char('z')]);
    typed(&mut app, "NN");
    insta::assert_snapshot!("log_search_80x24", picture(&app));
}

#[test]
fn the_wire_with_long_lines_wrapped() {
    for (width, height) in [(100, 30), (80, 24), (40, 10)] {
        let now = now();
        let mut app = app(width, height, options(), now);
        press(&mut app, now, &[KeyCode::Home]);
        let line = scene::wire(WireDirection::Server, &format!("* LIST {}", "(\\HasNoChildren) ".repeat(12)));
        app.update(Input::Event(scene::ago(now, 0, Some(("gmail", "INBOX")), 9, line)), now);
        typed(&mut app, "4zW");
        insta::assert_snapshot!(format!("wire_wrapped_{width}x{height}"), picture(&app));
    }
}

/// A text of numbered words.
fn numbered(count: usize) -> String {
    (0..count).map(|n| format!("word{n:04}")).collect::<Vec<_>>().join(" ")
}

/// Those that a picture shows.
fn words(app: &App) -> Vec<String> {
    let shown = picture(app);
    let words = shown.split(|c: char| !c.is_ascii_alphanumeric());
    // One that is cut is none.
    let words = words.filter(|word| word.starts_with("word0") && word.len() == "word0000".len());
    words.map(ToOwned::to_owned).collect()
}

#[test]
fn each_row_of_an_entry_taller_than_its_pane_is_reached_by_rows_and_by_pages() {
    const WORDS: usize = 160;
    for (width, height) in [(80, 24), (40, 10)] {
        for (pane, keys) in [("3z", [KeyCode::Up, KeyCode::Down]), ("4zW", [KeyCode::Up, KeyCode::Down])]
            .into_iter()
            .flat_map(|(pane, keys)| [(pane, keys), (pane, [KeyCode::PageUp, KeyCode::PageDown])])
        {
            let now = now();
            let mut app = app(width, height, options(), now);
            press(&mut app, now, &[KeyCode::Home]);
            let (gmail, text) = (Some(("gmail", "INBOX")), numbered(WORDS));
            for event in [scene::mail("Ann", &text), scene::mail("Bob", "short")] {
                app.update(Input::Event(scene::ago(now, 0, gmail, 9, event)), now);
            }
            for text in [&text, "* short"] {
                let line = scene::wire(WireDirection::Server, text);
                app.update(Input::Event(scene::ago(now, 0, gmail, 9, line)), now);
            }
            typed(&mut app, pane);
            for key in keys {
                let mut seen = std::collections::BTreeSet::new();
                for _ in 0..WORDS {
                    seen.extend(words(&app));
                    press(&mut app, now, &[key]);
                }
                assert_eq!(seen.len(), WORDS, "{key:?} in pane {pane} at {width}x{height}\n{}", picture(&app));
            }
        }
    }
}

#[test]
fn the_log_within_an_entry_taller_than_its_pane() {
    for (width, height) in [(80, 24), (40, 10)] {
        let now = now();
        let mut app = app(width, height, options(), now);
        let mail = scene::mail("Ann", &numbered(200));
        app.update(Input::Event(scene::ago(now, 0, Some(("gmail", "INBOX")), 9, mail)), now);
        typed(&mut app, "3");
        press(&mut app, now, &[KeyCode::Up, KeyCode::PageUp]);
        insta::assert_snapshot!(format!("log_tall_{width}x{height}"), picture(&app));
    }
}

#[test]
fn strangers_text_keeps_the_row_of_every_line_whatever_is_searched_or_wrapped() {
    let texts = [
        "\u{202e}gnp.exe\u{202c} \u{2066}x\u{2069}".to_owned(),
        "日本語の件名がここに続きます".repeat(50),
        "e\u{301}\u{301} שלום 👩\u{200d}💻 ".repeat(40),
        "x".repeat(10_000),
    ];
    for (width, height) in [(200, 50), (100, 30), (80, 24), (41, 10), (40, 10), (12, 5), (3, 2), (1, 1)] {
        let now = now();
        let mut app = app(width, height, options(), now);
        press(&mut app, now, &[KeyCode::Home]);
        for text in &texts {
            let gmail = Some(("gmail", "INBOX"));
            app.update(Input::Event(scene::ago(now, 0, gmail, 9, scene::mail("Ann", text))), now);
            let line = scene::wire(WireDirection::Server, text);
            app.update(Input::Event(scene::ago(now, 0, gmail, 9, line)), now);
        }
        for pane in ["3z", "4", "4W"] {
            typed(&mut app, pane);
            for needle in ["x", "日", "ש"] {
                typed(&mut app, "/");
                typed(&mut app, needle);
                press(&mut app, now, &[KeyCode::Enter]);
                typed(&mut app, "NNnf");
                assert_eq!(picture(&app).lines().count(), usize::from(height));
                press(&mut app, now, &[KeyCode::Esc]);
            }
        }
    }
}
