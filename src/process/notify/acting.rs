//! What notifications ask of an engine: to open the mail that a person chose, to mark it as seen, as a key would ask it; and
//! which mailboxes hold one's own mail.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use mailwatch_engine::notify::MailAction;
use mailwatch_engine::open_mail::{open_command, wants_message_id};
use mailwatch_engine::special_uses::SpecialUses;
use mailwatch_engine::user_program;
use mailwatch_proto::model::MailKey;
use tokio::sync::mpsc;

use crate::tui::requests::{MailQuery, Reply, Request, WeakRequestClient};

/// How far back the mail of a notification is looked for: a desktop may keep it over a holiday.
const SINCE: Duration = Duration::from_hours(30 * 24);

/// Among so many of its mailbox, the newest.
const MOST: u32 = 5_000;

/// What does it.
#[derive(Clone, Debug)]
pub struct Acting {
    /// The engine of these mails. An engine that has ended is not kept.
    requests: WeakRequestClient,
    /// The screen whose list of mails has these, if there is one.
    screen: Option<mpsc::Sender<Reply>>,
    /// What asks which mailboxes hold one's own mail; another process's engine is not asked.
    uses: Option<SpecialUses>,
}

impl Acting {
    /// By the engine that takes these requests. `screen` is told of what was marked.
    pub const fn new(requests: WeakRequestClient, screen: Option<mpsc::Sender<Reply>>) -> Self {
        Self { requests, screen, uses: None }
    }

    /// The same, with what asks which mailboxes hold one's own mail.
    #[must_use]
    pub fn asking(self, uses: SpecialUses) -> Self {
        Self { uses: Some(uses), ..self }
    }

    pub(super) fn uses(&self) -> Option<SpecialUses> {
        self.uses.clone()
    }

    /// Does it. `opens` has what opens an account's mails.
    ///
    /// # Errors
    /// A sentence that says why it was not done.
    pub(super) async fn act(&self, chosen: MailAction, opens: &BTreeMap<String, Vec<String>>) -> Result<(), String> {
        match chosen {
            MailAction::Open(mail) => {
                let template = opens.get(&*mail.watch.account);
                self.open(&mail, template.map(Vec::as_slice).unwrap_or_default()).await
            }
            MailAction::MarkSeen(mail) => self.mark_seen(mail).await,
        }
    }

    async fn open(&self, mail: &MailKey, template: &[String]) -> Result<(), String> {
        let id = if wants_message_id(template) { self.message_id(mail).await } else { None };
        let command = open_command(template, mail, id.as_deref()).map_err(|why| why.to_string())?;
        let program = command.first().cloned().unwrap_or_default();
        match user_program::run(&command).await {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{program}, which opens a mail, ended: {status}")),
            Err(why) => Err(format!("{program}, which opens a mail, cannot be started: {why}")),
        }
    }

    /// The mail's Message-ID, as it was kept.
    async fn message_id(&self, mail: &MailKey) -> Option<String> {
        let since = SystemTime::now().checked_sub(SINCE)?;
        let query = MailQuery { since, watch: Some(mail.watch.clone()), late: None, most: MOST };
        let Reply::Mails(_, _, list) = self.asked(Request::Mails(0, query)).await? else { return None };
        let is_it = |of: &(u32, u32, u32)| *of == (mail.epoch, mail.uidvalidity, mail.uid);
        list.mails.into_iter().find(|kept| is_it(&(kept.epoch, kept.uidvalidity, kept.uid)))?.message_id
    }

    async fn mark_seen(&self, mail: MailKey) -> Result<(), String> {
        match self.asked(Request::Seen(0, vec![mail])).await {
            Some(Reply::Marked(number, marked, why)) => {
                if let (true, Some(why)) = (marked.is_empty(), why.clone()) {
                    return Err(format!("not marked: {why}"));
                }
                if let Some(screen) = &self.screen {
                    // A full queue has other news; a closed one has no reader.
                    let _ = screen.try_send(Reply::Marked(number, marked, why));
                }
                Ok(())
            }
            Some(Reply::Failed(why)) => Err(format!("not marked: {why}")),
            Some(_) | None => Err("not marked: the engine takes no requests now".to_owned()),
        }
    }

    async fn asked(&self, request: Request) -> Option<Reply> {
        self.requests.ask(request)?.recv().await
    }
}
