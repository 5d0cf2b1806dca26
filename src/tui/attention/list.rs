//! All that is wrong now. Reads the state, changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::age::{Ageing, reissue_below};
use super::cause::{Cause, Stalled, cause_of};
use super::{Attention, Remedy, remedy, sentence};
use crate::tui::app::{App, LostHost, of_account};
use crate::tui::theme::Role;
use mailwatch_proto::model::{FaultClass, HostLink, PhaseGroup, Served, Snapshot, Timer};

/// All that is wrong, the worst first.
#[must_use]
pub fn list(app: &App) -> Vec<Attention> {
    if app.engine.gone.is_some() {
        return Vec::new();
    }
    let mut all: Vec<_> = app.lost_hosts().filter_map(|host| of_host(&host)).collect();
    let mut causes: BTreeMap<Cause, Vec<&Snapshot>> = BTreeMap::new();
    for (id, snapshot) in &app.board.watches {
        if app.is_unheard(id) {
            continue;
        }
        if let Some(cause) = cause_of(snapshot, app.stall(snapshot)) {
            causes.entry(cause).or_default().push(snapshot);
        }
    }
    all.extend(causes.into_iter().filter_map(|(cause, watches)| of_cause(app, &cause, &watches)));
    for (account, count) in &app.board.failed_hooks {
        let noun = if *count == 1 { "hook" } else { "hooks" };
        all.push(Attention {
            role: Role::Warn,
            sentences: vec![
                format!("{account}: {count} {noun} failed since the last success"),
                format!("{account}: {count} {noun} failed"),
            ],
            remedy: Remedy::ShowTrouble,
            watch: of_account(&app.board, account).next().cloned(),
        });
    }
    all.extend(app.board.connection_limits.keys().filter_map(|account| of_limit(app, account)));
    all
}

/// A server that allows fewer connections than the configuration. What it refused shares those that stand; it is asked for one
/// more now and then.
fn of_limit(app: &App, account: &Arc<str>) -> Option<Attention> {
    let shared = of_account(&app.board, account)
        .find(|id| app.board.watches.get(*id).is_some_and(|watch| watch.sharing.served != Served::Own))?;
    let remedy = shareable(app, account)?;
    let Remedy::Share(_, connections) = &remedy else { return None };
    let (all, noun) =
        (of_account(&app.board, account).count(), if *connections == 1 { "connection" } else { "connections" });
    Some(Attention {
        role: Role::Warn,
        sentences: vec![
            format!("{account}: the server allows {connections} {noun}, which {all} mailboxes share"),
            format!("{account}: {all} mailboxes share {connections} {noun}"),
            format!("{account}: {connections} {noun} allowed"),
        ],
        remedy,
        watch: Some(shared.clone()),
    })
}

/// A host without a link. Nothing mends this machine's engine by a key, and a first try may still come to something.
fn of_host(host: &LostHost<'_>) -> Option<Attention> {
    let waits = host.link == HostLink::Connecting && host.said.is_empty();
    if host.name.is_empty() || waits {
        return None;
    }
    let remedy = if host.asks { Remedy::AskHost } else { Remedy::TryHost };
    let (sentences, remedy) = (sentence::of_host(host), remedy(host.name.into()));
    Some(Attention { role: Role::Down, sentences, remedy, watch: None })
}

/// The connections that an account has, where its mailboxes can share them: the server lets it have no more.
fn shareable(app: &App, account: &Arc<str>) -> Option<Remedy> {
    let all = || app.board.watches.values().filter(|snapshot| snapshot.id.account == *account);
    let own =
        all().filter(|snapshot| snapshot.sharing.served == Served::Own && snapshot.phase.group() == PhaseGroup::Live);
    let own = own.count();
    (own > 0 && own < all().count()).then(|| Remedy::Share(Arc::clone(account), u16::try_from(own).unwrap_or(u16::MAX)))
}

fn of_cause(app: &App, cause: &Cause, watches: &[&Snapshot]) -> Option<Attention> {
    let first = watches.first()?;
    let new = |role, sentences, remedy| {
        Some(Attention { role, sentences, remedy, watch: watches.first().map(|snapshot| snapshot.id.clone()) })
    };
    match cause {
        Cause::NeedsUser(_, class) | Cause::Down(_, class) => {
            let fault = first.fault.as_ref()?;
            let sentences = sentence::of_fault(app, watches, fault);
            let shared = (*class == FaultClass::Limit).then(|| shareable(app, &first.id.account)).flatten();
            new(Role::Down, sentences, shared.unwrap_or_else(|| remedy::of_fault(fault, *class, watches)))
        }
        Cause::Stalled(account, stalled) => {
            let replacing = watches.iter().any(|snapshot| snapshot.connection.replacing);
            let ageing = app.board.ages.get(account).map_or(Ageing::NotKnown, |ages| Ageing::of(ages));
            let reissue = app.timers_of(first).value(Timer::Reissue);
            let below = ageing.limit().and_then(reissue_below);
            // Mended already: the next IDLE ends before that age.
            if !replacing && below.is_some() && reissue <= below {
                return None;
            }
            let shorter = below.filter(|below| reissue.is_none_or(|reissue| *below < reissue));
            let remedy = shorter.map_or(Remedy::Report, |to| Remedy::Reissue(Arc::clone(account), to));
            let sentences = match stalled {
                Stalled::Ignored => sentence::ignored(app, watches, &ageing),
                Stalled::PathDead => sentence::path_dead(watches, &ageing),
                Stalled::NotReading => sentence::not_reading(watches),
                Stalled::NotKnown => sentence::not_known(watches),
            };
            new(Role::Warn, sentences, remedy)
        }
        Cause::NotPushing(_) => new(Role::Warn, sentence::not_pushing(watches), Remedy::Report),
        Cause::Quiet(_) => {
            let ids = watches.iter().map(|snapshot| snapshot.id.clone()).collect();
            new(Role::Warn, sentence::quiet(app, watches), Remedy::Done(ids))
        }
    }
}
