//! A question: what is to be done, and that Enter does it.

use super::content::Content;
use super::fit::wrap;
use super::row::Row;
use crate::tui::app::{App, Question};
use crate::tui::keymap::Action;
use crate::tui::theme::Role;

pub fn content(app: &App, question: &Question, width: u16) -> Content {
    let mut rows: Vec<Row> = Vec::new();
    for text in &question.text {
        rows.extend(wrap(text, width).into_iter().map(|line| vec![(Role::Text, line.to_owned())]));
        rows.push(Row::new());
    }
    rows.push(vec![
        (Role::Key, app.options.keys.show(Action::Details)),
        (Role::Strong, format!(" {}", question.yes)),
        (Role::Text, "   ".to_owned()),
        (Role::Key, app.options.keys.show(Action::Close)),
        (Role::Dim, " leave it".to_owned()),
    ]);
    Content { name: question.title, subject: String::new(), rows }
}
