//! `[timers]` and an account's `timers`.

use std::ops::Range;
use std::time::Duration;

use toml::de::DeValue;

use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::Section;
use super::warning::WarningKind;
use mailwatch_proto::model::{Origin, Setting, TIMERS, Timer, Timers, parse_duration};

/// A shorter reissue is likely a mistake.
const SHORT_REISSUE: Duration = Duration::from_mins(1);

/// What a table of timers sets, in the order of [`TIMERS`].
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    values: Vec<(Timer, Option<Duration>, Range<usize>)>,
    /// `reissue` is learned: `Some(true)` for `auto`, `Some(false)` for a value, `None` where nothing is set.
    auto: Option<bool>,
}

impl Settings {
    /// The timers of an account that sets `self` over `base`, and over those of its provider.
    pub(super) fn over(&self, base: &Self, provider: Timers) -> Timers {
        base.values
            .iter()
            .chain(&self.values)
            .fold(provider, |timers, (timer, value, _)| timers.with(*timer, *value, Origin::Config))
    }

    /// The values without their places.
    pub(super) fn into_values(self) -> Vec<(Timer, Option<Duration>)> {
        self.values.into_iter().map(|(timer, value, _)| (timer, value)).collect()
    }

    /// Whether an account that sets `self` over `base` learns its `reissue`; `None` where neither says.
    pub(super) fn learns_over(&self, base: &Self) -> Option<bool> {
        self.auto.or(base.auto)
    }

    /// Reports a backoff that begins above its end, at a value of `self`; `base` was checked before.
    pub(super) fn check_retry(&self, base: &Self, findings: &mut Findings) {
        let timers = self.over(base, Timers::default());
        let (min, max) = (timers.value(Timer::RetryMin), timers.value(Timer::RetryMax));
        let set = self.values.iter().find(|(timer, ..)| matches!(timer, Timer::RetryMin | Timer::RetryMax));
        if let Some((_, _, at)) = set
            && min > max
        {
            findings.problem(ProblemKind::RetryOrder { min, max }, at.clone());
        }
    }
}

pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Settings {
    let mut settings = Settings::default();
    for spec in &TIMERS {
        let Some(entry) = section.entry(spec.name) else { continue };
        let DeValue::String(text) = entry.value else {
            findings.problem(section.wrong_type(spec.name, "a duration in quotes", entry.value), entry.at);
            continue;
        };
        match value(spec.timer, text) {
            Ok(Setting::Auto) => settings.auto = Some(true),
            Ok(Setting::Value(value)) => {
                if spec.timer == Timer::Reissue {
                    settings.auto = Some(false);
                    if let Some(value) = value.filter(|value| *value < SHORT_REISSUE) {
                        findings.warn(WarningKind::ShortReissue { value }, entry.at.clone());
                    }
                }
                settings.values.push((spec.timer, value, entry.at));
            }
            Err(kind) => findings.problem(kind, entry.at),
        }
    }
    settings
}

/// What a value in the file sets a timer to.
pub(super) fn value(timer: Timer, text: &str) -> Result<Setting, ProblemKind> {
    let spec = timer.spec();
    match text.trim() {
        "off" if spec.can_be_off => Ok(Setting::Value(None)),
        "off" => Err(ProblemKind::Off { timer }),
        "auto" if timer != Timer::Reissue => Err(ProblemKind::Auto { timer }),
        "auto" => Ok(Setting::Auto),
        text => match parse_duration(text) {
            Ok(given) if spec.min <= given && given <= spec.max => Ok(Setting::Value(Some(given))),
            Ok(given) => Err(ProblemKind::TimerRange { timer, given }),
            Err(error) => Err(ProblemKind::Duration { timer, error }),
        },
    }
}
