//! A configuration that cannot be used: its problems, with line and caret, as the command line writes them.

use super::content::Content;
use super::fit::wrap;
use super::row::Row;
use crate::tui::app::App;
use crate::tui::keymap::Action;
use crate::tui::theme::Role;
use mailwatch_engine::config::ConfigError;

pub fn content(app: &App, error: &ConfigError, width: u16) -> Content {
    let ascii = app.options.characters.is_ascii();
    let text = if ascii { error.render_ascii(usize::from(width)) } else { error.render(usize::from(width), false) };
    let mut rows = Vec::new();
    let keys = app.options.keys.show(Action::Reload);
    let stands = if app.popups.unready.is_none() { "; until then the previous one stays in force" } else { "" };
    let help = format!("Fix it in an editor, then {keys} reads it again{stands}.");
    rows.extend(wrap(&help, width).into_iter().map(|line| vec![(Role::Text, line.to_owned())]));
    rows.push(Row::new());
    rows.extend(text.trim_end().lines().map(|line| row(line, ascii)));
    Content { name: "Configuration", subject: String::new(), rows }
}

/// What is wrong stands out, then the place, then the help; the lines around them are dim.
fn row(line: &str, ascii: bool) -> Row {
    let one = |role| vec![(role, line.to_owned())];
    let trimmed = line.trim_start();
    match trimmed.chars().next() {
        Some('×' | '·' | ':') => one(Role::Warn),
        Some('x') if ascii && trimmed.starts_with("x ") => one(Role::Warn),
        Some('╭' | '╰' | ',' | '`') => one(Role::Dim),
        Some('0'..='9') => match line.split_once(['│', '|']) {
            Some((number, text)) => {
                let bar = if ascii { "|" } else { "│" };
                vec![(Role::Dim, format!("{number}{bar}")), (Role::Text, text.to_owned())]
            }
            // Not a line of the file, but the number of problems.
            None => one(Role::Strong),
        },
        _ if trimmed.starts_with("help:") => match line.split_once("help:") {
            Some((indent, text)) => vec![(Role::Key, format!("{indent}help:")), (Role::Strong, text.to_owned())],
            None => one(Role::Strong),
        },
        _ => one(Role::Strong),
    }
}
