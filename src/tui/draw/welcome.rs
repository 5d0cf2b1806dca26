//! The first run: why there is nothing to watch, and the choices.

use super::content::{Content, Marks};
use super::fit::{cells, wrap};
use super::row::Row;
use crate::tui::app::{App, Hit, WelcomeChoice};
use crate::tui::keymap::Action;
use crate::tui::theme::Role;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// The longest of the choices' names, and a gap.
const NAME: usize = 22;

/// What this is, each in a line of 80 columns.
const ABOUT: [&str; 2] = [
    "Watches mailboxes by IMAP IDLE, and shows whether push really works.",
    "If a server stops answering, it says so in seconds and connects anew.",
];

/// On lower screens the choices need the room.
const WITH_ABOUT: u16 = 20;

pub fn content(app: &App, chosen: usize, width: u16) -> (Content, Marks) {
    let mut rows = Vec::new();
    let mut marks = Marks::default();
    if app.size.height >= WITH_ABOUT && app.popups.unready.is_some() {
        rows.extend(ABOUT.iter().flat_map(|text| wrap(text, width)).map(|line| vec![(Role::Strong, line.to_owned())]));
        rows.push(Row::new());
    }
    for text in head(app) {
        rows.extend(wrap(&text, width).into_iter().map(|line| vec![(Role::Text, line.to_owned())]));
    }
    rows.push(Row::new());
    for (index, choice) in app.popups.choices().iter().enumerate() {
        let begin = rows.len();
        rows.extend(lines(app, *choice, index == chosen, width));
        marks.hits.extend((begin..rows.len()).map(|row| (row, Hit::Choice(*choice))));
        if index == chosen {
            marks.focus = begin..rows.len();
        }
    }
    (Content { name: "Welcome", subject: String::new(), rows }, marks)
}

fn head(app: &App) -> Vec<String> {
    let Some(error) = &app.popups.unready else { return Vec::new() };
    let path = sanitise(&error.path().to_string_lossy(), LINE_LIMIT);
    let what = if error.is_missing() {
        format!("There is no configuration yet; it will be {path}.")
    } else if error.is_empty() {
        format!("The configuration {path} has no account yet.")
    } else {
        format!("The configuration {path} cannot be used as it is.")
    };
    vec![what]
}

fn lines(app: &App, choice: WelcomeChoice, chosen: bool, width: u16) -> Vec<Row> {
    let (name, about, action) = words(choice);
    let pointer = if chosen { format!("{} ", app.glyphs().list.pointer) } else { "  ".to_owned() };
    let role = if chosen { Role::TitleFocused } else { Role::Strong };
    let key = action.and_then(|action| app.options.keys.of(action).first()).map(|key| key.show());
    let key = key.unwrap_or_default();
    // The sentence only if there is room for it.
    let room = width.saturating_sub(2 + u16::try_from(NAME).unwrap_or(0) + 4);
    if room < 30 {
        let gap = usize::from(width).saturating_sub(2 + usize::from(cells(name)) + usize::from(cells(&key)));
        return vec![vec![(role, pointer), (role, name.to_owned()), (Role::Dim, " ".repeat(gap)), (Role::Key, key)]];
    }
    let mut rows = Vec::new();
    let mut label = vec![(role, pointer), (role, format!("{name:<NAME$}")), (Role::Key, format!("{key:<4}"))];
    for line in wrap(about, room) {
        label.push((if chosen { Role::Text } else { Role::Dim }, line.to_owned()));
        rows.push(std::mem::replace(&mut label, vec![(Role::Text, " ".repeat(2 + NAME + 4))]));
    }
    rows
}

const fn words(choice: WelcomeChoice) -> (&'static str, &'static str, Option<Action>) {
    match choice {
        WelcomeChoice::Problem => ("See what is wrong", "each problem, with its line", None),
        WelcomeChoice::Account => {
            ("Add an account", "address and password, and a test of the connection", Some(Action::AddAccount))
        }
        WelcomeChoice::Demo => ("See the demo", "servers in the program that misbehave on purpose", None),
        WelcomeChoice::Sample => ("Write the sample", "a file with every key explained, for your editor", None),
        WelcomeChoice::Reload => ("Read it again", "once you have edited it", Some(Action::Reload)),
        WelcomeChoice::Quit => ("Quit", "", Some(Action::Quit)),
    }
}
