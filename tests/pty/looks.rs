//! Colours, glyphs and sizes.

use std::time::{Duration, Instant};

use crate::glass::rows;
use crate::home::{Home, PROGRAM, holds};
use crate::terminal::{BOUND, DESIGNED, LARGE, PROMPT, Size, Start, Terminal};

/// Each view with the keys that lead there from the one before, and a word that it holds.
const VIEWS: [(&str, &str); 8] = [
    ("1z", "1 Watches"),
    ("2", "2 Timers"),
    ("\tv", "3 Log"),
    ("4", "4 Wire"),
    ("1\r", "Details"),
    ("\x1b?", "The selected watch"),
    ("G", "The marks"),
    ("\x1bt", "retry_min"),
];

fn live(start: Start) -> Terminal {
    let terminal = start.size(LARGE).open();
    terminal.wait_text("7 live");
    terminal
}

fn through_every_view(terminal: &mut Terminal, mut look: impl FnMut(&Terminal)) {
    let mut before = "";
    for (keys, word) in VIEWS {
        let rest = keys.strip_prefix('\x1b');
        if rest.is_some() {
            // Escape and what follows, read together, would be one key.
            terminal.press("\x1b");
            terminal.wait_gone(before);
        }
        terminal.press(rest.unwrap_or(keys));
        terminal.wait_text(word);
        look(terminal);
        before = word;
    }
}

/// The parameters of every SGR sequence that sets a colour. 39, 49 and 59 give the terminal its own back.
fn colours(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';' && c != ':')?;
        rest[end..].starts_with('m').then(|| rest[..end].to_owned())
    });
    let sets = |sequence: &String| {
        sequence
            .split([';', ':'])
            .filter_map(|number| number.parse::<u16>().ok())
            .any(|number| matches!(number, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107))
    };
    sequences.filter(sets).collect()
}

#[test]
fn there_are_colours() {
    let terminal = live(Start::demo());
    assert!(!colours(&terminal.bytes()).is_empty());
}

#[test]
fn under_no_color_not_one_colour_is_sent() {
    let mut terminal = live(Start::demo().env("NO_COLOR", "1"));
    through_every_view(&mut terminal, |_| {});
    // A popup is open: `q` would close it.
    terminal.press("\x03");
    assert_eq!(terminal.end(PROMPT), 0);
    assert_eq!(colours(&terminal.bytes()), [""; 0]);
}

#[test]
fn a_terminal_of_sixteen_colours_is_sent_its_own() {
    let mut terminal = live(Start::demo().env("TERM", "xterm"));
    through_every_view(&mut terminal, |_| {});
    // A popup is open: `q` would close it.
    terminal.press("\x03");
    assert_eq!(terminal.end(PROMPT), 0);
    let colours = colours(&terminal.bytes());
    assert!(colours.iter().any(|sequence| sequence.split(';').any(|number| number == "92")), "{colours:?}");
    let beyond = |sequence: &&String| sequence.split(';').any(|number| matches!(number, "38" | "48" | "58"));
    assert_eq!(colours.iter().find(beyond), None);
}

#[test]
fn a_terminal_with_all_colours_is_sent_them_and_one_without_any_none() {
    let terminal = live(Start::demo().env("COLORTERM", "truecolor"));
    assert!(colours(&terminal.bytes()).iter().any(|sequence| sequence.contains("38;2;")));
    let terminal = live(Start::demo().env("TERM", "vt220"));
    assert_eq!(colours(&terminal.bytes()), [""; 0]);
}

#[test]
fn in_a_locale_without_utf_8_nothing_but_ascii_is_sent() {
    let mut terminal = live(Start::demo().env("LANG", "de_DE.ISO-8859-1"));
    // Until mails with names of all scripts have come.
    through_every_view(&mut terminal, |_| {});
    terminal.press("\x1b");
    terminal.wait_gone("retry_min");
    terminal.press("3");
    let replaced =
        |row: &str| row.contains("new  ") && row.split('?').skip(1).any(|rest| !rest.starts_with([' ', '|']));
    terminal.wait("a mail with letters that are not ASCII's", |screen| rows(screen).any(|row| replaced(&row)));
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    let bytes = terminal.bytes();
    assert!(bytes.is_ascii(), "{}", String::from_utf8_lossy(&bytes));
}

#[test]
fn a_terminal_that_cannot_place_text_is_refused_with_the_way_on() {
    let mut terminal = Start::demo().env("TERM", "dumb").open();
    assert_eq!(terminal.end(PROMPT), 1);
    assert!(terminal.contents().contains("mailwatch-tui watch"), "{}", terminal.contents());
}

#[test]
fn a_theme_of_the_users_own_is_seen() {
    let home = Home::new();
    let themes = home.path().join("themes");
    std::fs::create_dir(&themes).expect("a new home");
    std::fs::write(themes.join("mine.toml"), "[roles]\nkey = { fg = \"#010203\" }\n").expect("a new home");
    let (config, state) = (home.config(), home.state_dir());
    let arguments = ["demo", "--config", &config, "--state-dir", &state, "--theme", "mine"];
    let terminal = live(Start::program(home, PROGRAM, &arguments).env("COLORTERM", "truecolor"));
    assert!(holds(&terminal.bytes(), "38;2;1;2;3"));
}

#[test]
fn with_ascii_every_mark_is_ascii() {
    let mut terminal = live(Start::demo().argument("--ascii"));
    through_every_view(&mut terminal, |terminal| {
        // A mail's own words are its sender's.
        let others = |row: &&str| !row.contains(" new  ");
        let contents = terminal.contents();
        let strange: Vec<_> = contents.lines().filter(others).filter(|row| !row.is_ascii()).collect();
        assert_eq!(strange, [""; 0]);
    });
}

#[test]
fn a_terminal_that_changes_its_size_all_the_time_is_drawn_at_last() {
    // The glass is larger than any size told, so that it is the program alone that must get along.
    let mut terminal = live(Start::demo());
    terminal.resize((250, 80));
    let mut sizes = Sizes(1);
    for round in 0..200 {
        terminal.tell_size(if round % 20 == 7 { (1, 1) } else { sizes.next() });
        terminal.wait_output(Duration::from_millis(10));
        if round % 10 == 0 {
            terminal.press("\tz?j\x1b");
        }
    }
    terminal.resize(DESIGNED);
    let whole = |screen: &vt100::Screen| {
        let rows: Vec<_> = rows(screen).collect();
        rows.first().is_some_and(|row| row.contains("mailwatch") && row.contains("? help"))
            && rows.last().is_some_and(|row| row.contains("q quit"))
    };
    // How many of the keys above were read together, and so were others, nobody knows: what they left open is closed.
    let until = Instant::now() + BOUND;
    while !terminal.look(whole) {
        let there = terminal.look(vt100::Screen::alternate_screen) && Instant::now() < until;
        assert!(there, "not drawn:\n{}", terminal.contents());
        terminal.press("\x1b");
        terminal.wait_output(Duration::from_millis(500));
    }
    // The last keys may still be on their way, and `q` would close what they open: this key always leaves. One that comes
    // together with a change of the size is seen with the next alone, as crossterm's poll is edge-triggered.
    terminal.press("\x03");
    terminal.wait_output(Duration::from_millis(500));
    terminal.press("\x03");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn each_size_that_is_promised_shows_the_watches() {
    for size in [(40, 10), (80, 24), DESIGNED, (200, 50)] {
        let terminal = Start::demo().size(size).open();
        terminal.wait(&format!("a watch at {size:?}"), |screen| {
            rows(screen).any(|row| row.contains('▸') && row.contains("live"))
        });
    }
}

#[test]
fn the_designed_size_shows_each_watch_by_its_whole_name_and_the_way_to_help() {
    let terminal = Start::demo().size(DESIGNED).open();
    for name in ["work/INBOX", "work/lists/rust", "gmail/INBOX", "home/INBOX", "office/INBOX", "old/INBOX"] {
        terminal.wait_row(name, "live");
    }
    let named = |screen: &vt100::Screen| rows(screen).last().is_some_and(|row| row.contains("? help"));
    terminal.wait("the way to help", named);
}

/// Sizes without order, the same in each run.
struct Sizes(u32);

impl Sizes {
    fn next(&mut self) -> Size {
        // Xorshift: any sequence that jumps about will do.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        let of = |bits: u32, most: u32| u16::try_from(bits % most + 1).unwrap_or(1);
        (of(self.0, 250), of(self.0 >> 16, 80))
    }
}

#[test]
fn the_terminals_answer_changes_the_colours_however_late_it_comes_and_is_no_key() {
    let mut terminal = live(Start::demo().env("COLORTERM", "truecolor"));
    terminal.wait_sent("\x1b]11;?\x07", 1);
    // In two pieces, long after the first frame.
    terminal.press("\x1b]11;rgb:ffff/ff");
    terminal.press("ff/ffff\x1b\\");
    // The light theme's name of the program.
    terminal.wait_sent("38;2;42;85;172", 1);
    // Had it been keys, the filter would be open, and take this one too.
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
}
