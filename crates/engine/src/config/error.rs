//! Why there is no configuration, and how it is shown.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};

use super::problem::{Finding, Problem, ProblemKind, Shown};
use mailwatch_proto::model::sanitise;

/// Problems that are pointed at, one by one: nobody reads more of them.
const POINTED_AT: usize = 100;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum ConfigError {
    /// There is no such file.
    #[error("there is no configuration at {}", path.display())]
    #[diagnostic(help(
        "`mailwatch-tui account add` asks and creates one; `mailwatch-tui config init` writes a sample, `mailwatch-tui demo` needs none"
    ))]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is there and cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is far larger than any configuration.
    #[error("{} is larger than 1 MiB: is it the right file?", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is no text.
    #[error("{} is not UTF-8 text: see its line {line}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first line that is not, from 1.
        line: usize,
    },
    /// The file has problems.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Invalid(Problems),
}

impl ConfigError {
    /// Whether nothing is wrong but that there is no account yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::Invalid(problems) => problems.problems.iter().all(|one| matches!(one.kind, ProblemKind::NoAccount)),
            Self::Unreadable { .. } | Self::TooLarge { .. } | Self::NotText { .. } => false,
        }
    }

    /// The first of it in one sentence, with its line where it has one.
    #[must_use]
    pub fn first(&self) -> String {
        match self {
            Self::Invalid(Problems { path, problems }) => {
                let name = sanitise(&path.to_string_lossy(), mailwatch_proto::model::LINE_LIMIT);
                match problems.first() {
                    Some(problem) => match problem.line() {
                        Some(line) => format!("{name}, line {line}: {problem}"),
                        None => format!("{name}: {problem}"),
                    },
                    None => name,
                }
            }
            Self::Missing { .. } | Self::Unreadable { .. } | Self::TooLarge { .. } | Self::NotText { .. } => {
                self.to_string()
            }
        }
    }

    /// Whether there is no file.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Missing { path }
            | Self::Unreadable { path, .. }
            | Self::TooLarge { path }
            | Self::NotText { path, .. } => path,
            Self::Invalid(problems) => &problems.path,
        }
    }

    /// The error as text, `width` columns wide: each problem pointed at, then their number.
    #[must_use]
    pub fn render(&self, width: usize, colour: bool) -> String {
        self.render_in(if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() }, width)
    }

    /// The same without colours, its marks and lines in ASCII.
    #[must_use]
    pub fn render_ascii(&self, width: usize) -> String {
        self.render_in(GraphicalTheme::none(), width)
    }

    fn render_in(&self, theme: GraphicalTheme, width: usize) -> String {
        let handler =
            GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false).without_syntax_highlighting();
        let mut text = String::new();
        let rendered = match self {
            Self::Invalid(problems) => {
                let mut shown = problems.problems.iter().take(POINTED_AT);
                shown.try_for_each(|problem| handler.render_report(&mut text, problem)).and_then(|()| {
                    let more = problems.problems.len().saturating_sub(POINTED_AT);
                    let more = if more == 0 { String::new() } else { format!("; the last {more} are not shown") };
                    fmt::Write::write_fmt(&mut text, format_args!("{problems}{more}\n"))
                })
            }
            Self::Missing { .. } | Self::Unreadable { .. } | Self::TooLarge { .. } | Self::NotText { .. } => {
                handler.render_report(&mut text, self)
            }
        };
        // A String takes every write: an error could only be the handler's, and the plain sentences are then better than none.
        if rendered.is_err() {
            text = format!("{self}\n");
        }
        text
    }
}

/// Every problem of a file, in its order.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{} {} in {}", problems.len(), if problems.len() == 1 { "problem" } else { "problems" }, path.display())]
pub struct Problems {
    /// The file.
    pub path: PathBuf,
    /// The problems, at least one.
    #[related]
    pub problems: Vec<Problem>,
}

impl Problems {
    /// `shown` is the file's text, byte for byte as long, without what must not be shown.
    pub(super) fn new(path: &Path, shown: String, mut found: Vec<Finding>) -> Self {
        found.sort_by_key(|finding| finding.span.as_ref().map(|span| span.start));
        let name = sanitise(&path.to_string_lossy(), mailwatch_proto::model::LINE_LIMIT);
        let end = shown.len();
        let source = Arc::new(Shown::new(name, shown));
        let problems = found
            .into_iter()
            .map(|Finding { kind, span, also }| {
                let span = span.map(|span| span.start.min(end)..span.end.min(end));
                Problem { kind, span, also, source: Arc::clone(&source) }
            })
            .collect();
        Self { path: path.to_owned(), problems }
    }
}
