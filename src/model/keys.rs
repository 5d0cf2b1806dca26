//! The one table of actions on the screen: their names, keys and sentences. Dispatch, footer, help, mouse, README and
//! `[ui.keys]` read it.

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
    /// The selected watch's details; on an account's heading, its watches away or back.
    Details,
    /// The watches in another order.
    Sort,
    /// The watches under their accounts, or in one list.
    Group,
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
    /// To the next watch, whatever has the keys.
    NextWatch,
    /// To the watch before.
    PreviousWatch,
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
    /// Whose timer the tuning popup changes.
    Scope,
    /// What a timer may be beside a value: learned, or off.
    Special,
    /// Save what was tuned.
    Save,
    /// Read the configuration again.
    Reload,
    /// Add an account.
    AddAccount,
    /// To a form's next field.
    NextField,
    /// To the field before.
    PreviousField,
    /// Go on from a field, or press a button.
    Press,
}

/// A key's place on the keyboard, whatever else is held down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names stand on the keys")]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// The codes that have a name, as the help writes it.
const NAMED: [(Code, &str); 17] = [
    (Code::Enter, "Enter"),
    (Code::Esc, "Esc"),
    (Code::Tab, "Tab"),
    (Code::BackTab, "Shift-Tab"),
    (Code::Backspace, "Backspace"),
    (Code::Delete, "Delete"),
    (Code::Insert, "Insert"),
    (Code::Up, "Up"),
    (Code::Down, "Down"),
    (Code::Left, "Left"),
    (Code::Right, "Right"),
    (Code::Home, "Home"),
    (Code::End, "End"),
    (Code::PageUp, "PgUp"),
    (Code::PageDown, "PgDn"),
    (Code::Char(' '), "Space"),
    (Code::Char('-'), "Minus"),
];

/// A key as a person presses it. Shift belongs to the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which.
    pub code: Code,
    /// Whether Control is held.
    pub ctrl: bool,
}

/// Under which heading an action stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What a watch is asked to do.
    Watch,
    /// What is shown.
    View,
    /// What only the tuning popup does: there, these keys come before all others.
    Tuning,
    /// What only a form does: there, these keys come before all others, and a plain character is text.
    Form,
    /// Where to.
    Move,
    /// The program.
    Program,
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// On the panes, or in a popup without keys of its own.
    Screen,
    /// In the tuning popup.
    Tuning,
    /// In a form.
    Form,
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
    /// Its word in the footer, if it stands there.
    pub footer: Option<&'static str>,
}

const fn key(c: char) -> Key {
    Key { code: Code::Char(c), ctrl: false }
}

const fn ctrl(c: char) -> Key {
    Key { code: Code::Char(c), ctrl: true }
}

const fn code(code: Code) -> Key {
    Key { code, ctrl: false }
}

macro_rules! bindings {
    ($($action:ident $name:literal $group:ident [$($key:expr),+] $help:literal $(footer $word:literal)?;)+) => {
        &[$(Binding {
            action: Action::$action,
            name: $name,
            keys: &[$($key),+],
            group: Group::$group,
            help: $help,
            footer: bindings!(@footer $($word)?),
        }),+]
    };
    (@footer) => { None };
    (@footer $word:literal) => { Some($word) };
}

/// The table. Its order is the footer's and the help's.
pub const BINDINGS: &[Binding] = bindings! {
    Done "force_done" Watch [key('d')] "end the selected watch's IDLE with DONE now; a poll where there is no IDLE" footer "DONE";
    DoneAll "force_done_all" Watch [key('D')] "the same on every watch" footer "all";
    Reconnect "reconnect" Watch [key('r')] "drop the selected watch's connection and make a new one" footer "reconnect";
    Pause "pause" Watch [key('p')] "pause the selected watch; again: go on" footer "pause";
    Longer "reissue_longer" Watch [key('+'), key('=')] "lengthen reissue by 30 s (under a minute by 5 s), on the running IDLE too" footer "reissue";
    Shorter "reissue_shorter" Watch [key('-'), key('_')] "shorten reissue by 30 s (to under a minute by 5 s), on the running IDLE too";
    Tune "tune" Watch [key('t')] "every timer of the selected watch, with slider and origin" footer "tune";
    Undo "undo" Watch [key('u')] "take back the last change of a timer";
    Filter "filter" View [key('/')] "show only what holds a text, in the focused list; Esc ends it" footer "filter";
    Verbose "verbose" View [key('v')] "what the log shows: news, all, mail, DONE, trouble";
    NextPane "next_pane" View [code(Code::Tab)] "to the next pane" footer "pane";
    PreviousPane "previous_pane" View [code(Code::BackTab)] "to the pane before";
    PaneWatches "pane_watches" View [key('1')] "to the watches";
    PaneTimers "pane_timers" View [key('2')] "to the timers and the last DONE";
    PaneLog "pane_log" View [key('3')] "to the log";
    PaneWire "pane_wire" View [key('4')] "to the wire";
    Zoom "zoom" View [key('z')] "the focused pane alone; again: all of them" footer "zoom";
    Details "details" View [code(Code::Enter)] "all that is known of the selected watch; on an account, fold it" footer "details";
    Sort "sort" View [key('s')] "order the watches by name, state, next DONE, new mail" footer "sort";
    Group "group" View [key('A')] "the watches under their accounts; again: one list";
    Follow "follow" View [key('f')] "follow what comes in log and wire; again: stand still, with a cursor";
    OnlyWatch "only_watch" View [key('w')] "the selected watch's lines alone in the log; again: all watches'";
    NextMatch "next_match" View [key('n')] "to the next line that holds the text last typed after /";
    PreviousMatch "previous_match" View [key('N')] "to the line before that holds it";
    Copy "copy" View [key('y')] "copy the cursor's line, or the newest while following";
    CopyTrace "copy_trace" View [key('Y')] "copy the selected watch's whole trace; in the log, all lines shown";
    Wrap "wrap" View [key('W')] "wrap the wire's long lines; again: cut them, Left and Right move";
    Freeze "freeze" View [key(' ')] "hold the display still while the engine goes on; again: catch up" footer "freeze";
    Redraw "redraw" View [ctrl('l')] "draw everything anew";
    Scope "tuning_scope" Tuning [code(Code::Tab), key('a')] "for this watch, all of its account, or every watch";
    Special "tuning_auto" Tuning [key('o')] "reissue on auto: learned from this server's answers; silence off; again: a value";
    Save "tuning_save" Tuning [key('s')] "save what differs from the configuration, comments kept";
    NextField "form_next" Form [code(Code::Tab), code(Code::Down)] "to the next field";
    PreviousField "form_previous" Form [code(Code::BackTab), code(Code::Up)] "to the field before";
    Press "form_press" Form [code(Code::Enter)] "go on to the next field; press a button";
    Up "up" Move [code(Code::Up), key('k')] "up";
    Down "down" Move [code(Code::Down), key('j')] "down";
    Left "left" Move [code(Code::Left), key('h')] "left; a smaller value";
    Right "right" Move [code(Code::Right), key('l')] "right; a larger value";
    PageUp "page_up" Move [code(Code::PageUp), ctrl('b')] "a page up";
    PageDown "page_down" Move [code(Code::PageDown), ctrl('f')] "a page down";
    First "first" Move [key('g'), code(Code::Home)] "to the first";
    Last "last" Move [key('G'), code(Code::End)] "to the last; log and wire follow again";
    NextWatch "next_watch" Move [key(']')] "to the next watch, also in its details, timers and wire";
    PreviousWatch "previous_watch" Move [key('[')] "to the watch before";
    Reload "reload" Program [key('R')] "read the configuration again; watches that did not change go on";
    AddAccount "add_account" Program [key('a')] "add an account: a form, with a test of the connection";
    Suspend "suspend" Program [ctrl('z')] "suspend; fg comes back";
    Close "close" Program [code(Code::Esc)] "close what is open, end a filter";
    Quit "quit" Program [key('q'), ctrl('c')] "leave at once" footer "quit";
    Help "help" Program [key('?'), code(Code::F(1))] "this help" footer "help";
};

impl Key {
    /// Whether it is a character that a form takes as text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self.code, Code::Char(_)) && !self.ctrl
    }

    /// The key as the help and the configuration write it: `d`, `D`, `Ctrl-L`, `Space`, `F1`.
    #[must_use]
    pub fn show(self) -> String {
        let name = match (self.code, NAMED.iter().find(|(code, _)| *code == self.code)) {
            (Code::Char('-'), _) if !self.ctrl => "-".to_owned(),
            (_, Some((_, name))) => (*name).to_owned(),
            (Code::Char(c), None) if self.ctrl => c.to_ascii_uppercase().to_string(),
            (Code::Char(c), None) => c.to_string(),
            (Code::F(n), None) => format!("F{n}"),
            // Every other code is in the table.
            (code, None) => format!("{code:?}"),
        };
        if self.ctrl { format!("Ctrl-{name}") } else { name }
    }

    /// Reads a key as [`Key::show`] writes it; the names of keys in any case. `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let held = ["ctrl-", "ctrl+", "c-"].into_iter().find_map(|prefix| {
            let head = text.get(..prefix.len())?;
            (text.len() > prefix.len() && head.eq_ignore_ascii_case(prefix)).then(|| &text[prefix.len()..])
        });
        let (name, ctrl) = held.map_or((text, false), |name| (name, true));
        let mut chars = name.chars();
        let code = match (chars.next()?, chars.next()) {
            // Terminals report Control with small letters.
            (c, None) if ctrl => Code::Char(c.to_ascii_lowercase()),
            (c, None) => Code::Char(c),
            ('f' | 'F', Some('1'..='9')) => Code::F(name[1..].parse().ok().filter(|n| (1..=24).contains(n))?),
            _ => NAMED.iter().find(|(_, known)| known.eq_ignore_ascii_case(name))?.0,
        };
        let key = Self { code, ctrl };
        (!matches!(key.code, Code::Char(c) if c.is_control())).then_some(key)
    }
}

impl Group {
    /// Every heading, in the help's order.
    pub const ALL: [Self; 6] = [Self::Watch, Self::View, Self::Tuning, Self::Form, Self::Move, Self::Program];

    /// The heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Watch => "The selected watch",
            Self::View => "What is shown",
            Self::Tuning => "In the tuning popup",
            Self::Form => "In a form",
            Self::Move => "Moving",
            Self::Program => "The program",
        }
    }
}

impl Action {
    /// Whether it only moves in what has the keys.
    #[must_use]
    pub fn is_move(self) -> bool {
        self.group() == Some(Group::Move)
    }

    fn group(self) -> Option<Group> {
        BINDINGS.iter().find(|binding| binding.action == self).map(|binding| binding.group)
    }

    /// Whether one key cannot mean both: they are asked for in the same place.
    fn excludes(self, other: Self) -> bool {
        match (self.context(), other.context()) {
            (Context::Screen, Context::Screen)
            | (Context::Tuning, Context::Tuning)
            | (Context::Form, Context::Form) => true,
            (Context::Tuning, Context::Form) | (Context::Form, Context::Tuning) => false,
            (own, Context::Screen) => other.serves(own),
            (Context::Screen, own) => self.serves(own),
        }
    }

    /// Where its keys are its own.
    fn context(self) -> Context {
        match self.group() {
            Some(Group::Tuning) => Context::Tuning,
            Some(Group::Form) => Context::Form,
            Some(Group::Watch | Group::View | Group::Move | Group::Program) | None => Context::Screen,
        }
    }

    /// Whether an action of the whole screen is needed in a popup with keys of its own, too.
    fn serves(self, popup: Context) -> bool {
        match popup {
            Context::Screen => true,
            Context::Tuning => {
                self != Self::AddAccount
                    && (self == Self::Undo || matches!(self.group(), Some(Group::Move | Group::Program)))
            }
            Context::Form => {
                matches!(self, Self::Left | Self::Right | Self::PageUp | Self::PageDown | Self::Redraw)
                    || (self.group() == Some(Group::Program) && self != Self::AddAccount)
            }
        }
    }
}

/// What always leaves, whatever is configured: nobody can lock themselves in.
const LEAVE: Key = ctrl('c');

/// The keys of every action: the table's, or the user's in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(Vec<(Action, Vec<Key>)>);

/// Why a key cannot be given to an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// It always leaves.
    Leaves,
    /// Another action has it.
    Taken(&'static str),
    /// It is text where the action is asked for.
    Text,
}

impl Default for Keys {
    fn default() -> Self {
        Self(BINDINGS.iter().map(|binding| (binding.action, binding.keys.to_vec())).collect())
    }
}

impl Keys {
    /// An action's keys; the first is the one that is shown where there is room for one.
    #[must_use]
    pub fn of(&self, action: Action) -> &[Key] {
        self.0.iter().find(|(known, _)| *known == action).map_or(&[], |(_, keys)| keys)
    }

    /// An action's keys as the help writes them.
    #[must_use]
    pub fn show(&self, action: Action) -> String {
        self.of(action).iter().map(|key| key.show()).collect::<Vec<_>>().join(" ")
    }

    /// The action of a key where it was pressed.
    #[must_use]
    pub fn action(&self, key: Key, context: Context) -> Option<Action> {
        if key == LEAVE {
            return Some(Action::Quit);
        }
        let has = |place: Context| {
            let mut all = self.0.iter().filter(move |(action, _)| action.context() == place);
            all.find(|(_, keys)| keys.contains(&key)).map(|(action, _)| *action)
        };
        match context {
            Context::Screen => has(Context::Screen),
            Context::Tuning => has(Context::Tuning).or_else(|| has(Context::Screen)),
            Context::Form if key.is_text() => None,
            Context::Form => {
                has(Context::Form).or_else(|| has(Context::Screen).filter(|action| action.serves(Context::Form)))
            }
        }
    }

    /// Gives an action these keys instead of its own. Clashes are for [`Keys::clash`] to find, once all are given.
    pub fn give(&mut self, action: Action, keys: Vec<Key>) {
        if let Some((_, own)) = self.0.iter_mut().find(|(known, _)| *known == action) {
            *own = keys;
        }
    }

    /// What is wrong with a key of this action.
    #[must_use]
    pub fn clash(&self, action: Action, key: Key) -> Option<Clash> {
        if key == LEAVE {
            return (action != Action::Quit).then_some(Clash::Leaves);
        }
        if action.context() == Context::Form && key.is_text() {
            return Some(Clash::Text);
        }
        let excludes = |known: Action| known != action && known.excludes(action);
        let other = self.0.iter().find(|(known, keys)| excludes(*known) && keys.contains(&key))?;
        BINDINGS.iter().find(|binding| binding.action == other.0).map(|binding| Clash::Taken(binding.name))
    }
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
                assert!(keys.insert((binding.action.context() as u8, key.show())), "{}", key.show());
                assert_eq!(Keys::default().clash(binding.action, *key), None, "{}", binding.name);
            }
        }
    }

    #[test]
    fn every_key_is_read_as_it_is_shown() {
        let keys = BINDINGS.iter().flat_map(|binding| binding.keys).copied();
        let named = NAMED.iter().flat_map(|(code, _)| [false, true].map(|ctrl| Key { code: *code, ctrl }));
        for key in keys.chain(named).chain([Key { code: Code::F(12), ctrl: true }, ctrl('-'), ctrl('+')]) {
            assert_eq!(Key::parse(&key.show()), Some(key), "{}", key.show());
        }
    }

    #[test]
    fn names_are_read_in_any_case_and_what_is_no_key_is_none() {
        assert_eq!(Key::parse("ctrl-l"), Some(ctrl('l')));
        assert_eq!(Key::parse("Ctrl-L"), Some(ctrl('l')));
        assert_eq!(Key::parse("pgup"), Some(code(Code::PageUp)));
        assert_eq!(Key::parse("D"), Some(key('D')));
        for text in ["", "dd", "Ctrl-", "F0", "F25", "Hyper-x", "\u{7}", "Ctrl-\u{1b}"] {
            assert_eq!(Key::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_given_key_takes_the_tables_place_and_a_clash_is_found() {
        let mut keys = Keys::default();
        keys.give(Action::Done, vec![key('x')]);
        let on_screen = |key| keys.action(key, Context::Screen);
        assert_eq!((on_screen(key('x')), on_screen(key('d'))), (Some(Action::Done), None));
        assert_eq!(keys.clash(Action::Done, key('x')), None);
        keys.give(Action::Done, vec![key('z')]);
        assert_eq!(keys.clash(Action::Done, key('z')), Some(Clash::Taken("zoom")));
        assert_eq!(keys.clash(Action::Done, ctrl('c')), Some(Clash::Leaves));
        keys.give(Action::Quit, vec![key('x')]);
        assert_eq!(keys.action(ctrl('c'), Context::Tuning), Some(Action::Quit), "nobody is locked in");
    }

    #[test]
    fn a_form_takes_plain_characters_as_text() {
        let mut keys = Keys::default();
        let in_form = |keys: &Keys, key| keys.action(key, Context::Form);
        for text in [key('q'), key('j'), key('?'), key(' '), key('h')] {
            assert_eq!(in_form(&keys, text), None, "{}", text.show());
        }
        for (pressed, action) in [
            (code(Code::Tab), Action::NextField),
            (code(Code::Down), Action::NextField),
            (code(Code::Left), Action::Left),
            (code(Code::Esc), Action::Close),
            (code(Code::F(1)), Action::Help),
            (ctrl('c'), Action::Quit),
            (ctrl('z'), Action::Suspend),
        ] {
            assert_eq!(in_form(&keys, pressed), Some(action), "{}", pressed.show());
        }
        assert_eq!(keys.clash(Action::Press, key('x')), Some(Clash::Text));
        keys.give(Action::Press, vec![code(Code::F(2))]);
        assert_eq!((in_form(&keys, code(Code::F(2))), in_form(&keys, code(Code::Enter))), (Some(Action::Press), None));
        for (taken, by) in [(code(Code::Esc), "close"), (code(Code::Left), "left"), (code(Code::F(1)), "help")] {
            assert_eq!(keys.clash(Action::Press, taken), Some(Clash::Taken(by)));
        }
    }

    #[test]
    fn the_tuning_popup_has_keys_of_its_own_but_not_those_that_it_needs() {
        let mut keys = Keys::default();
        assert_eq!(keys.action(key('s'), Context::Screen), Some(Action::Sort));
        assert_eq!(keys.action(key('s'), Context::Tuning), Some(Action::Save));
        assert_eq!(keys.action(key('q'), Context::Tuning), Some(Action::Quit));
        for (taken, by) in
            [(key('q'), "quit"), (key('j'), "down"), (key('u'), "undo"), (code(Code::Tab), "tuning_scope")]
        {
            keys.give(Action::Save, vec![taken]);
            assert_eq!(keys.clash(Action::Save, taken), Some(Clash::Taken(by)));
        }
        keys.give(Action::Save, vec![key('z')]);
        assert_eq!(keys.clash(Action::Save, key('z')), None);
    }
}
