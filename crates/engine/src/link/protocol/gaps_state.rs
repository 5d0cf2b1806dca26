//! When mailboxes went unwatched or a watch was blind, as the protocol writes it.

use serde::{Deserialize, Serialize};

use super::time::Wall;
use mailwatch_proto::model::{Gaps, Span};

/// The stretches of the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GapsState {
    /// In which a watch or more was blind.
    pub blind: Vec<SpanState>,
    /// In which no engine ran.
    pub unwatched: Vec<SpanState>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpanState {
    /// Its beginning.
    pub from: Wall,
    /// Its end.
    pub to: Wall,
}

impl From<&Gaps> for GapsState {
    fn from(gaps: &Gaps) -> Self {
        let list =
            |spans: &[Span]| spans.iter().map(|span| SpanState { from: Wall(span.from), to: Wall(span.to) }).collect();
        Self { blind: list(gaps.blind_spans()), unwatched: list(gaps.unwatched_spans()) }
    }
}

impl From<GapsState> for Gaps {
    fn from(GapsState { blind, unwatched }: GapsState) -> Self {
        let list = |spans: Vec<SpanState>| spans.into_iter().map(|span| Span { from: span.from.0, to: span.to.0 });
        Self::new(list(blind), list(unwatched))
    }
}
