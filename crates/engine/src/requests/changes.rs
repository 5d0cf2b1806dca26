//! Which parts of a configuration another reading changed, beside the watches.

use mailwatch_proto::model::Notifications;

/// Names the parts that differ, as the end of a sentence about the watches; empty if none does. `ui` names those of `[ui]`.
#[must_use]
pub fn changed_settings(before: &Notifications, after: &Notifications, ui: &[&str]) -> String {
    let notify = (before != after).then_some("[notify]");
    let changed: Vec<_> = notify.into_iter().chain(ui.iter().copied()).collect();
    if changed.is_empty() { String::new() } else { format!("; {} changed", changed.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_that_is_another_is_named_and_none_that_is_the_same() {
        let before = Notifications::default();
        assert_eq!(changed_settings(&before, &before, &[]), "");
        assert_eq!(changed_settings(&before, &before, &["reduced_motion"]), "; reduced_motion changed");
        let after = Notifications { bell: !before.bell, ..before.clone() };
        assert_eq!(changed_settings(&before, &after, &["reduced_motion"]), "; [notify], reduced_motion changed");
    }
}
