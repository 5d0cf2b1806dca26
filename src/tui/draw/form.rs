//! The form for an account: a row a field, the focused one marked, what is wrong right below it.

use unicode_segmentation::UnicodeSegmentation;

use super::content::{Content, Marks};
use super::fit::cells;
use super::form_page::{POINTER, Page, pointer};
use super::row::{Piece, Row};
use super::trial;
use crate::tui::app::App;
use crate::tui::form::{Form, FormField, PasswordSource, ServerSource};
use crate::tui::theme::Role;
use mailwatch_proto::model::{Auth, TlsMode};

/// The longest label, and a gap.
const LABEL: usize = 10;

pub fn content(app: &App, width: u16) -> (Content, Marks) {
    let mut page = Page { app, width, rows: Vec::new(), marks: Marks::default() };
    if let Some(form) = &app.popups.form {
        match &form.trial {
            Some(trial) => trial::fill(&mut page, form, trial),
            None => fill(&mut page, form),
        }
    }
    (Content { name: "Add an account", subject: String::new(), rows: page.rows }, page.marks)
}

fn fill(page: &mut Page<'_>, form: &Form) {
    for field in form.fields() {
        match field {
            FormField::Try => {
                blank_before_buttons(page, form, field);
                page.button(form, field, "Test the connection");
            }
            FormField::Add => {
                blank_before_buttons(page, form, field);
                page.button(form, field, if form.works { "Add the account" } else { "Add without a test" });
            }
            FormField::Stop => page.button(form, field, "Stop"),
            FormField::Back => page.button(form, field, "Back"),
            FormField::Address
            | FormField::Auth
            | FormField::PasswordSource
            | FormField::Password
            | FormField::Command
            | FormField::Host
            | FormField::Port
            | FormField::Tls
            | FormField::Ca
            | FormField::User
            | FormField::Name => field_row(page, form, field),
        }
    }
    page.rows.push(Row::new());
    page.say(Role::Dim, hint(form), POINTER);
}

fn blank_before_buttons(page: &mut Page<'_>, form: &Form, field: FormField) {
    let first = form.fields().into_iter().find(|field| matches!(field, FormField::Try | FormField::Add));
    if first == Some(field) {
        page.rows.push(Row::new());
    }
}

fn field_row(page: &mut Page<'_>, form: &Form, field: FormField) {
    let focused = form.focus == field;
    let role = if focused { Role::TitleFocused } else { Role::Title };
    let mut row = vec![(role, pointer(page.app, focused)), (role, format!("{:<LABEL$}", label(field)))];
    let room = usize::from(page.width).saturating_sub(POINTER + LABEL);
    row.extend(value(page.app, form, field, room));
    page.put(form, field, row);
    if field == FormField::Host {
        if let Some(source) = source(form) {
            page.say(Role::Dim, &source, POINTER + LABEL);
        }
        if let Some(note) = &form.lookup.note {
            page.say(Role::Busy, note, POINTER + LABEL);
        }
    }
}

const fn label(field: FormField) -> &'static str {
    match field {
        FormField::Address => "Address",
        FormField::Auth => "Login",
        FormField::PasswordSource => "Kept",
        FormField::Password => "Password",
        FormField::Command => "Command",
        FormField::Host => "Server",
        FormField::Port => "Port",
        FormField::Tls => "TLS",
        FormField::Ca => "CA file",
        FormField::User => "User",
        FormField::Name => "Name",
        FormField::Try | FormField::Stop | FormField::Back | FormField::Add => "",
    }
}

fn value(app: &App, form: &Form, field: FormField, room: usize) -> Row {
    let focused = form.focus == field;
    let choice = |text: &str| {
        if focused { vec![(Role::Strong, format!("< {text} >"))] } else { vec![(Role::Text, text.to_owned())] }
    };
    match field {
        FormField::Auth => choice(match form.inputs.auth {
            Auth::Password => "password",
            Auth::OAuth2 => "OAuth 2.0",
        }),
        FormField::PasswordSource => choice(match form.inputs.password_source {
            PasswordSource::Keyring => "in the system's keyring",
            PasswordSource::Command => "elsewhere: a command prints it",
            PasswordSource::ThisRun => "for this run only",
        }),
        FormField::Tls => choice(match form.inputs.tls {
            TlsMode::Implicit => "implicit",
            TlsMode::StartTls => "starttls",
            TlsMode::Off => "off",
        }),
        FormField::Password => {
            let shown = app.glyphs().text.password.repeat(form.inputs.password.len().min(room.saturating_sub(1)));
            let caret = if focused { app.glyphs().text.caret } else { "" };
            vec![(Role::Text, shown), (Role::Key, caret.to_owned())]
        }
        FormField::Address
        | FormField::Command
        | FormField::Host
        | FormField::Port
        | FormField::Ca
        | FormField::User
        | FormField::Name => {
            let Some(text) = form.inputs.text(field) else { return Row::new() };
            if !focused {
                return vec![(Role::Text, text.value().to_owned())];
            }
            let (before, after) = text.parts();
            let before = tail(before, room.saturating_sub(1));
            vec![
                (Role::Strong, before.to_owned()),
                (Role::Key, app.glyphs().text.caret.to_owned()),
                (Role::Strong, after.to_owned()) as Piece,
            ]
        }
        FormField::Try | FormField::Stop | FormField::Back | FormField::Add => Row::new(),
    }
}

/// The end of a text that fits into `room` cells.
fn tail(text: &str, room: usize) -> &str {
    let mut taken = 0;
    for (index, cluster) in text.grapheme_indices(true).rev() {
        taken += usize::from(cells(cluster));
        if taken > room {
            return &text[index + cluster.len()..];
        }
    }
    text
}

fn source(form: &Form) -> Option<String> {
    Some(match &form.lookup.source {
        ServerSource::None => return None,
        ServerSource::Looking => "looking for the address's server".to_owned(),
        ServerSource::Known(words) => words.clone(),
        ServerSource::Guess => "a guess from the address: check it".to_owned(),
        ServerSource::Own => "typed by you".to_owned(),
    })
}

const fn hint(form: &Form) -> &'static str {
    match form.focus {
        FormField::Address => "The mail address. The server is looked up when you go on.",
        FormField::Auth => "How the server knows you: a password, or OAuth 2.0. Left and Right change it.",
        FormField::PasswordSource => match form.inputs.password_source {
            PasswordSource::Keyring => {
                "Where the password is kept: the system's keyring. It is never written into the configuration."
            }
            PasswordSource::Command => {
                "A password manager prints it at each login: pass, bw, op, secret-tool and others."
            }
            PasswordSource::ThisRun => {
                "In memory, until the program ends. Store it later: `mailwatch-tui account login NAME`."
            }
        },
        FormField::Password => match form.inputs.tls {
            TlsMode::Off => "Not shown, and sent only to the server below: without TLS, so only on this machine.",
            TlsMode::Implicit | TlsMode::StartTls => "Not shown, and sent only to the server below, encrypted.",
        },
        FormField::Command => match form.inputs.auth {
            Auth::Password => "Its first line of output is the password: pass show mail/work. Run without a shell.",
            Auth::OAuth2 => {
                "It prints an access token: oama access ADDRESS. For the login in a browser write `oauth` into the configuration."
            }
        },
        FormField::Host => "The IMAP server's name or address, without port.",
        FormField::Port => "993; for STARTTLS, or on this machine without TLS, 143.",
        FormField::Tls => {
            "implicit: TLS from the first byte. starttls: before the login, or not at all. off: this machine only."
        }
        FormField::Ca => "Seldom needed: a PEM file of certificates to trust besides the public ones.",
        FormField::User => "The login name: on most servers the mail address.",
        FormField::Name => "What the account is called on the screen.",
        FormField::Try | FormField::Stop | FormField::Back => {
            "Every step from DNS to DONE's answer. Nothing is written yet."
        }
        FormField::Add => "It is written into the configuration, comments kept, and watched at once.",
    }
}
