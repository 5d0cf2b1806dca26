//! What an event was, read from the object of `watch --json`. Writing is `json.rs`'s alone.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::Deserialize;

use super::connection_state::tls_name;
use super::mail_state::{MailState, UnannouncedState};
use super::name;
use super::time::Ms;
use mailwatch_proto::model::{
    ConnId, DoneReason, EventKind, Evidence, FaultClass, Origin, Phase, Served, Status, Timer, Verdict,
};

/// The kinds by name, each with its fields. There are as many as of [`EventKind`] but the trace's lines.
#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum KindState {
    Phase {
        #[serde(with = "name::optional", default)]
        from: Option<Phase>,
        #[serde(with = "name")]
        to: Phase,
        #[serde(with = "name::optional", default)]
        by: Option<Served>,
    },
    Connected {
        addr: Option<SocketAddr>,
        tls: Option<String>,
        took_ms: Ms,
    },
    Capabilities {
        idle: bool,
        list: Arc<[String]>,
    },
    Exists {
        count: u32,
        delta: i64,
    },
    Expunge {
        count: u32,
    },
    Flags {
        count: u32,
    },
    NewMail(MailState),
    DoneSent {
        #[serde(with = "name")]
        reason: DoneReason,
        idle_ms: Ms,
    },
    DoneAcked {
        took_ms: Ms,
    },
    DoneAnswered {
        #[serde(with = "name")]
        reason: DoneReason,
        took_ms: Ms,
        #[serde(with = "name")]
        status: Status,
        untagged: u32,
        late: bool,
    },
    Stalled {
        #[serde(with = "name")]
        verdict: Verdict,
        waited_ms: Ms,
        evidence: Evidence,
    },
    Verdict {
        #[serde(with = "name")]
        verdict: Verdict,
        text: String,
        evidence: Option<Evidence>,
        #[serde(default)]
        mails: Vec<UnannouncedState>,
    },
    Replaced {
        by: u64,
        blind_ms: Ms,
    },
    Heartbeat {
        text: String,
    },
    Unparsed {
        text: String,
    },
    Bye {
        text: String,
    },
    Alert {
        text: String,
    },
    Hint {
        text: String,
    },
    Contradiction {
        text: String,
    },
    Fault {
        #[serde(with = "name")]
        class: FaultClass,
        message: String,
        retry: bool,
    },
    Retry {
        attempt: u32,
        delay_ms: Ms,
    },
    Retuned {
        #[serde(with = "name")]
        timer: Timer,
        from_ms: Option<Ms>,
        to_ms: Option<Ms>,
        #[serde(with = "name")]
        origin: Origin,
        #[serde(default)]
        by: Option<String>,
    },
    Slept {
        slept_ms: Ms,
    },
    Hook {
        command: Vec<String>,
        exit: Option<i32>,
        took_ms: Ms,
    },
    Lost {
        count: u64,
    },
    Canary {
        announced_ms: Option<Ms>,
        removed: bool,
    },
}

impl From<KindState> for EventKind {
    fn from(state: KindState) -> Self {
        match state {
            KindState::Phase { from, to, by } => Self::Phase { from, to, by: by.unwrap_or_default() },
            KindState::Connected { addr, tls, took_ms } => {
                Self::Connected { addr, tls: tls.as_deref().map(tls_name), took: took_ms.duration() }
            }
            KindState::Capabilities { idle, list } => Self::Capabilities { idle, list },
            KindState::Exists { count, delta } => Self::Exists { count, delta },
            KindState::Expunge { count } => Self::Expunge { count },
            KindState::Flags { count } => Self::Flags { count },
            KindState::NewMail(mail) => Self::NewMail(mail.into()),
            KindState::DoneSent { reason, idle_ms } => Self::DoneSent { reason, idle: idle_ms.duration() },
            KindState::DoneAcked { took_ms } => Self::DoneAcked { took: took_ms.duration() },
            KindState::DoneAnswered { reason, took_ms, status, untagged, late } => {
                Self::DoneAnswered { reason, took: took_ms.duration(), status, untagged, late }
            }
            KindState::Stalled { verdict, waited_ms, evidence } => {
                Self::Stalled { verdict, waited: waited_ms.duration(), evidence }
            }
            KindState::Verdict { verdict, text, evidence, mails } => {
                // Its figures are always all there: where none is known TCP had no part in it.
                let evidence = evidence.filter(|evidence| *evidence != Evidence::default());
                let mails = mails.into_iter().map(Into::into).collect();
                Self::Verdict { verdict, text, evidence, mails }
            }
            KindState::Replaced { by, blind_ms } => Self::Replaced { by: ConnId(by), blind: blind_ms.duration() },
            KindState::Heartbeat { text } => Self::Heartbeat { text },
            KindState::Unparsed { text } => Self::Unparsed { text },
            KindState::Bye { text } => Self::Bye { text },
            KindState::Alert { text } => Self::Alert { text },
            KindState::Hint { text } => Self::Hint { text },
            KindState::Contradiction { text } => Self::Contradiction { text },
            KindState::Fault { class, message, retry } => Self::Fault { class, message, retry },
            KindState::Retry { attempt, delay_ms } => Self::Retry { attempt, delay: delay_ms.duration() },
            KindState::Retuned { timer, from_ms, to_ms, origin, by } => {
                let (from, to) = (from_ms.map(Ms::duration), to_ms.map(Ms::duration));
                Self::Retuned { timer, from, to, origin, by }
            }
            KindState::Slept { slept_ms } => Self::Slept { slept: slept_ms.duration() },
            KindState::Hook { command, exit, took_ms } => Self::Hook { command, exit, took: took_ms.duration() },
            KindState::Lost { count } => Self::Lost { count },
            KindState::Canary { announced_ms, removed } => {
                Self::Canary { announced: announced_ms.map(Ms::duration), removed }
            }
        }
    }
}
