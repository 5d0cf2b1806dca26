//! The mails that came, for a front end: read beside the service, so that nothing else waits for the disk.

use tokio::sync::mpsc;

use super::message::Reply;
use crate::history::{History, MailQuery};

/// The most mails of a list.
const MOST: u32 = 5_000;

/// Answers with the mails of a query.
pub fn list_mails<S: Send + 'static>(history: History, number: u64, query: MailQuery, replies: mpsc::Sender<Reply<S>>) {
    let query = MailQuery { most: query.most.min(MOST), ..query };
    tokio::spawn(async move {
        let reply = match history.mails(query).await {
            Ok(list) => Reply::Mails(number, "".into(), Box::new(list)),
            Err(fault) => Reply::Failed(fault.message),
        };
        // A front end that has ended needs no answer.
        let _ = replies.send(reply).await;
    });
}
