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
pub(super) use self::lines::line_at;

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
        self.span.as_ref().map(|span| line_at(self.source.text.as_bytes(), span.start))
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
    pub(super) name: String,
    pub(super) text: String,
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.text.as_bytes();
        let end = (span.offset() + span.len()).min(text.len());
        let start = text[..span.offset().min(end)].iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        // Without context it is the place that is asked for, else the text to be drawn.
        let wanted = if lines_before + lines_after == 0 {
            *span
        } else {
            let end = text[end..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |at| end + at + 1);
            SourceSpan::from(start..end)
        };
        let contents = self.text.read_span(&wanted, 0, 0)?;
        let (line, column, count) = (contents.line(), contents.column(), contents.line_count());
        Ok(Box::new(MietteSpanContents::new_named(self.name.clone(), contents.data(), wanted, line, column, count)))
    }
}
