//! Files of the repository that this crate's tests read. A published package has copies of its own.

use std::fs;
use std::path::Path;

/// The text of a file, by its path from the repository's root.
pub(crate) fn text(path: &str) -> String {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let places = [package.join("../..").join(path), package.join(path)];
    let found = places.iter().find_map(|place| fs::read_to_string(place).ok());
    found.unwrap_or_else(|| panic!("{path} is neither in the repository nor in the package"))
}
