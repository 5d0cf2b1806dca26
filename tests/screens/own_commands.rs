//! Keys of the user's own: `[ui.commands]`.

use crossterm::event::KeyCode;
use mailwatch_engine::config::{self, WarningKind};
use mailwatch_proto::model::WatchId;
use mailwatch_tui::configuration::{Config, format};
use mailwatch_tui::tui::app::{App, Effect, Input};
use mailwatch_tui::tui::palette::{Does, found};

use crate::{pictures, scene};

const ACCOUNT: &str = "[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nuser = \"me@example.org\"\n";

fn configured(commands: &str) -> Config {
    let text = format!("{ACCOUNT}[ui.commands]\n{commands}");
    config::parse(&text, std::path::Path::new("config.toml"), &format()).expect("a configuration")
}

fn with(commands: &str) -> App {
    let now = pictures::now();
    let mut app = pictures::app(120, 40, pictures::options(), now);
    app.restyle(configured(commands).ui);
    app
}

fn press(app: &mut App, code: KeyCode) -> Vec<Effect> {
    let event = crossterm::event::KeyEvent::new(code, crossterm::event::KeyModifiers::NONE);
    app.update(Input::Term(crossterm::event::Event::Key(event)), app.now)
}

fn said(app: &App) -> String {
    app.notices.notice.as_ref().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn a_key_runs_its_command_for_the_selected_watch_and_how_it_ended_is_told() {
    let mut app = with("b = [\"mbsync\", \"{account}:{mailbox}\"]\n");
    let watch = app.watches.selected.clone().expect("a watch");
    let run = vec!["mbsync".to_owned(), format!("{}:{}", watch.account, watch.mailbox)];
    let effects = press(&mut app, KeyCode::Char('b'));
    assert!(effects.contains(&Effect::RunUsers(Some(watch.clone()), run.clone())), "{effects:?}");
    app.update(Input::RanUsers(Some(watch), run, Ok(3)), app.now);
    let picture = pictures::picture(&app);
    assert!(picture.contains("mbsync has ended with exit code 3"), "{picture}");
}

#[test]
fn a_letter_of_another_layout_counts_by_its_place() {
    let mut app = with("b = [\"true\"]\n");
    assert!(
        press(&mut app, KeyCode::Char('и'))
            .contains(&Effect::RunUsers(app.watches.selected.clone(), vec!["true".to_owned()]))
    );
    assert!(!app.panes.zoom);
    press(&mut app, KeyCode::Char('я'));
    assert!(app.panes.zoom, "z's place in Russian");
    press(&mut app, KeyCode::Char('ζ'));
    assert!(!app.panes.zoom, "and in Greek");
}

#[test]
fn a_command_for_a_mail_takes_the_newest_of_the_watch_and_says_where_there_is_none() {
    let mut app = with("b = [\"mutt\", \"{uid}\"]\n");
    let now = app.now;
    app.watches.selected = Some(WatchId::new("nobody", "INBOX"));
    assert!(press(&mut app, KeyCode::Char('b')).iter().all(|effect| !matches!(effect, Effect::RunUsers(..))));
    assert!(said(&app).contains("no mail of this watch is known here"), "{}", said(&app));
    let mail = scene::ago(now, 0, Some(("nobody", "INBOX")), 1, scene::mail("Ann", "Friday?"));
    let mailwatch_proto::model::EventKind::NewMail(told) = &mail.kind else { panic!("a mail") };
    let uid = told.uid.to_string();
    app.update(Input::Event(mail), now);
    let effects = press(&mut app, KeyCode::Char('b'));
    let run = Effect::RunUsers(Some(WatchId::new("nobody", "INBOX")), vec!["mutt".to_owned(), uid]);
    assert!(effects.contains(&run), "{effects:?}");
}

#[test]
fn the_help_and_the_list_of_commands_have_it_and_a_key_that_was_taken_is_warned_of() {
    let config = configured("z = [\"mbsync\", \"work\"]\n");
    let warned =
        |kind: &WarningKind| matches!(kind, WarningKind::FrontEnd(said) if said.contains("`z` is `zoom`'s key"));
    assert!(config.warnings.iter().any(|warning| warned(&warning.kind)), "{:?}", config.warnings);
    let mut app = with("z = [\"mbsync\", \"work\"]\n");
    press(&mut app, KeyCode::Char('z'));
    assert!(!app.panes.zoom && said(&app).contains("mbsync runs"), "{}", said(&app));
    press(&mut app, KeyCode::Char(':'));
    for c in "mbsync".chars() {
        press(&mut app, KeyCode::Char(c));
    }
    let palette = app.popups.palette().expect("open").clone();
    let first = found(&app, &palette).swap_remove(0);
    assert_eq!((first.does, first.name.as_str(), first.keys.as_str()), (Does::Run(0), "run mbsync work", "z"));
    press(&mut app, KeyCode::Esc);
    press(&mut app, KeyCode::Char('?'));
    press(&mut app, KeyCode::Char('/'));
    for c in "your commands".chars() {
        press(&mut app, KeyCode::Char(c));
    }
    assert!(pictures::picture(&app).contains("run mbsync work"), "{}", pictures::picture(&app));
}

#[test]
fn what_is_wrong_with_one_is_pointed_at() {
    for (commands, wanted) in [
        ("\"Hyper-X\" = [\"true\"]\n", "`Hyper-X` is no key"),
        ("\"Ctrl-C\" = [\"true\"]\n", "Ctrl-C always leaves"),
        ("b = \"mbsync work\"\n", "a command is a list of strings"),
        ("b = []\n", "a command is a list of strings"),
        ("b = [\"{mailbox}\"]\n", "the program is written out"),
        ("b = [\"-x\"]\n", "the program is written out"),
    ] {
        let text = format!("{ACCOUNT}[ui.commands]\n{commands}");
        let error = config::parse(&text, std::path::Path::new("config.toml"), &format()).expect_err("a problem");
        let said = error.render(120, false);
        assert!(said.contains(wanted), "{commands}: {said}");
    }
}
