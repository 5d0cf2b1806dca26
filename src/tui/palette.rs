//! The commands that can be found by typing: every action of the table, the themes, the watches, the glossary's words. What fits what is typed,
//! in its order. Pure.

use std::borrow::Cow;
use std::cmp::Reverse;

use super::app::{App, Palette};
use super::available::why_not;
use super::fuzzy;
use super::glossary::{GLOSSARY, Word};
use super::keymap::{Action, BINDINGS, Binding};
use super::settings::{AUTO, Offered, Wanted};
use mailwatch_proto::model::WatchId;

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// What its key does.
    Action(Action),
    /// Shows the screen in a theme.
    Theme(Wanted),
    /// Goes to a watch.
    Watch(WatchId),
    /// Runs a command of the user's own, by its place.
    Run(usize),
    /// Shows what a word of the screen means.
    Word(&'static Word),
}

/// A command.
#[derive(Clone, Debug)]
pub struct Found {
    /// What it does.
    pub does: Does,
    /// Its name, as it is typed.
    pub name: String,
    /// Its keys; empty where it has none.
    pub keys: String,
    /// What it does, in a sentence.
    pub about: Cow<'static, str>,
    /// Why it cannot be done now.
    pub why_not: Option<Cow<'static, str>>,
}

/// An action's name as it is typed: with blanks.
#[must_use]
pub fn name_of(binding: &Binding) -> String {
    binding.name.replace('_', " ")
}

/// The commands that fit what is typed, the best first. While nothing is typed: those said last, then the table's order.
#[must_use]
pub fn found(app: &App, palette: &Palette) -> Vec<Found> {
    let typed = palette.text.trim();
    let mut found: Vec<(i32, Found)> = Vec::new();
    let mut take = |name: String, more: &str, make: &dyn Fn(String) -> Found| {
        let by_name = fuzzy::score(typed, &name);
        // A word of the sentence finds it too, behind what has it in its name.
        let by_word = || typed.len() > 2 && more.to_lowercase().contains(&typed.to_lowercase());
        if let Some(score) = by_name.or_else(|| by_word().then_some(i32::MIN)) {
            found.push((score, make(name)));
        }
    };
    for binding in BINDINGS.iter().filter(|binding| binding.action != Action::Palette) {
        take(name_of(binding), binding.help, &|name| Found {
            does: Does::Action(binding.action),
            name,
            keys: app.options.keys.show(binding.action),
            about: binding.help.into(),
            why_not: why_not(app, app.popups.below.as_deref(), binding.action),
        });
    }
    for (at, command) in app.options.preferences.commands.iter().enumerate() {
        take(format!("run {}", command.shown()), "", &|name| Found {
            does: Does::Run(at),
            name,
            keys: command.key.show(),
            about: "a command of your own".into(),
            why_not: None,
        });
    }
    for (theme, choice) in themes(app) {
        let about = about_theme(theme, theme == app.options.themes.name());
        take(format!("theme {theme}"), "colours", &|name| Found {
            does: Does::Theme(choice.clone().unwrap_or_default()),
            name,
            keys: String::new(),
            about: about.clone(),
            why_not: choice.as_ref().err().map(|why| why.clone().into()),
        });
    }
    // Hundreds of watches would hide the rest.
    for id in app.board.watches.keys().filter(|_| !typed.is_empty()) {
        take(format!("watch {id}"), "", &|name| Found {
            does: Does::Watch(id.clone()),
            name,
            keys: String::new(),
            about: "go to this watch".into(),
            why_not: None,
        });
    }
    for row in GLOSSARY.iter().filter(|_| !typed.is_empty()) {
        for word in row.words {
            take(format!("word {word}"), "", &|name| Found {
                does: Does::Word(row),
                name,
                keys: String::new(),
                about: row.means.into(),
                why_not: None,
            });
        }
    }
    if typed.is_empty() {
        found.sort_by_key(|(_, found)| app.popups.said.age(&found.name).unwrap_or(usize::MAX));
    } else {
        found.sort_by_key(|(score, _)| Reverse(*score));
    }
    found.into_iter().map(|(_, found)| found).collect()
}

/// What a theme is for, and whether it is in use.
fn about_theme(theme: &str, in_use: bool) -> Cow<'static, str> {
    let about = match theme {
        AUTO => "dark or light, as the terminal's background is",
        "dark" => "for a dark background",
        "light" => "for a light background",
        "high-contrast" => "the strongest contrasts",
        "mono" => "no colours: bold, dim and reversed",
        _ => "a theme of your own",
    };
    if in_use { format!("{about}; in use").into() } else { about.into() }
}

/// Every theme by name, with why it cannot be chosen.
fn themes(app: &App) -> impl Iterator<Item = (&str, Result<Wanted, String>)> {
    let known = app.options.themes.known.iter();
    let known = known.map(|Offered { name, theme }| (name.as_str(), theme.clone().map(Wanted::Named)));
    [(AUTO, Ok(Wanted::Auto))].into_iter().chain(known)
}

/// The chosen command.
#[must_use]
pub fn chosen(app: &App) -> Option<Found> {
    let palette = app.popups.palette()?;
    let mut found = found(app, palette);
    (palette.chosen < found.len()).then(|| found.swap_remove(palette.chosen))
}
