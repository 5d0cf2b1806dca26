//! Whether, how and when a person is notified of new mail, as checked by the configuration.

use std::collections::{BTreeMap, BTreeSet};

use super::notify_rules::NotifyRules;

/// How the screen's terminal is asked to show a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sequence {
    /// By the sequence that the terminal is known to show; by both where it is not known.
    Auto,
    /// OSC 9 (iTerm2): one text.
    Osc9,
    /// OSC 777 (urxvt): title and text.
    Osc777,
}

/// The ways to notify, and when not to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notifications {
    /// By the desktop's notification daemon.
    pub desktop: bool,
    /// By the terminal's bell, on the screen alone.
    pub bell: bool,
    /// By the terminal, on the screen alone.
    pub terminal: Option<Sequence>,
    /// The hours without notifications.
    pub quiet: Option<Quiet>,
    /// The accounts without notifications.
    pub silent: BTreeSet<String>,
    /// Of which mails.
    pub rules: NotifyRules,
    /// What opens a mail, by account: an argument list with places for what names the mail.
    pub open: BTreeMap<String, Vec<String>>,
}

impl Notifications {
    /// Whether anybody is to be notified in any way.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.desktop || self.bell || self.terminal.is_some()
    }

    /// Whether anybody is to be notified of this account's mail.
    #[must_use]
    pub fn wants(&self, account: &str) -> bool {
        self.any() && !self.silent.contains(account)
    }
}

/// Minutes in a day.
const DAY: u16 = 24 * 60;

/// Hours of each day, on the clock on the wall; across midnight where they end before they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quiet {
    from: u16,
    to: u16,
}

/// Why a text is no hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuietError {
    /// It is not `HH:MM-HH:MM`.
    Form,
    /// They end when they begin.
    Empty,
}

impl Quiet {
    /// Reads `22:00-07:00`.
    ///
    /// # Errors
    /// Where it is not written so, or the hours end when they begin.
    pub fn parse(text: &str) -> Result<Self, QuietError> {
        let (from, to) = text.split_once('-').ok_or(QuietError::Form)?;
        let (from, to) = (minute(from.trim()).ok_or(QuietError::Form)?, minute(to.trim()).ok_or(QuietError::Form)?);
        if from == to { Err(QuietError::Empty) } else { Ok(Self { from, to }) }
    }

    /// Whether a minute of the day, from 0 to 1439, is among them. The first minute is, the last one named is not.
    #[must_use]
    pub const fn holds(self, minute: u16) -> bool {
        if self.from < self.to {
            self.from <= minute && minute < self.to
        } else {
            self.from <= minute || minute < self.to
        }
    }

    /// The minute of the day, from 0 to 1439, at which they end.
    #[must_use]
    pub const fn end(self) -> u16 {
        self.to
    }
}

/// `HH:MM`, or `H:MM`, as a minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60).then_some(hour * 60 + minute).filter(|minute| *minute < DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_across_midnight_hold_both_evening_and_morning() {
        let quiet = Quiet::parse("22:00-07:00").expect("hours");
        for (hour, holds) in [(21, false), (22, true), (23, true), (0, true), (6, true), (7, false), (12, false)] {
            assert_eq!(quiet.holds(hour * 60), holds, "{hour}:00");
        }
        assert!(quiet.holds(7 * 60 - 1));
        assert_eq!(quiet.end(), 7 * 60);
    }

    #[test]
    fn hours_within_a_day_hold_what_lies_between() {
        let quiet = Quiet::parse("9:30 - 12:00").expect("hours");
        assert!(quiet.holds(9 * 60 + 30) && quiet.holds(12 * 60 - 1));
        assert!(!quiet.holds(9 * 60 + 29) && !quiet.holds(12 * 60) && !quiet.holds(0));
    }

    #[test]
    fn what_is_no_span_of_hours_is_refused() {
        for text in
            ["", "22:00", "22-07", "24:00-07:00", "22:60-07:00", "22:0-07:00", "+2:00-07:00", "22:00-07:00-08:00"]
        {
            assert_eq!(Quiet::parse(text), Err(QuietError::Form), "{text}");
        }
        assert_eq!(Quiet::parse("22:00-22:00"), Err(QuietError::Empty));
    }
}
