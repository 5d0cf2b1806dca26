//! What is wrong now, the worst first: each in a sentence that fits, with what mends it.

mod age;
mod cause;
mod fault;
mod list;
mod remedy;
mod sentence;

use super::theme::Role;
use mailwatch_proto::model::WatchId;

pub use age::{Ageing, reissue_below};
pub use fault::said as said_of_fault;
pub use list::list;
pub use remedy::Remedy;

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attention {
    /// How it looks.
    pub role: Role,
    /// What is wrong, from the longest sentence to the shortest.
    pub sentences: Vec<String>,
    /// What mends it, or helps to.
    pub remedy: Remedy,
    /// The first watch that it is about.
    pub watch: Option<WatchId>,
}
