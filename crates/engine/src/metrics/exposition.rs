//! OpenMetrics text, version 1.0.0: how a family and its samples are written. Knows no metric.

use std::fmt::{Display, Write as _};

/// As HTTP names it (OpenMetrics 1.0.0, "Protocol Negotiation").
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a family's samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// May go up and down.
    Gauge,
    /// Only goes up; its samples' names end in `_total`.
    Counter,
    /// Counts by upper bound.
    Histogram,
    /// Text in labels; its sample's name ends in `_info`.
    Info,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Gauge => "gauge",
            Self::Counter => "counter",
            Self::Histogram => "histogram",
            Self::Info => "info",
        }
    }
}

/// The text, written family by family.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

/// A family; all of its samples follow before the next family begins.
#[derive(Debug)]
pub(super) struct Family<'e> {
    text: &'e mut String,
    name: &'static str,
}

impl Exposition {
    /// Begins a family. A name that ends in a unit says so: OpenMetrics wants the two to agree.
    pub fn family(&mut self, name: &'static str, kind: Kind, help: &str) -> Family<'_> {
        let unit = name.ends_with("_seconds").then_some("seconds");
        line(&mut self.0, format_args!("# TYPE {name} {}", kind.name()));
        if let Some(unit) = unit {
            line(&mut self.0, format_args!("# UNIT {name} {unit}"));
        }
        line(&mut self.0, format_args!("# HELP {name} {}", escaped(help)));
        Family { text: &mut self.0, name }
    }

    /// Ends the text: without its last line it counts as truncated.
    pub fn finish(mut self) -> String {
        line(&mut self.0, format_args!("# EOF"));
        self.0
    }
}

impl Family<'_> {
    /// Writes a sample; `suffix` is what its kind adds to the family's name.
    pub fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let mut set = String::new();
        for (index, (name, value)) in labels.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            append(&mut set, format_args!("{comma}{name}=\"{}\"", escaped(value)));
        }
        let name = self.name;
        if set.is_empty() {
            line(self.text, format_args!("{name}{suffix} {value}"));
        } else {
            line(self.text, format_args!("{name}{suffix}{{{set}}} {value}"));
        }
    }
}

/// A text between double quotes, or of a HELP line.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    append(text, words);
    text.push('\n');
}

fn append(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_says_its_unit_and_escapes_what_would_end_a_label_or_a_line() {
        let mut text = Exposition::default();
        let mut family = text.family("x_seconds", Kind::Counter, "A \"help\"\nin \\ two lines");
        family.sample("_total", &[("a", "q\"b\\n\n"), ("b", "")], 1.5);
        family.sample("_total", &[], 2);
        let lines: Vec<_> = text.finish().lines().map(ToOwned::to_owned).collect();
        assert_eq!(
            lines,
            [
                "# TYPE x_seconds counter",
                "# UNIT x_seconds seconds",
                r#"# HELP x_seconds A \"help\"\nin \\ two lines"#,
                r#"x_seconds_total{a="q\"b\\n\n",b=""} 1.5"#,
                "x_seconds_total 2",
                "# EOF",
            ]
        );
    }
}
