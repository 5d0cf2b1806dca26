//! Whether the terminal's background is dark or light: the question, what the environment says, and the answer, which the
//! terminal sends among the keys. Reads nothing itself.
//!
//! No DA1 follows the question: nothing waits long for the answer, which may be late, so nothing has to say that none will
//! come. The same question asks later whether the terminal has taken what was sent before it: its answer reaches the
//! program, where crossterm drops that to a status report.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// OSC 11 with a question mark (xterm's control sequences). Ended by BEL: rxvt ends the answer to an ST with half of one.
pub const QUESTION: &str = "\x1b]11;?\x07";

/// How long a key that might be the beginning of an answer is held: the rest of one comes with it.
const HOLD: Duration = Duration::from_millis(50);

/// The same for a terminal that has answered before: what it owes comes soon, in pieces over a slow line.
const HOLD_EXPECTED: Duration = Duration::from_millis(500);

/// How long one that looks like little else is held: a slow line brings it byte by byte.
const HOLD_SURE: Duration = Duration::from_secs(1);

/// So much of an answer, `11;r`, is one however slowly the rest comes: nobody types it.
const CERTAIN: usize = 4;

/// `11;rgb:ffff/ffff/ffff` and the longest that begins so, with an alpha channel.
const LONGEST: usize = 32;

/// What a terminal's background is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ground {
    /// Dark: the guess where nothing is known.
    #[default]
    Dark,
    /// Light.
    Light,
}

impl Ground {
    /// The built-in theme for it.
    #[must_use]
    pub const fn theme(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// What `COLORFGBG` says, rxvt's and Konsole's: the text's colour, then the background's, by number of the sixteen.
    #[must_use]
    pub fn from_colorfgbg(value: &str) -> Option<Self> {
        match value.rsplit(';').next()?.parse().ok()? {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            16u8.. => None,
        }
    }

    /// What an answer says: `11;rgb:` or `11;rgba:`, then each part in one to four digits (X's `XParseColor`).
    fn of_answer(text: &str) -> Option<Self> {
        let colour = text.strip_prefix("11;")?;
        let parts = colour.strip_prefix("rgb:").or_else(|| colour.strip_prefix("rgba:"))?;
        let mut parts = parts.split('/').map(|part| {
            let most = 16u32.checked_pow(u32::try_from(part.len()).ok()?)?.checked_sub(1).filter(|most| *most > 0)?;
            Some(f64::from(u32::from_str_radix(part, 16).ok()?) / f64::from(most))
        });
        let mut part = || parts.next().flatten();
        let (red, green, blue) = (part()?, part()?, part()?);
        // By the eye's weights (Rec. 709): a deep blue is dark, a deep yellow is not.
        let light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        Some(if light > 0.5 { Self::Light } else { Self::Dark })
    }
}

/// Whether the terminal can be asked: Linux's console, DEC's and GNU screen take the question for something else or drop it.
pub fn is_worth_asking(var: impl Fn(&str) -> Option<String>) -> bool {
    let Some(term) = var("TERM") else { return false };
    let in_tmux = var("TMUX").is_some();
    let other = ["linux", "vt", "dumb", "ansi", "eterm", "cons", "sun"];
    !other.iter().any(|begin| term.starts_with(begin)) && (in_tmux || !term.starts_with("screen"))
}

/// How many answers the terminal owes: who asks counts up, who reads counts down.
#[derive(Clone, Debug, Default)]
pub struct Owed(Arc<AtomicU32>);

impl Owed {
    /// The terminal is asked.
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::AcqRel);
    }

    /// Whether one is owed.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }

    /// It has answered.
    pub fn answered(&self) {
        // An answer that nobody has asked for counts for nothing.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |owed| owed.checked_sub(1));
    }
}

/// Takes the terminal's answers out of the keys.
#[derive(Debug, Default)]
pub struct Answers {
    owed: Owed,
    held: VecDeque<Event>,
    /// What is held, as the text of an answer.
    text: String,
    within: Within,
    /// Whether an ESC was passed on just now, which was no beginning by then.
    escaped: bool,
    /// Whether an answer has come before.
    has_answered: bool,
}

/// How far an answer has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    /// None has begun.
    #[default]
    Nothing,
    /// Its ESC stands alone: a slow line has cut it off, or the key was pressed.
    Escape,
    /// OSC has come.
    Text,
    /// All has come but the `\` of its end.
    End,
}

/// What became of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What is for the screen.
    pub events: VecDeque<Event>,
    /// Whether an answer has ended.
    pub answered: bool,
    /// What it says.
    pub ground: Option<Ground>,
}

impl Answers {
    /// As many as that says.
    #[must_use]
    pub fn of(owed: Owed) -> Self {
        Self { owed, ..Self::default() }
    }

    /// For how long what is held may still become an answer; `None` where nothing is held.
    #[must_use]
    pub const fn hold(&self) -> Option<Duration> {
        match self.within {
            Within::Nothing => None,
            Within::Escape | Within::End if self.has_answered => Some(HOLD_EXPECTED),
            Within::Escape | Within::End => Some(HOLD),
            Within::Text if self.is_certain() => None,
            Within::Text => Some(HOLD_SURE),
        }
    }

    /// What is held was no answer; the beginning of a certain one is nobody's.
    pub fn release(&mut self) -> VecDeque<Event> {
        let held = std::mem::take(&mut self.held);
        let is_answer = self.within == Within::Text && self.is_certain();
        self.escaped = self.within == Within::Escape;
        self.within = Within::Nothing;
        self.text.clear();
        if is_answer { VecDeque::new() } else { held }
    }

    const fn is_certain(&self) -> bool {
        self.text.len() >= CERTAIN
    }

    /// Takes in an event.
    pub fn take(&mut self, event: Event) -> Taken {
        if !self.owed.is_any() && self.within == Within::Nothing {
            return Taken { events: [event].into(), ..Taken::default() };
        }
        let Event::Key(KeyEvent { code, modifiers, .. }) = event else {
            return Taken { events: [event].into(), ..Taken::default() };
        };
        let escaped = std::mem::take(&mut self.escaped);
        let (alt, ctrl) = (modifiers.contains(KeyModifiers::ALT), modifiers.contains(KeyModifiers::CONTROL));
        match (self.within, code) {
            (Within::Nothing | Within::Escape, KeyCode::Char(']'))
                if alt || escaped || self.within == Within::Escape =>
            {
                self.go_on(Within::Text, event)
            }
            (Within::Nothing, KeyCode::Esc) => self.go_on(Within::Escape, event),
            (Within::Text, KeyCode::Char('g')) if ctrl => self.answered(Within::Nothing),
            (Within::Text, KeyCode::Char('\\')) if alt => self.answered(Within::Nothing),
            (Within::Text, KeyCode::Esc) => self.answered(Within::End),
            (Within::Text, KeyCode::Char(c)) if !alt && !ctrl && self.fits(c) => {
                self.text.push(c);
                self.go_on(Within::Text, event)
            }
            (Within::End, KeyCode::Char('\\')) => {
                self.within = Within::Nothing;
                Taken::default()
            }
            (Within::Nothing, _) => Taken { events: [event].into(), ..Taken::default() },
            (Within::Escape | Within::Text | Within::End, _) => {
                let mut events = self.release();
                // It may begin one itself.
                let mut taken = self.take(event);
                events.extend(taken.events.drain(..));
                Taken { events, ..taken }
            }
        }
    }

    fn go_on(&mut self, within: Within, event: Event) -> Taken {
        self.within = within;
        self.held.push_back(event);
        Taken::default()
    }

    fn answered(&mut self, within: Within) -> Taken {
        let ground = Ground::of_answer(&self.text);
        self.release();
        (self.within, self.has_answered) = (within, true);
        self.owed.answered();
        Taken { answered: true, ground, ..Taken::default() }
    }

    /// Whether a character may stand here in an answer.
    fn fits(&self, c: char) -> bool {
        let known = ["11;rgb:", "11;rgba:"];
        let next = format!("{}{c}", self.text);
        next.len() <= LONGEST
            && known.iter().any(|begin| {
                begin.starts_with(&next)
                    || next
                        .strip_prefix(begin)
                        .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_hexdigit() || c == '/'))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What crossterm makes of the bytes of an answer.
    fn keys(text: &str) -> Vec<Event> {
        let mut alt = KeyModifiers::NONE;
        let mut events = Vec::new();
        for c in text.chars() {
            match c {
                '\x1b' => alt = KeyModifiers::ALT,
                '\x07' => events.push(Event::Key(KeyEvent::new(KeyCode::Char('g'), KeyModifiers::CONTROL))),
                c => {
                    events.push(Event::Key(KeyEvent::new(KeyCode::Char(c), alt)));
                    alt = KeyModifiers::NONE;
                }
            }
        }
        events
    }

    /// Answers of which one is owed.
    fn owed() -> Answers {
        let owed = Owed::default();
        owed.ask();
        Answers::of(owed)
    }

    fn plain(code: KeyCode) -> Event {
        Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    fn all(answers: &mut Answers, events: impl IntoIterator<Item = Event>) -> (Vec<Event>, Option<Ground>) {
        let (mut passed, mut ground) = (Vec::new(), None);
        for event in events {
            let taken = answers.take(event);
            passed.extend(taken.events);
            ground = ground.or(taken.ground);
        }
        (passed, ground)
    }

    #[test]
    fn an_answer_is_taken_out_of_the_keys_around_it_and_understood() {
        for (answer, ground) in [
            ("\x1b]11;rgb:0000/0000/0000\x07", Ground::Dark),
            ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", Ground::Light),
            ("\x1b]11;rgb:FDfd/F6f6/E3e3\x07", Ground::Light),
            ("\x1b]11;rgb:1e/1e/2e\x07", Ground::Dark),
            ("\x1b]11;rgba:ffff/ffff/ffff/c000\x1b\\", Ground::Light),
            ("\x1b]11;rgb:0000/0000/ffff\x07", Ground::Dark),
        ] {
            let typed = keys("q").into_iter().chain(keys(answer)).chain(keys("z"));
            let (passed, told) = all(&mut owed(), typed);
            assert_eq!((passed, told), ([keys("q"), keys("z")].concat(), Some(ground)), "{answer:?}");
        }
    }

    #[test]
    fn an_answer_that_a_slow_line_has_cut_after_each_escape_is_taken_too() {
        let mut answers = owed();
        let cut = [vec![plain(KeyCode::Esc)], keys("]11;rgb:ffff/ffff/ffff")].concat();
        let end = [vec![plain(KeyCode::Esc)], keys("\\"), keys("z")].concat();
        let (passed, told) = all(&mut answers, cut.into_iter().chain(end));
        assert_eq!((passed, told), (keys("z"), Some(Ground::Light)));
        assert_eq!(answers.hold(), None);
    }

    #[test]
    fn an_answer_that_a_busy_machine_has_torn_is_no_keys_whatever_was_given_up_meanwhile() {
        let mut answers = owed();
        assert_eq!(answers.take(plain(KeyCode::Esc)), Taken::default());
        assert_eq!(answers.release(), [plain(KeyCode::Esc)], "the rest did not come in time");
        assert_eq!(all(&mut answers, keys("]11;r")), (Vec::new(), None));
        assert_eq!(answers.hold(), None, "nobody types that");
        assert_eq!(all(&mut answers, keys("gb:ffff/ffff/ffff\x07z")), (keys("z"), Some(Ground::Light)));

        // What it owes from now on is expected.
        answers.owed.ask();
        answers.take(plain(KeyCode::Esc));
        assert_eq!(answers.hold(), Some(HOLD_EXPECTED));
        assert_eq!(all(&mut answers, keys("]11;rgb:00z")), (keys("z"), None), "a half one is dropped");
        assert_eq!(all(&mut answers, keys("]1")), (keys("]1"), None));
    }

    #[test]
    fn keys_that_look_like_one_come_through_in_their_order() {
        let mut answers = owed();
        for text in ["\x1b]x", "\x1b]11;x", "\x1b]\x1b]1q"] {
            assert_eq!(all(&mut answers, keys(text)), (keys(text), None), "{text:?}");
        }
        assert_eq!(answers.take(plain(KeyCode::Esc)), Taken::default());
        assert_eq!(answers.hold(), Some(HOLD));
        assert_eq!(answers.release(), [plain(KeyCode::Esc)]);
        assert_eq!(answers.hold(), None);
    }

    #[test]
    fn unless_one_is_owed_nothing_is_held() {
        let mut answers = Answers::default();
        assert_eq!(all(&mut answers, keys("\x1b]11;")), (keys("\x1b]11;"), None));
        let mut answers = owed();
        all(&mut answers, keys("\x1b]11;rgb:0/0/0\x07"));
        assert_eq!(all(&mut answers, [plain(KeyCode::Esc)]), (vec![plain(KeyCode::Esc)], None));
    }

    #[test]
    fn the_environment_says_what_the_terminal_does_not() {
        for (value, ground) in [
            ("15;0", Some(Ground::Dark)),
            ("0;15", Some(Ground::Light)),
            ("0;default;15", Some(Ground::Light)),
            ("12;8", Some(Ground::Dark)),
            ("0;7", Some(Ground::Light)),
            ("15;default", None),
            ("", None),
        ] {
            assert_eq!(Ground::from_colorfgbg(value), ground, "{value:?}");
        }
    }

    #[test]
    fn terminals_that_would_not_understand_are_not_asked() {
        for (vars, wanted) in [
            (&[("TERM", "xterm-256color")][..], true),
            (&[("TERM", "screen"), ("TMUX", "/tmp/tmux-0/default,1,0")], true),
            (&[("TERM", "screen-256color")], false),
            (&[("TERM", "linux")], false),
            (&[("TERM", "vt220")], false),
            (&[], false),
        ] {
            let var = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            assert_eq!(is_worth_asking(var), wanted, "{vars:?}");
        }
    }
}
