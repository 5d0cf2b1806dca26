//! The mouse, as a terminal reports it, and without it.

use vt100::MouseProtocolMode;

use crate::home::{Home, PROGRAM};
use crate::served::Served;
use crate::terminal::{LARGE, Start, Terminal};

/// A press of the left button, or a turn of the wheel, in SGR's encoding (xterm's 1006): cells count from 1.
fn report(button: u8, column: u16, row: u16) -> String {
    format!("\x1b[<{button};{};{}M", column + 1, row + 1)
}

/// The left button is let go.
fn let_go(column: u16, row: u16) -> String {
    report(LEFT, column, row).replace('M', "m")
}

const LEFT: u8 = 0;
/// A movement with the left button pressed.
const DRAG: u8 = 32;
const WHEEL_UP: u8 = 64;
const WHEEL_DOWN: u8 = 65;

/// Where a text begins: column and row.
fn place(terminal: &Terminal, text: &str) -> (u16, u16) {
    terminal.look(|screen| {
        let found = crate::glass::rows(screen).zip(0..).find_map(|(row, y)| {
            let at = row.find(text)?;
            Some((u16::try_from(row[..at].chars().count()).expect("a column"), y))
        });
        found.unwrap_or_else(|| panic!("{text:?} is not seen:\n{}", screen.contents()))
    })
}

fn live(start: Start) -> Terminal {
    let mut terminal = start.size(LARGE).open();
    terminal.wait_text("7 live");
    terminal.press("g");
    terminal.wait_row("gmail/INBOX", "▸");
    terminal
}

#[test]
fn a_click_selects_the_wheel_scrolls_and_a_key_in_the_footer_is_pressed() {
    let mut terminal = live(Start::demo());
    let (x, y) = place(&terminal, "work/INBOX");
    terminal.press(&report(LEFT, x, y));
    terminal.wait_row("work/INBOX", "▸");
    terminal.press(&report(WHEEL_DOWN, x, y));
    terminal.wait_row("work/lists/rust", "▸");

    let (x, y) = place(&terminal, "Space mark");
    terminal.press(&report(LEFT, x, y));
    terminal.wait_text("1 watch is marked");
    terminal.press(" ");
    terminal.wait_text("nothing is marked");

    terminal.press("?");
    terminal.wait_text("The selected watch");
    terminal.press(&report(WHEEL_DOWN, 74, 20));
    terminal.wait_gone("The selected watch");
    // Outside of it.
    terminal.press(&report(LEFT, 2, 2));
    terminal.wait_gone("Help");
}

#[test]
fn without_the_mouse_the_terminal_keeps_it() {
    let terminal = live(Start::demo().argument("--no-mouse"));
    assert_eq!(terminal.look(vt100::Screen::mouse_protocol_mode), MouseProtocolMode::None);
    assert!(!crate::home::holds(&terminal.bytes(), "\x1b[?1000h"));
}

#[test]
fn a_timers_bar_follows_the_button_and_the_wheel_turns_its_value() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let program = ["--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &program).size(LARGE).open();
    terminal.wait_row("demo/INBOX", "live");
    terminal.wait_rows(1, &["reissue", "of 4m"]);

    // Its middle is another value, in force once the button is let go.
    let (x, y) = place(&terminal, "▸reissue");
    let bar =
        |end: char| terminal.look(|screen| crate::glass::rows(screen).nth(y.into())?.chars().position(|c| c == end));
    let (begin, end) = (bar('├').expect("a bar"), bar('┤').expect("its end"));
    let middle = u16::try_from(usize::midpoint(begin, end)).expect("a column");
    assert!(middle > x);
    terminal.press(&report(LEFT, middle + 2, y));
    terminal.press(&report(DRAG, middle + 1, y));
    terminal.press(&report(DRAG, middle, y));
    terminal.wait_gone("of 4m");
    terminal.wait_rows(0, &["(you)"]);
    terminal.press(&let_go(middle, y));
    terminal.wait_rows(1, &["demo/INBOX", "reissue 4m to", "(you)"]);

    // What the wheel has changed is asked for once it rests: all its turns at once.
    for _ in 0..3 {
        terminal.press(&report(WHEEL_UP, middle, y));
    }
    terminal.wait_rows(2, &["demo/INBOX", "reissue", "(you)"]);
    terminal.press("uu");
    terminal.wait_rows(1, &["reissue", "of 4m"]);
}

#[test]
fn a_click_on_a_connections_making_shows_its_lines_and_another_hides_them() {
    let home = Home::new();
    let served = Served::start(&home, &[]);
    home.write_config(served.config());
    let (config, state) = (home.config(), home.state_dir());
    let program = ["--config", &config, "--state-dir", &state];
    let mut terminal = Start::program(home, PROGRAM, &program).size(LARGE).open();
    terminal.wait_row("demo/INBOX", "live");
    terminal.wait_rows(1, &["── connected", "⏎"]);
    for shown in [true, false] {
        let (x, y) = place(&terminal, "── connected");
        terminal.press(&report(LEFT, x + 4, y));
        terminal.wait("its lines", |screen| screen.contents().contains("CAPABILITY") == shown);
    }
}
