//! The engine that runs on the state directory, service or not.

use mailwatch_engine::status::{Format, Question, Shape, ask};

use crate::cli::Global;

/// Its process; `None` where none runs, or none answers.
pub(super) async fn engine(global: &Global) -> Option<u32> {
    let state = global.state_path().ok()?;
    let shape = Shape::Format(Format::parse("{pid}").ok()?);
    let question = Question { shape, escape: None, accounts: Vec::new(), follow: false };
    let mut answers = ask(&state, &question).await.ok()?;
    answers.next().await.ok()??.trim().parse().ok()
}
