//! What a command without a terminal may have wanted, by what it said.

/// What it wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// A terminal, to ask on.
    Terminal,
    /// gpg failed: with `--quiet`, as pass runs it, it does not say that it could not ask for the passphrase.
    Gpg,
    /// More time; perhaps somebody's answer.
    Time,
    /// Nothing that is known.
    Unknown,
}

/// Parts of complaints, in lower case. The C library's are translated, but for "ioctl" (ENOTTY) and file names; ENXIO is
/// what `/dev/tty` gives without a terminal, of which BSD says that it is not configured.
const PARTS: [&str; 5] = ["ioctl", "/dev/tty", "no such device or address", "device not configured", "askpass"];

/// Words of complaints: "no tty", "not a tty", "a terminal is required to read the password", "must be run from a
/// terminal", "can not control echo on the terminal"; in many languages it is the same word.
const WORDS: [&str; 3] = ["tty", "terminal", "pinentry"];

impl Wish {
    /// The same, with what it said.
    pub(super) fn or_of(self, said: &str) -> Self {
        let said = said.to_lowercase();
        let mut words = said.split(|c: char| !c.is_alphanumeric());
        if PARTS.iter().any(|part| said.contains(part)) || words.any(|word| WORDS.contains(&word)) {
            return Self::Terminal;
        }
        match self {
            Self::Unknown if said.contains("gpg: ") => Self::Gpg,
            Self::Terminal | Self::Gpg | Self::Time | Self::Unknown => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_about_a_missing_terminal_is_recognised() {
        let complaints = [
            "gpg: public key decryption failed: Inappropriate ioctl for device",
            "gpg: Entschlüsselung mit Public-Key-Verfahren fehlgeschlagen: Unpassender IOCTL (I/O-Control) für das Gerät",
            "gpg: cannot open '/dev/tty': No such device or address",
            "gpg: public key decryption failed: No such device or address",
            "gpg: public key decryption failed: No pinentry",
            "gpg: Sorry, no terminal at all requested - can't get input",
            "sh: 1: cannot open /dev/tty: No such device or address",
            "bash: /dev/tty: No such device or address",
            "sh: /dev/tty: Device not configured",
            "stty: 'standard input': Inappropriate ioctl for device",
            "sudo: a terminal is required to read the password; either use the -S option to read from standard input",
            "sudo: no tty present and no askpass program specified",
            "ssh_askpass: exec(/usr/bin/ssh-askpass): No such file or directory",
            "GetPassWarning: Can not control echo on the terminal.",
            "failed to read password from pinentry: S ERROR curses.open_tty_for_read 83918849",
            "su: must be run from a terminal",
            "age: error: standard input is not a terminal, and /dev/tty is not available",
            "Error: not a tty",
        ];
        for said in complaints {
            assert_eq!(Wish::Unknown.or_of(said), Wish::Terminal, "{said}");
        }
    }

    #[test]
    fn any_other_is_not() {
        let cases = [
            ("gpg: decryption failed: No secret key", Wish::Gpg),
            ("gpg: Entschlüsselung fehlgeschlagen: Kein geheimer Schlüssel", Wish::Gpg),
            ("Error: mail/work is not in the password store.", Wish::Unknown),
            ("unterminated string, pretty", Wish::Unknown),
            ("", Wish::Unknown),
        ];
        for (said, wish) in cases {
            assert_eq!(Wish::Unknown.or_of(said), wish, "{said}");
        }
        assert_eq!(Wish::Time.or_of("gpg: waiting"), Wish::Time);
    }
}
