//! One DONE, a conclusion and a fault, as the protocol writes them.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::mail_state::UnannouncedState;
use super::name;
use super::time::Ms;
use mailwatch_proto::model::{
    Answer, ConnId, DoneReason, Evidence, Fault, FaultClass, Finding, LateResponses, Next, Quarantined, Receipt,
    Status, Verdict,
};

/// The running or the last DONE. Its stages count from its queueing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptState {
    /// Why DONE was sent.
    #[serde(with = "name")]
    pub reason: DoneReason,
    /// The IDLE's age at DONE.
    pub idle_ms: Ms,
    /// How long ago DONE was queued.
    pub since_ms: Ms,
    /// From queued to written.
    pub written_ms: Option<Ms>,
    /// From queued to acked.
    pub acked_ms: Option<Ms>,
    /// From queued to answered.
    pub answered_ms: Option<Ms>,
    /// The tagged reply's word.
    #[serde(with = "name::optional", default)]
    pub status: Option<Status>,
    /// Untagged responses between DONE and the reply.
    #[serde(default)]
    pub untagged: u32,
}

impl ReceiptState {
    /// The form of a receipt.
    #[must_use]
    pub fn of(receipt: &Receipt, now: Instant) -> Self {
        let Receipt { reason, idle_age, queued, written, acked, answer } = receipt;
        let from_queued = |moment: &Instant| Ms::until(*moment, *queued);
        Self {
            reason: *reason,
            idle_ms: (*idle_age).into(),
            since_ms: Ms::since(*queued, now),
            written_ms: written.as_ref().map(from_queued),
            acked_ms: acked.as_ref().map(from_queued),
            answered_ms: answer.as_ref().map(|answer| from_queued(&answer.at)),
            status: answer.as_ref().map(|answer| answer.status),
            untagged: answer.as_ref().map_or(0, |answer| answer.untagged),
        }
    }

    /// The receipt.
    #[must_use]
    pub fn receipt(self, now: Instant) -> Receipt {
        let Self { reason, idle_ms, since_ms, written_ms, acked_ms, answered_ms, status, untagged } = self;
        let queued = since_ms.before(now);
        let at = |ms: Ms| ms.after(queued);
        Receipt {
            reason,
            idle_age: idle_ms.duration(),
            queued,
            written: written_ms.map(at),
            acked: acked_ms.map(at),
            answer: answered_ms.zip(status).map(|(answered, status)| Answer { at: at(answered), status, untagged }),
        }
    }
}

/// A verdict with its sentence and its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingState {
    /// Its name.
    #[serde(with = "name")]
    pub verdict: Verdict,
    /// Its sentence.
    #[serde(default)]
    pub text: String,
    /// What TCP knew, where it had a part in it.
    pub evidence: Option<Evidence>,
    /// The mails behind it, of `not-pushing`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mails: Vec<UnannouncedState>,
}

impl From<&Finding> for FindingState {
    fn from(finding: &Finding) -> Self {
        let Finding { verdict, text, evidence, mails } = finding.clone();
        Self { verdict, text, evidence, mails: mails.into_iter().map(Into::into).collect() }
    }
}

impl From<FindingState> for Finding {
    fn from(state: FindingState) -> Self {
        let FindingState { verdict, text, evidence, mails } = state;
        Self { verdict, text, evidence, mails: mails.into_iter().map(Into::into).collect() }
    }
}

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultState {
    /// Its class.
    #[serde(with = "name")]
    pub class: FaultClass,
    /// Its sentence.
    pub message: String,
    /// Whether it passes by itself.
    pub retry: bool,
    /// What the watch does next: `at-once`, `retry`, `soon`, `retry-later`, `after`, `user`, `user-after`.
    #[serde(default)]
    pub next: String,
    /// How long it waits, of those with `after`.
    pub after_ms: Option<Ms>,
}

impl From<&Fault> for FaultState {
    fn from(fault: &Fault) -> Self {
        let (next, after) = match fault.next {
            Next::AtOnce => ("at-once", None),
            Next::Retry => ("retry", None),
            Next::Soon => ("soon", None),
            Next::RetryLater => ("retry-later", None),
            Next::After(wait) => ("after", Some(wait)),
            Next::User => ("user", None),
            Next::UserAfter(wait) => ("user-after", Some(wait)),
        };
        Self {
            class: fault.class,
            message: fault.message.clone(),
            retry: fault.retry(),
            next: next.to_owned(),
            after_ms: after.map(Ms::from),
        }
    }
}

impl From<FaultState> for Fault {
    fn from(state: FaultState) -> Self {
        let FaultState { class, message, retry, next, after_ms } = state;
        let next = match (next.as_str(), after_ms) {
            ("at-once", _) => Next::AtOnce,
            ("soon", _) => Next::Soon,
            ("retry-later", _) => Next::RetryLater,
            ("after", Some(wait)) => Next::After(wait.duration()),
            ("user-after", Some(wait)) => Next::UserAfter(wait.duration()),
            // Of what this version does not know, whether it needs the user is what counts.
            (_, _) if retry => Next::Retry,
            (_, _) => Next::User,
        };
        Self { class, message, next }
    }
}

/// A connection whose DONE was not answered, and that is still being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantinedState {
    /// Its number.
    pub conn: u64,
    /// Since when it is kept, how long ago.
    pub since_ms: Ms,
    /// Its unanswered DONE.
    pub receipt: ReceiptState,
    /// What it was heard to say since.
    #[serde(default)]
    pub responses: ResponsesState,
}

/// What a quarantined connection still received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponsesState {
    /// Responses that were not DONE's answer.
    #[serde(default)]
    pub untagged: u32,
    /// The last EXISTS among them.
    pub exists: Option<u32>,
    /// How long ago the last of them came.
    pub heard_ms: Option<Ms>,
}

impl ResponsesState {
    /// The form of what was heard.
    #[must_use]
    pub fn of(responses: &LateResponses, now: Instant) -> Self {
        let LateResponses { untagged, exists, heard } = *responses;
        Self { untagged, exists, heard_ms: heard.map(|heard| Ms::since(heard, now)) }
    }

    /// What was heard.
    #[must_use]
    pub fn responses(self, now: Instant) -> LateResponses {
        let Self { untagged, exists, heard_ms } = self;
        LateResponses { untagged, exists, heard: heard_ms.map(|ago| ago.before(now)) }
    }
}

impl QuarantinedState {
    /// The form of a quarantined connection.
    #[must_use]
    pub fn of(quarantined: &Quarantined, now: Instant) -> Self {
        let Quarantined { conn, since, receipt, responses } = quarantined;
        Self {
            conn: conn.0,
            since_ms: Ms::since(*since, now),
            receipt: ReceiptState::of(receipt, now),
            responses: ResponsesState::of(responses, now),
        }
    }

    /// The quarantined connection.
    #[must_use]
    pub fn quarantined(self, now: Instant) -> Quarantined {
        let Self { conn, since_ms, receipt, responses } = self;
        Quarantined {
            conn: ConnId(conn),
            since: since_ms.before(now),
            receipt: receipt.receipt(now),
            responses: responses.responses(now),
        }
    }
}
