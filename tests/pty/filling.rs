//! The form for an account, filled in as a person does it.

use crate::home::Home;
use crate::served::Served;
use crate::terminal::Terminal;

/// The program's arguments.
pub fn arguments(home: &Home) -> Vec<String> {
    ["-vvv", "--config", &home.config(), "--state-dir", &home.state_dir()].map(str::to_owned).into()
}

/// What stands behind a key in the server's configuration.
fn value(served: &Served, key: &str) -> String {
    let line = served.config().lines().find(|line| line.starts_with(key)).expect("the key is told");
    line.split_once('=').expect("a value").1.trim().trim_matches('"').to_owned()
}

/// Fills the form in, from its first field to the button that tests the connection.
pub fn fill(terminal: &mut Terminal, served: &Served, name: &str, kept: usize, secret: &str) {
    terminal.wait_text("Address");
    terminal.press("demo@localhost\t");
    // There is no such domain, so that nobody is asked.
    terminal.wait_text("a guess from the address");
    terminal.press("\t");
    terminal.press(&"\x1b[C".repeat(kept));
    // The secret is pasted, as from a password manager.
    terminal.press(&format!("\t\x1b[200~{secret}\n\x1b[201~\t"));
    for text in ["localhost", &value(served, "port"), "", &value(served, "ca_file"), "demo@example.org", name] {
        // TLS is as it should be: a choice, and no text.
        let typed = if text.is_empty() { "\t".to_owned() } else { format!("\x15{text}\t") };
        terminal.press(&typed);
    }
    terminal.wait_row("Name", name);
}

/// The steps of the trial, all of them well.
pub fn wait_well(terminal: &Terminal) {
    for step in ["DNS", "TCP", "TLS 1.3", "greeting", "as demo@example.org", "EXAMINE", "IDLE", "DONE"] {
        terminal.wait_text(step);
    }
    terminal.wait_text("It works: the server answers DONE.");
}
