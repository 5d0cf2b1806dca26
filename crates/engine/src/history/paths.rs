//! Names of files beside `history.db`, and how they are shown.

use std::path::{Path, PathBuf};

use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// A path in a sentence.
pub(super) fn shown(path: &Path) -> String {
    sanitise(&path.display().to_string(), LINE_LIMIT)
}

/// The path with something at its end: `history.db-wal`.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
