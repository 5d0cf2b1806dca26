//! The tuning popup: the cliff is seen, and what does not fit is reached.

use crossterm::event::KeyCode;
use mailwatch_tui::tui::{Characters, Options};

use crate::pictures;

#[test]
fn the_cliff_of_a_server_that_ignores_done_beyond_an_age() {
    let options = Options { characters: Characters::AsciiMarks, ..pictures::options() };
    for (width, height) in [(200, 50), (100, 30)] {
        let mut app = pictures::app(width, height, options.clone(), pictures::now());
        let now = app.now;
        pictures::press(&mut app, now, &[KeyCode::Home, KeyCode::Char('t')]);
        let text = pictures::picture(&app);
        assert!(
            text.is_ascii() && text.contains("ignored from 5:00") && text.contains("From 5:00 on 5 of 5"),
            "{text}"
        );
    }
}

#[test]
fn a_low_tuning_popup_is_scrolled_to_its_evidence_and_back() {
    for (width, height) in [(80, 24), (60, 20), (40, 10), (20, 5)] {
        let now = pictures::now();
        let mut app = pictures::app(width, height, pictures::options(), now);
        pictures::press(&mut app, now, &[KeyCode::Home, KeyCode::Char('t')]);
        let (first, mut seen) = (pictures::picture(&app), String::new());
        for _ in 0..40 {
            pictures::press(&mut app, now, &[KeyCode::PageDown]);
            seen.push_str(&pictures::picture(&app));
        }
        assert!(seen.contains("failed"), "{width}x{height}\n{seen}");
        for _ in 0..40 {
            pictures::press(&mut app, now, &[KeyCode::PageUp]);
        }
        assert!(
            pictures::picture(&app).contains(if width < 60 { "for " } else { "this watch" }),
            "{}",
            pictures::picture(&app)
        );
        pictures::press(&mut app, now, &[KeyCode::Down, KeyCode::Up]);
        assert_eq!(pictures::picture(&app), first, "{width}x{height}");
        // Down goes through the timers and on to the end.
        for _ in 0..80 {
            pictures::press(&mut app, now, &[KeyCode::Down]);
        }
        assert!(pictures::picture(&app).contains("failed"), "{}", pictures::picture(&app));
    }
}

#[test]
fn what_was_answered_is_the_same_count_in_the_pane_the_popup_and_the_details() {
    let now = pictures::now();
    for (width, height) in [(200, 50), (100, 30), (80, 24), (60, 20)] {
        for (watch, counted) in [(0, "15 answered, 5 failed"), (3, "12 answered, 1 failed")] {
            let mut app = pictures::app(width, height, pictures::options(), now);
            pictures::press(&mut app, now, &[KeyCode::Home]);
            pictures::press(&mut app, now, &vec![KeyCode::Down; watch]);
            pictures::press(&mut app, now, &[KeyCode::Char('2'), KeyCode::Char('z')]);
            let pane = pictures::picture(&app);
            pictures::press(&mut app, now, &[KeyCode::Char('t')]);
            let mut popup = pictures::picture(&app);
            pictures::press(&mut app, now, &[KeyCode::PageDown]);
            popup.push_str(&pictures::picture(&app));
            pictures::press(&mut app, now, &[KeyCode::Esc, KeyCode::Enter]);
            let mut details = String::new();
            for _ in 0..12 {
                details.push_str(&pictures::picture(&app));
                pictures::press(&mut app, now, &[KeyCode::PageDown]);
            }
            for (place, seen) in [("pane", pane), ("popup", popup), ("details", details)] {
                assert!(seen.contains(counted), "{counted} in the {place} at {width}x{height}\n{seen}");
            }
        }
    }
}

#[test]
fn a_value_that_is_typed_stands_in_its_row_with_what_may_be_typed_or_what_is_wrong() {
    let now = pictures::now();
    for (width, height) in [(100, 30), (60, 20), (40, 10)] {
        for (place, keys) in [("pane", "2"), ("popup", "t")] {
            let mut app = pictures::app(width, height, pictures::options(), now);
            pictures::press(&mut app, now, &[KeyCode::Home, KeyCode::Down, KeyCode::Down, KeyCode::Down]);
            let typed = keys.chars().chain("4m3".chars()).map(KeyCode::Char);
            pictures::press(&mut app, now, &typed.collect::<Vec<_>>());
            let typing = pictures::picture(&app);
            pictures::press(&mut app, now, &[KeyCode::Enter]);
            let wrong = pictures::picture(&app);
            insta::assert_snapshot!(format!("typed_{place}_{width}x{height}"), format!("{typing}\n{wrong}"));
        }
    }
}
