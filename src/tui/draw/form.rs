//! The form for an account: a field a row, the one that has the keys marked, what is wrong right below it.

use unicode_segmentation::UnicodeSegmentation;

use super::paint::{Piece, Row, cells, wrap};
use super::popup::{Content, Marks};
use super::trial;
use crate::tui::app::{App, Hit};
use crate::tui::form::{Form, Kept, Source, Spot};
use crate::tui::theme::Role;
use mailwatch_proto::model::{Auth, TlsMode};

/// The longest label, and a gap.
const LABEL: usize = 10;

/// The pointer and a blank.
const POINTER: usize = 2;

pub fn content(app: &App, width: u16) -> (Content, Marks) {
    let mut page = Page { app, width, rows: Vec::new(), marks: Marks::default() };
    if let Some(form) = &app.form {
        match &form.trial {
            Some(trial) => trial::fill(&mut page, form, trial),
            None => fill(&mut page, form),
        }
    }
    (Content { name: "Add an account", subject: String::new(), rows: page.rows }, page.marks)
}

/// A page of the form while it is put together.
pub struct Page<'a> {
    pub app: &'a App,
    pub width: u16,
    pub rows: Vec<Row>,
    pub marks: Marks,
}

impl Page<'_> {
    /// A sentence, as many rows as it takes.
    pub fn say(&mut self, role: Role, text: &str, indent: usize) {
        let room = self.width.saturating_sub(u16::try_from(indent).unwrap_or(0)).max(1);
        for line in wrap(text, room) {
            self.rows.push(vec![(role, " ".repeat(indent)), (role, line.to_owned())]);
        }
    }

    pub fn button(&mut self, form: &Form, spot: Spot, name: &str) {
        let focused = form.focus == spot;
        let role = if focused { Role::TitleFocused } else { Role::Strong };
        let row = vec![(role, pointer(self.app, focused)), (role, format!("[ {name} ]"))];
        self.put(form, spot, row);
    }

    /// A row that can be clicked.
    fn put(&mut self, form: &Form, spot: Spot, row: Row) {
        self.marks.hits.push((self.rows.len(), Hit::Spot(spot)));
        let begin = self.rows.len();
        self.rows.push(row);
        if form.focus == spot {
            if let Some(said) = &form.said {
                let text = format!("{} {said}", self.app.glyphs.warn);
                self.say(Role::Warn, &text, POINTER);
            }
            self.marks.focus = begin..self.rows.len();
        }
    }
}

fn pointer(app: &App, focused: bool) -> String {
    if focused { format!("{} ", app.glyphs.pointer) } else { " ".repeat(POINTER) }
}

fn fill(page: &mut Page<'_>, form: &Form) {
    for spot in form.spots() {
        match spot {
            Spot::Try => {
                blank_before_buttons(page, form, spot);
                page.button(form, spot, "Test the connection");
            }
            Spot::Add => {
                blank_before_buttons(page, form, spot);
                page.button(form, spot, if form.works { "Add the account" } else { "Add without a test" });
            }
            Spot::Stop => page.button(form, spot, "Stop"),
            Spot::Back => page.button(form, spot, "Back"),
            Spot::Address
            | Spot::Auth
            | Spot::Kept
            | Spot::Password
            | Spot::Command
            | Spot::Host
            | Spot::Port
            | Spot::Tls
            | Spot::Ca
            | Spot::User
            | Spot::Name => field(page, form, spot),
        }
    }
    page.rows.push(Row::new());
    page.say(Role::Dim, hint(form), POINTER);
}

fn blank_before_buttons(page: &mut Page<'_>, form: &Form, spot: Spot) {
    let first = form.spots().into_iter().find(|spot| matches!(spot, Spot::Try | Spot::Add));
    if first == Some(spot) {
        page.rows.push(Row::new());
    }
}

fn field(page: &mut Page<'_>, form: &Form, spot: Spot) {
    let focused = form.focus == spot;
    let role = if focused { Role::TitleFocused } else { Role::Title };
    let mut row = vec![(role, pointer(page.app, focused)), (role, format!("{:<LABEL$}", label(spot)))];
    let room = usize::from(page.width).saturating_sub(POINTER + LABEL);
    row.extend(value(page.app, form, spot, room));
    page.put(form, spot, row);
    if spot == Spot::Host {
        if let Some(source) = source(form) {
            page.say(Role::Dim, &source, POINTER + LABEL);
        }
        if let Some(note) = &form.note {
            page.say(Role::Busy, note, POINTER + LABEL);
        }
    }
}

const fn label(spot: Spot) -> &'static str {
    match spot {
        Spot::Address => "Address",
        Spot::Auth => "Login",
        Spot::Kept => "Kept",
        Spot::Password => "Password",
        Spot::Command => "Command",
        Spot::Host => "Server",
        Spot::Port => "Port",
        Spot::Tls => "TLS",
        Spot::Ca => "CA file",
        Spot::User => "User",
        Spot::Name => "Name",
        Spot::Try | Spot::Stop | Spot::Back | Spot::Add => "",
    }
}

fn value(app: &App, form: &Form, spot: Spot, room: usize) -> Row {
    let focused = form.focus == spot;
    let choice = |text: &str| {
        if focused { vec![(Role::Strong, format!("< {text} >"))] } else { vec![(Role::Text, text.to_owned())] }
    };
    match spot {
        Spot::Auth => choice(match form.auth {
            Auth::Password => "password",
            Auth::OAuth2 => "OAuth 2.0",
        }),
        Spot::Kept => choice(match form.kept {
            Kept::Keyring => "in the system's keyring",
            Kept::Command => "elsewhere: a command prints it",
            Kept::ThisRun => "for this run only",
        }),
        Spot::Tls => choice(match form.tls {
            TlsMode::Implicit => "implicit",
            TlsMode::StartTls => "starttls",
            TlsMode::Off => "off",
        }),
        Spot::Password => {
            let shown = app.glyphs.hidden.repeat(form.password.len().min(room.saturating_sub(1)));
            let caret = if focused { app.glyphs.caret } else { "" };
            vec![(Role::Text, shown), (Role::Key, caret.to_owned())]
        }
        Spot::Address | Spot::Command | Spot::Host | Spot::Port | Spot::Ca | Spot::User | Spot::Name => {
            let Some(text) = form.text(spot) else { return Row::new() };
            if !focused {
                return vec![(Role::Text, text.value().to_owned())];
            }
            let (before, after) = text.parts();
            let before = tail(before, room.saturating_sub(1));
            vec![
                (Role::Strong, before.to_owned()),
                (Role::Key, app.glyphs.caret.to_owned()),
                (Role::Strong, after.to_owned()) as Piece,
            ]
        }
        Spot::Try | Spot::Stop | Spot::Back | Spot::Add => Row::new(),
    }
}

/// The end of a text that fits into so many cells.
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
    Some(match &form.source {
        Source::None => return None,
        Source::Looking => "looking for the address's server".to_owned(),
        Source::Known(words) => words.clone(),
        Source::Guess => "a guess from the address: check it".to_owned(),
        Source::Own => "typed by you".to_owned(),
    })
}

const fn hint(form: &Form) -> &'static str {
    match form.focus {
        Spot::Address => "The mail address. The server is looked up when you go on.",
        Spot::Auth => "How the server knows you: a password, or OAuth 2.0. Left and Right change it.",
        Spot::Kept => match form.kept {
            Kept::Keyring => "Where the password is kept: the system's keyring. It never stands in the configuration.",
            Kept::Command => "A password manager prints it at each login: pass, bw, op, secret-tool and others.",
            Kept::ThisRun => "In memory, until the program ends. Store it later: `mailwatch-tui account login NAME`.",
        },
        Spot::Password => match form.tls {
            TlsMode::Off => "Not shown, and sent to the server below alone: without TLS, so only on this machine.",
            TlsMode::Implicit | TlsMode::StartTls => "Not shown, and sent to the server below alone, encrypted.",
        },
        Spot::Command => match form.auth {
            Auth::Password => "Its first line of output is the password: pass show mail/work. Run without a shell.",
            Auth::OAuth2 => {
                "It prints an access token: oama access ADDRESS. For the login in a browser write `oauth` into the configuration."
            }
        },
        Spot::Host => "The IMAP server's name or address, without port.",
        Spot::Port => "993; for STARTTLS, or on this machine without TLS, 143.",
        Spot::Tls => {
            "implicit: TLS from the first byte. starttls: before the login, or not at all. off: this machine only."
        }
        Spot::Ca => "Seldom needed: a PEM file of certificates to trust besides the public ones.",
        Spot::User => "The login name: at most servers the mail address.",
        Spot::Name => "What the account is called on the screen.",
        Spot::Try | Spot::Stop | Spot::Back => "Every step from DNS to DONE's answer. Nothing is written yet.",
        Spot::Add => "It is written into the configuration, comments kept, and watched at once.",
    }
}
