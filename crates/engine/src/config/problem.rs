//! What can be wrong with a configuration, and where in the file it stands.

mod advice;
mod finding;
mod kind;
mod lines;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

pub(super) use self::finding::Finding;
pub use self::kind::ProblemKind;
pub(super) use self::lines::{Lines, line_at};

/// A problem and its place. Its source is the file's text without possible secrets.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong.
    pub kind: ProblemKind,
    /// The bytes it is about; `None` where it is about the file as a whole.
    pub span: Option<Range<usize>>,
    pub(super) also: Option<Range<usize>>,
    pub(super) source: Arc<Shown>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl Problem {
    /// Its line in the file, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.span.as_ref().map(|span| self.source.lines.at(span.start))
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.kind.help().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.span.as_ref().map(|_| &*self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        let main = LabeledSpan::new_primary_with_span(Some(self.kind.label().to_owned()), span);
        let also = self.also.clone().map(|span| LabeledSpan::new_with_span(Some("first here".to_owned()), span));
        Some(Box::new(std::iter::once(main).chain(also)))
    }
}

/// The file's text as it may be shown. Gives out the lines that a span touches and none around them.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    name: String,
    text: String,
    lines: Lines,
}

impl Shown {
    pub(super) fn new(name: String, text: String) -> Self {
        let lines = Lines::of(text.as_bytes());
        Self { name, text, lines }
    }
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let whole = self.text.len();
        let begin = self.lines.start(span.offset().min(whole));
        let end = self.lines.next((span.offset() + span.len()).min(whole)).unwrap_or(whole);
        // Without context it is the place that is asked for, else the text to be drawn.
        let wanted = if lines_before + lines_after == 0 { *span } else { SourceSpan::from(begin..end) };
        // From its own line on: to read the text from its beginning for each mistake would take the square of their number.
        let within = SourceSpan::from((wanted.offset().saturating_sub(begin), wanted.len()));
        let contents = self.text[begin..end].read_span(&within, 0, 0)?;
        let before = self.lines.at(begin) - 1;
        let (line, column, count) = (before + contents.line(), contents.column(), before + contents.line_count());
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), contents.data(), wanted, line, column, count)))
    }
}
