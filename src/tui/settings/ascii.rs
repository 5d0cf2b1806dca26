//! `[ui] ascii`: whether only ASCII is sent.

use toml::de::DeValue;

use mailwatch_engine::config::{Findings, ProblemKind, Section};

/// What the key takes.
const KNOWN: [&str; 3] = ["auto", "on", "off"];

/// Whether only ASCII is sent, strangers' text included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ascii {
    /// As the locale and the terminal ask for.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// Reads the key; true and false are understood too.
pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Ascii {
    const KEY: &str = "ascii";
    let Some(entry) = section.entry(KEY) else { return Ascii::default() };
    match entry.value {
        DeValue::Boolean(on) => return if *on { Ascii::On } else { Ascii::Off },
        DeValue::String(text) => match text.as_ref() {
            "auto" => {}
            "on" => return Ascii::On,
            "off" => return Ascii::Off,
            given => {
                let given = given.to_owned();
                findings.problem(ProblemKind::Choice { key: KEY, given, known: &KNOWN }, entry.at);
            }
        },
        other => findings.problem(section.wrong_type(KEY, "\"auto\", \"on\" or \"off\"", other), entry.at),
    }
    Ascii::Auto
}
