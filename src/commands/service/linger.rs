//! Linger: whether a user's services run while the user is not logged in.

use std::io;

use mailwatch_proto::model::{Account, Auth, SecretSource, sanitise};

use super::manager::Manager;
use crate::output::Output;

/// Says whether linger is on, what it is for, and what the accounts of the keyring have of it.
pub(super) async fn say(manager: Manager<'_>, accounts: &[Account], output: &mut Output<'_>) -> io::Result<()> {
    let Manager::Systemd(systemd) = manager else {
        return writeln!(output.out, "It runs while you are logged in.");
    };
    match systemd.linger().await {
        Some(true) => {
            writeln!(output.out, "Linger is on: it runs from the system's start, even while you are not logged in.")?;
            let locked: Vec<String> = accounts
                .iter()
                .filter(|account| in_keyring(account))
                .map(|account| sanitise(&account.name, 100))
                .collect();
            if !locked.is_empty() {
                writeln!(
                    output.out,
                    "The keyring is locked until you log in, and these accounts wait for that: {}.",
                    locked.join(", ")
                )?;
            }
            Ok(())
        }
        Some(false) => {
            writeln!(
                output.out,
                "Linger is off: it starts when you log in and ends when you log out of your last session."
            )?;
            writeln!(output.out, "To run it from the system's start, whoever is logged in: loginctl enable-linger")
        }
        None => writeln!(
            output.out,
            "Whether linger is on is not known. With it (loginctl enable-linger) it also runs while you are not logged in."
        ),
    }
}

/// Whether the account's secret comes from the keyring.
fn in_keyring(account: &Account) -> bool {
    match &account.secret {
        SecretSource::Keyring => account.auth == Auth::Password || account.auth == Auth::OAuth2,
        SecretSource::OAuth(_) => true,
        SecretSource::Command(_) | SecretSource::Fixed(_) => false,
    }
}
