//! What the program says where it cannot do what it was asked for, and the code it ends with.

use std::process::Output;

use crate::home::{Home, PROGRAM};
use crate::process::command;
use crate::terminal::{PROMPT, Start};

fn run(arguments: &[&str]) -> (Output, String) {
    let home = Home::new();
    let output = command(&home, arguments).output().expect("the program starts");
    // Wherever a line was broken.
    let said = String::from_utf8(output.stderr.clone()).expect("UTF-8");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    (output, said)
}

#[test]
fn without_a_terminal_the_screen_says_what_to_do_and_fails() {
    let (output, said) = run(&["demo"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("needs a terminal") && said.contains("mailwatch-tui watch"), "{said}");
    assert!(output.stdout.is_empty(), "{:?}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn without_a_configuration_the_ways_on_are_named() {
    for arguments in
        [&[][..], &["watch"], &["watch", "--json"], &["check"], &["probe", "work/INBOX"], &["account", "list"]]
    {
        let (output, said) = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(said.contains("mailwatch-tui account add"), "{arguments:?}: {said}");
        assert!(said.contains("mailwatch-tui config init") && said.contains("mailwatch-tui demo"), "{said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn without_a_configuration_the_screen_says_so_and_so_does_the_terminal_that_it_leaves() {
    let mut terminal = Start::program(Home::new(), PROGRAM, &[]).open();
    terminal.wait_text("There is no configuration yet");
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 2);
    let said = terminal.contents();
    assert!(
        said.contains("mailwatch-tui account add")
            && said.contains("mailwatch-tui config init")
            && said.contains("mailwatch-tui demo"),
        "{said}"
    );
}

#[test]
fn a_broken_configuration_is_bad_use_and_its_line_is_named() {
    for arguments in [&[][..], &["watch"]] {
        let home = Home::new();
        home.write_config("[[account]]\nname = \"work\"\nhosst = \"localhost\"\nuser = \"me\"\n");
        let config = home.config();
        let output = command(&home, &[arguments, &["--config", &config]].concat()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("hosst") && said.contains("host"), "{said}");
    }
}
