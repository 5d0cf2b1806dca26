//! The program between (ssh): what it says, how it ends, and what that means for the link.

use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use super::reach::ProgramEnd;
use super::ssh;
use super::unreached::Unreached;
use crate::link::Ending;
use crate::link::socket::Unheard;
use mailwatch_proto::model::{LINE_LIMIT, sanitise};

/// How long its last words, and its end, may take to arrive once its output has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// One that runs.
pub(super) struct Between {
    pub said: watch::Receiver<String>,
    pub ended: BoxFuture<'static, ProgramEnd>,
}

impl Between {
    /// Why nothing came of a try.
    pub(super) async fn why_none(self, why: Unheard) -> Unreached {
        let text = match why {
            Unheard::Ended => match self.last_words().await {
                (_, Some(ProgramEnd::Interrupted)) => return Unreached::GivenUp,
                (Some(words), _) if ssh::may_have_asked(&words) => return Unreached::Asks(words),
                (Some(words), _) => words,
                (None, Some(ProgramEnd::Badly(how))) => format!("ssh has ended: {how}"),
                (None, Some(ProgramEnd::Well) | None) => "it ended without a word".to_owned(),
            },
            Unheard::Older | Unheard::Refused(_) => sanitise(&why.to_string(), LINE_LIMIT),
            Unheard::Broken(what) => {
                let (said, _) = self.last_words().await;
                let text = said.unwrap_or_else(|| format!("what comes from there is not from an engine: {what}"));
                sanitise(&text, LINE_LIMIT)
            }
        };
        Unreached::Failed(text)
    }

    /// Why a link is over: what the engine said as it ended, else what ssh says, else how ssh ended.
    pub(super) async fn why_over(self, ending: Option<Ending>) -> String {
        if let Some(ending) = ending {
            return format!("the engine there has ended: {}", ending.words());
        }
        match self.last_words().await {
            (Some(words), Some(ProgramEnd::Badly(_) | ProgramEnd::Interrupted) | None) => format!("ssh: {words}"),
            (None, Some(ProgramEnd::Badly(how))) => format!("ssh has ended: {how}"),
            (None, Some(ProgramEnd::Interrupted)) => "ssh has ended: it was interrupted".to_owned(),
            // What it ran there ended well, because the engine was gone.
            (_, Some(ProgramEnd::Well)) => "the engine there is gone without a word".to_owned(),
            (None, None) => "ssh has closed the link".to_owned(),
        }
    }

    /// The link stands: what was said until then is not why it ends.
    pub(super) fn stands(&mut self) {
        self.said.mark_unchanged();
    }

    /// What it has said since, when it ends, and how it ends where that comes soon.
    async fn last_words(mut self) -> (Option<String>, Option<ProgramEnd>) {
        let mut spoke = false;
        let ended = timeout(LAST_WORDS, async {
            let ended = self.ended.await;
            while self.said.changed().await.is_ok() {
                spoke = true;
            }
            ended
        });
        let ended = ended.await.ok();
        spoke |= self.said.has_changed().unwrap_or(false);
        let words = self.said.borrow().clone();
        ((spoke && !words.is_empty()).then_some(words), ended)
    }
}
