//! IDLE (RFC 2177) and all that can go wrong with it.

use tokio::time::Instant;

use crate::behaviour::Event;
use crate::command::Reply;
use crate::fault::{Fault, Place, Step, Until};
use crate::happening::Happening;
use crate::input::LOGGED_IN;
use crate::scenario::Dialect;
use crate::session::{End, Session, Wake};

impl Session {
    pub(crate) async fn idle(&mut self, tag: &str) -> Result<Reply, End> {
        let asked = Instant::now();
        self.insert(Place::BeforeContinuation).await?;
        self.slow(Step::Idle).await?;
        self.say("+ idling");
        self.flush().await?;
        self.idle_since = Some(Instant::now());
        self.shared.set_idling(self.conn, true);
        let reply = self.idling(tag, asked).await;
        self.idle_since = None;
        self.shared.set_idling(self.conn, false);
        reply
    }

    async fn idling(&mut self, tag: &str, asked: Instant) -> Result<Reply, End> {
        self.insert(Place::InIdle).await?;
        // What came between the last command and this one.
        self.tell(true).await?;
        loop {
            match self.input.line(LOGGED_IN.line) {
                Ok(Some(line)) if line.eq_ignore_ascii_case(b"DONE") => {
                    self.shared.note(self.conn, Instant::now().into_std(), &line);
                    return self.done(tag, asked).await;
                }
                Ok(Some(line)) => {
                    self.shared.note(self.conn, Instant::now().into_std(), &line);
                    return Ok(Reply::bad("Expected DONE."));
                }
                Ok(None) => {}
                Err(()) => return self.bye("Expected DONE, not an endless line.").await.map(|never| match never {}),
            }
            match self.next(None).await? {
                Wake::Mailbox => self.tell(true).await?,
                Wake::EndIdle => return Ok(self.finished()),
                Wake::Input | Wake::Due => {}
            }
        }
    }

    async fn done(&mut self, tag: &str, asked: Instant) -> Result<Reply, End> {
        let age = asked.elapsed();
        let until = self.faults().find_map(|fault| {
            let Fault::IgnoreDone { from, until } = fault else { return None };
            (age >= *from).then_some(*until)
        });
        self.shared.got_done(until.is_some());
        if let Some(until) = until {
            self.ignore(until).await?;
        }
        let reactions = self.reactions_to(&Happening::Event(&Event::Done));
        if !reactions.is_empty() {
            self.begin(&reactions).await?;
            let from = self.out.len();
            self.complete(from, &reactions).await?;
            if reactions.swallows() {
                return Ok(Reply::Said);
            }
            if let Some(refusal) = reactions.refusal() {
                self.say(&format!("{tag} {}", String::from_utf8_lossy(&refusal)));
                return Ok(Reply::Said);
            }
        }
        self.insert(Place::AfterDone).await?;
        if self.has(|fault| matches!(fault, Fault::StaleTag)) {
            self.say(&format!("X{tag} OK Idle completed."));
        }
        Ok(self.finished())
    }

    fn finished(&self) -> Reply {
        Reply::ok(match self.dialect() {
            Dialect::Dovecot => "Idle completed.",
            Dialect::Gmail => "IDLE terminated (Success)",
        })
    }

    /// Leaves DONE unanswered. At new mail nothing is told here: it goes out in one piece with the tagged OK.
    async fn ignore(&mut self, until: Until) -> Result<(), End> {
        let at = match until {
            Until::For(delay) => Some(Instant::now() + delay),
            Until::NewMail | Until::Never => None,
        };
        loop {
            match (self.next(at).await?, until) {
                (Wake::Mailbox, Until::NewMail) if self.has_news() => return Ok(()),
                (Wake::Mailbox, Until::For(_) | Until::Never) => self.tell(true).await?,
                (Wake::Due, Until::For(_)) | (Wake::EndIdle, _) => return Ok(()),
                (Wake::Mailbox | Wake::Due | Wake::Input, _) => {}
            }
        }
    }

    fn has_news(&self) -> bool {
        let Some(selected) = &self.selected else { return false };
        let state = self.shared.state();
        // A mailbox that was replaced is news too: the session must then end.
        state
            .mailboxes
            .get(&selected.name)
            .is_none_or(|mailbox| mailbox.uidvalidity() != selected.uidvalidity || selected.has_news(mailbox))
    }
}
