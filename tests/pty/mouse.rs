//! The mouse, as a terminal reports it, and without it.

use vt100::MouseProtocolMode;

use crate::terminal::{LARGE, Start, Terminal};

/// A press of the left button, or a turn of the wheel, in SGR's encoding (xterm's 1006): cells count from 1.
fn report(button: u8, column: u16, row: u16) -> String {
    format!("\x1b[<{button};{};{}M", column + 1, row + 1)
}

const LEFT: u8 = 0;
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
