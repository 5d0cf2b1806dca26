//! The looks at a session's socket while DONE is on its way.

use std::time::Instant;

use crate::session::Session;
use crate::tcp_evidence::sample;
use mailwatch_proto::connection::sampler;
pub use mailwatch_proto::connection::sampler::TcpSampler as Track;
use mailwatch_proto::model::{Evidence, TcpSample};

/// What TCP knows now of a DONE that is not answered.
#[must_use]
pub fn evidence(session: &Session, track: Option<&Track>, written: bool) -> Evidence {
    sampler::evidence(track, session.io().tcp().and_then(sample), session.proxy().is_some(), written)
}

/// All that was seen of a DONE that is not answered, and one more look.
#[must_use]
pub fn looks(session: &Session, track: Option<&Track>, written: Option<Instant>, now: Instant) -> Vec<TcpSample> {
    sampler::looks(track, session.io().tcp().and_then(sample), written, now)
}
