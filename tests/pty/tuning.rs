//! Tuning as a person does it: by keys, saved into a file with comments, on a connection that stays.

use std::fs;

use crate::home::{Home, PROGRAM};
use crate::served::Served;
use crate::terminal::{LARGE, PROMPT, Start};

#[test]
fn what_is_tuned_is_saved_with_every_comment_and_what_others_write_meanwhile_is_kept() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    let text = format!("# mine\n{}timers = {{ done = '9s' }} # short\n\n# the end\n", served.config());
    home.write_config(&text);
    let (config, state) = (home.config(), home.state_dir());
    let program = ["--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &program).size(LARGE).open();
    terminal.wait_row("demo/INBOX", "live");
    let file = || fs::read_to_string(&config).expect("the configuration");

    // From 4m to 5m, in force at once, and saved.
    terminal.press("tll");
    terminal.wait_text("yours: reissue");
    terminal.press("s");
    terminal.wait_text("saved to config.toml: reissue 5m for demo");
    let saved = text.replace("'9s' }", "'9s', reissue = \"5m\" }");
    assert_eq!(file(), saved);
    terminal.wait_rows(1, &["▸ reissue", "5m", "config"]);
    terminal.press("s");
    terminal.wait_text("nothing to save");

    // Somebody else edits the file: what they wrote stays, and the same timer is nobody's to overwrite.
    let theirs = saved.replace("# mine", "# ours").replace("'9s'", "'7s'");
    fs::write(&config, &theirs).expect("written");
    terminal.press("l");
    terminal.wait_text("yours: reissue");
    terminal.press("s");
    terminal.wait_text("the file has other changes: R reads them");
    let both = theirs.replace("\"5m\"", "\"5m30s\"");
    assert_eq!(file(), both);
    terminal.press("jh");
    terminal.wait_text("yours: done");
    terminal.press("s");
    terminal.wait_text("not saved: done for demo was changed");
    assert_eq!(file(), both);

    // Undone, and learned instead.
    terminal.press("uk");
    terminal.wait_text("nothing differs");
    terminal.press("o");
    terminal.wait_rows(1, &["▸ reissue", "auto", "learned"]);
    terminal.press("s");
    terminal.wait_text("saved to config.toml: reissue auto for demo");
    assert_eq!(file(), both.replace("\"5m30s\"", "\"auto\""));

    // All of it on the first connection.
    terminal.press("\x1b");
    terminal.wait_gone("retry_min");
    terminal.press("3v/connected\r");
    terminal.wait_rows(1, &["demo/INBOX", "connected to"]);
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
}

#[test]
fn a_server_that_allows_one_connection_has_it_shared_by_two_keys_and_the_file_says_so() {
    let home = Home::new();
    let served = Served::start(&home, &["--scenario", "one-connection", "--mailboxes", "3"]);
    let (before, _) = served.config().split_once("max_connections").expect("the last line");
    home.write_config(&format!("# mine\n{before}max_connections = 8 # all of them\n"));
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["--config", &*config, "--state-dir", &*state];
    let mut terminal = Start::program(home, PROGRAM, &arguments).size(LARGE).open();
    terminal.wait_text("x share connections");
    terminal.press("x");
    terminal.wait_text("With max_connections = 1 in the configuration");
    terminal.press("\r");
    terminal.wait_text("max_connections = 1 for demo is saved");
    terminal.wait_row("demo/INBOX", "live");
    terminal.wait_gone("x share connections");
    let after = std::fs::read_to_string(&config).expect("there");
    assert_eq!(after, format!("# mine\n{before}max_connections = 1 # all of them\n"));
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
}
