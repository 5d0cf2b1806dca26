//! Tuned timers into the configuration's text: their values change and nothing else does, to the byte.
//!
//! [`edit`] is pure. [`save`] reads the file again, merges what others changed meanwhile, and replaces it in one step.

mod connections;
mod edit;
mod error;
mod file;
#[cfg(test)]
mod tests;
mod text;
mod tuned;

pub use self::connections::save_connections;
pub use self::error::SaveError;
pub use self::file::save;
pub use self::text::edit;
pub use self::tuned::{Edited, Place, Saved, Tuned};
