//! Who asks something of a watch: a front end by what it says it is, and its process.

use std::fmt;

/// Bytes of a role that are kept.
const ROLE: usize = 16;

/// A front end, in a few bytes: it goes with each command.
#[derive(Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Asker {
    /// Its role, filled up with zeros.
    role: [u8; ROLE],
    /// Its process, where it says that.
    pid: Option<u32>,
}

impl Asker {
    /// The front end of this role. A stranger's word: what is more than letters, digits and `-` becomes `?`, and it is cut.
    #[must_use]
    pub fn new(role: &str, pid: Option<u32>) -> Self {
        let mut kept = [0; ROLE];
        for (kept, char) in kept.iter_mut().zip(role.chars()) {
            let plain = u8::try_from(char).ok().filter(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
            *kept = plain.unwrap_or(b'?');
        }
        Self { role: kept, pid }
    }
}

/// `ctl (process 4711)`
impl fmt::Display for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = self.role.iter().take_while(|byte| **byte != 0).map(|byte| char::from(*byte));
        let role: String = role.collect();
        f.write_str(if role.is_empty() { "a front end" } else { &role })?;
        self.pid.map_or(Ok(()), |pid| write!(f, " (process {pid})"))
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_front_end_is_named_by_its_role_and_process_and_no_role_does_harm() {
        for (role, pid, expected) in [
            ("ctl", Some(4711), "ctl (process 4711)"),
            ("bar", None, "bar"),
            ("", Some(1), "a front end (process 1)"),
            ("\u{1b}[2Jé) by x, of a stranger", None, "??2J???by?x??of?"),
        ] {
            assert_eq!(Asker::new(role, pid).to_string(), expected);
        }
    }
}
