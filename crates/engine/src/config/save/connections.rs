//! How many connections an account may have, in the configuration: that figure changes, and nothing else does, to the byte.

use std::path::Path;

use super::edit::Doc;
use super::error::SaveError;
use crate::config::error::ConfigError;
use crate::config::format::{Format, FrontEndTable};
use crate::config::parse::parse_with;
use crate::config::write::{self, EditError};

/// Writes an account's `max_connections` into the file at `path`, as it is now.
///
/// # Errors
/// Where nothing was saved; the file is as it was.
pub fn save_connections<F: FrontEndTable>(
    path: &Path,
    account: &str,
    most: u16,
    format: &Format<F>,
) -> Result<(), SaveError> {
    let broken = |error: ConfigError| SaveError::Broken { error: Box::new(error) };
    let providers = format.providers.beside(path).map_err(broken)?;
    let by = (&providers, &format.front_end);
    let change = |now: Option<&str>| {
        let now = now.ok_or_else(|| broken(ConfigError::Missing { path: path.to_owned() }))?;
        let config = parse_with(now, path, by, None).map_err(broken)?;
        if config.account(account).is_err() {
            return Err(SaveError::NoAccount { path: path.to_owned(), account: account.to_owned() });
        }
        let set = Doc::read(now).and_then(|doc| doc.with_connections(account, most));
        let new = set.ok_or_else(|| SaveError::Shape { path: path.to_owned(), account: account.to_owned() })?;
        parse_with(&new, path, by, None).map_err(|error| SaveError::Invalid { error: Box::new(error) })?;
        Ok(new)
    };
    write::edit(path, change).map_err(|error| match error {
        EditError::Io(source) => SaveError::Unwritable { path: path.to_owned(), source },
        EditError::Refused(error) => error,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::config::testing::format;

    fn saved(text: &str, account: &str) -> Result<String, SaveError> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("config.toml");
        fs::write(&path, text).expect("written");
        let done = save_connections(&path, account, 3, &format());
        let now = fs::read_to_string(&path).expect("there");
        assert!(done.is_ok() || now == text, "a refusal changes nothing: {now}");
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1, "no other file stays");
        done.map(|()| now)
    }

    #[test]
    fn the_figure_changes_and_nothing_else_does() {
        let head = "# mine\n[[account]]\nname = \"a\" # first\nhost = 'h'\nuser = \"u\"\n";
        let cases = [
            (
                format!("{head}max_connections = 8 # all\n\n# end\n"),
                format!("{head}max_connections = 3 # all\n\n# end\n"),
            ),
            (format!("{head}\n[timers]\n"), format!("{head}max_connections = 3\n\n[timers]\n")),
            (
                "account = [{ name = \"a\", host = \"h\", user = \"u\" }] # all\n".to_owned(),
                "account = [{ name = \"a\", host = \"h\", user = \"u\", max_connections = 3 }] # all\n".to_owned(),
            ),
            (
                "[[account]]\r\nname = \"a\"\r\nhost = \"h\"\r\nuser = \"u\"\r\n".to_owned(),
                "[[account]]\r\nname = \"a\"\r\nhost = \"h\"\r\nuser = \"u\"\r\nmax_connections = 3\r\n".to_owned(),
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(saved(&text, "a").expect("saved"), wanted);
        }
    }

    #[test]
    fn what_cannot_be_saved_is_said() {
        let text = "[[account]]\nname = \"a\"\nhost = \"h\"\nuser = \"u\"\n";
        assert!(matches!(saved(text, "b"), Err(SaveError::NoAccount { .. })));
        assert!(matches!(saved("[[account]]\nname = \"a\"\n", "a"), Err(SaveError::Broken { .. })));
        let nowhere = save_connections(Path::new("/nowhere/config.toml"), "a", 3, &format());
        assert!(matches!(nowhere, Err(SaveError::Broken { .. })), "{nowhere:?}");
    }
}
