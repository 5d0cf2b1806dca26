//! The configuration file read again, merged and replaced.

use std::cell::Cell;
use std::io;
use std::path::Path;

use super::edit::Doc;
use super::error::SaveError;
use super::text::edit;
use super::tuned::{Saved, Tuned};
use crate::config::document::Source;
use crate::config::error::ConfigError;
use crate::config::files::read_file;
use crate::config::format::{Format, FrontEndTable};
use crate::config::write::{self, EditError};

/// Sets timers in the file at `path`, which was last read as `read`.
///
/// What others changed in it meanwhile stays, unless they set the same timer: then nothing is saved. The new text is
/// written beside the file, synced, and takes the file's place in one step, with its owner and permissions; where the
/// file is a symbolic link, that of the file it leads to. Where nothing would change, nothing is written.
///
/// # Errors
/// Where nothing was saved; the file is as it was.
pub fn save<F: FrontEndTable>(
    path: &Path,
    read: &Source,
    wanted: &[Tuned],
    format: &Format<F>,
) -> Result<Saved<F::Settings>, SaveError> {
    let broken = |error: ConfigError| SaveError::Broken { error: Box::new(error) };
    let providers = format.providers.beside(path).map_err(broken)?;
    let by = (&providers, &format.front_end);
    let merge = |now: &str| {
        // Validity first: collisions in a broken text do not matter.
        let edited = edit(now, path, by, wanted)?;
        let merged = *now != *read.0;
        if merged {
            collide(path, &read.0, now, wanted)?;
        }
        Ok::<_, SaveError>((edited, merged))
    };
    let (now, _) = read_file(path).map_err(broken)?;
    let (mut edited, mut merged) = merge(&now)?;
    if !edited.changed.is_empty() {
        // The file may change before the write: the text that was written counts.
        let put = Cell::new(None);
        let change = |now: Option<&str>| {
            let done = merge(now.ok_or_else(|| broken(ConfigError::Missing { path: path.to_owned() }))?)?;
            let text = done.0.text.clone();
            put.set(Some(done));
            Ok(text)
        };
        write::edit(path, change).map_err(|error| match error {
            EditError::Io(source) => SaveError::Unwritable { path: path.to_owned(), source },
            EditError::Refused(error) => error,
        })?;
        let never = || SaveError::Unwritable { path: path.to_owned(), source: io::Error::other("nothing was written") };
        (edited, merged) = put.take().ok_or_else(never)?;
    }
    // Changes of others are not read yet: a later save may still collide with them.
    let source = if merged {
        edit(&read.0, path, by, wanted).map_or_else(|_| read.clone(), |edited| Source(edited.text.into()))
    } else {
        Source(edited.text.as_str().into())
    };
    Ok(Saved { path: path.to_owned(), edited, merged, source })
}

/// Whether others set one of these timers, to something else than is wanted.
fn collide(path: &Path, read: &str, now: &str, wanted: &[Tuned]) -> Result<(), SaveError> {
    let (Some(read), Some(now)) = (Doc::read(read), Doc::read(now)) else { return Ok(()) };
    for Tuned { place, timer, setting } in wanted {
        let said = now.said(place, *timer);
        if said != read.said(place, *timer) && said != Some(*setting) {
            let now = said.map_or_else(|| "its default".to_owned(), |said| format!("\"{said}\""));
            return Err(SaveError::Collision { path: path.to_owned(), place: place.clone(), timer: *timer, now });
        }
    }
    Ok(())
}
