//! Reading and marking mails for a front end: tasks of their own.

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::message::Reply;
use crate::mail_text::MailText;
use mailwatch_proto::model::MailKey;

/// Readings that are kept to be let go of.
const KEPT: usize = 64;

/// What is being read.
#[derive(Debug, Default)]
pub struct Readings {
    running: Vec<(u64, AbortHandle)>,
}

impl Readings {
    /// Answers with what is being read, once it is.
    pub fn begin<S: Send + 'static>(
        &mut self,
        number: u64,
        reading: impl Future<Output = Result<MailText, String>> + Send + 'static,
        replies: mpsc::Sender<Reply<S>>,
    ) {
        self.running.retain(|(_, task)| !task.is_finished());
        let task = tokio::spawn(async move {
            let reply = tokio::select! {
                biased;
                () = replies.closed() => return,
                read = reading => match read {
                    Ok(text) => Reply::MailText(number, Box::new(text)),
                    Err(why) => Reply::NotRead(number, why),
                },
            };
            let _ = replies.send(reply).await;
        });
        if self.running.len() < KEPT {
            self.running.push((number, task.abort_handle()));
        }
    }

    /// Lets go of a reading: its connection is closed.
    pub fn stop(&self, number: u64) {
        for (_, task) in self.running.iter().filter(|(known, _)| *known == number) {
            task.abort();
        }
    }
}

/// Answers with what was marked, once it is.
pub fn answer_marked<S: Send + 'static>(
    number: u64,
    marking: impl Future<Output = (Vec<MailKey>, Option<String>)> + Send + 'static,
    replies: mpsc::Sender<Reply<S>>,
) {
    tokio::spawn(async move {
        let (marked, why) = marking.await;
        // A front end that has ended needs no answer.
        let _ = replies.send(Reply::Marked(number, marked, why)).await;
    });
}
