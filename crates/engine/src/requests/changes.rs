//! Which parts of a configuration another reading changed, beside the watches.

use std::collections::BTreeMap;

use crate::history::Limits;
use mailwatch_proto::model::Notifications;

/// Names the parts that differ, as the end of a sentence about the watches; empty if none does. `ui` names those of `[ui]`.
#[must_use]
pub fn changed_settings(
    (notify_before, history_before): (&Notifications, Limits),
    (notify_after, history_after): (&Notifications, Limits),
    ui: &[&str],
) -> String {
    // The user's own addresses, and what opens a mail, are the accounts', and told with the watches.
    let written = |notify: &Notifications| {
        let mut notify = Notifications { open: BTreeMap::new(), ..notify.clone() };
        notify.rules.own.clear();
        notify
    };
    let notify = (written(notify_before) != written(notify_after)).then_some("[notify]");
    let history = (history_before != history_after).then_some("[history]");
    let changed: Vec<_> = notify.into_iter().chain(history).chain(ui.iter().copied()).collect();
    if changed.is_empty() { String::new() } else { format!("; {} changed", changed.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_is_another_is_named_and_none_that_is_the_same() {
        let before = Notifications::default();
        let limits = Limits::default();
        let same = (&before, limits);
        assert_eq!(changed_settings(same, same, &[]), "");
        assert_eq!(changed_settings(same, same, &["reduced_motion"]), "; reduced_motion changed");
        let after = Notifications { bell: !before.bell, ..before.clone() };
        let after = (&after, Limits { max_size: 5_000_000, ..limits });
        assert_eq!(changed_settings(same, after, &["reduced_motion"]), "; [notify], [history], reduced_motion changed");
    }
}
