//! What every FETCH of finding has in common: what is asked for, what a refusal means, and how mails are committed.

use crate::connection::dialogue::context::{Context, Reply};
use crate::connection::dialogue::mailbox::count_after;
use crate::connection::dialogue::question::{Answer, Decoded, Question};
use crate::connection::task::{Mailbox, Progress};
use crate::model::{Fault, FaultClass, Next, WatchId};
use crate::refusal::{self, At};
use crate::response::StatusText;

/// What is asked of each new message. Headers and not ENVELOPE, whose strings the parser does not unescape. A part of
/// them only: a message may hold more subjects than a literal's cap allows. The last three tell a push test's message from one
/// that was sent.
pub const FETCH_ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS \
    (FROM SUBJECT DATE MESSAGE-ID X-MAILWATCH-CANARY RECEIVED RETURN-PATH)]<0.65536>)";

/// The same of a server that refuses a part. What is longer than the cap is skipped by the wire.
pub const WHOLE_ITEMS: &str = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS \
    (FROM SUBJECT DATE MESSAGE-ID X-MAILWATCH-CANARY RECEIVED RETURN-PATH)])";

/// The same without headers: that a message is there is known by it.
pub const BARE_ITEMS: &str = "(UID FLAGS INTERNALDATE)";

/// Response codes by which a server asks for patience: another command would be one too many.
const PATIENCE: [&str; 5] = ["OVERQUOTA", "LIMIT", "THROTTLED", "UNAVAILABLE", "INUSE"];

/// Passes on what a FETCH did not ask for, and keeps the count of the mailbox's messages.
pub(super) fn pass(context: &mut Context, mailbox: &mut Mailbox, reply: Reply) {
    if let Reply::Untagged(response) = &reply
        && let Some(exists) = count_after(response, mailbox.exists)
    {
        mailbox.exists = exists;
    }
    context.pass(reply);
}

/// Has messages committed as found.
pub(super) fn commit(context: &mut Context, of: &WatchId, mailbox: &Mailbox, uidnext: u32, mut mails: Vec<Decoded>) {
    let Mailbox { epoch, uidvalidity, .. } = *mailbox;
    mails.sort_by_key(|message| message.mail.uid);
    for message in &mut mails {
        message.mail.epoch = epoch;
        message.announced = context.facts.arrivals.note(&mut message.mail, message.internal_date, context.now);
    }
    context.ask(Question::Commit { of: of.clone(), epoch, uidvalidity, uidnext, mails });
}

/// Handles the answer to [`commit`]: reports the mails that are new.
pub(super) fn committed(context: &mut Context, answer: Answer) {
    let Answer::Committed { mails, canaries, fault } = answer else { return };
    if let Some(fault) = fault {
        // The mails are reported all the same: better twice after a crash than never.
        context.report(Progress::Fault(fault));
    }
    context.report_mails(mails);
    if !canaries.is_empty() {
        context.report(Progress::Canaries(canaries));
    }
}

/// The fault of a refusal that asks for patience; `None` where another rung may be tried.
pub(super) fn patience(context: &Context, text: &StatusText) -> Option<Fault> {
    let whole = text.whole();
    let code = whole.strip_prefix('[').and_then(|rest| rest.split([' ', ']']).next()).unwrap_or_default();
    let asked = PATIENCE.iter().any(|known| code.eq_ignore_ascii_case(known));
    if !asked && refusal::classify(&whole, At::Session).class != FaultClass::Limit {
        return None;
    }
    let fault = context.refused("UID FETCH", text, At::Session);
    Some(Fault { class: FaultClass::Limit, next: Next::RetryLater, ..fault })
}

pub(super) fn refused(text: &StatusText) -> Fault {
    Fault::retry_after(FaultClass::Protocol, format!("the server refused UID FETCH with: {}", text.whole()))
}
