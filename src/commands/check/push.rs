//! `check --push`: a push, proven end to end with a message of this program's own.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::Duration;

use mailwatch_engine::dial::Dial;
use mailwatch_engine::history::History;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::push_test::{PushStep, PushTest};
use mailwatch_engine::requests::{PushOrder as EngineOrder, Reply, Request};
use mailwatch_engine::secret::AccountSecrets;
use mailwatch_proto::model::{Account, LINE_LIMIT, sanitise, show_duration};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::steps;
use crate::cli::Global;
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;
use crate::process::prepare::{ask_missing, load, state_dir};
use crate::process::running::{Replies, ask, refusal};
use crate::process::stop_signals::StopSignals;

/// What is asked for.
pub struct PushOrder<'a> {
    /// `check ACCOUNT`.
    pub account: Option<&'a str>,
    /// `--push ACCOUNT/MAILBOX`; empty where it has no value.
    pub mailbox: &'a str,
    pub times: u32,
    pub yes: bool,
    pub json: bool,
}

/// Tries the account's steps, then the push.
///
/// # Errors
/// Where the output cannot be written.
pub async fn push(global: &Global, order: &PushOrder<'_>, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(global.verbose);
    let Some(config) = load(global, output)? else { return Ok(Exit::Bad) };
    let (named, mailbox) = match order.mailbox.split_once('/') {
        Some((account, mailbox)) => (Some(account), Some(mailbox)),
        None => (Some(order.mailbox).filter(|name| !name.is_empty()), None),
    };
    let name = match (named.or(order.account), config.accounts.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.name.clone(),
        (None, _) => return output.error(Exit::Bad, "several accounts: say which, as in check --push ACCOUNT/MAILBOX"),
    };
    let account = match config.account(&name) {
        Ok(account) => account.clone(),
        Err(error) => return output.error(Exit::Bad, error),
    };
    let mailbox = mailbox.unwrap_or_else(|| account.first_name()).to_owned();
    let place = sanitise(&format!("{}/{mailbox}", account.name), LINE_LIMIT);
    let mut stop_signals = StopSignals::listen();
    if !order.yes && !agreed(&place, order.times, &mut stop_signals, output).await? {
        return Ok(Exit::Bad);
    }
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    let Some(typed) = ask_missing(global, std::slice::from_ref(&account), output).await? else {
        return Ok(Exit::Failed);
    };
    let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let tools = (Arc::new(dialler), LoginGovernor::open(&state));
    let engine = ask(global, &state, "check", Request::Check(1, name.clone())).await;
    let with = (engine, typed.password(&account), &tools);
    match steps(&account, with, &mut stop_signals, order.json, output).await? {
        Some(true) => {}
        Some(false) => return output.error(Exit::Failed, "nothing is added: a step before it failed"),
        None => return output.error(Exit::Failed, "interrupted: nothing was added"),
    }
    let shown = Shown { account: &account, mailbox: &mailbox, json: order.json };
    let wanted = EngineOrder { account: name, mailbox: mailbox.clone(), times: order.times };
    // Its own IDLE is what matters.
    if let Some(replies) = ask(global, &state, "push", Request::Push(wanted)).await {
        return heard(replies, order.times, &shown, &mut stop_signals, output).await;
    }
    let (history, fault) = History::open(&state);
    if let Some(fault) = fault {
        return output.error(Exit::Failed, format!("nothing is added: {}", fault.message));
    }
    let (dialler, governor) = tools;
    let dial: Arc<dyn Dial> = dialler;
    let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), typed));
    let test = PushTest::new(account.clone(), &mailbox, (dial, secrets), (history.clone(), governor));
    let well = tested(&test, order.times, &shown, &mut stop_signals, output).await?;
    history.close().await;
    Ok(if well { Exit::Done } else { Exit::Failed })
}

/// Shows what an engine that runs tells of its test. Where it is broken off, the engine removes what it added.
async fn heard(
    mut replies: Replies,
    times: u32,
    shown: &Shown<'_>,
    stop_signals: &mut StopSignals,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let mut delays = Vec::new();
    loop {
        let reply = tokio::select! {
            biased;
            reply = replies.next() => reply,
            () = stop_signals.received() => {
                return output.error(Exit::Failed, "interrupted: the running engine removes what it added");
            }
        };
        let why = match reply {
            Some(Ok(Reply::Pushing(step))) => {
                shown.tell(&step, &mut delays, output)?;
                continue;
            }
            Some(Ok(Reply::Pushed(well))) => {
                if !delays.is_empty() {
                    shown.sum(times, &delays, output)?;
                }
                return Ok(if well { Exit::Done } else { Exit::Failed });
            }
            Some(Ok(other)) => refusal(other),
            Some(Err(why)) => format!("{why}; the engine removes what it added at its next start"),
            None => "the engine gives no answer".to_owned(),
        };
        return output.error(Exit::Failed, sanitise(&why, LINE_LIMIT));
    }
}

/// Asks whether messages may be added.
async fn agreed(place: &str, times: u32, stop_signals: &mut StopSignals, output: &mut Output<'_>) -> io::Result<bool> {
    if !io::stdin().is_terminal() {
        output.error(
            Exit::Bad,
            "--push asks before it adds a message, but there is no terminal to answer on: add --yes",
        )?;
        return Ok(false);
    }
    let messages =
        if times == 1 { "one message".to_owned() } else { format!("{times} messages, one after the other,") };
    write!(output.err, "Add {messages} of about 600 bytes to {place}, marked as seen, and remove each again? [y/N] ")?;
    output.err.flush()?;
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = tokio::select! {
        line = line => line.map_err(io::Error::other)??,
        () = stop_signals.received() => String::new(),
    };
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// How it is shown.
struct Shown<'a> {
    account: &'a Account,
    mailbox: &'a str,
    json: bool,
}

async fn tested(
    test: &PushTest,
    times: u32,
    shown: &Shown<'_>,
    stop_signals: &mut StopSignals,
    output: &mut Output<'_>,
) -> io::Result<bool> {
    let stop = CancellationToken::new();
    let (tx, mut told) = mpsc::unbounded_channel();
    let mut running = std::pin::pin!(test.run(times, &stop, &tx));
    let mut delays = Vec::new();
    let mut asked = 0;
    let well = loop {
        tokio::select! {
            biased;
            Some(what) = told.recv() => shown.tell(&what, &mut delays, output)?,
            well = &mut running => break well,
            () = stop_signals.received() => {
                asked += 1;
                stop.cancel();
                if asked == 1 {
                    writeln!(output.err, "stopping: removing what was added; once more to quit at once")?;
                } else {
                    let why = "a message of this test may still be in the mailbox: the next check --push there removes it";
                    output.error(Exit::Failed, why)?;
                    break false;
                }
            }
        }
    };
    while let Ok(what) = told.try_recv() {
        shown.tell(&what, &mut delays, output)?;
    }
    if !delays.is_empty() {
        shown.sum(times, &delays, output)?;
    }
    Ok(well)
}

impl Shown<'_> {
    fn tell(&self, told: &PushStep, delays: &mut Vec<Option<Duration>>, output: &mut Output<'_>) -> io::Result<()> {
        let (step, mark, took, text) = match told {
            PushStep::Swept(0) => return Ok(()),
            PushStep::Swept(n) => ("removed", "ok", None, format!("{n} left by an earlier test")),
            PushStep::Ready { own: true } => {
                ("idle", "ok", None, format!("the running engine's own connection idles in {}", self.mailbox))
            }
            PushStep::Ready { own: false } => {
                ("idle", "ok", None, format!("{} is open twice, and one connection idles", self.mailbox))
            }
            PushStep::Added(took) => ("append", "ok", Some(*took), "the server took the message".to_owned()),
            PushStep::Announced(took) => {
                delays.push(Some(*took));
                ("push", "ok", Some(*took), "announced, from APPEND's OK to EXISTS".to_owned())
            }
            PushStep::NotAnnounced { waited, at_done } => {
                delays.push(None);
                let then = if *at_done {
                    "it was announced only with DONE's answer"
                } else {
                    "the server shows it when asked"
                };
                let waited = show_duration(Some(*waited));
                let text = format!("not announced during {waited} of IDLE, although the message was there: {then}");
                ("push", "FAILED", None, text)
            }
            PushStep::Unclear => {
                let text = "its IDLE ended for another reason at that moment, which proves nothing: trying once more";
                ("push", "--", None, text.to_owned())
            }
            PushStep::Removed(took) => ("removed", "ok", Some(*took), "the message is gone".to_owned()),
            PushStep::Stopped => ("stopped", "--", None, "nothing is left in the mailbox".to_owned()),
            PushStep::Failed(fault) => ("failed", "FAILED", None, fault.message.clone()),
            PushStep::Left { message_id, fault } => {
                let text = format!(
                    "the message {message_id} may still be in {} ({}): the next check --push removes it, or remove it by hand",
                    self.mailbox, fault.message
                );
                ("left", "FAILED", None, text)
            }
        };
        let text = sanitise(&text, LINE_LIMIT);
        if self.json {
            let outcome = match mark {
                "ok" => "done",
                "--" => "left-out",
                _ => "failed",
            };
            self.json(
                &[
                    ("step", step.into()),
                    ("outcome", outcome.into()),
                    ("took_ms", took.map_or(Value::Null, ms)),
                    ("text", text.into()),
                ],
                output,
            )
        } else {
            let took = took.map_or_else(String::new, |took| format!("{} ms", took.as_millis()));
            writeln!(output.out, "  {mark:<6} {step:<12} {took:>9}  {text}")?;
            output.out.flush()
        }
    }

    /// Median and worst.
    fn sum(&self, times: u32, delays: &[Option<Duration>], output: &mut Output<'_>) -> io::Result<()> {
        let mut sorted: Vec<Duration> = delays.iter().flatten().copied().collect();
        sorted.sort_unstable();
        let (median, worst) = (sorted.get(sorted.len() / 2).copied(), sorted.last().copied());
        if self.json {
            return self.json(
                &[
                    ("step", "sum".into()),
                    ("times", times.into()),
                    ("announced", sorted.len().into()),
                    ("median_ms", median.map_or(Value::Null, ms)),
                    ("worst_ms", worst.map_or(Value::Null, ms)),
                ],
                output,
            );
        }
        let figures = median.zip(worst).map_or_else(String::new, |(median, worst)| {
            format!("; median {} ms, worst {} ms", median.as_millis(), worst.as_millis())
        });
        writeln!(output.out, "  {} of {times} announced{figures}", sorted.len())?;
        output.out.flush()
    }

    fn json(&self, fields: &[(&str, Value)], output: &mut Output<'_>) -> io::Result<()> {
        let mut line = json!({ "account": self.account.name, "mailbox": self.mailbox });
        for (name, value) in fields {
            line[*name] = value.clone();
        }
        writeln!(output.out, "{line}")?;
        output.out.flush()
    }
}

fn ms(took: Duration) -> Value {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX).into()
}
