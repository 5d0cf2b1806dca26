//! Reports of the past, for people, scripts and a provider's support. Reads the history; watches nothing.

mod bundle;
mod cells;
mod data;
mod figures;
mod files;
mod fit;
mod lines;
mod listing;
mod lists;
mod mail_row;
mod pack;
mod pcapng;
mod redact;
mod rows;
mod scope;
mod state;
mod state_line;
mod summary;
mod tally;
mod unwatched;
mod versions;

pub use self::bundle::{Facts, ReportFile, bundle, name};
pub use self::data::{Proof, ReportData};
pub use self::fit::Table;
pub use self::lines::{csv, json};
pub use self::listing::{Form, Listing};
pub use self::lists::Lists;
pub use self::pack::{NotWritten, pack, pack_into, save, save_as};
pub use self::redact::Redactor;
pub use self::rows::{Kind, Row, columns, rows, table};
pub use self::scope::Scope;
pub(crate) use self::state_line::{FORMAT, Of, ReceiptLine, ServerLine, StallLine, StateLine};
pub use self::unwatched::not_watched;
use self::versions::versions;
