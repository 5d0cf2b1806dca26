//! `completions`: a shell's completions, made from the command line's own grammar.

use std::io::{self, Write};

use crate::cli::command;

/// Writes the completions for a shell.
///
/// # Errors
/// Where the output cannot be written.
pub fn completions(shell: clap_complete::Shell, out: &mut dyn Write) -> io::Result<()> {
    let mut command = command();
    let name = command.get_name().to_owned();
    // Into memory first: the generator would panic on a closed pipe.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    out.write_all(&script)
}
