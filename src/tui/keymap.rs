//! The one table of actions: its names, keys and sentences. Dispatch, footer, help and mouse read it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a person can ask of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// DONE on the selected watch.
    Done,
    /// DONE on every watch.
    DoneAll,
    /// Drop the selected watch's connection and make a new one.
    Reconnect,
    /// Pause the selected watch, or go on.
    Pause,
    /// A longer reissue.
    Longer,
    /// A shorter reissue.
    Shorter,
    /// The tuning popup.
    Tune,
    /// Take back the last change of a timer.
    Undo,
    /// Filter the focused list.
    Filter,
    /// The next kind of events in the log.
    Verbose,
    /// To the next pane.
    NextPane,
    /// To the pane before.
    PreviousPane,
    /// To the watches.
    PaneWatches,
    /// To the timers.
    PaneTimers,
    /// To the log.
    PaneLog,
    /// To the wire.
    PaneWire,
    /// The focused pane alone, or all again.
    Zoom,
    /// The selected watch's details.
    Details,
    /// One up.
    Up,
    /// One down.
    Down,
    /// To the left, or a smaller value.
    Left,
    /// To the right, or a larger value.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// To the first.
    First,
    /// To the last; the log and the wire follow again.
    Last,
    /// Hold the display still.
    Freeze,
    /// Draw everything anew.
    Redraw,
    /// Suspend the program.
    Suspend,
    /// Close what is open.
    Close,
    /// Leave.
    Quit,
    /// The help.
    Help,
    /// Follow what comes, or stand still.
    Follow,
    /// Only the selected watch's lines in the log, or all.
    OnlyWatch,
    /// To the next line that holds the text last searched for.
    NextMatch,
    /// To the one before.
    PreviousMatch,
    /// Copy a line.
    Copy,
    /// Copy the whole trace, or the whole log as shown.
    CopyTrace,
    /// Wrap the wire's long lines, or cut them.
    Wrap,
}

/// A key as a person presses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
}

/// Under which heading an action stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What a watch is asked to do.
    Watch,
    /// What is shown.
    View,
    /// Where to.
    Move,
    /// The program.
    Program,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What it does.
    pub action: Action,
    /// Its name in `[ui.keys]`.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Its heading.
    pub group: Group,
    /// Its sentence in the help.
    pub help: &'static str,
    /// Its key and word in the footer, if it stands there.
    pub footer: Option<(&'static str, &'static str)>,
}

const fn key(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: false }
}

const fn ctrl(c: char) -> Key {
    Key { code: KeyCode::Char(c), ctrl: true }
}

const fn code(code: KeyCode) -> Key {
    Key { code, ctrl: false }
}

macro_rules! bindings {
    ($($action:ident $name:literal $group:ident [$($key:expr),+] $help:literal $(footer $label:literal $word:literal)?;)+) => {
        &[$(Binding {
            action: Action::$action,
            name: $name,
            keys: &[$($key),+],
            group: Group::$group,
            help: $help,
            footer: bindings!(@footer $($label $word)?),
        }),+]
    };
    (@footer) => { None };
    (@footer $label:literal $word:literal) => { Some(($label, $word)) };
}

/// The table. Its order is the footer's and the help's.
pub const BINDINGS: &[Binding] = bindings! {
    Done "force_done" Watch [key('d')] "end the selected watch's IDLE with DONE now; a poll where there is no IDLE" footer "d" "DONE";
    DoneAll "force_done_all" Watch [key('D')] "the same on every watch" footer "D" "all";
    Reconnect "reconnect" Watch [key('r')] "drop the selected watch's connection and make a new one" footer "r" "reconnect";
    Pause "pause" Watch [key('p')] "pause the selected watch; again: go on" footer "p" "pause";
    Longer "reissue_longer" Watch [key('+'), key('=')] "lengthen reissue by 30 s, on the running IDLE too" footer "+/-" "reissue";
    Shorter "reissue_shorter" Watch [key('-'), key('_')] "shorten reissue by 30 s, on the running IDLE too";
    Tune "tune" Watch [key('t')] "every timer of the selected watch, with slider and origin" footer "t" "tune";
    Undo "undo" Watch [key('u')] "take back the last change of a timer";
    Filter "filter" View [key('/')] "show only what holds a text, in the focused list; Esc ends it" footer "/" "filter";
    Verbose "verbose" View [key('v')] "what the log shows: news, all, mail, DONE, trouble";
    NextPane "next_pane" View [code(KeyCode::Tab)] "to the next pane" footer "Tab" "pane";
    PreviousPane "previous_pane" View [code(KeyCode::BackTab)] "to the pane before";
    PaneWatches "pane_watches" View [key('1')] "to the watches";
    PaneTimers "pane_timers" View [key('2')] "to the timers and the last DONE";
    PaneLog "pane_log" View [key('3')] "to the log";
    PaneWire "pane_wire" View [key('4')] "to the wire";
    Zoom "zoom" View [key('z')] "the focused pane alone; again: all of them" footer "z" "zoom";
    Details "details" View [code(KeyCode::Enter)] "all that is known of the selected watch" footer "Enter" "details";
    Freeze "freeze" View [key(' ')] "hold the display still while the engine goes on; again: catch up" footer "Space" "freeze";
    Redraw "redraw" View [ctrl('l')] "draw everything anew";
    Up "up" Move [code(KeyCode::Up), key('k')] "up";
    Down "down" Move [code(KeyCode::Down), key('j')] "down";
    Left "left" Move [code(KeyCode::Left), key('h')] "left; a smaller value";
    Right "right" Move [code(KeyCode::Right), key('l')] "right; a larger value";
    PageUp "page_up" Move [code(KeyCode::PageUp), ctrl('b')] "a page up";
    PageDown "page_down" Move [code(KeyCode::PageDown), ctrl('f')] "a page down";
    First "first" Move [key('g'), code(KeyCode::Home)] "to the first";
    Last "last" Move [key('G'), code(KeyCode::End)] "to the last; log and wire follow again";
    Suspend "suspend" Program [ctrl('z')] "suspend; fg comes back";
    Close "close" Program [code(KeyCode::Esc)] "close what is open, end a filter";
    Quit "quit" Program [key('q'), ctrl('c')] "leave at once" footer "q" "quit";
    Help "help" Program [key('?'), code(KeyCode::F(1))] "this help" footer "?" "help";
    Follow "follow" View [key('f')] "follow what comes in log and wire; again: stand still, with a cursor";
    OnlyWatch "only_watch" View [key('w')] "the selected watch's lines alone in the log; again: all watches'";
    NextMatch "next_match" View [key('n')] "to the next line that holds the text last typed after /";
    PreviousMatch "previous_match" View [key('N')] "to the line before that holds it";
    Copy "copy" View [key('y')] "copy the cursor's line, or the newest while following";
    CopyTrace "copy_trace" View [key('Y')] "copy the selected watch's whole trace; in the log, all lines shown";
    Wrap "wrap" View [key('W')] "wrap the wire's long lines; again: cut them, Left and Right move";
};

impl Key {
    /// The key of an event. Shift belongs to the character, so only Control tells two keys apart.
    #[must_use]
    pub fn of(event: KeyEvent) -> Self {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self { code, ctrl }
    }

    /// The key as the help writes it.
    #[must_use]
    pub fn show(self) -> String {
        let name = match self.code {
            KeyCode::Char(' ') => "Space".to_owned(),
            KeyCode::Char(c) if self.ctrl => c.to_ascii_uppercase().to_string(),
            KeyCode::Char(c) => c.to_string(),
            KeyCode::BackTab => "Shift-Tab".to_owned(),
            KeyCode::PageUp => "PgUp".to_owned(),
            KeyCode::PageDown => "PgDn".to_owned(),
            KeyCode::F(n) => format!("F{n}"),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }
}

impl Binding {
    /// Its keys as the help writes them.
    #[must_use]
    pub fn show_keys(&self) -> String {
        self.keys.iter().map(|key| key.show()).collect::<Vec<_>>().join(" ")
    }
}

impl Group {
    /// Every heading, in the help's order.
    pub const ALL: [Self; 4] = [Self::Watch, Self::View, Self::Move, Self::Program];

    /// The heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Watch => "The selected watch",
            Self::View => "What is shown",
            Self::Move => "Moving",
            Self::Program => "The program",
        }
    }
}

impl Action {
    /// Whether it only moves in what has the keys.
    #[must_use]
    pub fn is_move(self) -> bool {
        BINDINGS.iter().any(|binding| binding.action == self && binding.group == Group::Move)
    }
}

/// The action of a key.
#[must_use]
pub fn action(event: KeyEvent) -> Option<Action> {
    let pressed = Key::of(event);
    BINDINGS.iter().find(|binding| binding.keys.contains(&pressed)).map(|binding| binding.action)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_key_and_no_name_stands_twice() {
        let mut keys = BTreeSet::new();
        let mut names = BTreeSet::new();
        for binding in BINDINGS {
            assert!(names.insert(binding.name), "{}", binding.name);
            for key in binding.keys {
                assert!(keys.insert(key.show()), "{}", key.show());
            }
        }
    }

    #[test]
    fn a_capital_is_its_own_key_however_the_terminal_reports_it() {
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            assert_eq!(action(KeyEvent::new(KeyCode::Char('D'), modifiers)), Some(Action::DoneAll));
        }
        assert_eq!(action(KeyEvent::new(KeyCode::Char('d'), KeyModifiers::NONE)), Some(Action::Done));
    }

    #[test]
    fn control_tells_keys_apart() {
        let with = |modifiers| action(KeyEvent::new(KeyCode::Char('z'), modifiers));
        assert_eq!(with(KeyModifiers::NONE), Some(Action::Zoom));
        assert_eq!(with(KeyModifiers::CONTROL), Some(Action::Suspend));
    }

    #[test]
    fn what_the_footer_names_is_one_of_the_keys() {
        for binding in BINDINGS {
            let Some((label, _)) = binding.footer else { continue };
            let first = label.split('/').next().filter(|first| !first.is_empty()).unwrap_or(label);
            assert!(binding.keys.iter().any(|key| key.show() == first), "{label}");
        }
    }
}
