//! `--own`: an engine of its own, and what it does besides watching.

use std::fmt;

/// What an own engine does although another one may do it already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// It runs hooks.
    pub hooks: bool,
    /// It notifies.
    pub notifications: bool,
}

/// What was asked for.
pub(super) fn parse_own(with: &str) -> Result<Own, String> {
    let mut own = Own::default();
    for word in with.split(',').filter(|word| !word.is_empty()) {
        match word {
            "hooks" => own.hooks = true,
            "notifications" => own.notifications = true,
            other => return Err(format!("{other:?} is neither hooks nor notifications")),
        }
    }
    Ok(own)
}

/// As it is given.
impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.hooks, self.notifications) {
            (false, false) => "--own",
            (true, false) => "--own=hooks",
            (false, true) => "--own=notifications",
            (true, true) => "--own=hooks,notifications",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_read_as_it_is_written() {
        for hooks in [false, true] {
            for notifications in [false, true] {
                let own = Own { hooks, notifications };
                let given = own.to_string();
                let with = given.strip_prefix("--own").expect("the option").trim_start_matches('=');
                assert_eq!(parse_own(with), Ok(own));
            }
        }
        assert!(parse_own("hooks,bells").is_err());
    }
}
