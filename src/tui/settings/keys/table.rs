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
    Done "force_done" Watch [key('d')] "end the selected watch's IDLE with DONE now; a poll where there is no IDLE" footer "DONE";
    DoneAll "force_done_all" Watch [key('D')] "the same on every watch" footer "all";
    Reconnect "reconnect" Watch [key('r')] "drop the selected watch's connection and make a new one" footer "reconnect";
    Pause "pause" Watch [key('p')] "pause the selected watch; again: go on" footer "pause";
    Remedy "remedy" Watch [key('x')] "do what the line below the watches offers against what is wrong";
    NextAttention "next_attention" Watch [key('X')] "the next thing that is wrong";
    ResetNew "reset_new" Watch [key('0')] "set NEW to 0, on every watch or on the marked ones; mails stay as they are";
    Mute "mute" Watch [key('U')] "no notification and no bell of the selected watch, or all of its account, for an hour; again: notify";
    Unlock "unlock" Watch [key('L')] "run the account's password or token command in this terminal, so that it can ask; of a host without a link, ssh";
    Longer "reissue_longer" Watch [key('+'), key('=')] "lengthen reissue by 30 s (under a minute by 5 s), on the running IDLE too" footer "reissue";
    Shorter "reissue_shorter" Watch [key('-'), key('_')] "shorten reissue by 30 s (to under a minute by 5 s), on the running IDLE too";
    Tune "tune" Watch [key('t')] "every timer of the selected watch on its scale, and the chart of answers by age" footer "tune";
    Undo "undo" Watch [key('u')] "take back the last change of a timer";
    Filter "filter" View [key('/')] "show only what holds a text, in the focused list; Esc ends it" footer "filter";
    Palette "command" Program [key(':')] "find a command by its name, a watch or a theme, and do it" footer "command";
    Verbose "verbose" View [key('v')] "what the log shows: news, all, mail, DONE, trouble";
    NextPane "next_pane" View [code(Code::Tab)] "to the next pane" footer "pane";
    PreviousPane "previous_pane" View [code(Code::BackTab)] "to the pane before";
    PaneWatches "pane_watches" View [key('1')] "to the watches";
    PaneTimers "pane_timers" View [key('2')] "to the timers and the last DONE";
    PaneLog "pane_log" View [key('3')] "to the log";
    PaneWire "pane_wire" View [key('4')] "to the wire";
    PaneMail "pane_mail" View [key('5')] "to the mails that came, in the log's place; 3 brings the log back";
    OpenMail "open_mail" Mail [key('o')] "open the mail with the account's open_command";
    Seen "mark_seen" Mail [key('m')] "mark the mail as seen on the server";
    SeenAll "mark_all_seen" Mail [key('M')] "mark all mails that are shown as seen; asks first";
    Zoom "zoom" View [key('z')] "the focused pane alone; again: all of them" footer "zoom";
    Mark "mark" Watch [key(' ')] "mark the selected watch, or all of the account: keys are for all that are marked; Esc takes the marks away" footer "mark";
    Details "details" View [code(Code::Enter)] "all that is known of the selected watch; fold an account, open a line of log or wire" footer "details";
    Sort "sort" View [key('s')] "order the watches by name, state, next DONE, new mail" footer "sort";
    Group "group" View [key('A')] "the watches under their accounts; again: one list";
    Follow "follow" View [key('f')] "follow what comes in log and wire; again: stand still, with a cursor";
    OnlyWatch "only_watch" View [key('w')] "the selected watch's lines alone in the log; again: all watches'";
    NextMatch "next_match" View [key('n')] "to the next line that holds the text last typed after /";
    PreviousMatch "previous_match" View [key('N')] "to the line before that holds it";
    Copy "copy" View [key('y')] "copy what the cursor is on: a watch's name, its timers, a line";
    CopyTrace "copy_trace" View [key('Y')] "copy the selected watch's whole trace; in the log, all lines shown";
    Wrap "wrap" View [key('W')] "wrap the wire's long lines; again: cut them, Left and Right move";
    Freeze "freeze" View [key('F')] "hold the display still while the engine goes on; again: catch up";
    Redraw "redraw" View [ctrl('l')] "draw everything anew";
    Scope "tuning_scope" Tuning [code(Code::Tab), key('a')] "for this watch, all of its account, or every watch";
    Special "tuning_auto" Tuning [key('o')] "reissue on auto: learned from this server's answers; silence off; again: a value; in the pane of the timers too";
    Save "tuning_save" Tuning [key('s')] "save what differs from the configuration, comments kept";
    NextField "form_next" Form [code(Code::Tab), code(Code::Down)] "to the next field";
    PreviousField "form_previous" Form [code(Code::BackTab), code(Code::Up)] "to the field before";
    Press "form_press" Form [code(Code::Enter)] "go on to the next field; press a button";
    Earlier "file_earlier" File [code(Code::Left)] "a minute back in the file";
    Later "file_later" File [code(Code::Right)] "a minute forth in the file";
    HourEarlier "file_hour_earlier" File [code(Code::ShiftLeft)] "an hour back in the file";
    HourLater "file_hour_later" File [code(Code::ShiftRight)] "an hour forth in the file";
    DayEarlier "file_day_earlier" File [ctrl_code(Code::Left)] "a day back in the file";
    DayLater "file_day_later" File [ctrl_code(Code::Right)] "a day forth in the file";
    FileBegin "file_begin" File [code(Code::Home)] "to the file's first moment";
    FileEnd "file_end" File [code(Code::End)] "to the file's last moment";
    EventBefore "file_event_before" File [key(',')] "to what was told before in the file";
    EventAfter "file_event_after" File [key('.')] "to what was told next in the file";
    TroubleBefore "file_trouble_before" File [key('<')] "to the file's trouble before: a stall, a fault, a verdict that is not well";
    TroubleAfter "file_trouble_after" File [key('>')] "to the file's next trouble";
    Utc "file_utc" File [key('Z')] "all times in UTC; again: in this machine's time zone";
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
    Evidence "evidence" Program [key('e')] "write the last 24 h's evidence, without secrets, into a file for support";
    Reload "reload" Program [key('R')] "read the configuration again; watches that did not change go on";
    AddAccount "add_account" Program [key('a')] "add an account: a form, with a test of the connection";
    Suspend "suspend" Program [ctrl('z')] "suspend; fg comes back";
    Close "close" Program [code(Code::Esc)] "close what is open, end a filter, leave the timers";
    Quit "quit" Program [key('q')] "close what is open; on the main screen, leave" footer "quit";
    Leave "leave" Program [ctrl('c')] "leave at once";
    Keep "keep" Program [key('Q')] "leave; this screen's own engine goes on in the background" footer "keep running";
    Help "help" Program [key('?'), code(Code::F(1))] "this help" footer "help";
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
