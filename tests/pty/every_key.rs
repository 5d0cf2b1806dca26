//! Every key of the table, as a terminal sends it: each does what its sentence in the help says, seen on the glass.

use mailwatch_tui::tui::settings::keys::{Action, BINDINGS, Binding, Code, Group, Key};

use crate::home::{Home, PROGRAM};
use crate::terminal::{LARGE, PROMPT, Start, Terminal};

/// What is to be seen after some keys.
enum Shows {
    /// A text, anywhere.
    Text(&'static str),
    /// No such text.
    Gone(&'static str),
    /// The text in the table's row of this watch.
    Row(&'static str, &'static str),
    /// A row with all of these.
    Rows(&'static [&'static str]),
    /// One more row with all of these than before.
    More(&'static [&'static str]),
    /// Nothing is seen, but the terminal is told this again.
    Sent(&'static str),
}

use Shows::{Gone, More, Row, Rows, Sent, Text};

/// Keys, in which `KEY` stands for the one on trial, and what they show.
type Step = (&'static str, Shows);

const KEY: &str = "\0";

/// The pointer, where the selection begins: on the first watch by name.
const FIRST: Step = ("g", Row("gmail/INBOX", "▸"));
const LAST: Step = ("G", Row("work/lists/rust", "▸"));
const ALONE: Step = ("1z", Gone("4 Wire"));
const TOGETHER: Step = ("1z", Text("4 Wire"));

/// How an action is seen to happen, from the watches with nothing open and back to there.
#[expect(clippy::match_same_arms, clippy::too_many_lines, reason = "one row for each action")]
fn proof(action: Action) -> Vec<Step> {
    match action {
        Action::Done => vec![LAST, (KEY, Rows(&["lists/rust", "DONE (user) after"])), FIRST],
        Action::DoneAll => vec![(KEY, Text("DONE asked of 7 watches"))],
        Action::Reconnect => vec![
            LAST,
            ("3v", Text("filter: all")),
            ("/connected\r", Text("filter: connected")),
            (KEY, More(&["lists/rust", "connected to"])),
            ("\x1b", Gone("filter: connected")),
            ("vvvv", Text("filter: news")),
            ("1g", Row("gmail/INBOX", "▸")),
        ],
        Action::Pause => {
            vec![LAST, (KEY, Row("work/lists/rust", "paused")), (KEY, Row("work/lists/rust", "live")), FIRST]
        }
        Action::ResetNew => vec![(KEY, Text("NEW is 0 again on 7 watches"))],
        Action::Mute => vec![(KEY, Row("gmail/INBOX", "muted")), (KEY, Text("notifies again"))],
        Action::Unlock => vec![(KEY, Text("no command prints"))],
        Action::Longer => vec![(KEY, Text("of 30s")), ("u", Text("of 25s"))],
        Action::Shorter => vec![(KEY, Text("of 20s")), ("u", Text("of 25s"))],
        Action::Undo => vec![("+", Text("of 30s")), (KEY, Text("of 25s"))],
        Action::Tune => vec![(KEY, Text("retry_min")), ("\x1b", Gone("retry_min"))],
        Action::Filter => vec![
            ALONE,
            (KEY, Text("end filter")),
            ("gmail", Gone("polling")),
            ("\x1b", Text("polling")),
            TOGETHER,
            FIRST,
        ],
        Action::Verbose => vec![(KEY, Text("filter: all")), ("vvvv", Text("filter: news"))],
        Action::NextPane => vec![ALONE, (KEY, Text("2 Timers")), (KEY, Text("3 Log")), TOGETHER],
        Action::PreviousPane => {
            vec![ALONE, (KEY, Text("5 Mail ·")), ("3", Text("3 Log ·")), ("1", Gone("3 Log ·")), TOGETHER]
        }
        Action::PaneWatches => vec![ALONE, ("3", Text("3 Log")), (KEY, Text("1 Watches")), TOGETHER],
        // From there digits are no panes: Tab leads to the next.
        Action::PaneTimers => vec![ALONE, (KEY, Text("2 Timers")), ("\t", Text("3 Log")), TOGETHER],
        Action::PaneLog => vec![ALONE, (KEY, Text("3 Log")), TOGETHER],
        Action::PaneWire => vec![ALONE, (KEY, Text("4 Wire")), ("1", Gone("4 Wire")), TOGETHER],
        Action::PaneMail => {
            vec![(KEY, Text("5 Mail · 3 Log")), ("3", Text("3 Log · 5 Mail")), ("1", Text("1 Watches"))]
        }
        // No account of the demo has an opener.
        Action::OpenMail => {
            vec![("5", Rows(&["WHEN", "SUBJECT"])), (KEY, Text("open_command in its")), ("31", Text("3 Log ·"))]
        }
        Action::Seen => {
            vec![("5", Rows(&["WHEN", "SUBJECT"])), (KEY, Text("marked as seen")), ("31", Text("3 Log ·"))]
        }
        // There is one that is not seen: a watch has something new.
        Action::SeenAll => vec![
            ("5", Rows(&["WHEN", "SUBJECT"])),
            ("", Rows(&["INBOX", " +"])),
            (KEY, Text("Mark as seen")),
            ("\x1b", Gone("Mark as seen")),
            ("31", Text("3 Log ·")),
        ],
        Action::Zoom => vec![(KEY, Gone("2 Timers")), (KEY, Text("2 Timers"))],
        Action::Details => vec![(KEY, Text("Details gmail/INBOX")), ("\x1b", Gone("Details gmail/INBOX"))],
        Action::Sort => vec![(KEY, Text("watches by state")), ("sss", Text("watches by name")), FIRST],
        Action::Group => vec![(KEY, Text("▾")), (KEY, Gone("▾")), FIRST],
        Action::Follow => vec![("3\0", Text("G follows")), (KEY, Gone("G follows")), FIRST_IN_LIST],
        Action::OnlyWatch => vec![(KEY, Text("only gmail/INBOX")), (KEY, Gone("only gmail/INBOX"))],
        Action::NextMatch | Action::PreviousMatch => vec![
            ("3/no such text\r", Text("filter: no such text")),
            (KEY, Text("no line holds no such text")),
            ("\x1b", Gone("filter: no such text")),
            FIRST_IN_LIST,
        ],
        Action::Copy => vec![("3\0", Text("copied ")), FIRST_IN_LIST],
        Action::CopyTrace => vec![(KEY, Text("copied "))],
        // The wire's lines are short at this size: what is seen is that the key is taken and the wire stays.
        Action::Wrap => vec![("4\0", Text("4 Wire")), ("W", Text("4 Wire")), FIRST_IN_LIST],
        Action::Palette => vec![(KEY, Text("Commands")), ("\x1b", Gone("Commands"))],
        Action::Freeze => vec![(KEY, Text("FROZEN")), (KEY, Gone("FROZEN"))],
        Action::Redraw => vec![(KEY, Sent("\x1b[?1049h"))],
        Action::Scope => vec![
            LAST,
            ("t", Text("retry_min")),
            (KEY, Text("retry_min")),
            ("\x1b[C\x1b[C", Text("retry_min")),
            ("\x1b", Gone("retry_min")),
            ("", Rows(&["work/INBOX", "(you)"])),
            ("uu", Text("of 40s")),
            FIRST,
        ],
        Action::Special => vec![
            ("t", Text("retry_min")),
            (KEY, Rows(&["reissue", "learned"])),
            ("u", Text("back to 25s")),
            ("\x1b", Gone("retry_min")),
        ],
        // The demo has no configuration to save to, and says so.
        Action::Save => vec![
            ("+", Text("of 30s")),
            ("t", Text("retry_min")),
            (KEY, Text("cannot be done here")),
            ("\x1b", Gone("retry_min")),
            ("u", Text("of 25s")),
        ],
        Action::Up => vec![("j", Row("home/INBOX", "▸")), (KEY, Row("gmail/INBOX", "▸"))],
        Action::Down => vec![(KEY, Row("home/INBOX", "▸")), FIRST],
        Action::Left => vec![("A", Text("▾")), ("\0\0", Text("▹")), ("l", Gone("▹")), ("A", Gone("▾")), FIRST],
        Action::Right => vec![("A", Text("▾")), ("hh", Text("▹")), (KEY, Gone("▹")), ("A", Gone("▾")), FIRST],
        Action::PageUp => vec![LAST, (KEY, Row("gmail/INBOX", "▸"))],
        Action::PageDown => vec![(KEY, Row("work/lists/rust", "▸")), FIRST],
        Action::First => vec![LAST, (KEY, Row("gmail/INBOX", "▸"))],
        Action::Last => vec![(KEY, Row("work/lists/rust", "▸")), FIRST],
        Action::NextWatch => vec![(KEY, Row("home/INBOX", "▸")), FIRST],
        Action::PreviousWatch => vec![("j", Row("home/INBOX", "▸")), (KEY, Row("gmail/INBOX", "▸"))],
        Action::Evidence => vec![(KEY, Text(".tar.gz: "))],
        Action::Reload => vec![(KEY, Text("cannot be done here"))],
        // Where no shell controls jobs nothing stops: the terminal is given back and taken again.
        Action::Suspend => vec![(KEY, Sent("\x1b[?1049h"))],
        Action::Close => vec![("?", Text("The selected watch")), (KEY, Gone("The selected watch"))],
        Action::Help => vec![(KEY, Text("The selected watch")), ("\x1b", Gone("The selected watch"))],
        Action::AddAccount => vec![(KEY, Text("the demo has its own accounts"))],
        // In the form of the first run, in its first field: to the next and back, or the other way round.
        Action::NextField | Action::Press => {
            vec![("\x15one", Gone("onetwo")), ("\0\x1b[Z", Text("one")), ("two", Text("onetwo"))]
        }
        Action::PreviousField => vec![("\x15one", Gone("onetwo")), ("\t\0", Text("one")), ("two", Text("onetwo"))],
        // In a file from Monday to Wednesday, at its last moment.
        Action::Earlier => vec![(KEY, Text("Wed 2026-11-25 09:59:00.000")), AT_END],
        Action::Later => vec![("\x1b[D\x1b[D", Text("09:58:00.000")), (KEY, Text("09:59:00.000")), AT_END],
        Action::HourEarlier => vec![(KEY, Text("Wed 2026-11-25 09:00:00.000")), AT_END],
        Action::HourLater => vec![("\x1b[H", Text("Mon 2026-11-23 08:00:00.000")), (KEY, Text("09:00:00.000")), AT_END],
        Action::DayEarlier => vec![(KEY, Text("Tue 2026-11-24 10:00:00.000")), AT_END],
        Action::DayLater => vec![("\x1b[H", Text("Mon 2026-11-23")), (KEY, Text("Tue 2026-11-24 08:00")), AT_END],
        Action::FileBegin => vec![(KEY, Text("Mon 2026-11-23 08:00:00.000")), AT_END],
        Action::FileEnd => vec![("\x1b[H", Text("Mon 2026-11-23 08:00:00.000")), (KEY, Text("Wed 2026-11-25 10:00"))],
        Action::EventBefore => vec![(KEY, Text("Wed 2026-11-25 09:59:58.500")), AT_END],
        Action::EventAfter => vec![("\x1b[H", Text("Mon 2026-11-23")), (KEY, Text("Mon 2026-11-23 08:04:00")), AT_END],
        Action::TroubleBefore => vec![(KEY, Text("Tue 2026-11-24 12:00:10.000")), AT_END],
        Action::TroubleAfter => {
            vec![("\x1b[H", Text("Mon 2026-11-23")), (KEY, Text("Tue 2026-11-24 12:00:10")), AT_END]
        }
        Action::Utc => vec![(KEY, Text("10:00:00.000 UTC")), (KEY, Text("12:00:00.000 +02:00"))],
        // They have a terminal of their own.
        Action::Quit | Action::Leave | Action::Keep => Vec::new(),
        // What is wrong in the demo changes from moment to moment: tests/screens/attention.rs has still ones.
        Action::Remedy | Action::NextAttention => Vec::new(),
        Action::Mark => vec![(KEY, Text("1 watch is marked")), ("\x1b", Gone("✓")), FIRST],
    }
}

/// The file's last moment.
const AT_END: Step = ("\x1b[F", Text("Wed 2026-11-25 10:00:00.000"));

const FIRST_IN_LIST: Step = ("1g", Row("gmail/INBOX", "▸"));

/// A key as xterm sends it.
fn bytes(key: Key) -> String {
    let text = match key.code {
        Code::Char(c) if key.ctrl => return char::from(u8::try_from(c).expect("ASCII") & 0x1f).to_string(),
        Code::Char(c) => return c.to_string(),
        Code::Enter => "\r",
        Code::Esc => "\x1b",
        Code::Tab => "\t",
        Code::BackTab => "\x1b[Z",
        Code::Backspace => "\x7f",
        Code::Delete => "\x1b[3~",
        Code::Insert => "\x1b[2~",
        Code::Up => "\x1b[A",
        Code::Down => "\x1b[B",
        Code::Left if key.ctrl => "\x1b[1;5D",
        Code::Right if key.ctrl => "\x1b[1;5C",
        Code::ShiftLeft => "\x1b[1;2D",
        Code::ShiftRight => "\x1b[1;2C",
        Code::Right => "\x1b[C",
        Code::Left => "\x1b[D",
        Code::Home => "\x1b[H",
        Code::End => "\x1b[F",
        Code::PageUp => "\x1b[5~",
        Code::PageDown => "\x1b[6~",
        Code::F(1) => "\x1bOP",
        Code::F(n) => panic!("no binding has F{n}: say here how xterm sends it"),
    };
    text.to_owned()
}

fn step(terminal: &mut Terminal, key: &str, (keys, shows): &Step) {
    let fits = |texts: &[&str]| {
        let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
        move |screen: &vt100::Screen| {
            crate::glass::rows(screen).filter(|row| texts.iter().all(|text| row.contains(text))).count()
        }
    };
    let sent = |terminal: &Terminal, text: &str| {
        terminal.bytes().windows(text.len()).filter(|window| *window == text.as_bytes()).count()
    };
    let rows_before = if let More(texts) = shows { terminal.look(fits(texts)) } else { 0 };
    let sent_before = if let Sent(text) = shows { sent(terminal, text) } else { 0 };
    terminal.press(&keys.replace(KEY, key));
    match shows {
        Text(text) => terminal.wait_text(text),
        Gone(text) => terminal.wait_gone(text),
        Row(name, text) => terminal.wait_row(name, text),
        Rows(texts) => {
            let count = fits(texts);
            terminal.wait(&format!("a row with {texts:?}"), move |screen| count(screen) > 0);
        }
        More(texts) => {
            let count = fits(texts);
            terminal.wait(&format!("another row with {texts:?}"), move |screen| count(screen) > rows_before);
        }
        Sent(text) => terminal.wait_sent(text, sent_before + 1),
    }
}

fn try_all(terminal: &mut Terminal, wanted: impl Fn(&Binding) -> bool) {
    for binding in BINDINGS.iter().filter(|binding| wanted(binding)) {
        for key in binding.keys {
            // Seen where the test fails.
            println!("{}: {}", binding.name, key.show());
            for one in &proof(binding.action) {
                step(terminal, &bytes(*key), one);
            }
        }
    }
}

#[test]
fn every_key_of_the_form_does_what_it_says() {
    let home = Home::new();
    let (config, state) = (home.config(), home.state_dir());
    let start = Start::program(home, PROGRAM, &["--config", &config, "--state-dir", &state]);
    let mut terminal = start.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").size(LARGE).open();
    terminal.wait_text("There is no configuration yet");
    terminal.press("\r");
    terminal.wait_text("Address");
    try_all(&mut terminal, |binding| binding.group == Group::Form);
    terminal.press("\x03");
    // There is still no configuration.
    assert_eq!(terminal.end(PROMPT), 2);
    terminal.assert_restored();
}

#[test]
fn every_key_of_the_table_does_what_it_says() {
    let mut terminal = Start::demo().size(LARGE).open();
    terminal.wait_text("7 live");
    step(&mut terminal, "", &FIRST);
    try_all(&mut terminal, |binding| !matches!(binding.group, Group::Form | Group::File));
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn every_key_of_a_file_does_what_it_says() {
    let mut terminal = crate::open::opened(Home::new(), LARGE, &[]);
    terminal.wait_text("Wed 2026-11-25 12:00:00.000 +02:00");
    let utc = |binding: &Binding| binding.action == Action::Utc;
    try_all(&mut terminal, utc);
    terminal.press("Z");
    try_all(&mut terminal, |binding| binding.group == Group::File && !utc(binding));
    terminal.press("q");
    assert_eq!(terminal.end(PROMPT), 0);
    terminal.assert_restored();
}

#[test]
fn every_key_that_quits_quits() {
    // The demo's engine is not kept.
    let leaves = |binding: &&Binding| matches!(binding.action, Action::Quit | Action::Keep);
    let quits = BINDINGS.iter().filter(leaves).flat_map(|binding| binding.keys);
    for key in quits {
        let mut terminal = Start::demo().size(LARGE).open();
        terminal.wait_text("1 Watches");
        terminal.press(&bytes(*key));
        assert_eq!(terminal.end(PROMPT), 0, "{}", key.show());
        terminal.assert_restored();
    }
}
