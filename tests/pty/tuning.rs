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
