//! The command NOTIFY (RFC 5465), and what it makes the server send.

use std::collections::BTreeSet;

use crate::arguments::Argument;
use crate::command::Reply;
use crate::fault::Fault;
use crate::interest::{Figures, Notify};
use crate::session::Session;

impl Session {
    pub(crate) fn set_notify(&mut self, arguments: &[Argument]) -> Reply {
        let groups = match arguments {
            [none] if none.keyword().as_deref() == Some("NONE") => {
                self.notify = None;
                return Reply::ok("Notify completed.");
            }
            [set, groups @ ..] if set.keyword().as_deref() == Some("SET") => groups,
            _ => return Reply::bad("NOTIFY takes SET or NONE."),
        };
        let (mut mailboxes, mut all, mut names) = (BTreeSet::new(), false, false);
        for group in groups {
            let Argument::List(group) = group else { return Reply::bad("An event group is a list.") };
            let events = match group.last() {
                Some(Argument::List(events)) => events.iter().filter_map(Argument::keyword).collect::<Vec<_>>(),
                Some(Argument::Atom(_) | Argument::Text(_)) | None => return Reply::bad("Events are missing."),
            };
            let has = |event: &str| events.iter().any(|told| told == event);
            // RFC 5465 §5.2: they come together.
            if has("MESSAGENEW") != has("MESSAGEEXPUNGE") {
                return Reply::bad("MessageNew and MessageExpunge come together.");
            }
            names |= has("MAILBOXNAME");
            match (group.first().and_then(Argument::keyword).as_deref(), &group[1..]) {
                (Some("SELECTED" | "SELECTED-DELAYED"), _) => {}
                (Some("PERSONAL"), _) => all |= has("MESSAGENEW"),
                (Some("MAILBOXES"), [Argument::List(list), _]) => {
                    mailboxes.extend(list.iter().filter_map(Argument::bytes).map(|name| self.kept_name(name)));
                }
                (Some("MAILBOXES"), [name, _]) => mailboxes.extend(name.bytes().map(|name| self.kept_name(name))),
                _ => return Reply::no("[BADEVENT (MessageNew MessageExpunge FlagChange MailboxName)] Not known."),
            }
        }
        let changes = self.shared.changes();
        let told = {
            let state = self.shared.state();
            state.mailboxes.iter().map(|(name, mailbox)| (name.clone(), Figures::of(mailbox))).collect()
        };
        self.notify = Some(Notify { mailboxes, all, names, told, changes });
        Reply::ok("Notify completed.")
    }

    /// Nothing more is told, and the client is told that.
    pub(crate) fn overflow(&mut self) {
        if self.notify.take().is_some() {
            self.say("* OK [NOTIFICATIONOVERFLOW] More has changed than can be told.");
        }
    }

    /// Tells what has changed in mailboxes that are not selected, and which came and went.
    pub(crate) fn tell_elsewhere(&mut self) {
        if self.has(|fault| matches!(fault, Fault::NotifyDeaf)) {
            return;
        }
        let Some(notify) = &mut self.notify else { return };
        let selected = self.selected.as_ref().map(|selected| selected.name.clone());
        let (mut lists, mut figures) = (Vec::new(), Vec::new());
        {
            let state = self.shared.state();
            for (name, mailbox) in &state.mailboxes {
                let now = Figures::of(mailbox);
                let before = notify.told.insert(name.clone(), now);
                if before.is_none() && notify.names {
                    lists.push((name.clone(), "", state.renamed.get(name).cloned()));
                }
                let asked = notify.all || notify.mailboxes.contains(name);
                if asked && before != Some(now) && selected.as_ref() != Some(name) {
                    figures.push((name.clone(), now));
                }
            }
            let gone: Vec<Vec<u8>> =
                notify.told.keys().filter(|name| !state.mailboxes.contains_key(*name)).cloned().collect();
            for name in gone {
                notify.told.remove(&name);
                let renamed = state.renamed.values().any(|old| *old == name);
                if notify.names && !renamed {
                    lists.push((name, "\\NonExistent", None));
                }
            }
        }
        for (name, attributes, old) in lists {
            let old = old.map(|old| [b" (\"OLDNAME\" (", &self.wire(&old)[..], b"))"].concat()).unwrap_or_default();
            let name = self.wire(&name);
            self.out.extend([format!("* LIST ({attributes}) \"/\" ").as_bytes(), &name, &old, b"\r\n"].concat());
        }
        for (name, Figures { uidvalidity, uidnext, messages, unseen, .. }) in figures {
            let name = self.wire(&name);
            let items =
                format!(" (MESSAGES {messages} UIDNEXT {uidnext} UIDVALIDITY {uidvalidity} UNSEEN {unseen})\r\n");
            self.out.extend([b"* STATUS ", &name[..], items.as_bytes()].concat());
        }
    }
}
