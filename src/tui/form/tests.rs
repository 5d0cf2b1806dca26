//! What is typed, what follows from it, and what is asked for.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyModifiers};
use secrecy::ExposeSecret;

use super::*;
use crate::tui::requests::{FoundServer, Keep, Password};
use mailwatch_proto::model::check::{Outcome, Step, StepKind};
use mailwatch_proto::model::{Fault, FaultClass};

fn form() -> Form {
    Form::new(BTreeSet::from(["gmail".to_owned()]))
}

fn typed(form: &mut Form, field: FormField, text: &str) {
    form.focus_on(field);
    for c in text.chars() {
        assert!(form.key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)), "{field:?}");
    }
}

/// The address typed and left.
fn addressed(address: &str) -> Form {
    let mut form = form();
    typed(&mut form, FormField::Address, address);
    assert_eq!(form.step(true).as_deref(), Some(address));
    form
}

fn server() -> FoundServer {
    FoundServer {
        host: "imap.gmail.com".to_owned(),
        port: 993,
        tls: TlsMode::Implicit,
        auth: Auth::Password,
        user: "ann@gmail.com".to_owned(),
        source: "from the table of providers: Gmail".to_owned(),
        note: Some("It wants an app password.".to_owned()),
    }
}

#[test]
fn an_address_that_is_left_is_looked_up_once_and_fills_what_was_not_typed() {
    let mut form = addressed("ann@gmail.com");
    assert_eq!((form.inputs.user.value(), form.lookup.source.clone()), ("ann@gmail.com", ServerSource::Looking));
    assert_eq!(form.inputs.name.value(), "gmail-2", "another account has the plain name");
    assert_eq!((form.step(false), form.step(true)), (None, None), "it is the same address");
    form.found("ann@gmail.com", Some(server()));
    assert_eq!(
        (form.inputs.host.value(), form.inputs.port.value(), form.inputs.tls),
        ("imap.gmail.com", "993", TlsMode::Implicit)
    );
    assert_eq!(form.lookup.source, ServerSource::Known("from the table of providers: Gmail".to_owned()));
    form.found("ann@gmail.com", None);
    assert_eq!((form.inputs.host.value(), &form.lookup.source), ("imap.gmail.com", &ServerSource::Guess));
}

#[test]
fn what_was_typed_is_never_written_over_and_late_answers_are_not_taken() {
    let mut form = addressed("ann@gmail.com");
    typed(&mut form, FormField::Host, "mail.example.org");
    form.found("ann@gmail.com", Some(server()));
    assert_eq!((form.inputs.host.value(), &form.lookup.source), ("mail.example.org", &ServerSource::Own));
    let mut form = addressed("ann@example.org");
    form.found("ann@gmail.com", Some(server()));
    assert_eq!((form.inputs.host.value(), &form.lookup.source), ("", &ServerSource::Looking));
}

#[test]
fn a_server_that_takes_no_password_has_the_token_command_in_its_place() {
    let mut form = addressed("ann@outlook.com");
    form.focus_on(FormField::Password);
    form.found("ann@outlook.com", Some(FoundServer { auth: Auth::OAuth2, ..server() }));
    assert_eq!(form.focus, FormField::Command);
    assert!(!form.fields().contains(&FormField::Password) && !form.fields().contains(&FormField::PasswordSource));
    let lacking = form.entry().err();
    assert!(
        matches!(lacking, Some((FormField::Command, text)) if text.contains("`mailwatch-tui account add`")),
        "the way to a login in a browser: {lacking:?}"
    );
    typed(&mut form, FormField::Command, "oama access 'ann x'");
    let entry = form.entry().expect("complete");
    let command: Vec<String> = ["oama", "access", "ann x"].map(str::to_owned).into();
    assert_eq!((entry.draft.auth, entry.draft.command, entry.password), (Auth::OAuth2, Some(command), None));
}

#[test]
fn what_lacks_is_named_field_by_field() {
    let mut form = form();
    let lacks = |form: &Form| form.entry().expect_err("something lacks").0;
    assert_eq!(lacks(&form), FormField::Password);
    typed(&mut form, FormField::Password, "hunter2");
    assert_eq!(lacks(&form), FormField::Host);
    typed(&mut form, FormField::Host, "imap.example.org");
    assert_eq!(lacks(&form), FormField::Port);
    typed(&mut form, FormField::Port, "70000");
    assert_eq!(lacks(&form), FormField::Port);
    form.inputs.port.set("993");
    assert_eq!(lacks(&form), FormField::User);
    typed(&mut form, FormField::User, " me ");
    assert_eq!(lacks(&form), FormField::Name);
    typed(&mut form, FormField::Name, "work");
    let entry = form.entry().expect("complete");
    let (Password(password), keep) = entry.password.clone().expect("typed");
    assert_eq!((password.expose_secret(), keep, entry.draft.user.as_str()), ("hunter2", Keep::Keyring, "me"));
    assert!(!format!("{form:?} {entry:?}").contains("hunter2"));
    form.focus_on(FormField::PasswordSource);
    form.cycle(true);
    typed(&mut form, FormField::Command, "pass 'show");
    assert_eq!(form.entry(), Err((FormField::Command, "a quote in the command is not closed")));
}

#[test]
fn the_usual_port_follows_tls_and_another_stays() {
    let mut form = form();
    form.focus_on(FormField::Tls);
    assert!(form.cycle(true));
    assert_eq!((form.inputs.tls, form.inputs.port.value()), (TlsMode::StartTls, "143"));
    form.cycle(false);
    assert_eq!((form.inputs.tls, form.inputs.port.value()), (TlsMode::Implicit, "993"));
    form.inputs.port.set("1993");
    form.cycle(true);
    assert_eq!(form.inputs.port.value(), "1993");
    form.focus_on(FormField::Host);
    assert!(!form.cycle(true));
}

#[test]
fn a_paste_is_one_line_without_controls() {
    let mut form = form();
    form.paste("\nann@example.org\r\nsecond line");
    assert_eq!(form.inputs.address.value(), "ann@example.org");
    form.focus_on(FormField::Password);
    form.paste("hun\u{1b}ter2\n");
    assert_eq!(form.inputs.password.secret().expose_secret(), "hunter2");
}

fn step(kind: StepKind, outcome: Outcome) -> Step {
    Step { kind, took: Duration::ZERO, outcome }
}

#[test]
fn a_trial_that_went_well_leads_to_adding_and_an_edit_undoes_that() {
    let mut form = form();
    let number = form.begin_trial();
    assert_eq!(form.fields(), [FormField::Stop]);
    form.end_trial(number + 1, false);
    assert_eq!(form.fields(), [FormField::Stop], "another trial's end");
    form.end_trial(number, true);
    assert_eq!((form.focus, form.works), (FormField::Add, true));
    form.leave_trial();
    assert_eq!(form.focus, FormField::Add);
    typed(&mut form, FormField::Name, "x");
    assert!(form.works, "the name is nothing to the server");
    typed(&mut form, FormField::User, "x");
    assert!(!form.works);
}

#[test]
fn a_trial_that_failed_leads_back_to_the_field_it_is_about() {
    for (kind, field) in
        [(StepKind::Login, FormField::Password), (StepKind::Tls, FormField::Host), (StepKind::Done, FormField::Host)]
    {
        let mut form = form();
        let number = form.begin_trial();
        let fault = Fault::needs_user(FaultClass::Auth, "no");
        form.trial.as_mut().expect("begun").steps.push(step(kind, Outcome::Failed(fault)));
        form.end_trial(number, false);
        assert_eq!(form.focus, FormField::Back);
        form.leave_trial();
        assert_eq!(form.focus, field, "{kind:?}");
    }
}

#[test]
fn the_step_under_way_is_the_one_after_the_last_that_ended() {
    let mut trial = Trial::new(1);
    assert_eq!(trial.doing(), Some(StepKind::Dns));
    assert_eq!(trial.ahead().count(), StepKind::ALL.len() - 1);
    trial.steps.push(step(StepKind::Tls, Outcome::Done(String::new())));
    assert_eq!((trial.doing(), trial.ahead().next()), (Some(StepKind::Greeting), Some(StepKind::Login)));
    trial.end = Some(true);
    assert_eq!(trial.doing(), None);
}
