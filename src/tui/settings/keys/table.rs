//! The table of actions.

use super::action::{Action, Group};
use super::key::{Code, Key, code, ctrl, ctrl_code, key};

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
    /// Its word in the footer, if it is there.
    pub footer: Option<&'static str>,
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
    Done "force_done" Watch [key('d')] "end the selected watch's IDLE with DONE now; without IDLE, poll now" footer "DONE";
    DoneAll "force_done_all" Watch [key('D')] "the same for every watch" footer "all";
    Reconnect "reconnect" Watch [key('r')] "drop the selected watch's connection and make a new one" footer "reconnect";
    Pause "pause" Watch [key('p')] "pause the selected watch; again: resume it" footer "pause";
    Remedy "remedy" Watch [key('x')] "apply the fix that the line below the watches offers";
    NextAttention "next_attention" Watch [key('X')] "go to the next problem";
    ResetNew "reset_new" Watch [key('0')] "set NEW to 0, on every watch or on the marked ones; mails stay as they are";
    Mute "mute" Watch [key('U')] "mute the selected watch, or its whole account, for an hour: no notification, no bell; again: unmute";
    Unlock "unlock" Watch [key('L')] "run the account's password or token command in this terminal, so that it can ask; for a host without a link, run ssh";
    Longer "reissue_longer" Watch [key('+'), key('=')] "lengthen reissue by 30 s (under a minute by 5 s), on the running IDLE too" footer "reissue";
    Shorter "reissue_shorter" Watch [key('-'), key('_')] "shorten reissue by 30 s (to under a minute by 5 s), on the running IDLE too";
    Tune "tune" Watch [key('t')] "show every timer of the selected watch on its scale, and the chart of answers by age" footer "tune";
    Undo "undo" Watch [key('u')] "undo the last change of a timer";
    Filter "filter" View [key('/')] "show only what contains a text, in the focused list; Esc ends it" footer "filter";
    Palette "command" Program [key(':')] "find a command, a watch or a theme by its name" footer "command";
    Verbose "verbose" View [key('v')] "choose what the log shows: news, all, mail, DONE, trouble";
    NextPane "next_pane" View [code(Code::Tab)] "go to the next pane" footer "pane";
    PreviousPane "previous_pane" View [code(Code::BackTab)] "go to the previous pane";
    PaneWatches "pane_watches" View [key('1')] "go to the watches";
    PaneTimers "pane_timers" View [key('2')] "go to the timers and the last DONE";
    PaneLog "pane_log" View [key('3')] "go to the log";
    PaneWire "pane_wire" View [key('4')] "go to the wire";
    PaneMail "pane_mail" View [key('5')] "show the mails that came, in the log's place; 3 brings the log back";
    OpenMail "open_mail" Mail [key('o')] "open the mail with the account's open_command";
    Seen "mark_seen" Mail [key('m')] "mark the mail as seen on the server";
    SeenAll "mark_all_seen" Mail [key('M')] "mark all the mails shown as seen; asks first";
    Zoom "zoom" View [key('z')] "show only the focused pane; again: show all panes" footer "zoom";
    Mark "mark" Watch [key(' ')] "mark the selected watch, or its whole account: keys then apply to all that are marked; Esc removes the marks" footer "mark";
    Details "details" View [code(Code::Enter)] "show everything known about the selected watch; fold an account, open a line of log or wire" footer "details";
    Sort "sort" View [key('s')] "sort the watches by name, state, next DONE or new mail" footer "sort";
    Group "group" View [key('A')] "group the watches by account; again: one list";
    Follow "follow" View [key('f')] "follow new lines in log and wire; again: stop, with a cursor";
    OnlyWatch "only_watch" View [key('w')] "show only the selected watch's lines in the log; again: every watch's";
    NextMatch "next_match" View [key('n')] "go to the next line that contains the text last typed after /";
    PreviousMatch "previous_match" View [key('N')] "go to the previous such line";
    Copy "copy" View [key('y')] "copy what the cursor is on: a watch's name, its timers, a line";
    CopyTrace "copy_trace" View [key('Y')] "copy the selected watch's whole trace; in the log, all lines shown";
    Wrap "wrap" View [key('W')] "wrap the wire's long lines; again: cut them, and Left and Right scroll";
    Freeze "freeze" View [key('F')] "freeze the display while the engine keeps running; again: catch up";
    Redraw "redraw" View [ctrl('l')] "redraw the screen";
    Scope "tuning_scope" Tuning [code(Code::Tab), key('a')] "apply changes to this watch, its whole account, or every watch";
    Special "tuning_auto" Tuning [key('o')] "set reissue to auto (learned from this server's answers), or silence to off; again: a value; also works in the timers pane";
    Save "tuning_save" Tuning [key('s')] "save what differs from the configuration; comments are kept";
    NextField "form_next" Form [code(Code::Tab), code(Code::Down)] "go to the next field";
    PreviousField "form_previous" Form [code(Code::BackTab), code(Code::Up)] "go to the previous field";
    Press "form_press" Form [code(Code::Enter)] "go to the next field; press a button";
    Earlier "file_earlier" File [code(Code::Left)] "go back a minute in the file";
    Later "file_later" File [code(Code::Right)] "go forward a minute in the file";
    HourEarlier "file_hour_earlier" File [code(Code::ShiftLeft)] "go back an hour in the file";
    HourLater "file_hour_later" File [code(Code::ShiftRight)] "go forward an hour in the file";
    DayEarlier "file_day_earlier" File [ctrl_code(Code::Left)] "go back a day in the file";
    DayLater "file_day_later" File [ctrl_code(Code::Right)] "go forward a day in the file";
    FileBegin "file_begin" File [code(Code::Home)] "go to the beginning of the file";
    FileEnd "file_end" File [code(Code::End)] "go to the end of the file";
    EventBefore "file_event_before" File [key(',')] "go to the previous event in the file";
    EventAfter "file_event_after" File [key('.')] "go to the next event in the file";
    TroubleBefore "file_trouble_before" File [key('<')] "go to the previous trouble in the file: a stall, a fault, a bad verdict";
    TroubleAfter "file_trouble_after" File [key('>')] "go to the next trouble in the file";
    Utc "file_utc" File [key('Z')] "show all times in UTC; again: in this machine's time zone";
    Up "up" Move [code(Code::Up), key('k')] "move up";
    Down "down" Move [code(Code::Down), key('j')] "move down";
    Left "left" Move [code(Code::Left), key('h')] "move left; lower a value";
    Right "right" Move [code(Code::Right), key('l')] "move right; raise a value";
    PageUp "page_up" Move [code(Code::PageUp), ctrl('b')] "move up a page";
    PageDown "page_down" Move [code(Code::PageDown), ctrl('f')] "move down a page";
    First "first" Move [key('g'), code(Code::Home)] "go to the first";
    Last "last" Move [key('G'), code(Code::End)] "go to the last; log and wire follow again";
    NextWatch "next_watch" Move [key(']')] "go to the next watch, also in its details, timers and wire";
    PreviousWatch "previous_watch" Move [key('[')] "go to the previous watch";
    Evidence "evidence" Program [key('e')] "write the evidence of the last 24 hours, without secrets, into a file for support";
    Reload "reload" Program [key('R')] "read the configuration again; unchanged watches keep running";
    AddAccount "add_account" Program [key('a')] "add an account with a form that tests the connection";
    Suspend "suspend" Program [ctrl('z')] "suspend the program; fg brings it back";
    Close "close" Program [code(Code::Esc)] "close what is open, end a filter, leave the timers";
    Quit "quit" Program [key('q')] "close what is open; on the main screen, quit" footer "quit";
    Leave "leave" Program [ctrl('c')] "quit at once";
    Keep "keep" Program [key('Q')] "leave the screen; its own engine keeps running in the background" footer "keep running";
    Help "help" Program [key('?'), code(Code::F(1))] "show this help" footer "help";
};

impl Group {
    /// Every heading, in the help's order.
    pub const ALL: [Self; 8] =
        [Self::Watch, Self::View, Self::Mail, Self::Tuning, Self::Form, Self::File, Self::Move, Self::Program];

    /// The heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Watch => "The selected watch",
            Self::View => "What is shown",
            Self::Mail => "A mail that came (pane 5)",
            Self::Tuning => "In the tuning popup",
            Self::Form => "In a form",
            Self::File => "Looking at a file (`open`)",
            Self::Move => "Moving",
            Self::Program => "The program",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::NAMED;
    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_shown() {
        let keys = BINDINGS.iter().flat_map(|binding| binding.keys).copied();
        let named = NAMED.iter().flat_map(|(code, _)| [false, true].map(|ctrl| Key { code: *code, ctrl }));
        for key in keys.chain(named).chain([Key { code: Code::F(12), ctrl: true }, ctrl('-'), ctrl('+')]) {
            assert_eq!(Key::parse(&key.show()), Some(key), "{}", key.show());
        }
    }
}
