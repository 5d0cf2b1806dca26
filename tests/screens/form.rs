//! The form's keys and clicks, and what comes of them.

use std::sync::Arc;

use crossterm::event::{Event as TermEvent, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use mailwatch_engine::config::Wrong;
use mailwatch_proto::model::TlsMode;
use mailwatch_tui::tui::Leave;
use mailwatch_tui::tui::app::{App, Effect, Input, Popup};
use mailwatch_tui::tui::form::FormField;
use mailwatch_tui::tui::requests::{Keep, Reply, Request};
use mailwatch_tui::tui::settings::Ui;

use crate::first_run::{BROKEN, answered, broken, filled, keys, tried, typed, welcomed};
use crate::pictures::picture;

#[test]
fn the_form_takes_letters_as_text_and_the_keys_of_a_form() {
    let mut app = welcomed((100, 30));
    keys(&mut app, &[KeyCode::Char('a')]);
    assert_eq!(typed(&mut app, "qR?ad j"), []);
    assert_eq!(app.popups.form.as_ref().map(|form| form.inputs.address.value()), Some("qR?ad j"));
    let focus = |app: &App| app.popups.form.as_ref().map(|form| form.focus);
    keys(&mut app, &[KeyCode::Tab, KeyCode::Tab]);
    assert_eq!(focus(&app), Some(FormField::PasswordSource));
    keys(&mut app, &[KeyCode::Right]);
    assert_eq!(app.popups.form.as_ref().map(|form| form.fields().contains(&FormField::Command)), Some(true));
    keys(&mut app, &[KeyCode::Char(' '), KeyCode::BackTab]);
    assert_eq!(focus(&app), Some(FormField::Auth));
    app.update(Input::Term(TermEvent::Paste("x".to_owned())), app.now);
    keys(&mut app, &[KeyCode::F(1)]);
    assert!(matches!(app.popups.open, Some(Popup::Help(_))));
    keys(&mut app, &[KeyCode::Esc]);
    assert!(matches!(app.popups.open, Some(Popup::Form)), "it has waited below the help");
}

#[test]
fn a_click_gives_a_field_the_keys_and_presses_a_button() {
    let mut app = welcomed((100, 30));
    let click = |app: &mut App, text: &str| {
        let shown = picture(app);
        let row = shown.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{text}: {shown}"));
        let line = shown.lines().nth(row).expect("found");
        // The picture's rows are quoted.
        let column = line[..line.find(text).expect("found")].chars().count() - 1;
        let at = |n: usize| u16::try_from(n).expect("on the screen");
        let kind = MouseEventKind::Down(MouseButton::Left);
        let mouse = MouseEvent { kind, column: at(column), row: at(row), modifiers: KeyModifiers::NONE };
        app.update(Input::Term(TermEvent::Mouse(mouse)), app.now)
    };
    assert_eq!(click(&mut app, "See the demo"), [Effect::Leave(Leave::Demo)]);
    click(&mut app, "Add an account");
    click(&mut app, "Server ");
    assert_eq!(app.popups.form.as_ref().map(|form| form.focus), Some(FormField::Host));
    typed(&mut app, "h.example");
    click(&mut app, "TLS ");
    click(&mut app, "TLS ");
    assert_eq!(
        app.popups.form.as_ref().map(|form| (form.inputs.tls, form.inputs.port.value().to_owned())),
        Some((TlsMode::StartTls, "143".to_owned()))
    );
    assert_eq!(click(&mut app, "[ Test the"), []);
    assert!(picture(&app).contains("type the password"));
    click(&mut app, " 1 Watches");
    assert!(matches!(app.popups.open, Some(Popup::Form)), "what was typed is not lost to a click beside it");
}

#[test]
fn an_account_is_added_once_and_its_keyrings_refusal_leaves_a_way_on() {
    let mut app = welcomed((100, 30));
    let number = tried(&mut app);
    answered(&mut app, Reply::Tried(number, true));
    let effects = keys(&mut app, &[KeyCode::Enter]);
    let [Effect::Request(Request::Add(entry))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(entry.password.as_ref().map(|(_, keep)| *keep), Some(Keep::Keyring));
    assert_eq!(keys(&mut app, &[KeyCode::Enter]), [], "it is under way");
    answered(&mut app, Reply::NotKept("the keyring is locked".to_owned()));
    let text = picture(&app);
    assert!(text.contains("the keyring is locked") && text.contains("this run only"), "{text}");
    insta::assert_snapshot!("form_not_kept_100x30", text);
    keys(&mut app, &[KeyCode::Left]);
    let form = app.popups.form.as_ref().expect("still there");
    assert!(form.works, "where it is kept is nothing to the server");
    let effects = keys(&mut app, &[KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Enter]);
    let [Effect::Request(Request::Add(entry))] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(entry.password.as_ref().map(|(_, keep)| *keep), Some(Keep::ThisRun));
    answered(&mut app, Reply::Read { said: "account gmail is added".to_owned(), ui: Ui::default() });
    assert!(app.popups.form.is_none() && app.popups.open.is_none());
    assert!(picture(&app).contains("account gmail is added"));
}

#[test]
fn what_the_configuration_does_not_take_is_said_at_its_field() {
    let mut app = welcomed((100, 30));
    filled(&mut app);
    typed(&mut app, "hunter2");
    keys(&mut app, &[KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Enter]);
    let message = "two accounts are named `gmail`: give each account a name of its own".to_owned();
    answered(&mut app, Reply::Wrong(Wrong { key: Some("name".to_owned()), message }));
    assert_eq!(app.popups.form.as_ref().map(|form| form.focus), Some(FormField::Name));
    assert!(picture(&app).contains("two accounts are named"));
    // A problem of the file stands above the form, which waits.
    answered(&mut app, Reply::Config(Arc::new(broken(BROKEN))));
    assert!(matches!(app.popups.open, Some(Popup::Problem(_))));
    keys(&mut app, &[KeyCode::Esc]);
    assert!(matches!(app.popups.open, Some(Popup::Form)));
}

#[test]
fn a_trial_is_stopped_by_esc_and_the_form_stays() {
    let mut app = welcomed((100, 30));
    tried(&mut app);
    assert_eq!(keys(&mut app, &[KeyCode::Esc]), [Effect::Request(Request::StopTrying)]);
    assert!(app.popups.form.as_ref().is_some_and(|form| form.trial.is_none()));
    keys(&mut app, &[KeyCode::Esc, KeyCode::Esc]);
    assert!(app.popups.form.is_none());
}
