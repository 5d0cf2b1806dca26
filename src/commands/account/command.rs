//! `account login` where commands print the secrets: they run in this terminal, where a person can answer them.

use std::io;

use mailwatch_engine::secret::{SecretCommand, Unanswered};
use mailwatch_proto::model::{Account, sanitise};

use crate::output::{Exit, Output};

/// Runs the account's commands, its proxy's first, one after the other. What they print is kept nowhere: it is their
/// agents that are unlocked afterwards.
pub(super) async fn run(account: &Account, is_interactive: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    let name = sanitise(&account.name, 100);
    if !is_interactive {
        let message = format!(
            "account {name} takes its secret from a command (password_command or token_command), and there is nothing to \
             store: in a terminal this runs the command, so that it can ask"
        );
        return output.error(Exit::Bad, message);
    }
    for command in SecretCommand::all_of(account) {
        writeln!(output.err, "{command} runs in this terminal. Ctrl-C cancels.")?;
        output.err.flush()?;
        match command.ask_in_foreground().await {
            Ok(_) => {}
            Err(error @ (Unanswered::GivenUp(_) | Unanswered::Failed(_))) => {
                return output.error(Exit::Failed, format_args!("account {name}: {error}"));
            }
        }
    }
    writeln!(
        output.out,
        "Account {name}: the command printed a secret, which was not stored. If an agent is unlocked now, `mailwatch-tui watch` gets it too, within 5 minutes, or at once on SIGUSR1."
    )?;
    Ok(Exit::Done)
}
