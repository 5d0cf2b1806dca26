//! A password appears nowhere: not on the screen, not in the log, not in the database.

use mailwatch_tui::demo::PASSWORD;

use crate::home::{Home, PROGRAM, holds};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start};

#[test]
fn neither_screen_nor_log_nor_database_hold_the_password() {
    let home = Home::new();
    let served = Served::start(&home, &["--every", "1s"]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["-vvv", "--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_text("1 live");
    terminal.press("4z");
    terminal.wait_text("AUTHENTICATE PLAIN ***");
    // A new connection, so that the login happens while the wire is looked at.
    terminal.press("r");
    terminal.wait_rows(2, &["AUTHENTICATE PLAIN ***"]);
    terminal.press("3");
    terminal.wait_text(" new  ");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);

    let files = terminal.home.state_files();
    let names: Vec<_> = files.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
    assert!(names.contains(&"mailwatch.log") && names.contains(&"history.db"), "{names:?}");
    let encoded = "AGRlbW9A";
    for secret in [PASSWORD, encoded] {
        assert!(!holds(&terminal.bytes(), secret), "{secret} on the screen");
        for (path, bytes) in &files {
            assert!(!holds(bytes, secret), "{secret} in {}", path.display());
        }
    }
}
