//! `check`: every step to a watch, shown as it is done.

mod push;

use std::io;
use std::sync::Arc;

use mailwatch_engine::check::{self, Outcome, Step, StepKind};
use mailwatch_engine::dial::Dialler;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::requests::{Reply, Request};
use mailwatch_proto::model::{Account, LINE_LIMIT, sanitise};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::mpsc;

pub use self::push::{PushOrder, push};
use crate::cli::Global;
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;
use crate::process::prepare::{ask_missing, load, state_dir};
use crate::process::running::{Replies, ask, refusal};
use crate::process::stop_signals::StopSignals;

/// Tries the accounts one after the other.
///
/// # Errors
/// Where the output cannot be written.
pub async fn check(global: &Global, name: Option<&str>, json: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(global.verbose);
    let Some(mut config) = load(global, output)? else { return Ok(Exit::Bad) };
    if let Some(name) = name
        && let Err(error) = config.keep(&[name.to_owned()])
    {
        writeln!(output.err, "error: {error}")?;
        return Ok(Exit::Bad);
    }
    let Some(asked) = ask_missing(global, &config.accounts, output).await? else { return Ok(Exit::Failed) };
    let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    // This command logs to standard error. The screen would end over it.
    if let Err(error) = logging::open(&state) {
        writeln!(output.err, "warning: {error}")?;
    }
    let tools = (Arc::new(dialler), LoginGovernor::open(&state));
    let mut interrupt = StopSignals::listen();
    let mut all_well = true;
    for account in &config.accounts {
        let engine = ask(global, &state, "check", Request::Check(1, account.name.clone())).await;
        let with = (engine, asked.password(account), &tools);
        let Some(well) = steps(account, with, &mut interrupt, json, output).await? else {
            writeln!(output.err, "interrupted")?;
            return Ok(Exit::Failed);
        };
        all_well &= well;
    }
    Ok(if all_well { Exit::Done } else { Exit::Failed })
}

/// Tries one account: whether all went well, or nothing where it was broken off. An engine that runs has what was typed for
/// it, and counts its logins.
async fn steps(
    account: &Account,
    (engine, password, tools): (Option<Replies>, Option<SecretString>, &(Arc<Dialler>, LoginGovernor)),
    interrupt: &mut StopSignals,
    json: bool,
    output: &mut Output<'_>,
) -> io::Result<Option<bool>> {
    if !json {
        head(account, output)?;
    }
    match engine {
        Some(replies) => heard(replies, account, interrupt, json, output).await,
        None => Ok(tried(account, password, tools, interrupt, json, output).await?.map(|failed| failed.is_none())),
    }
}

/// Tries an account that stands in no configuration yet, from here: the step that failed, if one did. Signals are left alone:
/// nothing is changed, so that Ctrl-C may end the program.
///
/// # Errors
/// Where the output cannot be written.
pub(in crate::commands) async fn try_new(
    account: &Account,
    password: Option<SecretString>,
    tools: &(Arc<Dialler>, LoginGovernor),
    output: &mut Output<'_>,
) -> io::Result<Option<Step>> {
    head(account, output)?;
    let failed = tried(account, password, tools, &mut StopSignals::left_alone(), false, output).await?;
    Ok(failed.flatten())
}

fn head(account: &Account, output: &mut Output<'_>) -> io::Result<()> {
    let (name, host) = (sanitise(&account.name, LINE_LIMIT), sanitise(&account.host, LINE_LIMIT));
    writeln!(output.out, "{name}: {host}:{}", account.port)
}

/// Shows what an engine that runs tells of its trial: whether all went well, or nothing where it was broken off.
async fn heard(
    mut replies: Replies,
    account: &Account,
    interrupt: &mut StopSignals,
    json: bool,
    output: &mut Output<'_>,
) -> io::Result<Option<bool>> {
    loop {
        let reply = tokio::select! {
            biased;
            reply = replies.next() => reply,
            () = interrupt.received() => return Ok(None),
        };
        let why = match reply {
            Some(Ok(Reply::Step(_, step))) => {
                show(&account.name, &step, json, output)?;
                continue;
            }
            Some(Ok(Reply::Tried(_, well))) => return Ok(Some(well)),
            Some(Ok(other)) => refusal(other),
            Some(Err(why)) => why,
            None => "the engine gives no answer".to_owned(),
        };
        writeln!(output.err, "error: {}", sanitise(&why, LINE_LIMIT))?;
        return Ok(Some(false));
    }
}

/// Tries the account from here: the step that failed, if one did, or nothing where it was broken off.
async fn tried(
    account: &Account,
    password: Option<SecretString>,
    (dialler, governor): &(Arc<Dialler>, LoginGovernor),
    interrupt: &mut StopSignals,
    json: bool,
    output: &mut Output<'_>,
) -> io::Result<Option<Option<Step>>> {
    let (tx, mut steps) = mpsc::unbounded_channel();
    let mut failed = None;
    let mut trial = Box::pin(check::check(account, Arc::clone(dialler) as _, governor.clone(), password, &tx));
    let mut tell = |step: Step, output: &mut Output<'_>| {
        let shown = show(&account.name, &step, json, output);
        failed = Some(step).filter(|step| matches!(step.outcome, Outcome::Failed(_)));
        shown
    };
    loop {
        tokio::select! {
            biased;
            Some(step) = steps.recv() => tell(step, output)?,
            _ = &mut trial => break,
            () = interrupt.received() => return Ok(None),
        }
    }
    while let Ok(step) = steps.try_recv() {
        tell(step, output)?;
    }
    Ok(Some(failed))
}

fn show(account: &str, step: &Step, json: bool, output: &mut Output<'_>) -> io::Result<()> {
    let line = if json { json_line(account, step) } else { text_lines(step) };
    writeln!(output.out, "{line}")?;
    output.out.flush()
}

fn json_line(account: &str, step: &Step) -> String {
    let (outcome, text, class) = match &step.outcome {
        Outcome::Done(detail) => ("done", detail, None),
        Outcome::LeftOut(why) => ("left-out", why, None),
        Outcome::Failed(fault) => ("failed", &fault.message, Some(fault.class.name())),
    };
    json!({
        "account": account,
        "step": step.kind.name(),
        "outcome": outcome,
        "took_ms": u64::try_from(step.took.as_millis()).unwrap_or(u64::MAX),
        "text": sanitise(text, LINE_LIMIT),
        "class": class,
        "advice": step.advice(),
    })
    .to_string()
}

fn text_lines(step: &Step) -> String {
    const INDENT: usize = 27;
    let (mark, text) = match &step.outcome {
        Outcome::Done(detail) => ("ok", detail),
        Outcome::LeftOut(why) => ("--", why),
        Outcome::Failed(fault) => ("FAILED", &fault.message),
    };
    let took = format!("{} ms", step.took.as_millis());
    let text = sanitise(text, LINE_LIMIT);
    // A DONE's time is the answer's: what came before it was waiting on purpose.
    let name = if step.kind == StepKind::Done { "DONE" } else { step.kind.name() };
    let line = format!("  {mark:<6} {name:<12} {took:>9}  {text}");
    match step.advice() {
        Some(advice) => format!("{}\n{:INDENT$}      {advice}", line.trim_end(), ""),
        None => line.trim_end().to_owned(),
    }
}
