//! `status`: what the running program sees, in a line. Needs no configuration and no engine.

use std::future::Future;
use std::io;
use std::pin::pin;

use clap::Args;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{Exit, Global, Output};
use mailwatch_engine::status::{Format, Question, Shape, ask, placeholders};

/// `status`.
#[derive(Args, Clone, Debug)]
pub struct Status {
    /// Everything, as one JSON object
    #[arg(long, conflicts_with_all = ["format", "waybar"])]
    pub json: bool,
    /// A line of your own, such as '{unseen} {state}'; --help lists the placeholders
    #[arg(long, value_name = "FORMAT", value_parser = Format::parse)]
    pub format: Option<Format>,
    /// One JSON object for a custom module of waybar; its text is --format's line, else what is unseen
    #[arg(long)]
    pub waybar: bool,
    /// Go on with a line at each change, until the program ends
    #[arg(long)]
    pub follow: bool,
}

/// The end of the help.
pub(super) fn about_formats() -> String {
    format!("Placeholders of --format ({{{{ and }}}} are braces):{}", placeholders())
}

impl Status {
    fn question(&self, global: &Global) -> Question {
        let shape = match (self.json, self.waybar, self.format.clone()) {
            (true, _, _) => Shape::Json,
            (false, true, format) => Shape::Waybar(format),
            (false, false, Some(format)) => Shape::Format(format),
            (false, false, None) => Shape::Text,
        };
        Question { shape, accounts: global.accounts.clone(), follow: self.follow }
    }
}

/// Asks the program that runs on this state directory. `left` comes where nobody wants the answer any more.
///
/// # Errors
/// Where the output cannot be written.
pub async fn status(
    command: &Status,
    global: &Global,
    out: &mut (impl AsyncWrite + Unpin),
    left: impl Future<Output = ()>,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let state = match global.state_path() {
        Ok(state) => state,
        Err(error) => return output.error(Exit::Bad, error),
    };
    let question = command.question(global);
    // Who follows is done when he has seen enough; who wanted one answer has none.
    let unanswered = if question.follow { Exit::Done } else { Exit::Failed };
    let mut left = pin!(left);
    let asked = tokio::select! {
        biased;
        () = &mut left => return Ok(unanswered),
        asked = ask(&state, &question) => asked,
    };
    let mut answers = match asked {
        Ok(answers) => answers,
        Err(error) => return output.error(Exit::Failed, error),
    };
    loop {
        let answer = tokio::select! {
            biased;
            () = &mut left => return Ok(unanswered),
            answer = answers.next() => answer,
        };
        let line = match answer {
            Ok(Some(line)) => line,
            Ok(None) => break,
            Err(error) => return output.error(Exit::Failed, error),
        };
        tokio::select! {
            biased;
            written = put(out, line) => written?,
            // A reader who takes nothing more does not hold up the end.
            () = &mut left => return Ok(unanswered),
        }
        if !question.follow {
            return Ok(Exit::Done);
        }
    }
    // A bar would show the last line for ever.
    tokio::select! {
        biased;
        written = put(out, question.shape.off()) => written?,
        () = &mut left => return Ok(unanswered),
    }
    output.error(Exit::Failed, "mailwatch-tui has ended")
}

/// The whole line at once: nobody reads half of one.
async fn put(out: &mut (impl AsyncWrite + Unpin), mut line: String) -> io::Result<()> {
    line.push('\n');
    out.write_all(line.as_bytes()).await?;
    out.flush().await
}
