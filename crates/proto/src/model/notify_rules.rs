//! Of which mails a person is notified: rules by sender, subject, account and mailbox.

use std::collections::BTreeSet;

use super::WatchId;
use super::event::Mail;
use super::wanted::fits;

/// The names that mailboxes of sent mail have, in lower case.
const SENT: [&str; 5] = ["sent", "sent items", "sent mail", "sent messages", "sent-mail"];

/// Patterns that a mail fits all of; `*` is any text, and capitals do not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// Its sender: the address, or the name with it.
    pub from: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its account's name.
    pub account: Option<String>,
    /// Its mailbox.
    pub mailbox: Option<String>,
}

/// Which mails are told: those that a rule of `only` names, where there are any, and none that a rule of `not` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotifyRules {
    /// Of these alone.
    pub only: Vec<Rule>,
    /// Of none of these.
    pub not: Vec<Rule>,
    /// The user's own addresses, in lower case: what comes from there is the user's own.
    pub own: BTreeSet<String>,
}

impl Rule {
    /// Whether a mail fits.
    #[must_use]
    pub fn fits(&self, watch: &WatchId, mail: &Mail) -> bool {
        let is = |pattern: &Option<String>, texts: &[&str]| {
            pattern.as_ref().is_none_or(|pattern| texts.iter().any(|text| same(pattern, text)))
        };
        let mut senders: Vec<&str> = addresses(&mail.from).collect();
        senders.push(&mail.from);
        is(&self.from, &senders)
            && is(&self.subject, &[&mail.subject])
            && is(&self.account, &[&watch.account])
            && is(&self.mailbox, &[&watch.mailbox])
    }
}

impl NotifyRules {
    /// Whether a mail is told: not what was seen already, or is the user's own, as far as names tell.
    #[must_use]
    pub fn tell(&self, watch: &WatchId, mail: &Mail) -> bool {
        let seen = mail.flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"));
        let own = addresses(&mail.from).any(|address| self.own.contains(&address.to_lowercase()));
        let name = watch.mailbox.rsplit(['/', '.']).next().unwrap_or_default().to_lowercase();
        let sent = SENT.contains(&name.as_str());
        let named = |rules: &[Rule]| rules.iter().any(|rule| rule.fits(watch, mail));
        !seen && !own && !sent && (self.only.is_empty() || named(&self.only)) && !named(&self.not)
    }
}

/// The addresses of a sender as it is told: `Name <address>, …`, or the address alone.
fn addresses(from: &str) -> impl Iterator<Item = &str> {
    from.split(">, ").map(|one| one.rsplit_once('<').map_or(one, |(_, address)| address).trim_matches(['<', '>', ' ']))
}

fn same(pattern: &str, text: &str) -> bool {
    // `%` is for mailboxes' levels alone, and here a character as any other: nothing has a delimiter.
    fits(&pattern.to_lowercase(), &text.to_lowercase(), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(from: &str, subject: &str) -> Mail {
        Mail { from: from.to_owned(), subject: subject.to_owned(), ..Mail::default() }
    }

    fn from(pattern: &str) -> Rule {
        Rule { from: Some(pattern.to_owned()), ..Rule::default() }
    }

    #[test]
    fn a_rule_is_fitted_in_all_that_it_names() {
        let watch = WatchId::new("work", "lists/rust");
        let ann = mail("Ann Lee <Ann@Example.org>", "[rust] Friday?");
        for (rule, fits) in [
            (from("*@example.org"), true),
            (from("ann@example.org"), true),
            (from("Ann Lee*"), true),
            (from("*@example.com"), false),
            (Rule { subject: Some("[rust]*".to_owned()), ..from("*@example.org") }, true),
            (Rule { subject: Some("friday".to_owned()), ..from("*@example.org") }, false),
            (Rule { account: Some("work".to_owned()), mailbox: Some("lists/*".to_owned()), ..Rule::default() }, true),
            (Rule { account: Some("home".to_owned()), ..Rule::default() }, false),
            (Rule::default(), true),
        ] {
            assert_eq!(rule.fits(&watch, &ann), fits, "{rule:?}");
        }
        assert!(from("*@example.com").fits(&watch, &mail("Ann <a@example.org>, Bo <b@example.com>", "")));
    }

    #[test]
    fn nobody_is_told_of_what_was_seen_is_sent_or_ones_own() {
        let inbox = WatchId::new("work", "INBOX");
        let rules = NotifyRules { own: ["me@example.org".to_owned()].into(), ..NotifyRules::default() };
        let ann = mail("Ann <ann@example.org>", "x");
        assert!(rules.tell(&inbox, &ann));
        assert!(!rules.tell(&inbox, &Mail { flags: vec!["\\Seen".to_owned()], ..ann.clone() }));
        assert!(!rules.tell(&inbox, &mail("Me <ME@example.org>", "x")));
        for sent in ["Sent", "INBOX.Sent", "[Gmail]/Sent Mail"] {
            assert!(!rules.tell(&WatchId::new("work", sent), &ann), "{sent}");
        }
        let rules = NotifyRules { only: vec![from("*@example.org")], not: vec![from("bot@*")], ..rules };
        assert!(rules.tell(&inbox, &ann));
        assert!(!rules.tell(&inbox, &mail("bot@example.org", "x")));
        assert!(!rules.tell(&inbox, &mail("x@example.com", "x")));
    }
}
