//! What must be done about a mailbox that was just opened.

use std::time::SystemTime;

use super::anew::Why;
use crate::connection::dialogue::mailbox::Selected;
use crate::connection::dialogue::question::Seen;
use crate::connection::task::{Appeared, Mailbox};

/// The plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Never seen before: what is there is the baseline.
    Baseline,
    /// Seen up to here, and the server says that nothing came.
    Nothing(u32),
    /// Seen up to here.
    From(u32),
    /// Seen up to here under another name, which is not kept yet.
    Renamed(u32),
    /// The UIDs mean other messages now; what came since then is news.
    Anew(Why),
    /// They seem to, though the UIDVALIDITY is the same: the last one tells.
    Suspicious(Rewind),
}

/// UIDs seem to have gone back under the same UIDVALIDITY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rewind {
    /// The next UID, as it was seen before,
    pub(super) seen: Seen,
    /// and as the server tells it now, where it does.
    pub(super) told: Option<u32>,
    /// Whether what comes of it came in a gap.
    pub(super) gap: bool,
}

impl Rewind {
    /// Where the last UID shows that they have not: from where on news is looked for.
    pub(super) fn denied_by(&self, last: Option<u32>) -> Option<u32> {
        let seen = self.seen.uidnext;
        let denied = match (self.told.filter(|told| *told < seen), last) {
            // The server's UIDNEXT is below a UID that is there.
            (Some(told), Some(last)) => last >= told,
            (Some(_), None) => false,
            // There are messages that were not seen: with UIDs as they go on, or with others.
            (None, Some(last)) => last >= seen,
            (None, None) => true,
        };
        denied.then_some(seen)
    }

    pub(super) fn text(&self, last: Option<u32>, uidvalidity: u32) -> String {
        let before = self.seen.uidnext;
        match (self.told, last) {
            (Some(told), _) if told < before => format!(
                "UIDNEXT went back from {before} to {told} under the same UIDVALIDITY {uidvalidity}: the mailbox was rewound"
            ),
            (_, Some(last)) => format!(
                "the last UID is {last}, though UIDs up to {} were seen under the same UIDVALIDITY {uidvalidity}: the \
                 mailbox was rewound",
                before.saturating_sub(1)
            ),
            (_, None) => format!("messages came without UIDs under the same UIDVALIDITY {uidvalidity}"),
        }
    }

    pub(super) const fn why(&self) -> Why {
        Why { alive: self.seen.last_alive, renamed: false }
    }
}

/// What was seen of a mailbox, by the history and by this run.
pub(super) fn join(kept: Option<Seen>, known: Option<Mailbox>, now: SystemTime) -> Option<Seen> {
    match (kept, known) {
        // Another program may be further on in the same file: what it has reported, this one has not.
        (Some(kept), Some(known)) if (kept.epoch, kept.uidvalidity) == (known.epoch, known.uidvalidity) => {
            Some(Seen { uidnext: known.uidnext, ..kept })
        }
        (None, Some(Mailbox { epoch, uidvalidity, uidnext, .. })) => {
            Some(Seen { epoch, uidvalidity, uidnext, last_alive: now })
        }
        (kept, _) => kept,
    }
}

/// Makes the plan. `known` is what this run knows of the mailbox; `lacks`: it lacked what its count promised.
pub(super) fn plan(
    seen: Option<Seen>,
    selected: &Selected,
    known: Option<Mailbox>,
    lacks: bool,
    appeared: Option<&Appeared>,
) -> Plan {
    let Some(seen) = seen else {
        let Some(appeared) = appeared else { return Plan::Baseline };
        return match appeared.renamed_from(selected.uidvalidity, selected.uidnext) {
            Some(before) => Plan::Renamed(before.uidnext),
            None => Plan::Anew(Why { alive: appeared.since, renamed: !appeared.vanished.is_empty() }),
        };
    };
    if seen.uidvalidity != selected.uidvalidity {
        return Plan::Anew(Why { alive: seen.last_alive, renamed: false });
    }
    let before = known.map(|known| known.exists);
    let grew = before.is_some_and(|before| selected.exists > before);
    let suspicious = Plan::Suspicious(Rewind { seen, told: selected.uidnext, gap: true });
    match selected.uidnext {
        Some(told) if told < seen.uidnext => suspicious,
        _ if lacks => suspicious,
        // Nothing new, and the server says so: no need to ask, unless the count says otherwise.
        Some(told) if told == seen.uidnext && !grew => Plan::Nothing(seen.uidnext),
        None if selected.exists == 0 => Plan::Nothing(seen.uidnext),
        None if grew => suspicious,
        Some(_) | None => Plan::From(seen.uidnext),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Seen = Seen { epoch: 3, uidvalidity: 1, uidnext: 7, last_alive: SystemTime::UNIX_EPOCH };
    const WHY: Why = Why { alive: SystemTime::UNIX_EPOCH, renamed: false };

    fn selected(uidvalidity: u32, uidnext: Option<u32>) -> Selected {
        Selected { exists: 3, uidvalidity, uidnext }
    }

    fn known(exists: u32) -> Mailbox {
        Mailbox { exists, unseen: None, uidvalidity: 1, uidnext: 7, epoch: 3 }
    }

    #[test]
    fn what_was_never_seen_is_a_baseline_and_other_uids_are_looked_at_anew() {
        let plan = |seen, selected: &Selected, appeared| plan(seen, selected, None, false, appeared);
        assert_eq!(plan(None, &selected(1, Some(9)), None), Plan::Baseline);
        assert_eq!(plan(Some(SEEN), &selected(1, Some(9)), None), Plan::From(7));
        assert_eq!(plan(Some(SEEN), &selected(1, Some(7)), None), Plan::Nothing(7));
        assert_eq!(plan(Some(SEEN), &selected(2, Some(9)), None), Plan::Anew(WHY));
        let appeared = Appeared { since: SystemTime::UNIX_EPOCH, vanished: Vec::new() };
        assert_eq!(plan(None, &selected(1, Some(9)), Some(&appeared)), Plan::Anew(WHY));
        let gone = Mailbox { exists: 0, unseen: None, uidvalidity: 1, uidnext: 4, epoch: 0 };
        let appeared = Appeared { vanished: vec![gone], ..appeared };
        assert_eq!(plan(None, &selected(1, Some(9)), Some(&appeared)), Plan::Renamed(4));
        assert_eq!(plan(None, &selected(2, Some(9)), Some(&appeared)), Plan::Anew(Why { renamed: true, ..WHY }));
        assert_eq!(
            plan(Some(SEEN), &selected(1, Some(9)), Some(&appeared)),
            Plan::From(7),
            "what was kept counts more"
        );
    }

    #[test]
    fn uids_that_went_back_are_suspicious_and_a_count_that_grew_is_looked_into() {
        let suspicious = |plan| matches!(plan, Plan::Suspicious(_));
        assert!(suspicious(plan(Some(SEEN), &selected(1, Some(6)), None, false, None)));
        assert!(suspicious(plan(Some(SEEN), &selected(1, None), Some(known(2)), false, None)));
        assert!(suspicious(plan(Some(SEEN), &selected(1, Some(7)), Some(known(3)), true, None)));
        assert_eq!(plan(Some(SEEN), &selected(1, Some(7)), Some(known(2)), false, None), Plan::From(7));
        assert_eq!(plan(Some(SEEN), &selected(1, None), Some(known(3)), false, None), Plan::From(7));
    }

    #[test]
    fn a_last_uid_tells_whether_they_did() {
        let rewind = |told| Rewind { seen: SEEN, told, gap: true };
        assert_eq!(rewind(Some(5)).denied_by(Some(6)), Some(7), "UIDNEXT lies");
        assert_eq!(rewind(Some(5)).denied_by(Some(4)), None);
        assert_eq!(rewind(Some(5)).denied_by(None), None);
        assert_eq!(rewind(None).denied_by(Some(7)), Some(7), "UIDs go on");
        assert_eq!(rewind(None).denied_by(Some(6)), None);
        assert_eq!(rewind(Some(8)).denied_by(Some(6)), None);
        assert_eq!(rewind(None).denied_by(None), Some(7), "finding it is the ladder's");
    }
}
