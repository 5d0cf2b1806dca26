//! Which mailboxes of an account get a connection of their own, and which share one.
//!
//! Mailboxes get connections in the order of the configuration until `max_connections` is reached; the others share one of
//! these, the sharing connection, which also asks by LIST where the configuration leaves open which mailboxes there are. As
//! long as there is none at all, a discovery connection asks. An account whose mailboxes are all named and all fit is the
//! trivial case: a connection each.

mod io;
mod machine;
mod mailboxes;
mod shares;

pub use self::io::{Given, Input, Loan, Output};
pub use self::machine::Allocation;
pub use self::mailboxes::{MOST_MAILBOXES, Mailboxes};
