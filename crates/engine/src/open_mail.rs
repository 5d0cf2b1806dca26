//! The command that opens a mail: an argument list with places for what names the mail. What is filled in is a stranger's text: no
//! shell sees it, in an address it is percent-encoded, and nothing of it becomes an option. Pure.

use std::fmt;

use mailwatch_proto::model::MailKey;

/// Why a mail cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// The command wants the Message-ID, and the mail has none that is known.
    NoMessageId,
    /// A value would be taken for an option.
    Option(&'static str),
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMessageId => f.write_str("open_command needs {message_id}, but this mail's Message-ID is unknown"),
            Self::Option(name) => {
                write!(f, "the value of {name} begins with -, and the program would take it for an option: not opened")
            }
        }
    }
}

/// Whether the command for a mail needs its Message-ID.
#[must_use]
pub fn wants_message_id(template: &[String]) -> bool {
    template.iter().skip(1).any(|argument| argument.contains("{message_id}"))
}

/// The command for a mail, by what an account's `open_command` says.
///
/// # Errors
/// Where a value is missing, or would do harm.
pub fn open_command(template: &[String], mail: &MailKey, message_id: Option<&str>) -> Result<Vec<String>, NotOpened> {
    let uid = mail.uid.to_string();
    let values = [
        ("{account}", Some(&*mail.watch.account)),
        ("{mailbox}", Some(&*mail.watch.mailbox)),
        ("{uid}", Some(uid.as_str())),
        ("{message_id}", message_id.map(|id| id.trim_matches(['<', '>']))),
    ];
    let fill = |argument: &String| {
        let address = is_address(argument);
        let (mut out, mut rest) = (String::new(), argument.as_str());
        while let Some(at) = rest.find('{') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let Some((name, value)) = values.iter().find(|(name, _)| rest.starts_with(name)) else {
                out.push('{');
                rest = &rest[1..];
                continue;
            };
            let value: String = value.ok_or(NotOpened::NoMessageId)?.chars().filter(|c| !c.is_control()).collect();
            if out.is_empty() && value.starts_with('-') {
                return Err(NotOpened::Option(name));
            }
            if address {
                encode(&mut out, &value);
            } else {
                out.push_str(&value);
            }
            rest = &rest[name.len()..];
        }
        out.push_str(rest);
        Ok(out)
    };
    let program = template.first().cloned();
    program.map(Ok).into_iter().chain(template.iter().skip(1).map(fill)).collect()
}

/// Whether it begins with a scheme (RFC 3986 §3.1): `https:`, `mid:`.
fn is_address(argument: &str) -> bool {
    argument.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}

/// Appends a value with all but unreserved characters (RFC 3986 §2.3) percent-encoded.
fn encode(out: &mut String, value: &str) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::WatchId;

    fn mail(mailbox: &str) -> MailKey {
        MailKey { watch: WatchId::new("work", mailbox), epoch: 0, uidvalidity: 1, uid: 7 }
    }

    fn open(template: &[&str], mailbox: &str, id: Option<&str>) -> Result<Vec<String>, NotOpened> {
        let template: Vec<String> = template.iter().map(ToString::to_string).collect();
        open_command(&template, &mail(mailbox), id)
    }

    #[test]
    fn values_stand_as_they_are_in_arguments_and_encoded_in_addresses() {
        let command = ["mutt", "-f", "imap://x/{mailbox}", "{account}/{mailbox};{uid}", "{nothing} {"];
        assert_eq!(
            open(&command, "a b/Entwürfe&c", None).expect("a command"),
            ["mutt", "-f", "imap://x/a%20b%2FEntw%C3%BCrfe%26c", "work/a b/Entwürfe&c;7", "{nothing} {"]
        );
        assert_eq!(
            open(&["xdg-open", "mid:{message_id}"], "x", Some("<a/b@c>")).expect("a command")[1],
            "mid:a%2Fb%40c"
        );
    }

    #[test]
    fn nothing_of_a_stranger_s_becomes_an_option_a_second_value_or_the_program() {
        assert_eq!(open(&["p", "{mailbox}"], "--exec=x", None), Err(NotOpened::Option("{mailbox}")));
        assert_eq!(open(&["p", "{message_id}"], "x", Some("-x")), Err(NotOpened::Option("{message_id}")));
        assert_eq!(open(&["p", "--box={mailbox}"], "-x", None).expect("no option of its own")[1], "--box=-x");
        assert_eq!(open(&["p", "{mailbox}"], "{uid}$(x)", None).expect("once")[1], "{uid}$(x)");
        assert_eq!(open(&["{mailbox}"], "evil", None).expect("as written")[0], "{mailbox}");
        assert_eq!(open(&["p", "{message_id}"], "x", None), Err(NotOpened::NoMessageId));
    }
}
