//! What the screen keeps of itself from one run to the next: `screen.toml` in the state directory.

use std::fs;
use std::io;
use std::path::Path;

use toml::de::{DeTable, DeValue};

/// The file's name.
pub const FILE: &str = "screen.toml";

/// The longest file that is read: what this program writes is one line.
const LIMIT: u64 = 4096;

/// The name of the theme that is kept; `None` where none is, or the file cannot be read.
#[must_use]
pub fn theme(file: &Path) -> Option<String> {
    // Whatever else is there, a pipe say, is none of ours.
    fs::metadata(file).ok().filter(|data| data.is_file() && data.len() < LIMIT)?;
    let text = fs::read_to_string(file).ok()?;
    let (table, _) = DeTable::parse_recoverable(&text);
    match table.get_ref().get("theme")?.get_ref() {
        DeValue::String(name) => Some(name.as_ref().to_owned()),
        DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    }
}

/// The file's text.
#[must_use]
pub fn text(theme: &str) -> String {
    format!("# What `mailwatch-tui` keeps of its screen; its configuration comes first.\ntheme = {theme:?}\n")
}

/// Puts the text in the file's place in one step.
///
/// # Errors
/// Where it cannot be written.
pub fn write(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension(format!("toml.{}", std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_no_theme_is_none() {
        let place = tempfile::tempdir().expect("a directory for temporary files");
        let file = place.path().join(FILE);
        assert_eq!(theme(&file), None);
        for name in ["light", "my \"own\" one", "ä"] {
            write(&file, &text(name)).expect("written");
            assert_eq!(theme(&file).as_deref(), Some(name));
        }
        for other in ["theme = 3\n", "theme", "", "[theme]\n"] {
            write(&file, other).expect("written");
            assert_eq!(theme(&file), None, "{other:?}");
        }
        assert_eq!(fs::read_dir(place.path()).expect("the directory").count(), 1, "nothing is left beside it");
        assert!(write(&place.path().join("none").join(FILE), "").is_err());
    }
}
