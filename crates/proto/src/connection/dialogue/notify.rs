//! NOTIFY (RFC 5465): the server reports on mailboxes besides the open one.

use std::sync::Arc;

use super::context::{Context, Event, Flow, Reply, Step};
use crate::connection::task::{Notify, Progress};
use crate::model::{Fault, FaultClass, Status};

/// Bytes that the names in one NOTIFY may take. Servers close the connection over longer lines: Dovecot over 64 KiB.
const NAMES: usize = 32 * 1024;

/// What NOTIFY is asked for in each mailbox. `MessageNew` comes with `MessageExpunge` or not at all (RFC 5465 §5).
const EVENTS: &str = "(MessageNew MessageExpunge FlagChange MailboxName)";

/// Has the server report what happens in these mailboxes, and mailboxes that come and go. The open one is reported as
/// always, its EXPUNGE only where a command allows it (RFC 5465 §6.1). Replaces an earlier NOTIFY. The answer may bring
/// STATUS of each mailbox.
///
/// A server that says OK to a name may yet know the mailbox by another form of it, and tell nothing (Dovecot 2.3 and
/// `R&-D`): names that have two are given in both.
#[derive(Clone, Debug)]
pub(super) struct Notifying {
    names: Arc<[Arc<str>]>,
    /// Whether both forms of names are given; otherwise the one that this program would write.
    both: bool,
}

impl Notifying {
    pub(super) const fn new(names: Arc<[Arc<str>]>) -> Self {
        Self { names, both: false }
    }

    fn begin(&mut self, context: &mut Context) -> Option<()> {
        if context.facts.notify == Notify::On(Arc::clone(&self.names)) {
            return Some(());
        }
        if !context.facts.can("NOTIFY") {
            context.facts.notify = Notify::Never;
            return Some(());
        }
        let others: Vec<String> = self.names.iter().filter_map(|name| context.other_form(name)).collect();
        self.both = !others.is_empty();
        self.issue(context, others);
        None
    }

    fn issue(&self, context: &mut Context, others: Vec<String>) {
        let own = self.names.iter().map(|name| context.wire_name(name));
        let names: Vec<String> = own.chain(others).collect();
        let names = names.join(" ");
        let elsewhere = match names.len() {
            0 => "(personal (MailboxName))".to_owned(),
            1..=NAMES => format!("(mailboxes ({names}) {EVENTS}) (personal (MailboxName))"),
            // The server then reports more than is wanted; the watch ignores the rest.
            _ => format!("(personal {EVENTS})"),
        };
        let selected = "(selected-delayed (MessageNew MessageExpunge FlagChange))";
        context.report(Progress::NotifyBegun);
        context.issue("NOTIFY", format_args!("NOTIFY SET {selected} {elsewhere}"));
    }
}

impl Step for Notifying {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        match event {
            Event::Begin => return Ok(self.begin(context)),
            Event::Reply(Reply::Tagged(Status::Ok, _)) => {
                context.facts.notify = Notify::On(Arc::clone(&self.names));
                return Ok(Some(()));
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, _)) if std::mem::take(&mut self.both) => {
                self.issue(context, Vec::new());
            }
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, text)) => {
                let message = format!(
                    "{} refused NOTIFY with: {}; mailboxes without a connection of their own are asked in turn",
                    context.peer(),
                    text.whole()
                );
                context.report(Progress::NotifyRefused(Fault::retry_after(FaultClass::Protocol, message)));
                context.facts.notify = Notify::Never;
                return Ok(Some(()));
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}
