//! NOTIFY (RFC 5465), by which the server tells of mailboxes beside the open one.

use std::sync::Arc;

use super::context::{Context, Event, Flow, Reply, Step};
use crate::connection::task::Notify;
use crate::model::{Fault, FaultClass, Status};

/// What the names in one NOTIFY may take. Servers end a connection over a line that is too long: Dovecot over 64 KiB.
const NAMES: usize = 32 * 1024;

/// What NOTIFY is asked for in each mailbox. `MessageNew` comes with `MessageExpunge` or not at all (RFC 5465 §5).
const EVENTS: &str = "(MessageNew MessageExpunge FlagChange MailboxName)";

/// Has the server tell by itself what happens in these mailboxes, and of mailboxes that come and go; the open one is
/// told of as always, its EXPUNGE only where a command allows it (RFC 5465 §6.1). Replaces what was asked before. The
/// answer may bring STATUS of each mailbox.
#[derive(Clone, Debug)]
pub(super) struct Notifying {
    names: Arc<[Arc<str>]>,
}

impl Notifying {
    pub(super) const fn new(names: Arc<[Arc<str>]>) -> Self {
        Self { names }
    }

    fn begin(&self, context: &mut Context) -> Option<()> {
        if context.facts.notify == Notify::Never || context.facts.notify == Notify::On(Arc::clone(&self.names)) {
            return Some(());
        }
        if !context.facts.can("NOTIFY") {
            context.facts.notify = Notify::Never;
            return Some(());
        }
        let names = self.names.iter().map(|name| context.wire_name(name)).collect::<Vec<_>>().join(" ");
        let elsewhere = match names.len() {
            0 => "(personal (MailboxName))".to_owned(),
            1..=NAMES => format!("(mailboxes ({names}) {EVENTS}) (personal (MailboxName))"),
            // More is told than is wanted: what nobody watches is passed over.
            _ => format!("(personal {EVENTS})"),
        };
        let selected = "(selected-delayed (MessageNew MessageExpunge FlagChange))";
        context.issue("NOTIFY", format_args!("NOTIFY SET {selected} {elsewhere}"));
        None
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
            Event::Reply(Reply::Tagged(Status::No | Status::Bad, text)) => {
                let message = format!(
                    "{} refused NOTIFY with: {}; mailboxes without a connection of their own are asked in turn",
                    context.peer(),
                    text.whole()
                );
                context.tell_fault(Fault::retry_after(FaultClass::Protocol, message));
                context.facts.notify = Notify::Never;
                return Ok(Some(()));
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Answer(_) => {}
        }
        Ok(None)
    }
}
