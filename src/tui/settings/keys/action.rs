//! The actions of the screen, and where their keys count.

/// What the user can ask of the screen.
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
    /// Sets NEW to 0.
    ResetNew,
    /// No notification for an hour, or again.
    Mute,
    /// Run the commands that print the account's secrets where they can ask.
    Unlock,
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
    /// To the mails.
    PaneMail,
    /// Run what opens the mail.
    OpenMail,
    /// Mark the mail as seen.
    Seen,
    /// Mark all mails that are shown as seen.
    SeenAll,
    /// The focused pane alone, or all again.
    Zoom,
    /// The selected watch's details; an account's heading folds or unfolds.
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
    /// Mark the selected watch, or take its mark away.
    Mark,
    /// Do what the attention line offers.
    Remedy,
    /// The attention line's next.
    NextAttention,
    /// Freeze the display, or let it go on.
    Freeze,
    /// Draw everything anew.
    Redraw,
    /// Suspend the program.
    Suspend,
    /// Close what is open.
    Close,
    /// Close what is open; on the main screen, leave.
    Quit,
    /// Leave at once.
    Leave,
    /// Leave, and have the engine go on.
    Keep,
    /// The list of every command, to type in.
    Palette,
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
    /// What a timer can be besides a value: learned, or off.
    Special,
    /// Save what was tuned.
    Save,
    /// Write the evidence into a file.
    Evidence,
    /// Read the configuration again.
    Reload,
    /// Add an account.
    AddAccount,
    /// In a file, a minute back.
    Earlier,
    /// A minute forth.
    Later,
    /// An hour back.
    HourEarlier,
    /// An hour forth.
    HourLater,
    /// A day back.
    DayEarlier,
    /// A day forth.
    DayLater,
    /// To the file's first moment.
    FileBegin,
    /// To its last.
    FileEnd,
    /// To what was told before.
    EventBefore,
    /// To what is told next.
    EventAfter,
    /// To the trouble before.
    TroubleBefore,
    /// To the next trouble.
    TroubleAfter,
    /// Times in UTC, or in the own time zone again.
    Utc,
    /// To a form's next field.
    NextField,
    /// To the field before.
    PreviousField,
    /// Go on from a field, or press a button.
    Press,
}

/// The heading of an action in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// What a watch is asked to do.
    Watch,
    /// What is shown.
    View,
    /// What is done with a mail that came.
    Mail,
    /// Actions of the tuning popup: their keys come before all others there.
    Tuning,
    /// Actions of a form: their keys come before all others there, and a plain character is text.
    Form,
    /// Moving in the time of a file that is looked at: these keys come before all others there.
    File,
    /// Where to.
    Move,
    /// The program.
    Program,
}

/// Where a key was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// On the panes, or in a popup without its own keys.
    Screen,
    /// In the tuning popup.
    Tuning,
    /// In a form.
    Form,
    /// On the panes while a file is looked at.
    File,
}
