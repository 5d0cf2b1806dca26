//! `ctl` over the engine's socket.

use std::io;

use mailwatch_engine::link::protocol::{RequestState, WatchState};
use mailwatch_engine::link::socket::{Caller, NoAnswer};
use mailwatch_proto::model::{Command, LINE_LIMIT, Timer, parse_duration, sanitise, show_duration};
use serde_json::json;

use super::answers::{meaning, outcome};
use super::restart::restart;
use super::targets::chosen;
use crate::cli::{CtlCommand, Global, Targets};
use crate::output::{Exit, Output};
use crate::process::enter::hello;

/// Tells the engine that runs on this state directory.
///
/// # Errors
/// Where the output cannot be written.
pub(in crate::commands) async fn ctl(
    command: &CtlCommand,
    global: &Global,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let state = match global.state_path() {
        Ok(state) => state,
        Err(error) => return output.error(Exit::Bad, error),
    };
    // What is wrong with the words is said whether an engine runs or not.
    let order = match order(command, global) {
        Ok(order) => order,
        Err(why) => return output.error(Exit::Bad, why),
    };
    let engine = match Caller::connect(&state, &hello("ctl", None)).await {
        Ok(engine) => engine,
        Err(error) => return output.error(Exit::Failed, error),
    };
    if !engine.can(order.feature()) {
        let why = format!(
            "the engine ({}, process {}) is older and does not know `{}`: restart it with this version",
            engine.engine.program,
            engine.engine.pid,
            order.name()
        );
        return output.error(Exit::Failed, why);
    }
    match order {
        Order::Watches(command, to) => watches(engine, command, (global, to), output).await,
        Order::Reload { json } => reload(engine, json, output).await,
        Order::Restart { json } => restart(engine, &state, json, output).await,
    }
}

/// What the engine is to do.
enum Order<'c> {
    Watches(Command, &'c Targets),
    Reload { json: bool },
    Restart { json: bool },
}

impl Order<'_> {
    /// What the engine must be able to do.
    const fn feature(&self) -> &'static str {
        match self {
            Self::Watches(Command::ResetNew, _) => "reset_new",
            Self::Watches(Command::Mute(_) | Command::Unmute, _) => "mute",
            Self::Watches(..) => "commands",
            Self::Reload { .. } => "requests",
            Self::Restart { .. } => "restart",
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Watches(command, _) => name(*command),
            Self::Reload { .. } => "reload",
            Self::Restart { .. } => "restart",
        }
    }
}

/// A command's word on the command line.
const fn name(command: Command) -> &'static str {
    match command {
        Command::Done => "done",
        Command::Pause => "pause",
        Command::Resume => "resume",
        Command::Reconnect => "reconnect",
        Command::Retune { .. } | Command::Learn => "retune",
        Command::ResetNew => "reset-new",
        Command::Mute(_) => "mute",
        Command::Unmute => "unmute",
    }
}

/// The order, or what is wrong with it.
fn order<'c>(command: &'c CtlCommand, global: &Global) -> Result<Order<'c>, String> {
    let (command, to, harmless) = match command {
        CtlCommand::Done(to) => (Command::Done, to, true),
        CtlCommand::Resume(to) => (Command::Resume, to, true),
        CtlCommand::Pause(to) => (Command::Pause, to, false),
        CtlCommand::Reconnect(to) => (Command::Reconnect, to, false),
        CtlCommand::ResetNew(to) => (Command::ResetNew, to, true),
        CtlCommand::Mute { length, to } => (Command::Mute(*length), to, false),
        CtlCommand::Unmute(to) => (Command::Unmute, to, true),
        CtlCommand::Retune { timer, value, to } => (setting(*timer, value)?, to, false),
        CtlCommand::Restart { json } => return Ok(Order::Restart { json: *json }),
        CtlCommand::Reload { json } => return Ok(Order::Reload { json: *json }),
    };
    if !harmless && to.targets.is_empty() && !to.all && global.accounts.is_empty() {
        return Err(format!(
            "`ctl {}` needs a target: account/mailbox, an account's name, a pattern, or --all",
            name(command)
        ));
    }
    Ok(Order::Watches(command, to))
}

/// A timer's value as the configuration takes it.
fn setting(timer: Timer, value: &str) -> Result<Command, String> {
    let spec = timer.spec();
    let value = match value {
        "auto" if timer == Timer::Reissue => return Ok(Command::Learn),
        "auto" => return Err(format!("{timer} is never learned, so it cannot be auto")),
        "off" => None,
        value => Some(parse_duration(value).map_err(|error| format!("{timer}: {error}"))?),
    };
    if value.map_or(spec.can_be_off, |value| spec.min <= value && value <= spec.max) {
        return Ok(Command::Retune { timer, value, by: None });
    }
    let off = if spec.can_be_off { ", or off" } else { "" };
    let (min, max) = (show_duration(Some(spec.min)), show_duration(Some(spec.max)));
    Err(format!("{timer} is from {min} to {max}{off}"))
}

/// Tells the watches, and shows what each makes of it.
async fn watches(
    mut engine: Caller,
    command: Command,
    (global, to): (&Global, &Targets),
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let board = match engine.board().await {
        Ok(board) => board.watches,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let ids: Vec<_> = board.iter().map(|watch| watch.watch.clone()).collect();
    let chosen = match chosen(&ids, &global.accounts, &to.targets) {
        Ok(chosen) => chosen,
        Err(why) => return output.error(Exit::Bad, why),
    };
    if chosen.is_empty() {
        return output.error(Exit::Failed, "the engine watches nothing");
    }
    let mut exit = Exit::Done;
    for before in board.iter().filter(|watch| chosen.contains(&watch.watch)) {
        match tell(&mut engine, command, before, to.json, output).await? {
            Ok(true) => {}
            Ok(false) => exit = Exit::Failed,
            Err(error) => return output.error(Exit::Failed, error),
        }
    }
    Ok(exit)
}

/// Tells one watch; whether it took it.
async fn tell(
    engine: &mut Caller,
    command: Command,
    before: &WatchState,
    json: bool,
    output: &mut Output<'_>,
) -> io::Result<Result<bool, NoAnswer>> {
    let watch = &before.watch;
    let answer = match engine.command(command, watch.clone()).await {
        Ok(answer) => answer,
        Err(error) => return Ok(Err(error)),
    };
    let text = meaning(command, before, &answer);
    if json {
        let line = json!({
            "account": &*watch.account,
            "mailbox": &*watch.mailbox,
            "command": name(command),
            "ok": answer.ok,
            "text": text,
        });
        writeln!(output.out, "{line}")?;
    } else {
        let line = sanitise(&format!("{watch}: {text}"), LINE_LIMIT);
        if answer.ok { writeln!(output.out, "{line}") } else { writeln!(output.err, "error: {line}") }?;
    }
    Ok(Ok(answer.ok))
}

/// Has the configuration read again, and shows what changed or what is wrong with it.
async fn reload(mut engine: Caller, json: bool, output: &mut Output<'_>) -> io::Result<Exit> {
    let reply = match engine.request(RequestState::Reload).await {
        Ok(reply) => reply,
        Err(error) => return output.error(Exit::Failed, error),
    };
    let (ok, text) = outcome(reply);
    let exit = if ok { Exit::Done } else { Exit::Failed };
    if json {
        writeln!(output.out, "{}", json!({ "command": "reload", "ok": ok, "text": text.trim_end() }))?;
    } else if ok {
        writeln!(output.out, "{text}")?;
    } else {
        let begins = if text.starts_with("error") { "" } else { "error: " };
        writeln!(output.err, "{begins}{}\nThe previous configuration stays in force.", text.trim_end())?;
    }
    Ok(exit)
}
