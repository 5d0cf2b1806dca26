//! A timer's value being typed in its row.

use mailwatch_proto::model::{DurationError, Setting, Timer, parse_duration, show_duration};

use super::tuning::special;

/// Longer than any value.
const LIMIT: usize = 12;

/// What is typed so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The timer whose value it becomes.
    pub timer: Timer,
    /// The text.
    pub text: String,
    /// Why it cannot be the value, once that was asked.
    pub wrong: Option<String>,
}

impl Typed {
    /// Typing begins with a digit.
    #[must_use]
    pub fn new(timer: Timer, digit: char) -> Self {
        Self { timer, text: digit.to_string(), wrong: None }
    }

    /// Appends a character.
    pub fn push(&mut self, c: char) {
        self.wrong = None;
        if self.text.len() < LIMIT && (c.is_ascii_alphanumeric() || c == ' ') {
            self.text.push(c.to_ascii_lowercase());
        }
    }

    /// Takes the last character away.
    pub fn pop(&mut self) {
        self.wrong = None;
        self.text.pop();
    }

    /// What was typed, as a setting.
    ///
    /// # Errors
    /// A sentence, where it is none or out of the timer's range.
    pub fn setting(&self) -> Result<Setting, String> {
        let text = self.text.trim();
        if let Some(special) = special(self.timer).filter(|special| special.to_string() == text) {
            return Ok(special);
        }
        let spec = self.timer.spec();
        match parse_duration(text) {
            Ok(value) if value < spec.min || value > spec.max => {
                Err(format!("{} takes {}, not {}", self.timer, may_be(self.timer), show_duration(Some(value))))
            }
            Ok(value) => Ok(Setting::Value(Some(value))),
            // In few words: the narrowest pane has no more room.
            Err(error) => Err(match error {
                DurationError::Empty => "type a value, such as 90s or 4m30s",
                DurationError::Unit => "a unit is missing: write 90s or 4m30s",
                DurationError::Number => "that is not a duration: write 90s or 4m30s",
            }
            .to_owned()),
        }
    }
}

/// What a timer may be set to: `1s to 29m, auto`.
#[must_use]
pub fn may_be(timer: Timer) -> String {
    let spec = timer.spec();
    let (min, max) = (show_duration(Some(spec.min)), show_duration(Some(spec.max)));
    special(timer).map_or_else(|| format!("{min} to {max}"), |special| format!("{min} to {max}, {special}"))
}

#[cfg(test)]
mod tests {

    use super::*;

    fn typed(timer: Timer, text: &str) -> Result<String, String> {
        let mut typed = Typed::new(timer, '0');
        typed.pop();
        text.chars().for_each(|c| typed.push(c));
        typed.setting().map(|setting| setting.to_string())
    }

    #[test]
    fn what_is_typed_is_a_value_in_range_or_a_sentence() {
        assert_eq!(typed(Timer::Reissue, "4m30s").as_deref(), Ok("4m30s"));
        assert_eq!(typed(Timer::Reissue, "AUTO").as_deref(), Ok("auto"));
        assert_eq!(typed(Timer::Silence, "off").as_deref(), Ok("off"));
        for (timer, text, why) in [
            (Timer::Reissue, "30m", "reissue takes 1s to 29m, auto, not 30m"),
            (Timer::Done, "0s", "done takes 1s to 10m, not 0s"),
            (Timer::Reissue, "270", "unit"),
            (Timer::Done, "off", "not a duration"),
            (Timer::Reissue, "", "type a value"),
        ] {
            assert!(typed(timer, text).is_err_and(|error| error.contains(why)), "{text}");
        }
    }

    #[test]
    fn it_does_not_grow_beyond_its_limit_and_takes_no_other_character() {
        let mut typed = Typed::new(Timer::Reissue, '4');
        "mä\u{1b}[3:;".chars().for_each(|c| typed.push(c));
        assert_eq!(typed.text, "4m3");
        (0..100).for_each(|_| typed.push('9'));
        assert_eq!(typed.text.len(), LIMIT);
    }
}
