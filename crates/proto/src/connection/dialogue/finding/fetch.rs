//! What every FETCH of finding has in common: what is asked for, how long it may take, and how mails are committed.

use crate::connection::dialogue::context::{Context, Reply};
use crate::connection::dialogue::mailbox::count_after;
use crate::connection::dialogue::question::{Answer, Decoded, Question};
use crate::connection::task::{Mailbox, Progress};
use crate::model::{Fault, FaultClass, WatchId};
use crate::response::StatusText;

/// What is asked of each new message. Headers and not ENVELOPE, whose strings the parser does not unescape. A part of
/// them only: a message may hold more subjects than a literal's cap allows, and must not stop the watch for good.
pub const FETCH_ITEMS: &str = "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE MESSAGE-ID)]<0.65536>)";

/// How long a FETCH may run in all while its data keeps coming, in `reply` timers.
pub(super) const PATIENCE: u32 = 20;

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
    context.ask(Question::Commit { of: of.clone(), epoch, uidvalidity, uidnext, mails });
}

/// Handles the answer to [`commit`]: reports the mails that are new.
pub(super) fn committed(context: &mut Context, answer: Answer) {
    let Answer::Committed { mails, fault } = answer else { return };
    if let Some(fault) = fault {
        // The mails are reported all the same: better twice after a crash than never.
        context.report(Progress::Fault(fault));
    }
    context.report_mails(mails);
}

pub(super) fn refused(text: &StatusText) -> Fault {
    Fault::retry_after(FaultClass::Protocol, format!("the server refused UID FETCH with: {}", text.whole()))
}
