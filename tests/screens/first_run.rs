//! The first run: the ways on, the form for an account, a connection on trial, a configuration with problems.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use mailwatch_engine::config::{self, ConfigError};
use mailwatch_proto::model::check::{Outcome, Step, StepKind};
use mailwatch_proto::model::{Auth, Fault, FaultClass, TlsMode};
use mailwatch_tui::configuration::{SAMPLE, format};
use mailwatch_tui::tui::app::{App, Effect, Input, Popup};
use mailwatch_tui::tui::form::FormField;
use mailwatch_tui::tui::requests::{FoundServer, Reply, Request};
use mailwatch_tui::tui::settings::Ui;
use mailwatch_tui::tui::{Leave, Options, Start};
use ratatui::layout::Size;

use crate::pictures::{self, now, options, picture};

const SIZES: [(u16, u16); 6] = [(200, 50), (100, 30), (80, 24), (60, 20), (40, 10), (20, 5)];

const PATH: &str = "/home/ann/.config/mailwatch-tui/config.toml";

pub fn missing() -> ConfigError {
    ConfigError::Missing { path: PathBuf::from(PATH) }
}

pub fn broken(text: &str) -> ConfigError {
    config::parse(text, Path::new(PATH), &format()).expect_err("a problem")
}

pub fn started(error: ConfigError, size: (u16, u16), options: Options) -> App {
    let options = Options { start: Start::Problem(Arc::new(error)), ..options };
    App::new(options, Size::new(size.0, size.1), now())
}

pub fn welcomed(size: (u16, u16)) -> App {
    started(missing(), size, options())
}

pub fn keys(app: &mut App, codes: &[KeyCode]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for code in codes {
        let key = TermEvent::Key(KeyEvent::new(*code, KeyModifiers::NONE));
        effects.extend(app.update(Input::Term(key), app.now));
    }
    effects
}

pub fn typed(app: &mut App, text: &str) -> Vec<Effect> {
    keys(app, &text.chars().map(KeyCode::Char).collect::<Vec<_>>())
}

pub fn answered(app: &mut App, reply: Reply) {
    app.update(Input::Reply(reply), app.now);
}

pub fn gmail() -> FoundServer {
    FoundServer {
        host: "imap.gmail.com".to_owned(),
        port: 993,
        tls: TlsMode::Implicit,
        auth: Auth::Password,
        user: "ann@gmail.com".to_owned(),
        source: "from the table of providers: Gmail".to_owned(),
        note: Some("It wants an app password, which you make at https://myaccount.google.com/apppasswords.".to_owned()),
    }
}

/// The form, filled in but for the password, which has the keys.
pub fn filled(app: &mut App) {
    keys(app, &[KeyCode::Char('a')]);
    typed(app, "ann@gmail.com");
    let asked = keys(app, &[KeyCode::Enter]);
    assert_eq!(asked, [Effect::Request(Request::Find("ann@gmail.com".to_owned()))]);
    answered(app, Reply::Found("ann@gmail.com".to_owned(), Some(Box::new(gmail()))));
    keys(app, &[KeyCode::Enter, KeyCode::Tab]);
}

/// The number of the trial that Enter on the button begins.
pub fn tried(app: &mut App) -> u64 {
    filled(app);
    typed(app, "hunter2");
    // Back past the address: the buttons are the last.
    let on_button = [KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Enter];
    match keys(app, &on_button).as_slice() {
        [Effect::Request(Request::Try(number, entry))] => {
            assert_eq!(entry.draft.host, "imap.gmail.com");
            *number
        }
        effects => panic!("{effects:?}"),
    }
}

pub fn step(kind: StepKind, detail: &str) -> Step {
    Step { kind, took: Duration::from_millis(12), outcome: Outcome::Done(detail.to_owned()) }
}

pub fn steps() -> Vec<Step> {
    vec![
        step(StepKind::Dns, "192.0.2.10, 192.0.2.11"),
        step(StepKind::Tcp, "192.0.2.10:993"),
        step(StepKind::Tls, "TLS 1.3, TLS13_AES_256_GCM_SHA384"),
        step(StepKind::Greeting, "ready"),
        step(StepKind::Login, "as ann@gmail.com"),
        step(
            StepKind::Capabilities,
            "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE \
             CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584",
        ),
        Step {
            kind: StepKind::Id,
            took: Duration::ZERO,
            outcome: Outcome::LeftOut("the server does not say what it is".to_owned()),
        },
        step(StepKind::Examine, "INBOX: 12408 messages"),
        step(StepKind::Idle, "the server waits for DONE"),
        step(StepKind::Done, "OK, from an IDLE of 3s"),
        step(StepKind::List, "3 mailboxes: Archive, INBOX, Sent"),
    ]
}

fn snap(name: &str, show: impl Fn(&mut App)) {
    for (width, height) in SIZES {
        let mut app = welcomed((width, height));
        show(&mut app);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture(&app));
    }
}

#[test]
fn the_welcome() {
    snap("welcome", |_| {});
}

#[test]
fn the_empty_form() {
    snap("form_empty", |app| {
        keys(app, &[KeyCode::Char('a')]);
    });
}

#[test]
fn the_form_with_a_provider_and_a_password() {
    snap("form", |app| {
        filled(app);
        typed(app, "hunter2");
        assert!(!picture(app).contains("hunter2"));
    });
}

#[test]
fn the_form_that_lacks_something() {
    snap("form_lacks", |app| {
        filled(app);
        // The password is not typed.
        keys(app, &[KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Up, KeyCode::Enter]);
        assert_eq!(app.popups.form.as_ref().map(|form| form.focus), Some(FormField::Password));
    });
}

#[test]
fn a_trial_under_way() {
    snap("trial_runs", |app| {
        let number = tried(app);
        for step in steps().into_iter().take(4) {
            answered(app, Reply::Step(number, step));
        }
        answered(app, Reply::Step(number + 1, step(StepKind::Login, "another trial's")));
        assert!(!picture(app).contains("another trial's"));
    });
}

#[test]
fn a_trial_that_went_well() {
    snap("trial_well", |app| {
        let number = tried(app);
        for step in steps() {
            answered(app, Reply::Step(number, step));
        }
        answered(app, Reply::Tried(number, true));
    });
}

#[test]
fn a_trial_that_failed() {
    snap("trial_failed", |app| {
        let number = tried(app);
        for step in steps().into_iter().take(4) {
            answered(app, Reply::Step(number, step));
        }
        let text = "imap.gmail.com:993 refused the login: [AUTHENTICATIONFAILED] Invalid \u{1b}[2Jcredentials";
        let fault = Fault::needs_user(FaultClass::Auth, text);
        let failed = Step { kind: StepKind::Login, took: Duration::from_millis(310), outcome: Outcome::Failed(fault) };
        answered(app, Reply::Step(number, failed));
        answered(app, Reply::Tried(number, false));
        assert!(!picture(app).contains('\u{1b}'));
    });
}

pub const BROKEN: &str = "[timers]\nreissue = \"45m\"\n\n[[account]]\nname = \"work\"\nhosst = \"imap.example.org\"\nuser = \"me\"\n\
                      tls = \"starttsl\"\n";

#[test]
fn a_configuration_with_problems() {
    for (width, height) in SIZES {
        let app = started(broken(BROKEN), (width, height), options());
        insta::assert_snapshot!(format!("problem_{width}x{height}"), picture(&app));
    }
}

#[test]
fn all_of_it_in_ascii() {
    let ascii = || Options { characters: mailwatch_tui::tui::glyphs::Characters::Ascii, ..options() };
    let looks: [(&str, &dyn Fn() -> App); 4] = [
        ("welcome", &|| started(missing(), (100, 30), ascii())),
        ("form", &|| {
            let mut app = started(missing(), (100, 30), ascii());
            filled(&mut app);
            typed(&mut app, "hunter2");
            app
        }),
        ("trial", &|| {
            let mut app = started(missing(), (100, 30), ascii());
            let number = tried(&mut app);
            for step in steps() {
                answered(&mut app, Reply::Step(number, step));
            }
            answered(&mut app, Reply::Tried(number, true));
            app
        }),
        ("problem", &|| started(broken(BROKEN), (100, 30), ascii())),
    ];
    for (name, look) in looks {
        let text = picture(&look());
        assert!(text.is_ascii(), "{text}");
        insta::assert_snapshot!(format!("first_ascii_{name}_100x30"), text);
    }
}

#[test]
fn each_choice_of_the_welcome_leads_on() {
    let chosen = |downs: usize| {
        let mut app = welcomed((100, 30));
        keys(&mut app, &vec![KeyCode::Down; downs]);
        let effects = keys(&mut app, &[KeyCode::Enter]);
        (effects, app)
    };
    let (effects, app) = chosen(0);
    assert!(effects.is_empty() && matches!(app.popups.open, Some(Popup::Form)));
    assert_eq!(chosen(1).0, [Effect::Leave(Leave::Demo)]);
    assert_eq!(chosen(2).0, [Effect::Request(Request::Sample)]);
    assert_eq!(chosen(3).0, [Effect::Request(Request::Reload)]);
    assert_eq!(chosen(9).0, [Effect::Leave(Leave::Quit)]);
}

#[test]
fn nothing_closes_the_welcome_but_an_account() {
    let mut app = welcomed((100, 30));
    for codes in [
        &[KeyCode::Esc][..],
        &[KeyCode::Char('?'), KeyCode::Esc],
        &[KeyCode::Char('/'), KeyCode::Char('x'), KeyCode::Esc],
        &[KeyCode::Char('t')],
        &[KeyCode::Char('a'), KeyCode::Esc],
    ] {
        keys(&mut app, codes);
        assert!(matches!(app.popups.open, Some(Popup::Welcome(_))), "{codes:?} {:?}", app.popups.open);
    }
    answered(&mut app, Reply::Read { said: "1 watch added".to_owned(), ui: Ui::default() });
    assert!(app.popups.open.is_none());
}

#[test]
fn a_sample_that_was_written_is_not_offered_again() {
    let mut app = welcomed((100, 30));
    assert!(picture(&app).contains("Write the sample"));
    keys(&mut app, &[KeyCode::Char('R')]);
    answered(&mut app, Reply::Config(Arc::new(broken(SAMPLE))));
    let text = picture(&app);
    assert!(text.contains("has no account yet") && !text.contains("Write the sample"), "{text}");
    assert!(text.contains("Add an account"), "{text}");
}

#[test]
fn problems_can_be_left_for_the_demo_and_looked_at_again() {
    let mut app = started(broken(BROKEN), (100, 30), options());
    keys(&mut app, &[KeyCode::Esc]);
    let text = picture(&app);
    assert!(text.contains("See what is wrong") && !text.contains("Add an account"), "{text}");
    keys(&mut app, &[KeyCode::Enter]);
    assert!(matches!(app.popups.open, Some(Popup::Problem(_))));
}

#[test]
fn a_configuration_broken_by_an_edit_leaves_everything_running() {
    let now = now();
    let mut app = pictures::app(100, 30, options(), now);
    assert_eq!(keys(&mut app, &[KeyCode::Char('R')]), [Effect::Request(Request::Reload)]);
    answered(&mut app, Reply::Config(Arc::new(broken(BROKEN))));
    insta::assert_snapshot!("problem_while_running_100x30", picture(&app));
    assert!(picture(&app).contains("until then the previous one"));
    keys(&mut app, &[KeyCode::Esc]);
    assert!(app.popups.open.is_none() && app.board.watches.len() == 5);
}

#[test]
fn the_demo_says_that_it_has_its_own_accounts() {
    let mut app = pictures::app(100, 30, Options { configures: false, ..options() }, now());
    keys(&mut app, &[KeyCode::Char('a')]);
    assert!(app.popups.form.is_none() && picture(&app).contains("the demo has its own accounts"));
}
