//! Changes of the mailboxes that behaviours make, and what rules count and mark.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::behaviour::StoreDeed;
use crate::behaviour::pattern::{Template, Values};
use crate::mailbox::{FlagChange, Mailbox, flag};
use crate::message::NewMessage;
use crate::shared::Shared;

impl Shared {
    /// Makes a change in the mailbox of this name, else in INBOX.
    pub(crate) fn change(&self, deed: &StoreDeed, selected: Option<&[u8]>, values: &Values) {
        let name = selected.unwrap_or(b"INBOX");
        let fill = |template: &Template| template.fill(values, &[]);
        let text = |template: &Template| String::from_utf8_lossy(&fill(template)).into_owned();
        match deed {
            StoreDeed::Recreate => self.recreate(name),
            StoreDeed::Rename { to, fresh } => {
                let to = fill(to);
                if self.rename_kept(name, to.clone()) && *fresh {
                    self.with_kept(&to, Mailbox::change_uidvalidity);
                }
            }
            StoreDeed::Remove => {
                self.remove_kept(name);
            }
            StoreDeed::ExpungeAll => self.with_kept(name, |mailbox| {
                mailbox.remove(|_| true);
            }),
            StoreDeed::Deliver(subject) => {
                self.deliver_to(name, &NewMessage::new("Ann Lee <ann@example.org>", &text(subject)));
            }
            StoreDeed::Fill(n) => {
                for n in 1..=*n {
                    let old = NewMessage::new("List <list@example.org>", &format!("Old {n}"));
                    self.deliver_to(name, &old.received(SystemTime::now() - Duration::from_hours(24)));
                }
            }
            StoreDeed::NextUid(n) => self.with_kept(name, |mailbox| mailbox.set_uidnext(*n)),
            StoreDeed::Rewind => self.with_kept(name, Mailbox::number_anew),
            StoreDeed::FreshUidValidity => self.with_kept(name, Mailbox::change_uidvalidity),
            StoreDeed::Flag(name_of_flag) => {
                let flags: BTreeSet<String> = flag(&text(name_of_flag)).into_iter().collect();
                self.with_kept(name, |mailbox| {
                    let uids: Vec<u32> = mailbox.messages().iter().map(|message| message.uid).collect();
                    for uid in uids {
                        mailbox.store(uid, FlagChange::Replace, &flags);
                    }
                });
            }
            StoreDeed::Mailbox(name) => self.state().create(fill(name)),
            StoreDeed::Password(password) => self.state().password = text(password),
        }
        self.changed();
    }
}
