//! The configuration as a stranger may read it: made anew from what was understood of it, without its comments.
//!
//! Everything not known to be harmless is hidden: commands' arguments, unknown keys' values, secrets, and a
//! proxy's user.

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use super::schema;
use super::table::Table as ConfigTable;

/// The mark for a hidden value, whatever its length.
const HIDDEN: &str = "***";

/// Makes `text` fit to be given away. `rename` removes names from a text; keys of the engine's tables and
/// of `others` stay.
///
/// # Errors
/// Where the text is no TOML: a sentence without any of it.
pub fn shareable(text: &str, others: &[ConfigTable], rename: &dyn Fn(&str) -> String) -> Result<String, String> {
    let read: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        format!("the file is not TOML (line {line}), so nothing of it is shown")
    })?;
    let mut shared = DocumentMut::new();
    *shared.as_table_mut() = table(read.as_table(), false, &Copying { others, rename });
    Ok(shared.to_string())
}

/// The users that the text names; none if it is not TOML.
#[must_use]
pub fn users(text: &str) -> Vec<String> {
    let Ok(read) = text.parse::<DocumentMut>() else { return Vec::new() };
    let user = |account: &dyn TableLike| account.get("user")?.as_str().map(str::to_owned);
    match read.get("account") {
        Some(Item::ArrayOfTables(accounts)) => accounts.iter().filter_map(|account| user(account)).collect(),
        // `account = [{ … }]` means the same.
        Some(Item::Value(Value::Array(accounts))) => {
            accounts.iter().filter_map(|account| user(account.as_inline_table()?)).collect()
        }
        Some(Item::None | Item::Table(_) | Item::Value(_)) | None => Vec::new(),
    }
}

/// What may be copied, and how texts are renamed.
struct Copying<'a> {
    others: &'a [ConfigTable],
    rename: &'a dyn Fn(&str) -> String,
}

fn table(from: &dyn TableLike, hide: bool, copying: &Copying<'_>) -> Table {
    let mut to = Table::new();
    for (key, item) in from.iter() {
        let hide = hide || !schema::is_known(key, copying.others);
        let copy = match item {
            Item::None => continue,
            Item::Table(inner) => Item::Table(table(inner, hide, copying)),
            Item::ArrayOfTables(tables) => {
                let tables: ArrayOfTables = tables.iter().map(|one| table(one, hide, copying)).collect();
                Item::ArrayOfTables(tables)
            }
            Item::Value(inner) => Item::Value(value(key, inner, hide, copying)),
        };
        // An unknown key may be a secret that was put in its place.
        to.insert(if hide { HIDDEN } else { key }, copy);
    }
    to
}

fn value(key: &str, from: &Value, hide: bool, copying: &Copying<'_>) -> Value {
    let is_command = key.ends_with("_command") || key.starts_with("on_");
    match from {
        Value::InlineTable(inner) => {
            let copied = table(inner, hide, copying).into_inline_table();
            Value::InlineTable(copied)
        }
        _ if hide => HIDDEN.into(),
        Value::Array(items) if is_command => {
            let shown = items.iter().enumerate().map(|(index, item)| match item.as_str() {
                Some(program) if index == 0 => (copying.rename)(program),
                Some(_) | None => HIDDEN.to_owned(),
            });
            Value::Array(shown.collect())
        }
        // A command that is no list may be the password itself.
        _ if is_command => HIDDEN.into(),
        Value::Array(items) => {
            let shown: Array = items.iter().map(|item| value(key, item, hide, copying)).collect();
            Value::Array(shown)
        }
        Value::String(text) => string(key, text.value(), copying).into(),
        Value::Integer(number) => (*number.value()).into(),
        Value::Float(number) => (*number.value()).into(),
        Value::Boolean(flag) => (*flag.value()).into(),
        Value::Datetime(at) => (*at.value()).into(),
    }
}

fn string(key: &str, text: &str, copying: &Copying<'_>) -> String {
    let is_secret = key == "auth" && !matches!(text, "password" | "oauth2")
        || key == "client_secret" && text != "keyring"
        || key == "password";
    if is_secret {
        return HIDDEN.to_owned();
    }
    if key == "proxy" || text.contains("://") {
        // A user before the host, with a password perhaps.
        let (scheme, rest) = text.split_once("://").map_or(("", text), |(scheme, rest)| (scheme, rest));
        if let Some((_, host)) = rest.rsplit_once('@') {
            let sign = if scheme.is_empty() { "" } else { "://" };
            return (copying.rename)(&format!("{scheme}{sign}{HIDDEN}@{host}"));
        }
    }
    (copying.rename)(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(text: &str) -> Result<String, String> {
        shareable(text, &[], &|text| text.replace("ann@example.org", "user-1"))
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        for text in [
            "password = \"hunter2\"",
            "[[account]]\npassword = \"\"\"\nhunter2\"\"\"",
            "[[account]]\n\"hunter2\" = 1",
            "[[account]]\nhunter2 = { name = \"hunter2\" }",
            "account = [{ name = \"a\", pass = \"hunter2\" }]",
            "[[account]]\nauth = \"hunter2\"",
            "[[account]]\noauth = { client_secret = \"hunter2\" }",
            "[[account]]\npassword_command = [\"echo\", \"hunter2\"]",
            "[[account]]\npassword_command = \"hunter2\"",
            "[[account]]\ntoken_command = [[\"hunter2\"]]",
            "[[account]]\non_new_mail = [\"notify\", \"--token=hunter2\"]",
            "[network]\nproxy = \"socks5://me:hunter2@proxy.example.org:1080\"",
            "[network]\nproxy = \"socks5://me:hun@ter2:hunter2@proxy.example.org:1080\"",
            "[network]\nproxy = \"me:hunter2@proxy.example.org:1080\"",
            "[[account]]\nhost = \"imaps://me:hunter2@example.org\"",
            "name = \"a\" # hunter2\n# hunter2",
            "[[account]]\nname = \"a\"\n[passwords]\nname = \"hunter2\"",
            "password = hunter2",
        ] {
            let told = shared(text).unwrap_or_else(|error| error);
            assert!(!told.contains("hunter2"), "{text:?} became {told:?}");
        }
    }

    #[test]
    fn the_users_are_found_however_the_accounts_are_written() {
        for text in [
            "[[account]]\nuser = \"ann@example.org\"\n[[account]]\nuser = \"bob\"",
            "account = [{ user = \"ann@example.org\" }, { name = \"x\", user = \"bob\" }]",
        ] {
            assert_eq!(users(text), ["ann@example.org", "bob"], "{text}");
        }
        for text in ["", "account = 5", "[account]\nuser = \"ann\"", "user = \"ann\"", "not TOML"] {
            assert_eq!(users(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_support_needs_stays_and_users_are_renamed() {
        let text = "[timers]\nreissue = \"4m\"\n\n[[account]]\nname = \"work\"\nhost = \"imap.example.org\"\nport = 993\n\
                    user = \"ann@example.org\"\npassword_command = [\"pass\", \"show\", \"mail\"]\n\
                    mailboxes = [\"INBOX\", \"lists/*\"]\ntimers = { reissue = \"auto\" }\n";
        let told = shared(text).expect("TOML");
        for kept in ["reissue = \"4m\"", "[[account]]", "host = \"imap.example.org\"", "port = 993", "lists/*", "auto"]
        {
            assert!(told.contains(kept), "{kept} is not in\n{told}");
        }
        assert!(told.contains("user = \"user-1\"") && told.contains("[\"pass\", \"***\", \"***\"]"), "{told}");
        assert!(told.parse::<DocumentMut>().is_ok());
    }

    #[test]
    fn a_broken_file_is_named_and_not_quoted() {
        assert_eq!(
            shared("name = \"a\"\nhost = hunter2"),
            Err("the file is not TOML (line 2), so nothing of it is shown".to_owned())
        );
    }
}
