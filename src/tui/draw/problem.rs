//! A configuration that cannot be used: its problems as the command line writes them, with line and caret.

use super::paint::Row;
use super::popup::Content;
use crate::config::ConfigError;
use crate::tui::glyphs::Characters;
use crate::tui::theme::Role;

pub fn content(error: &ConfigError, characters: Characters, width: u16) -> Content {
    let width = usize::from(width);
    let text = if characters.is_ascii() { error.render_ascii(width) } else { error.render(width, false) };
    let rows: Vec<Row> = text.trim_end().lines().map(|line| vec![(role(line), line.to_owned())]).collect();
    Content { name: "Configuration", subject: String::new(), rows }
}

/// The lines that say what is wrong stand out from those that show where.
fn role(line: &str) -> Role {
    match line.trim_start().chars().next() {
        Some('×') => Role::Warn,
        Some('x') if line.trim_start().starts_with("x ") => Role::Warn,
        Some('╭' | '│' | '╰' | '·' | ',' | '|' | '`' | ':' | '0'..='9') => Role::Text,
        _ => Role::Strong,
    }
}
