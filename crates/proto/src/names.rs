//! Mailbox names: as a server writes them, as a person does, and when two of them are the same mailbox.
//!
//! On the wire a name is modified UTF-7 (RFC 3501 §5.1.3), or UTF-8 as it is once UTF8=ACCEPT is enabled (RFC 6855); and
//! whatever else a server writes. What it wrote is what it is sent again; what is shown is decoded, and tamed: what a
//! server names is a stranger's text.

pub mod modified_utf7;

use std::collections::BTreeMap;

use crate::model::sanitise;

/// The longest name that a server may give, in characters. A log would cut a longer one.
const LONGEST: usize = 500;

/// How a server writes the names that it writes otherwise than this program would: by the name that is shown.
pub type Spellings = BTreeMap<String, String>;

/// A mailbox's name as a command carries it, quoted: as this program writes it by itself.
#[must_use]
pub fn wire_name(mailbox: &str, utf8: bool) -> String {
    quoted(&written(mailbox, utf8))
}

/// What a server wrote, or a name as it is, within quotes. RFC 6855 §3 allows UTF-8 there; a control cannot go there, and
/// no checked name has one.
#[must_use]
pub fn quoted(written: &str) -> String {
    let plain: String = written.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A name as this program writes it by itself.
fn written(mailbox: &str, utf8: bool) -> String {
    if utf8 { mailbox.to_owned() } else { modified_utf7::encode(mailbox) }
}

/// The other form that a server may know a name in: some keep it as UTF-8 though nobody agreed on that, and
/// `R&D` as it is.
#[must_use]
pub fn other_form(mailbox: &str, utf8: bool) -> Option<String> {
    let other = if utf8 { modified_utf7::encode(mailbox) } else { mailbox.to_owned() };
    (other != written(mailbox, utf8)).then_some(other)
}

/// The name that a server wrote, as it is shown. `None` where no command could carry it, or where it has no end.
#[must_use]
pub fn read_name(written: &str, utf8: bool) -> Option<String> {
    if written.eq_ignore_ascii_case("INBOX") {
        return Some("INBOX".to_owned());
    }
    // What was no UTF-8 has been replaced by then, and cannot be written back.
    let lost = written.contains(char::REPLACEMENT_CHARACTER);
    if lost || written.is_empty() || written.chars().any(char::is_control) {
        return None;
    }
    let decoded = if utf8 { None } else { modified_utf7::decode(written) };
    let name = decoded.unwrap_or_else(|| written.to_owned());
    let shown = if name.chars().count() <= LONGEST { sanitise(&name, LONGEST) } else { return None };
    // What would not be seen is shown as it is written.
    Some(if shown.trim().is_empty() { format!("[{}]", modified_utf7::encode(&name)) } else { shown })
}

/// What must be kept to name a mailbox to the server again, where it writes it otherwise than this program would.
#[must_use]
pub fn spelling<'a>(name: &str, wrote: &'a str, utf8: bool) -> Option<&'a str> {
    (name != "INBOX" && written(name, utf8) != wrote).then_some(wrote)
}

/// Whether a server that was asked for the mailbox of this name means it by what it wrote: decoded or not, in any case.
#[must_use]
pub fn is_same(name: &str, wrote: &str) -> bool {
    let alike = |other: &str| name == other || name.to_lowercase() == other.to_lowercase();
    alike(wrote) || read_name(wrote, false).is_some_and(|read| alike(&read))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mailbox_name_cannot_leave_its_quotes() {
        assert_eq!(wire_name("INBOX", false), "\"INBOX\"");
        assert_eq!(wire_name("a\"b\\c", false), "\"a\\\"b\\\\c\"");
        assert_eq!(wire_name("Entwürfe", false), "\"Entw&APw-rfe\"");
        assert_eq!(wire_name("R&D", false), "\"R&-D\"");
        assert!(!wire_name("x\r\nA1 LOGOUT", false).contains('\r'));
        assert_eq!(wire_name("a\"Entwürfe & mehr", true), "\"a\\\"Entwürfe & mehr\"");
        assert!(!wire_name("x\r\nA1 LOGOUT", true).contains('\r'));
        assert!(!quoted("x\r\nA1 LOGOUT").contains('\r'));
    }

    #[test]
    fn a_server_s_name_is_read_as_a_person_writes_it_and_what_is_none_as_it_is() {
        for (written, name) in [
            ("Entw&APw-rfe", "Entwürfe"),
            ("inbox", "INBOX"),
            ("R&-D", "R&D"),
            ("&BBAEMQQyACYEMwQ0BDU-", "Абв&где"),
            ("R&D", "R&D"),
            ("Entwürfe", "Entwürfe"),
            ("a&b", "a&b"),
            ("&ABs-[2J", "\u{fffd}[2J"),
        ] {
            assert_eq!(read_name(written, false).as_deref(), Some(name));
        }
        assert_eq!(read_name("Entwürfe & mehr", true).as_deref(), Some("Entwürfe & mehr"));
        assert_eq!(read_name("R&-D", true).as_deref(), Some("R&-D"));
    }

    #[test]
    fn what_no_command_could_carry_is_no_name() {
        for written in ["", "a\r\nb", "a\0b", "J\u{fffd}rgen", &"x".repeat(600)] {
            assert_eq!(read_name(written, false), None, "{written}");
        }
    }

    #[test]
    fn what_a_server_writes_otherwise_is_kept() {
        for written in ["&BBAEMQQyACYEMwQ0BDU-", "R&D", "Entwürfe", "&ABs-[2J", "&AGE-"] {
            let name = read_name(written, false).expect("a name");
            assert_eq!(spelling(&name, written, false), Some(written));
        }
        for written in ["R&-D", "Entw&APw-rfe", "a b", "inbox"] {
            let name = read_name(written, false).expect("a name");
            assert_eq!(spelling(&name, written, false), None);
        }
    }

    #[test]
    fn a_name_is_known_in_any_case_encoded_or_not() {
        for (name, wrote) in [
            ("lists rust", "Lists Rust"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Entwürfe", "entwÜrfe"),
            ("R&D", "R&-D"),
            ("R&D", "r&d"),
            ("Абв&где", "&BBAEMQQyACYEMwQ0BDU-"),
        ] {
            assert!(is_same(name, wrote), "{name} {wrote}");
        }
        assert!(!is_same("a", "b") && !is_same("R&D", "R&-E"));
    }

    #[test]
    fn a_name_has_another_form_where_it_is_not_plain() {
        assert_eq!(other_form("R&D", false).as_deref(), Some("R&D"));
        assert_eq!(other_form("Entwürfe", true).as_deref(), Some("Entw&APw-rfe"));
        assert_eq!(other_form("lists/rust", false), None);
    }

    proptest! {
        #[test]
        fn whatever_a_server_writes_is_read_and_can_be_written_back(written in ".{0,40}", utf8: bool) {
            if let Some(name) = read_name(&written, utf8) {
                prop_assert_eq!(sanitise(&name, LONGEST), name.clone(), "it is tame");
                let back = spelling(&name, &written, utf8).map_or_else(|| super::written(&name, utf8), str::to_owned);
                prop_assert!(name == "INBOX" || back == written);
                prop_assert!(utf8 || is_same(&name, &written));
            }
        }
    }
}
