//! The list of commands: found by typing, done, or refused with the reason; themes seen before they are taken.

use super::*;
use crate::tui::palette::{Found, chosen, found};

fn typed(app: &mut App, text: &str) {
    press(app, ':');
    for c in text.chars() {
        press(app, c);
    }
}

fn names(app: &App) -> Vec<String> {
    let palette = app.popups.palette().expect("the list is open");
    found(app, palette).into_iter().map(|found| found.name).collect()
}

fn top(app: &App) -> Found {
    chosen(app).expect("something is found")
}

#[test]
fn every_action_is_found_by_its_name_with_its_key_and_done_by_enter() {
    let mut app = app(&["a", "b"], now());
    for binding in crate::tui::keymap::BINDINGS {
        let name = crate::tui::palette::name_of(binding);
        if binding.name == "command" {
            continue;
        }
        typed(&mut app, &name);
        let found = top(&app);
        assert_eq!((found.name.as_str(), found.keys), (name.as_str(), app.options.keys.show(binding.action)));
        code(&mut app, KeyCode::Esc);
    }
    typed(&mut app, "fda");
    assert_eq!(code(&mut app, KeyCode::Enter), [Effect::AskAll(Command::Done)]);
    assert!(app.popups.open.is_none());
}

#[test]
fn what_cannot_be_done_says_why_and_the_list_stays() {
    let mut app = app(&[], now());
    for (name, why) in [
        ("pause", "no watch is selected"),
        ("undo", "no timer was changed"),
        ("tuning save", "for the timers that t opens"),
        ("file begin", "only for a file (`mailwatch-tui open`)"),
    ] {
        typed(&mut app, name);
        assert_eq!(top(&app).why_not.as_deref(), Some(why), "{name}");
        assert_eq!(code(&mut app, KeyCode::Enter), []);
        assert_eq!(app.notices.notice.as_deref(), Some(format!("{name}: {why}").as_str()));
        assert!(app.popups.palette().is_some());
        code(&mut app, KeyCode::Esc);
    }
}

#[test]
fn a_command_is_for_what_was_open_below() {
    let mut app = app(&["a"], now());
    press(&mut app, 't');
    typed(&mut app, "tuning scope");
    assert_eq!(top(&app).why_not, None);
    code(&mut app, KeyCode::Enter);
    assert!(app.popups.tuning().is_some_and(|tuning| tuning.scope == crate::tui::app::Scope::Account));
    typed(&mut app, "zzz");
    code(&mut app, KeyCode::Esc);
    assert!(app.popups.tuning().is_some(), "it is open again");
}

#[test]
fn tab_and_right_complete_and_the_last_commands_stand_first() {
    let mut app = app(&["a", "b"], now());
    typed(&mut app, "watch b");
    code(&mut app, KeyCode::Tab);
    assert_eq!(app.popups.palette().map(|palette| palette.text.as_str()), Some("watch b/INBOX"));
    code(&mut app, KeyCode::Enter);
    assert_eq!(app.watches.selected, Some(WatchId::new("b", "INBOX")));
    typed(&mut app, "zoo");
    code(&mut app, KeyCode::Enter);
    typed(&mut app, "hel");
    code(&mut app, KeyCode::Enter);
    code(&mut app, KeyCode::Esc);
    press(&mut app, ':');
    assert_eq!(names(&app)[..2], ["help", "zoom"]);
    code(&mut app, KeyCode::Down);
    assert!(app.panes.zoom);
    code(&mut app, KeyCode::Enter);
    assert!(!app.panes.zoom, "said again");
}

#[test]
fn a_theme_is_seen_while_it_is_chosen_and_taken_by_enter_alone() {
    let mut app = app(&["a"], now());
    let before = app.styles.clone();
    typed(&mut app, "theme mono");
    assert_ne!(app.styles, before);
    code(&mut app, KeyCode::Esc);
    assert_eq!((&app.styles, app.options.themes.chosen.name() == "mono"), (&before, false));
    typed(&mut app, "theme light");
    code(&mut app, KeyCode::Enter);
    assert_eq!(app.options.themes.chosen.name(), "light");
    assert_ne!(app.styles, before);
    press(&mut app, ':');
    code(&mut app, KeyCode::Esc);
    assert_ne!(app.styles, before, "it stays");
}

#[test]
fn backspace_on_nothing_closes_and_a_click_does_the_command_under_it() {
    let mut app = app(&["a"], now());
    typed(&mut app, "z");
    code(&mut app, KeyCode::Backspace);
    assert!(app.popups.palette().is_some());
    code(&mut app, KeyCode::Backspace);
    assert!(app.popups.open.is_none());
    typed(&mut app, "zoom");
    let area = draw::popup_area(&app);
    let click = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column: area.x + 4,
        row: area.y + 2,
        modifiers: KeyModifiers::NONE,
    };
    app.update(Input::Term(TermEvent::Mouse(click)), app.now);
    assert!(app.panes.zoom && app.popups.open.is_none());
}
