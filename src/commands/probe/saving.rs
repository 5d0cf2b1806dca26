//! `--save`: the reissue that a probe recommends, into the configuration, its comments kept.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use mailwatch_engine::config::Source;
use mailwatch_engine::config::save::{Place, SaveError, Tuned, save as save_into};
use mailwatch_proto::model::{Account, LINE_LIMIT, Setting, Timer, sanitise, show_duration};
use serde_json::json;

use super::Found;
use crate::cli;
use crate::configuration::format;
use crate::output::{Exit, Output};
use crate::process::stop_signals::StopSignals;

/// The configuration, as it was read before the probe.
pub struct File {
    pub path: PathBuf,
    pub source: Source,
}

/// Saves the recommended reissue once the user confirms it, and says what was written and where. A probe that was broken off
/// saves nothing: the missing ages may be those that matter.
///
/// # Errors
/// Where the output cannot be written.
pub async fn save(
    account: &Account,
    file: &File,
    found: &Found,
    asked: &cli::Probe,
    stop_signals: &mut StopSignals,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    if !found.whole {
        return refused(output, "nothing was saved: the probe was interrupted");
    }
    let Some(reissue) = found.map.recommended() else {
        return refused(output, "nothing was saved: the probe recommends no reissue");
    };
    let present = account.timers.limit(Timer::Reissue);
    if is_lowered_without_proof(reissue, present, found.map.cliff()) {
        return refused(output, &unproven(reissue, present));
    }
    let (name, path) = (sanitise(&account.name, 100), sanitise(&file.path.to_string_lossy(), LINE_LIMIT));
    let setting = Setting::Value(Some(reissue));
    if !asked.yes {
        let now =
            if account.reissue_auto { "auto".to_owned() } else { show_duration(account.timers.value(Timer::Reissue)) };
        let question = format!("Write reissue = \"{setting}\" for account {name}, now {now}, into {path}? [Y/n] ");
        if !confirmed(&question, stop_signals, output).await? {
            writeln!(output.err, "Nothing was saved.")?;
            return Ok(Exit::Failed);
        }
    }
    let place = Place::Account(account.name.as_str().into());
    let tuned = [Tuned { place, timer: Timer::Reissue, setting }];
    let saved = match save_into(&file.path, &file.source, &tuned, &format()) {
        Ok(saved) => saved,
        Err(SaveError::Collision { now, .. }) => {
            let message =
                format!("nothing was saved: meanwhile someone else set reissue of account {name} to {now} in {path}");
            return refused(output, &message);
        }
        Err(error) => return refused(output, &error.to_string()),
    };
    let changed = !saved.edited.changed.is_empty();
    if asked.json {
        let line = json!({
            "kind": "probe_saved",
            "account": account.name,
            "timer": Timer::Reissue.name(),
            "to_ms": u64::try_from(reissue.as_millis()).unwrap_or(u64::MAX),
            "path": file.path.to_string_lossy(),
            "changed": changed,
            "merged": saved.merged,
        });
        writeln!(output.out, "{line}")?;
    } else if changed {
        let merged = if saved.merged { " Changes that others made meanwhile are kept." } else { "" };
        writeln!(
            output.out,
            "\nreissue = \"{setting}\" for account {name} is written into {path}.{merged} A running mailwatch-tui takes it over with R, or on SIGHUP if it is a `watch`."
        )?;
    } else {
        writeln!(output.out, "\nAccount {name} has reissue = \"{setting}\" already: nothing was written.")?;
    }
    output.out.flush()?;
    Ok(Exit::Done)
}

/// Whether a lower reissue is to replace one that was not seen to fail: no IDLE of its age or a younger one went unanswered.
fn is_lowered_without_proof(reissue: Duration, present: Duration, cliff: Option<Duration>) -> bool {
    reissue < present && cliff.is_none_or(|cliff| cliff > present)
}

fn unproven(reissue: Duration, present: Duration) -> String {
    let (reissue, present) = (show_duration(Some(reissue)), show_duration(Some(present)));
    format!(
        "nothing was saved: reissue is {present}, and no IDLE up to that age failed, so {reissue} would only end IDLE more \
         often; measure older ages with --ages, for instance --ages {present}"
    )
}

fn refused(output: &mut Output<'_>, message: &str) -> io::Result<Exit> {
    writeln!(output.err, "error: {}", sanitise(message, LINE_LIMIT))?;
    Ok(Exit::Failed)
}

/// Whether the person says yes. Ctrl-C is heard here, and not by the system any more: it is a no.
async fn confirmed(question: &str, stop_signals: &mut StopSignals, output: &mut Output<'_>) -> io::Result<bool> {
    loop {
        write!(output.err, "{question}")?;
        output.err.flush()?;
        let line = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|read| (read > 0).then_some(line))
        });
        let line = tokio::select! {
            line = line => line.map_err(io::Error::other)??,
            () = stop_signals.received() => None,
        };
        let Some(line) = line else {
            writeln!(output.err)?;
            return Ok(false);
        };
        match line.trim().to_lowercase().as_str() {
            "" | "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => writeln!(output.err, "Answer y or n.")?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_reissue_needs_an_idle_that_failed_at_the_present_age_or_below() {
        let secs = Duration::from_secs;
        for (reissue, present, cliff, refused) in [
            (3, 120, None, true),
            (3, 120, Some(240), true),
            (3, 120, Some(120), false),
            (60, 240, Some(120), false),
            (120, 120, None, false),
            (1680, 240, None, false),
        ] {
            let got = is_lowered_without_proof(secs(reissue), secs(present), cliff.map(secs));
            assert_eq!(got, refused, "{reissue} for {present}, failed at {cliff:?}");
        }
    }
}
