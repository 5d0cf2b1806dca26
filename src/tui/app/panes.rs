//! The panes: which one has the keys, whether it is shown alone, and how the wire's lines are shown.

use mailwatch_proto::model::Timer;

/// How far one key moves the wire's lines sideways.
const SIDE_STEP: usize = 8;

/// No kept line is longer.
const SIDE_MAX: usize = 1000;

/// A pane, in the order of its digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pane {
    /// The table of watches.
    #[default]
    Watches,
    /// The selected watch's timers and last DONE.
    Timers,
    /// What happened.
    Log,
    /// The selected watch's trace.
    Wire,
    /// The mails that came; it shares the log's place.
    Mail,
}

impl Pane {
    /// Every pane, in the order of its digit.
    pub const ALL: [Self; 5] = [Self::Watches, Self::Timers, Self::Log, Self::Wire, Self::Mail];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watches => "Watches",
            Self::Timers => "Timers",
            Self::Log => "Log",
            Self::Wire => "Wire",
            Self::Mail => "Mail",
        }
    }

    /// The digit that focuses it.
    #[must_use]
    pub const fn digit(self) -> usize {
        self as usize + 1
    }

    /// The pane whose filter a filter typed here is: the timers are those of a row of the table.
    #[must_use]
    pub const fn filtered(self) -> Self {
        match self {
            Self::Watches | Self::Timers => Self::Watches,
            Self::Log => Self::Log,
            Self::Wire => Self::Wire,
            Self::Mail => Self::Mail,
        }
    }
}

/// How the panes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Panes {
    /// The pane that has the keys.
    pub focused: Pane,
    /// Whether the mails stand in the log's place.
    pub mail: bool,
    /// Whether it is shown alone.
    pub zoom: bool,
    /// How many columns the wire's lines are moved to the left.
    pub wire_column: usize,
    /// Whether the wire's long lines are wrapped.
    pub wire_wrap: bool,
    /// The selected row of the timers; `None` is the first.
    pub timer: Option<Timer>,
}

impl Panes {
    /// Focuses a pane. Of log and mails the one that had the keys last is seen.
    pub fn focus(&mut self, pane: Pane) {
        self.focused = pane;
        match pane {
            Pane::Log => self.mail = false,
            Pane::Mail => self.mail = true,
            Pane::Watches | Pane::Timers | Pane::Wire => {}
        }
    }

    /// Which of log and mails is seen in their place.
    #[must_use]
    pub const fn log_or_mail(&self) -> Pane {
        if self.mail { Pane::Mail } else { Pane::Log }
    }

    /// Focuses the next pane, or the one before.
    pub fn step(&mut self, forward: bool) {
        let by = if forward { 1 } else { Pane::ALL.len() - 1 };
        self.focus(Pane::ALL[(self.focused as usize + by) % Pane::ALL.len()]);
    }

    /// The selected timer.
    #[must_use]
    pub fn timer(&self) -> Timer {
        self.timer.unwrap_or(Timer::Reissue)
    }

    /// Moves the wire's lines sideways.
    pub fn move_wire(&mut self, right: bool) {
        let column = self.wire_column;
        self.wire_column = if right { (column + SIDE_STEP).min(SIDE_MAX) } else { column.saturating_sub(SIDE_STEP) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stepping_through_the_panes_comes_back_to_the_first() {
        let mut panes = Panes::default();
        let mut seen = Vec::new();
        for _ in 0..Pane::ALL.len() {
            panes.step(true);
            seen.push(panes.focused);
        }
        assert_eq!(seen, [Pane::Timers, Pane::Log, Pane::Wire, Pane::Mail, Pane::Watches]);
        panes.step(false);
        assert_eq!((panes.focused, panes.log_or_mail()), (Pane::Mail, Pane::Mail));
        panes.step(false);
        assert_eq!((panes.focused, panes.log_or_mail()), (Pane::Wire, Pane::Mail));
        panes.step(false);
        assert_eq!((panes.focused, panes.log_or_mail()), (Pane::Log, Pane::Log));
    }

    #[test]
    fn the_wires_lines_move_by_steps_and_stop_at_both_ends() {
        let mut panes = Panes::default();
        panes.move_wire(false);
        assert_eq!(panes.wire_column, 0);
        for _ in 0..1000 {
            panes.move_wire(true);
        }
        assert_eq!(panes.wire_column, SIDE_MAX);
        panes.move_wire(false);
        assert_eq!(panes.wire_column, SIDE_MAX - SIDE_STEP);
    }
}
