//! A notification as escape sequences: OSC 9, OSC 777, the bell. Text from mails enters here; none of it can end a sequence
//! or begin another.

use super::digest::Note;
use mailwatch_proto::model::{Sequence, sanitise};

/// How much of a text is sent, in characters: iTerm2 and others show a line or two.
const LENGTH: usize = 250;

/// The beginning of OSC 9's text. `ConEmu` and Windows Terminal take a number there for a command (`9;4` is a progress bar,
/// `9;6` runs a macro), and a sender may be called `6;…`.
const NAME: &str = "mailwatch: ";

/// What the terminal is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// To ring its bell.
    pub bell: bool,
    /// To show this.
    pub note: Option<(Sequence, Note)>,
}

/// What the terminal is known to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shows {
    /// The one that it shows; [`Sequence::Auto`] where that is not known.
    sequence: Sequence,
    /// Whether tmux is between: it shows neither, and passes on wrapped sequences where `allow-passthrough` is on.
    tmux: bool,
    /// Whether it takes ASCII alone: a byte of another character could end the sequence.
    ascii: bool,
}

impl Shows {
    /// From the environment. A terminal that shows both sequences would show a mail twice; an unknown one gets both all the
    /// same, because it most likely shows one or none.
    #[must_use]
    pub fn from_vars(var: impl Fn(&str) -> Option<String>, ascii: bool) -> Self {
        /// Variables that a terminal sets, which a program inside tmux or sudo still has.
        const SET: [(&str, Sequence); 5] = [
            ("ITERM_SESSION_ID", Sequence::Osc9),
            ("KITTY_WINDOW_ID", Sequence::Osc9),
            ("WEZTERM_PANE", Sequence::Osc777),
            ("GHOSTTY_RESOURCES_DIR", Sequence::Osc777),
            ("VTE_VERSION", Sequence::Osc777),
        ];
        let set = |name: &str| var(name).is_some_and(|value| !value.is_empty());
        let term = var("TERM").unwrap_or_default();
        let program = var("TERM_PROGRAM").or_else(|| var("LC_TERMINAL")).unwrap_or_default();
        let by_name = match (program.as_str(), term.as_str()) {
            ("iTerm.app" | "iTerm2", _) | (_, "xterm-kitty") => Some(Sequence::Osc9),
            ("WezTerm" | "ghostty", _) | (_, "xterm-ghostty" | "wezterm") => Some(Sequence::Osc777),
            (_, term) if term.starts_with("foot") || term.starts_with("rxvt") => Some(Sequence::Osc777),
            (_, _) => None,
        };
        let known = by_name.or_else(|| SET.into_iter().find_map(|(name, sequence)| set(name).then_some(sequence)));
        Self { sequence: known.unwrap_or(Sequence::Auto), tmux: set("TMUX"), ascii }
    }
}

/// The bytes for the terminal. They draw nothing and move no cursor.
#[must_use]
pub fn sequence(alert: &Alert, shows: Shows) -> String {
    let mut out = String::new();
    if let Some((asked, Note { title, body, about: _, actions: _ })) = &alert.note {
        let one = if *asked == Sequence::Auto { shows.sequence } else { *asked };
        let (title, body) = (payload(title, shows.ascii), payload(&body.replace('\n', " - "), shows.ascii));
        if one != Sequence::Osc777 {
            out.push_str(&wrap(&format!("\x1b]9;{NAME}{title} - {body}\x07"), shows.tmux));
        }
        if one != Sequence::Osc9 {
            // The title ends at a semicolon, and for some so does the text.
            let (title, body) = (title.replace(';', ","), body.replace(';', ","));
            out.push_str(&wrap(&format!("\x1b]777;notify;{title};{body}\x07"), shows.tmux));
        }
    }
    if alert.bell {
        // tmux handles the bell itself, as its own alert.
        out.push('\x07');
    }
    out
}

/// A text for a sequence, without control characters.
fn payload(text: &str, ascii: bool) -> String {
    let text = sanitise(text, LENGTH);
    if ascii { text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { text }
}

/// For tmux in a sequence that it passes on (tmux(1), `allow-passthrough`), each ESC doubled.
fn wrap(sequence: &str, tmux: bool) -> String {
    if tmux { format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")) } else { sequence.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::About;

    fn shows(vars: &[(&str, &str)]) -> Shows {
        let var = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Shows::from_vars(var, false)
    }

    fn alert(sequence: Sequence, title: &str, body: &str) -> Alert {
        let note = Note { about: About::Mail, title: title.to_owned(), body: body.to_owned(), actions: Vec::new() };
        Alert { bell: false, note: Some((sequence, note)) }
    }

    #[test]
    fn a_terminal_gets_the_sequence_that_it_shows_and_an_unknown_one_both() {
        let (osc9, osc777) =
            ("\x1b]9;mailwatch: Ann - Friday? - work/INBOX\x07", "\x1b]777;notify;Ann;Friday? - work/INBOX\x07");
        let both = format!("{osc9}{osc777}");
        let cases: [(&[(&str, &str)], &str); 8] = [
            (&[("TERM_PROGRAM", "iTerm.app")], osc9),
            (&[("TERM", "xterm-kitty")], osc9),
            (&[("TERM", "foot")], osc777),
            (&[("TERM", "rxvt-unicode-256color")], osc777),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")], osc777),
            (&[("TERM", "xterm-256color"), ("VTE_VERSION", "7600")], osc777),
            (&[("LC_TERMINAL", "iTerm2"), ("VTE_VERSION", "")], osc9),
            (&[("TERM", "xterm-256color")], &both),
        ];
        for (vars, wanted) in cases {
            assert_eq!(sequence(&alert(Sequence::Auto, "Ann", "Friday?\nwork/INBOX"), shows(vars)), wanted, "{vars:?}");
        }
        let asked = sequence(&alert(Sequence::Osc777, "Ann", "Friday?\nwork/INBOX"), shows(&[]));
        assert_eq!(asked, osc777);
    }

    #[test]
    fn in_tmux_a_sequence_is_wrapped_and_the_bell_is_not() {
        let inside = shows(&[("TMUX", "/tmp/tmux,1,0"), ("TERM_PROGRAM", "tmux"), ("KITTY_WINDOW_ID", "1")]);
        let ringing = Alert { bell: true, ..alert(Sequence::Auto, "Ann", "x") };
        assert_eq!(sequence(&ringing, inside), "\x1bPtmux;\x1b\x1b]9;mailwatch: Ann - x\x07\x1b\\\x07");
    }

    #[test]
    fn a_strangers_text_neither_ends_a_sequence_nor_begins_another() {
        let (title, body) = ("4;3;50\x07\x1b]0;x", "a;b\u{9c}\n\x1b\\c\u{202e}");
        for tmux in ["", "/tmp/tmux"] {
            let out = sequence(&alert(Sequence::Auto, title, body), shows(&[("TMUX", tmux)]));
            let escapes = if tmux.is_empty() { 2 } else { 2 * 4 };
            assert_eq!(out.matches('\x1b').count(), escapes, "{out:?}");
            assert_eq!(out.matches('\x07').count(), 2, "{out:?}");
            assert!(!out.contains(['\u{9c}', '\u{202e}', '\n']) && out.contains("]9;mailwatch: 4;3;50"), "{out:?}");
            let (_, osc777) = out.split_once("]777;").expect("both are sent");
            assert_eq!(osc777.matches(';').count(), 2, "{out:?}");
        }
    }

    #[test]
    fn a_terminal_without_utf8_gets_ascii_alone() {
        let shows = Shows::from_vars(|_| None, true);
        let out = sequence(&alert(Sequence::Auto, "Jörg 日", &"ü".repeat(1000)), shows);
        assert!(out.is_ascii() && out.contains("J?rg ?"), "{out:?}");
    }

    #[test]
    fn a_bell_alone_is_one_byte() {
        assert_eq!(sequence(&Alert { bell: true, note: None }, shows(&[])), "\x07");
    }
}
