//! What the command line asks of the screen.

use crate::cli::Global;
use crate::tui::Options;

/// The options by the environment, with those of the command line over them.
pub fn options(global: &Global) -> Options {
    let mut options = Options::from_env();
    if global.ascii {
        options.characters = options.characters.with_ascii_marks();
    }
    options.mouse &= !global.no_mouse;
    options.keylog = global.keylog;
    options
}
