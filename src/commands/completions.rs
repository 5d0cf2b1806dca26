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
    clap_complete::generate(shell, &mut command, name.clone(), &mut script);
    if shell == clap_complete::Shell::Bash {
        // The generator names a program with a hyphen in two ways, and a word after a command's own finds nothing.
        let (wrong, right) = (labels(&name, "__subcmd__"), labels(&name, "__"));
        script = String::from_utf8_lossy(&script).replace(&wrong, &right).into_bytes();
    }
    out.write_all(&script)
}

/// The program's name in the script's labels.
fn labels(name: &str, hyphen: &str) -> String {
    name.replace('-', hyphen)
}
