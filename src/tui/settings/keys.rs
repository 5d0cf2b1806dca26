//! The one table of actions on the screen: their names, keys and sentences. Dispatch, footer, help, mouse, docs/keys.md and
//! `[ui.keys]` read it.

mod action;
mod given;
mod key;
mod rules;
mod table;

pub use action::{Action, Context, Group};
pub use given::{Clash, Keys};
pub use key::{Code, Key};
pub use table::{BINDINGS, Binding};
