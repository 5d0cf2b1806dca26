//! `service status`: what is installed, whether it runs, and which program it starts.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

use super::found::Found;
use super::manager::Manager;
use super::place::Place;
use super::program::is_outdated;
use super::seen::Seen;
use super::tool::{Trouble, version};
use crate::output::{Exit, Output};

/// What is known of the service.
struct Report {
    manager: &'static str,
    seen: Seen,
    /// Where the definition is, and whose.
    file: Option<(PathBuf, &'static str)>,
    /// Of the program that it starts.
    version: Option<String>,
    /// Whether the process is not of that program's file any more.
    outdated: bool,
    linger: Option<bool>,
}

/// Says how the service is.
///
/// # Errors
/// Where the output cannot be written.
pub(super) async fn status(
    as_json: bool,
    manager: Manager<'_>,
    place: &Place,
    output: &mut Output<'_>,
) -> io::Result<Exit> {
    let report = match report(manager, place).await {
        Ok(report) => report,
        Err(error) => return output.error(error.exit(), error),
    };
    if as_json {
        writeln!(output.out, "{}", json(&report))?;
    } else {
        text(&report, place, output)?;
    }
    Ok(if report.seen.runs() { Exit::Done } else { Exit::Failed })
}

async fn report(manager: Manager<'_>, place: &Place) -> Result<Report, Trouble> {
    let (own, seen) = (manager.file().await?, manager.look().await?);
    let found = Found::at(&own).ok().and_then(|found| found.origin());
    // One that cannot be read is not ours.
    let file = match (found, &seen.from) {
        (Some(origin), _) => Some((own, origin)),
        (None, Some(from)) => Some((from.clone(), if *from == own { "own" } else { "package" })),
        (None, None) => None,
    };
    let version = match &seen.program {
        Some(program) => version(program).await,
        None => None,
    };
    let linger = match manager {
        Manager::Systemd(systemd) => systemd.linger().await,
        Manager::Launchd(_) => None,
    };
    let outdated = seen.runs() && seen.pid.is_some_and(|pid| is_outdated(pid, &place.root));
    Ok(Report { manager: manager.name(), seen, file, version, outdated, linger })
}

fn json(report: &Report) -> serde_json::Value {
    let seen = &report.seen;
    json!({
        "manager": report.manager,
        "installed": report.file.is_some(),
        "file": report.file.as_ref().map(|(file, _)| file.display().to_string()),
        "origin": report.file.as_ref().map(|(_, origin)| origin),
        "enabled": seen.enabled,
        "masked": seen.masked,
        "active": seen.runs(),
        "state": seen.state,
        "since": seen.since.map(|since| since.to_string()),
        "pid": seen.pid,
        "says": seen.says,
        "program": seen.program.as_ref().map(|program| program.display().to_string()),
        "version": report.version,
        "outdated": report.outdated,
        "linger": report.linger,
    })
}

fn text(report: &Report, place: &Place, output: &mut Output<'_>) -> io::Result<()> {
    let seen = &report.seen;
    let Some((file, origin)) = &report.file else {
        return writeln!(output.out, "installed  no: mailwatch-tui service install");
    };
    let whose = match *origin {
        "install" => "written by service install",
        "copy" => "copied from what came with the program",
        "package" => "a package's",
        "masked" => "masked",
        _other => "written or changed by you or another program",
    };
    writeln!(output.out, "installed  {} ({whose})", place.short(file))?;
    let masked = if seen.masked { ", masked" } else { "" };
    writeln!(output.out, "enabled    {}{masked}", yes(seen.enabled))?;
    let since = seen.since.map(|since| format!(" since {}", local(since))).unwrap_or_default();
    let pid = seen.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
    writeln!(output.out, "state      {}{since}{pid}", seen.state)?;
    if let Some(says) = &seen.says {
        writeln!(output.out, "says       {says}")?;
    }
    let program = seen.program.as_ref().map_or_else(|| "unknown".to_owned(), |program| place.short(program));
    let version = report.version.as_deref().unwrap_or("which cannot be started");
    writeln!(output.out, "program    {program} {version}")?;
    if report.outdated {
        writeln!(output.out, "           its file was replaced since: systemctl --user restart mailwatch-tui")?;
    }
    match report.linger {
        Some(true) => writeln!(output.out, "linger     on: it also runs while you are not logged in"),
        Some(false) => {
            writeln!(output.out, "linger     off: it ends when you log out (loginctl enable-linger has it stay)")
        }
        None => Ok(()),
    }
}

const fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn local(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::system()).strftime("%a %Y-%m-%d %H:%M:%S").to_string()
}
