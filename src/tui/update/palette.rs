//! The list of commands: opened, typed into, and what is chosen in it done.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::user_commands;
use crate::tui::app::{App, Effect, FilterTarget, Popup};
use crate::tui::keymap::Action;
use crate::tui::palette::{self, Does};
use crate::tui::settings::Wanted;
use crate::tui::theme::Styles;

/// How many commands a page key passes.
const PAGE: i64 = 10;

/// What a key or a click came to.
pub enum Chosen {
    /// It is done, and this is left to be done outside.
    Done(Vec<Effect>),
    /// What an action's key does.
    Action(Action),
}

/// Opens it above what is open, or closes it.
pub fn toggle(app: &mut App) {
    if app.popups.palette().is_some() {
        return close(app);
    }
    app.filters.typing = None;
    app.popups.open_palette();
}

/// Closes it: what was open below it is open again.
pub fn close(app: &mut App) {
    app.popups.close_palette();
    preview(app);
}

/// A key while it is open; `None` for one that is neither text nor the list's.
pub fn key(app: &mut App, key: KeyEvent) -> Option<Chosen> {
    let count = app.popups.palette().map(|palette| palette::found(app, palette).len())?;
    let palette = app.popups.palette_mut()?;
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('u') if ctrl => palette.put(String::new()),
        KeyCode::Char('w') if ctrl => palette.pop_word(),
        KeyCode::Char('p') if ctrl => palette.choose(-1, count),
        KeyCode::Char('n') if ctrl => palette.choose(1, count),
        KeyCode::Char(_) if ctrl => return None,
        KeyCode::Char(c) => palette.push(c),
        KeyCode::Backspace if palette.pop() => {}
        KeyCode::Backspace | KeyCode::Esc => close(app),
        KeyCode::Up | KeyCode::BackTab => palette.choose(-1, count),
        KeyCode::Down => palette.choose(1, count),
        KeyCode::PageUp => palette.choose(-PAGE, count),
        KeyCode::PageDown => palette.choose(PAGE, count),
        KeyCode::Home => palette.choose(i64::MIN, count),
        KeyCode::End => palette.choose(i64::MAX, count),
        KeyCode::Tab | KeyCode::Right => complete(app),
        KeyCode::Enter => return Some(run(app)),
        _ => return None,
    }
    preview(app);
    Some(Chosen::Done(Vec::new()))
}

/// A text that was pasted.
pub fn paste(app: &mut App, text: &str) {
    if let Some(palette) = app.popups.palette_mut() {
        text.chars().for_each(|c| palette.push(c));
    }
    preview(app);
}

/// Moves in the list by the wheel.
pub fn choose(app: &mut App, by: i64) {
    let count = app.popups.palette().map_or(0, |palette| palette::found(app, palette).len());
    if let Some(palette) = app.popups.palette_mut() {
        palette.choose(by, count);
    }
    preview(app);
}

/// A click on a command does it.
pub fn click(app: &mut App, at: usize) -> Chosen {
    if let Some(palette) = app.popups.palette_mut() {
        palette.chosen = at;
    }
    run(app)
}

/// Types the rest of the chosen command's name.
fn complete(app: &mut App) {
    if let Some(found) = palette::chosen(app)
        && let Some(palette) = app.popups.palette_mut()
    {
        palette.put(found.name);
    }
}

/// Does what is chosen. What cannot be done says why, and the list stays.
fn run(app: &mut App) -> Chosen {
    let Some(found) = palette::chosen(app) else {
        app.notices.say("there is no such command");
        return Chosen::Done(Vec::new());
    };
    if let Some(why) = found.why_not {
        app.notices.say(format!("{}: {why}", found.name));
        return Chosen::Done(Vec::new());
    }
    close(app);
    app.popups.said.remember(found.name);
    match found.does {
        Does::Action(action) => return Chosen::Action(action),
        Does::Theme(choice) => return Chosen::Done(take_theme(app, &choice)),
        Does::Run(at) => return Chosen::Done(user_commands::run(app, at)),
        Does::Watch(id) => {
            app.watches.select_watch(&id, &app.board);
            app.notices.say(format!("{id} is selected"));
        }
        Does::Word(row) => {
            app.popups.open = Some(Popup::Help(0));
            app.filters.put(FilterTarget::Help, row.words.join(", "));
        }
    }
    Chosen::Done(Vec::new())
}

/// Shows the screen in the chosen theme while it is chosen, else in its own.
fn preview(app: &mut App) {
    let chosen = palette::chosen(app).map(|found| found.does);
    let themes = &app.options.themes;
    let theme = match &chosen {
        Some(Does::Theme(Wanted::Unsaid) | Does::Action(_) | Does::Watch(_) | Does::Word(_) | Does::Run(_)) | None => {
            themes.chosen.clone()
        }
        Some(Does::Theme(choice @ (Wanted::Auto | Wanted::Named(_)))) => themes.of(choice),
    };
    app.styles = Styles::new(&theme, app.options.depth);
}

/// A theme is chosen for good.
fn take_theme(app: &mut App, choice: &Wanted) -> Vec<Effect> {
    let (said, keep) = app.options.themes.choose(choice);
    app.notices.say(said);
    app.styles = Styles::new(&app.options.themes.chosen, app.options.depth);
    keep.map(|(file, text)| Effect::Keep(file, text)).into_iter().collect()
}
