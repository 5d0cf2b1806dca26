//! `probe`: how long can this server be left idling? Progress on standard error, the map on standard output.

mod lines;
mod progress;
mod running;
mod saving;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mailwatch_engine::dial::Dial;
use mailwatch_engine::history::History;
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::probe::map::{Map, Standing};
use mailwatch_engine::probe::{Order, Plan, Probe, Update};
use mailwatch_engine::requests::{ProbeOrder, Request};
use mailwatch_engine::secret::AccountSecrets;
use mailwatch_proto::model::{Account, LINE_LIMIT, sanitise, show_duration};
use tokio::time::Instant;

use self::progress::Progress;
use self::running::Running;
use self::saving::File;
use crate::cli::{self, Global};
use crate::logging;
use crate::output::{Exit, Output};
use crate::process::dialler::dialler;
use crate::process::prepare::{ask_missing, load, state_dir};
use crate::process::running::ask;
use crate::process::stop_signals::StopSignals;
use mailwatch_engine::open_files::allow_sockets;

/// How often a bar grows.
const BEAT: Duration = Duration::from_secs(1);

/// Measures, shows, and saves where it is asked to.
///
/// # Errors
/// Where the output cannot be written.
pub async fn probe(global: &Global, asked: &cli::Probe, output: &mut Output<'_>) -> io::Result<Exit> {
    logging::to_stderr(global.verbose);
    let Some(config) = load(global, output)? else { return Ok(Exit::Bad) };
    let (name, mailbox) = match asked.target.split_once('/') {
        Some((name, mailbox)) => (name, Some(mailbox)),
        None => (asked.target.as_str(), None),
    };
    let account = match config.account(name) {
        Ok(account) => account.clone(),
        Err(error) => {
            writeln!(output.err, "error: {error}")?;
            return Ok(Exit::Bad);
        }
    };
    if asked.save && !asked.yes && !io::stdin().is_terminal() {
        // Said before half an hour of measuring, and not after.
        writeln!(output.err, "error: --save asks before it writes, but there is no terminal to answer on: add --yes")?;
        return Ok(Exit::Bad);
    }
    let Some(dialler) = dialler(global, output)? else { return Ok(Exit::Bad) };
    let Some(state) = state_dir(global, output)? else { return Ok(Exit::Bad) };
    let mailbox = mailbox.unwrap_or(account.first_name()).to_owned();
    let mut stop_signals = StopSignals::listen();
    let order = Order { ages: asked.sorted_ages(), parallel: asked.parallel, wait: asked.wait, again: asked.again };
    let file = File { path: config.path, source: config.source };
    let subject = Subject { ascii: global.ascii, account, mailbox, file, asked };
    let wanted =
        ProbeOrder { account: subject.account.name.clone(), mailbox: subject.mailbox.clone(), order: order.clone() };
    // An engine that runs has what was typed for it, and counts its logins.
    if let Some(replies) = ask(global, &state, "probe", Request::Probe(Box::new(wanted))).await {
        return subject.probed(Running::There(replies), &state, &mut stop_signals, output).await;
    }
    let (history, fault) = History::open(&state);
    if let Some(fault) = fault {
        writeln!(output.err, "warning: {}", fault.message)?;
    }
    let typed = ask_missing(global, std::slice::from_ref(&subject.account), output).await?;
    let Some(typed) = typed else { return Ok(Exit::Failed) };
    let dial: Arc<dyn Dial> = Arc::new(dialler);
    let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), typed));
    let (account, governor) = (subject.account.clone(), LoginGovernor::open(&state));
    let probe = Probe::new(account, &subject.mailbox, secrets, dial, history.clone(), governor);
    let others = history.others().await.unwrap_or(0);
    let running = Running::here(probe, order, others);
    let exit = subject.probed(running, &state, &mut stop_signals, output).await;
    history.close().await;
    exit
}

/// The probed mailbox, and how the result is shown.
struct Subject<'a> {
    ascii: bool,
    account: Account,
    mailbox: String,
    file: File,
    asked: &'a cli::Probe,
}

/// What a probe came to.
struct Found {
    map: Map,
    /// Whether all of it was measured: it may have been broken off.
    whole: bool,
}

impl Subject<'_> {
    async fn probed(
        &self,
        mut running: Running,
        state: &Path,
        stop_signals: &mut StopSignals,
        output: &mut Output<'_>,
    ) -> io::Result<Exit> {
        let found = match self.found(&mut running, state, stop_signals, output).await? {
            Ok(found) => found,
            Err(why) => return output.error(Exit::Failed, sanitise(&why, LINE_LIMIT)),
        };
        let map = &found.map;
        if self.asked.json {
            writeln!(output.out, "{}", lines::json_whole(&self.account.name, &self.mailbox, map))?;
        } else {
            write!(output.out, "{}", lines::table(&self.account, &self.mailbox, map, self.ascii))?;
        }
        output.out.flush()?;
        if self.asked.save {
            return saving::save(&self.account, &self.file, &found, self.asked, stop_signals, output).await;
        }
        let any = map.rows.iter().any(|row| row.standing != Standing::Unknown);
        Ok(if any { Exit::Done } else { Exit::Failed })
    }

    /// Says before anything is opened how long it takes and what it costs.
    fn announce(
        &self,
        plan: &Plan,
        ages: usize,
        others: usize,
        state: &Path,
        output: &mut Output<'_>,
    ) -> io::Result<()> {
        let err = &mut output.err;
        if plan.ages.len() < ages {
            let spared = ages - plan.ages.len();
            writeln!(err, "{spared} of {ages} ages are known from the last 7 days; --again measures them again")?;
        }
        let Some(oldest) = plan.ages.last() else { return Ok(()) };
        let at_once = plan.parallel.min(plan.ages.len());
        let takes = longest_lane(&plan.ages, at_once).max(*oldest);
        let idles = match plan.ages.len() {
            1 => "1 IDLE".to_owned(),
            several => format!("{several} IDLEs, {at_once} at once"),
        };
        writeln!(
            err,
            "{}/{}: {idles}, about {}. Ctrl-C stops it; what was measured by then is kept",
            self.account.name,
            self.mailbox,
            show_duration(Some(takes))
        )?;
        if usize::from(self.asked.parallel) > plan.parallel {
            let max = self.account.max_connections;
            writeln!(err, "no more than {max} connections at once: max_connections of account {}", self.account.name)?;
        }
        if others > 0 {
            writeln!(
                err,
                "mailwatch-tui runs with {} already: its connections and these {at_once} count together against the \
                 server's limit",
                state.display()
            )?;
        }
        allow_sockets(at_once);
        Ok(())
    }

    /// What it comes to; why nothing, where it could not begin.
    async fn found(
        &self,
        running: &mut Running,
        state: &Path,
        stop_signals: &mut StopSignals,
        output: &mut Output<'_>,
    ) -> io::Result<Result<Found, String>> {
        let (known, plan) = tokio::select! {
            biased;
            begun = running.begun() => match begun {
                Ok((known, plan, unread)) => {
                    if let Some(fault) = unread {
                        writeln!(output.err, "warning: earlier measurements cannot be read: {}", fault.message)?;
                    }
                    (known, plan)
                }
                Err(why) => return Ok(Err(why)),
            },
            () = stop_signals.received() => return Ok(Err("interrupted: nothing was measured".to_owned())),
        };
        self.announce(&plan, known.len(), running.others(), state, output)?;
        let mut measured = Vec::new();
        if plan.ages.is_empty() {
            return Ok(Ok(Found { map: Map::new(&known, &measured), whole: true }));
        }
        let mut progress = Progress::new(&plan.ages, io::stderr().is_terminal(), self.ascii, output.width);
        let (mut beat, mut stopped) = (tokio::time::interval(BEAT), false);
        progress.draw(output.err, Instant::now().into_std())?;
        loop {
            let update = tokio::select! {
                biased;
                update = running.update() => update,
                () = stop_signals.received(), if !stopped => {
                    progress.note(output.err, "interrupted: ending the IDLEs with DONE")?;
                    stopped = true;
                    running.stop();
                    continue;
                }
                _ = beat.tick(), if progress.is_live() => {
                    progress.draw(output.err, Instant::now().into_std())?;
                    continue;
                }
            };
            match update {
                Ok(Some(update)) => {
                    if let Update::Measured(one) = &update {
                        measured.push(one.clone());
                    }
                    self.update(update, &mut progress, output)?;
                }
                Ok(None) => break,
                Err(why) => {
                    progress.note(output.err, &sanitise(&format!("error: {why}"), LINE_LIMIT))?;
                    stopped = true;
                    break;
                }
            }
        }
        progress.clear(output.err)?;
        Ok(Ok(Found { map: Map::new(&known, &measured), whole: !stopped }))
    }

    fn update(&self, update: Update, progress: &mut Progress, output: &mut Output<'_>) -> io::Result<()> {
        if let (Update::Measured(measured), true) = (&update, self.asked.json) {
            writeln!(output.out, "{}", lines::json_age(&self.account.name, &self.mailbox, measured))?;
            output.out.flush()?;
        }
        progress.take(update, output.err, Instant::now().into_std())
    }
}

/// How long the ages take on so many connections, the oldest first.
fn longest_lane(ages: &[Duration], lanes: usize) -> Duration {
    let mut lanes_end = vec![Duration::ZERO; lanes.max(1)];
    for age in ages.iter().rev() {
        if let Some(first) = lanes_end.iter_mut().min() {
            *first += *age;
        }
    }
    lanes_end.into_iter().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_it_takes_is_that_of_the_fullest_connection() {
        let minutes = |list: &[u64]| list.iter().map(|&m| Duration::from_mins(m)).collect::<Vec<_>>();
        let ages = minutes(&[1, 2, 4, 5, 9, 15, 28]);
        assert_eq!(longest_lane(&ages, 7), Duration::from_mins(28));
        assert_eq!(longest_lane(&ages, 1), Duration::from_mins(64));
        assert_eq!(longest_lane(&ages, 2), Duration::from_mins(32));
    }
}
