//! Problems as they are found, before the text to be shown with them is made.

use std::ops::Range;

use super::ProblemKind;
use crate::config::error::ConfigError;
use crate::config::warning::WarningKind;
use mailwatch_proto::model::sanitise;

/// A problem before the text to be shown with it is made.
#[derive(Clone, Debug)]
pub(in crate::config) struct Finding {
    pub(in crate::config) kind: ProblemKind,
    pub(in crate::config) span: Option<Range<usize>>,
    pub(in crate::config) also: Option<Range<usize>>,
}

/// The line, from 1, that a byte stands in.
pub(in crate::config) fn line_at(text: &[u8], at: usize) -> usize {
    text[..at.min(text.len())].split(|&byte| byte == b'\n').count()
}

/// Everything found while reading.
#[derive(Debug, Default)]
pub(in crate::config) struct Findings {
    pub(in crate::config) problems: Vec<Finding>,
    pub(in crate::config) warnings: Vec<(WarningKind, Range<usize>)>,
    /// What is wrong with another file that this one names.
    pub(in crate::config) elsewhere: Option<ConfigError>,
}

impl Findings {
    pub(in crate::config) fn problem(&mut self, kind: ProblemKind, span: Range<usize>) {
        self.problems.push(Finding { kind, span: Some(span), also: None });
    }

    pub(in crate::config) fn twice(&mut self, kind: ProblemKind, span: Range<usize>, first: Range<usize>) {
        self.problems.push(Finding { kind, span: Some(span), also: Some(first) });
    }

    pub(in crate::config) fn warn(&mut self, kind: WarningKind, span: Range<usize>) {
        self.warnings.push((kind, span));
    }

    /// The parser's errors, one a line: what it makes of the rest of a broken line is seldom of use.
    pub(in crate::config) fn syntax(&mut self, errors: &[toml::de::Error], text: &str) {
        let mut last_line = None;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line = line_at(text.as_bytes(), span.start);
            if last_line.replace(line) != Some(line) {
                self.problem(ProblemKind::Syntax(sanitise(error.message(), 200)), span);
            }
        }
    }
}
