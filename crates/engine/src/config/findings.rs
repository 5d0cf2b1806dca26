//! Everything that reading a text finds, in the order of the reading.

use std::ops::Range;

use super::error::ConfigError;
use super::problem::{Finding, Lines, ProblemKind};
use super::warning::WarningKind;
use mailwatch_proto::model::sanitise;

/// Everything found while reading.
#[derive(Debug, Default)]
pub struct Findings {
    pub(super) problems: Vec<Finding>,
    pub(super) warnings: Vec<(WarningKind, Range<usize>)>,
    /// The error of another file that this one names.
    pub(super) elsewhere: Option<ConfigError>,
}

impl Findings {
    /// Notes a problem at its place.
    pub fn problem(&mut self, kind: ProblemKind, span: Range<usize>) {
        self.problems.push(Finding { kind, span: Some(span), also: None });
    }

    pub(super) fn twice(&mut self, kind: ProblemKind, span: Range<usize>, first: Range<usize>) {
        self.problems.push(Finding { kind, span: Some(span), also: Some(first) });
    }

    /// Notes a likely mistake at its place.
    pub fn warn(&mut self, kind: WarningKind, span: Range<usize>) {
        self.warnings.push((kind, span));
    }

    /// Notes that another file, which this one names, cannot be used.
    pub fn another_file(&mut self, error: ConfigError) {
        self.elsewhere = Some(error);
    }

    /// The parser's errors, one a line: what it makes of the rest of a broken line is seldom of use.
    pub(super) fn syntax(&mut self, errors: &[toml::de::Error], text: &str) {
        let (lines, mut last_line) = (Lines::of(text.as_bytes()), None);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line = lines.at(span.start);
            if last_line.replace(line) != Some(line) {
                self.problem(ProblemKind::Syntax(sanitise(error.message(), 200)), span);
            }
        }
    }
}
