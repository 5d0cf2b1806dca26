//! Which mailboxes an account's entries mean, in the order in which they get connections.

use std::collections::BTreeSet;

use crate::model::Wanted;

/// Mailboxes of one account that are watched at most: a server that names more is no mailbox server, or `*` was not
/// meant.
pub const MOST_MAILBOXES: usize = 2000;

/// The entries of `mailboxes`, and what LIST said of them last.
#[derive(Clone, Debug, Default)]
pub struct Mailboxes {
    entries: Vec<Entry>,
    /// In order, each once.
    wanted: Vec<String>,
    surplus: usize,
    surplus_reported: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    text: String,
    listed: Vec<String>,
    /// Whether it was reported that nothing fits it.
    reported: bool,
}

impl Mailboxes {
    /// Before anything was asked: the names.
    #[must_use]
    pub fn new(entries: &[String]) -> Self {
        let entry = |text: &String| Entry { text: text.clone(), listed: Vec::new(), reported: false };
        let mut mailboxes = Self { entries: entries.iter().map(entry).collect(), ..Self::default() };
        mailboxes.sort_out();
        mailboxes
    }

    /// Takes LIST's answer, a list of names for each entry; of one that it does not speak of, what is known stays. Returns
    /// the entries that nothing fits, each once.
    pub fn take(&mut self, names: &[Option<Vec<String>>]) -> Vec<String> {
        let mut unmatched = Vec::new();
        for (entry, names) in self.entries.iter_mut().zip(names) {
            let Some(names) = names else { continue };
            entry.listed.clone_from(names);
            // INBOX is read first, whatever pattern finds it.
            entry.listed.sort_by_key(|name| (name != "INBOX", name.clone()));
            let misses = Wanted::of(&entry.text).is_listed() && entry.listed.is_empty();
            if misses && !std::mem::replace(&mut entry.reported, true) {
                unmatched.push(entry.text.clone());
            }
            entry.reported &= misses;
        }
        self.sort_out();
        unmatched
    }

    fn sort_out(&mut self) {
        let mut seen = BTreeSet::new();
        self.wanted.clear();
        for entry in &self.entries {
            let names = match Wanted::of(&entry.text) {
                Wanted::Name(_) => std::slice::from_ref(&entry.text),
                Wanted::Pattern(_) | Wanted::Use(_) => &entry.listed,
            };
            self.wanted.extend(names.iter().filter(|name| seen.insert(name.as_str())).cloned());
        }
        self.surplus = self.wanted.len().saturating_sub(MOST_MAILBOXES);
        self.wanted.truncate(MOST_MAILBOXES);
    }

    /// How many mailboxes are too many; once.
    pub fn take_surplus(&mut self) -> Option<usize> {
        (self.surplus > 0 && !std::mem::replace(&mut self.surplus_reported, true)).then_some(self.surplus)
    }

    /// The mailboxes to watch, in order.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        self.wanted.iter().map(String::as_str)
    }

    /// The mailboxes that the configuration names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match Wanted::of(&entry.text) {
            Wanted::Name(name) => Some(name),
            Wanted::Pattern(_) | Wanted::Use(_) => None,
        })
    }

    /// The mailboxes that LIST found.
    pub fn listed(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().flat_map(|entry| entry.listed.iter().map(String::as_str))
    }

    /// Whether LIST must say what an entry means.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        self.entries.iter().any(|entry| Wanted::of(&entry.text).is_listed())
    }

    /// The first entry that LIST must say the meaning of.
    #[must_use]
    pub fn question(&self) -> &str {
        let mut entries = self.entries.iter().map(|entry| entry.text.as_str());
        entries.find(|entry| Wanted::of(entry).is_listed()).unwrap_or("*")
    }

    /// The entries.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.text.as_str())
    }

    /// Whether the entries are these.
    #[must_use]
    pub fn is_of(&self, entries: &[String]) -> bool {
        self.entries().eq(entries)
    }

    /// Whether each mailbox has a connection of its own, with so many, and is known by name.
    #[must_use]
    pub fn is_trivial(&self, max_connections: usize) -> bool {
        self.entries.len() <= max_connections && !self.is_listed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailboxes(entries: &[&str]) -> Mailboxes {
        Mailboxes::new(&entries.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    fn take(mailboxes: &mut Mailboxes, names: &[Option<&[&str]>]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        mailboxes.take(&names.iter().map(|names| names.map(owned)).collect::<Vec<_>>())
    }

    #[test]
    fn names_are_wanted_at_once_and_patterns_once_they_were_listed() {
        let mut mailboxes = mailboxes(&["Work", "lists/*", "\\Sent", "*"]);
        assert_eq!(mailboxes.wanted().collect::<Vec<_>>(), ["Work"]);
        let listed: [&[&str]; 4] = [&[], &["lists/b", "lists/a"], &["Gesendet"], &["Work", "INBOX", "A"]];
        assert_eq!(take(&mut mailboxes, &listed.map(Some)), [""; 0]);
        assert_eq!(
            mailboxes.wanted().collect::<Vec<_>>(),
            ["Work", "lists/a", "lists/b", "Gesendet", "INBOX", "A"],
            "the configuration's order, INBOX before what a pattern finds beside it, each once"
        );
    }

    #[test]
    fn what_fits_nothing_is_reported_once_until_it_fits_again() {
        let mut mailboxes = mailboxes(&["INBOX", "lists/*"]);
        assert_eq!(take(&mut mailboxes, &[Some(&[]), Some(&[])]), ["lists/*"]);
        assert_eq!(take(&mut mailboxes, &[Some(&[]), Some(&[])]), [""; 0]);
        assert_eq!(take(&mut mailboxes, &[Some(&[]), Some(&["lists/a"])]), [""; 0]);
        assert_eq!(take(&mut mailboxes, &[Some(&[]), None]), [""; 0]);
        assert_eq!(mailboxes.wanted().collect::<Vec<_>>(), ["INBOX", "lists/a"], "what was refused leaves it as it is");
        assert_eq!(take(&mut mailboxes, &[Some(&[]), Some(&[])]), ["lists/*"]);
        assert_eq!(mailboxes.wanted().collect::<Vec<_>>(), ["INBOX"], "a name stays, whatever LIST says");
    }

    #[test]
    fn more_mailboxes_than_anybody_has_are_cut_and_reported_once() {
        let mut mailboxes = mailboxes(&["*"]);
        let many = Some((0..MOST_MAILBOXES + 5).map(|n| format!("{n:05}")).collect());
        mailboxes.take(std::slice::from_ref(&many));
        assert_eq!(mailboxes.wanted().count(), MOST_MAILBOXES);
        assert_eq!((mailboxes.take_surplus(), mailboxes.take_surplus()), (Some(5), None));
    }
}
