//! The evidence for the screen's key: what `report` writes, into the state directory.

use mailwatch_proto::model::{LINE_LIMIT, sanitise};
use tokio::sync::mpsc;

use super::Steward;
use crate::cli::{Global, Report};
use crate::commands::report::{NoReport, SINCE, begin, said};
use crate::tui::host::Reply;

impl Steward {
    /// Writes it while the screen goes on; the reply says where. What the end of the screen finds unfinished is dropped.
    pub(super) fn write_evidence(&self, replies: mpsc::Sender<Reply>) {
        let (global, history) = (self.global.clone(), self.history.clone());
        let stop = self.stop.clone();
        tokio::spawn(async move {
            if let Some(history) = history {
                // What has just happened may still be on its way to the disk.
                history.close().await;
            }
            let reply = match wanted(&global) {
                Ok(wanted) => match begin(wanted, global, stop).await {
                    Ok(Ok(written)) => Reply::Done(sanitise(&said(&written), LINE_LIMIT)),
                    Ok(Err(error)) => failed(&error),
                    Err(error) => Reply::Failed(format!("no evidence written: {error}")),
                },
                Err(error) => failed(&error),
            };
            // A screen that has ended needs no answer.
            let _ = replies.send(reply).await;
        });
    }
}

fn wanted(global: &Global) -> Result<Report, NoReport> {
    let output = Some(global.state_path()?);
    // The name has the second in it: what is overwritten is what the key wrote within this one.
    Ok(Report { since: SINCE, watch: None, output, with_names: false, force: true })
}

fn failed(error: &NoReport) -> Reply {
    Reply::Failed(sanitise(&format!("no evidence written: {error}"), LINE_LIMIT))
}
