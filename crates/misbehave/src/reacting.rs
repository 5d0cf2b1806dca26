//! A session reacts: which rules meet what happens, and what they do to its answers.

use std::sync::Arc;

use tokio::time::Instant;

use crate::arguments::Argument;
use crate::behaviour::edit::{self, Edit};
use crate::behaviour::pattern::{Template, Values};
use crate::behaviour::response::split;
use crate::behaviour::{Conditions, Deed, Event, Reaction, Span, Where};
use crate::fault::Fault;
use crate::happening::{Command, Happening};
use crate::selected::Selected;
use crate::session::{End, Session, Wake};
use crate::sets::Set;

/// Rules that meet an event, and what their templates are filled with.
#[derive(Debug, Default)]
pub(crate) struct Reactions {
    met: Vec<Arc<Reaction>>,
    pub(crate) values: Values,
}

impl Reactions {
    pub(crate) fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    pub(crate) fn deeds(&self) -> impl Iterator<Item = &Deed> {
        self.met.iter().flat_map(|reaction| &reaction.deeds)
    }

    fn said(&self, place: Where) -> Vec<Vec<u8>> {
        let line = |deed: &Deed| match deed {
            Deed::Say(at, line) if *at == place => Some([&line.fill(&self.values, &[])[..], b"\r\n"].concat()),
            _ => None,
        };
        self.deeds().filter_map(line).collect()
    }

    /// What is sent in place of what is usual.
    pub(crate) fn instead(&self) -> Option<Vec<u8>> {
        let instead: Vec<&Template> =
            self.deeds().filter_map(|deed| if let Deed::Instead(bytes) = deed { Some(bytes) } else { None }).collect();
        (!instead.is_empty()).then(|| instead.iter().flat_map(|bytes| bytes.fill(&self.values, &[])).collect())
    }

    /// The tagged reply in place of the usual one, without its tag.
    pub(crate) fn refusal(&self) -> Option<Vec<u8>> {
        self.deeds()
            .find_map(|deed| if let Deed::Refuse(text) = deed { Some(text.fill(&self.values, &[])) } else { None })
    }

    pub(crate) fn swallows(&self) -> bool {
        self.deeds().any(|deed| matches!(deed, Deed::Swallow))
    }

    /// The command's arguments, rewritten.
    pub(crate) fn rewritten(&self, arguments: &[u8]) -> Vec<u8> {
        self.deeds().fold(arguments.to_vec(), |arguments, deed| match deed {
            Deed::Rewrite(pattern, to) => match pattern.parts(&arguments, &self.values) {
                Some(parts) => to.fill(&self.values, &parts),
                None => arguments,
            },
            _ => arguments,
        })
    }
}

impl Session {
    /// The rules that meet what happens. Each is counted.
    pub(crate) fn reactions_to(&mut self, what: &Happening<'_>) -> Reactions {
        let scenario = Arc::clone(&self.playing.scenario);
        let mut reactions = Reactions::default();
        for (index, rule) in scenario.rules.iter().enumerate() {
            let Fault::Reaction(reaction) = &rule.fault else { continue };
            if rule.on.contains(self.conn) && reaction.on.is(what) && self.holds(&reaction.when, what) {
                let nth = self.shared.count(index);
                self.playing.counted[index] += 1;
                if reaction.when.nth.contains(nth) && reaction.when.here.contains(self.playing.counted[index]) {
                    reactions.met.push(Arc::clone(reaction));
                    reactions.values.put("nth", nth);
                }
            }
        }
        if !reactions.is_empty() {
            self.give_values(&mut reactions.values, what);
        }
        reactions
    }

    /// One rule whose time has come.
    pub(crate) fn reaction_at(&mut self, rule: usize) -> Reactions {
        let scenario = Arc::clone(&self.playing.scenario);
        let Fault::Reaction(reaction) = &scenario.rules[rule].fault else { return Reactions::default() };
        let what = Happening::Event(&reaction.on);
        if !self.holds(&reaction.when, &what) {
            return Reactions::default();
        }
        let nth = self.shared.count(rule);
        self.playing.counted[rule] += 1;
        if !reaction.when.nth.contains(nth) || !reaction.when.here.contains(self.playing.counted[rule]) {
            return Reactions::default();
        }
        let mut reactions = Reactions { met: vec![Arc::clone(reaction)], values: Values::default() };
        reactions.values.put("nth", nth);
        self.give_values(&mut reactions.values, &what);
        reactions
    }

    fn holds(&self, when: &Conditions, what: &Happening<'_>) -> bool {
        let age = self.shared.age();
        let exists = self.selected.as_ref().map_or(0, Selected::exists);
        let nothing = Values::default();
        let (arguments, mailbox) = match what {
            Happening::Command(command) => (command.rest.as_slice(), self.mailbox_of(command)),
            Happening::Event(_) => (&[][..], self.selected.as_ref().map(|selected| selected.name.clone())),
        };
        when.conn.contains(u32::try_from(self.conn).unwrap_or(u32::MAX))
            && when.open.contains(u32::try_from(self.shared.open_connections()).unwrap_or(u32::MAX))
            && when.exists.contains(exists)
            && when.after <= age
            && when.before.is_none_or(|before| age < before)
            && when.marks.iter().all(|(mark, set)| self.shared.is_marked(mark) == *set)
            && when.arguments.iter().all(|(pattern, fits)| pattern.parts(arguments, &nothing).is_some() == *fits)
            && when.mailbox.as_ref().is_none_or(|pattern| {
                mailbox.as_ref().is_some_and(|mailbox| pattern.parts(mailbox, &nothing).is_some())
            })
            && (when.finds == Span::default()
                || matches!(what, Happening::Command(command) if when.finds.contains(self.finds(command))))
            && when.uid.is_none_or(|uid| matches!(what, Happening::Command(command) if self.names(command, uid)))
    }

    /// The mailbox that a command names, else the selected one.
    fn mailbox_of(&self, command: &Command) -> Option<Vec<u8>> {
        let names = ["SELECT", "EXAMINE", "STATUS"].contains(&command.verb.as_str());
        let first = command.arguments.as_ref().and_then(|all| all.first()).and_then(Argument::bytes);
        match first.filter(|_| names) {
            Some(name) => Some(self.kept_name(name)),
            None => self.selected.as_ref().map(|selected| selected.name.clone()),
        }
    }

    fn names(&self, command: &Command, uid: u32) -> bool {
        let set = command.arguments.as_ref().and_then(|all| all.first()).and_then(Argument::bytes).and_then(Set::parse);
        let by_uid = command.verb.starts_with("UID ");
        set.and_then(|set| self.named(&set, by_uid)).is_some_and(|named| named.iter().any(|&(_, own)| own == uid))
    }

    /// How many messages a command's set names, by the letter.
    fn finds(&self, command: &Command) -> u32 {
        let set = command.arguments.as_ref().and_then(|all| all.first()).and_then(Argument::bytes).and_then(Set::parse);
        let (Some(set), Some(selected)) = (set, &self.selected) else { return 0 };
        let by_uid = command.verb.starts_with("UID ");
        let last = if by_uid { selected.last_uid() } else { selected.exists() };
        let named = selected.numbered().filter(|&(n, uid)| set.contains_plainly(if by_uid { uid } else { n }, last));
        u32::try_from(named.count()).unwrap_or(u32::MAX)
    }

    fn give_values(&self, values: &mut Values, what: &Happening<'_>) {
        if let Happening::Command(command) = what {
            values.put("tag", &command.tag);
            values.put("lowtag", command.tag.to_ascii_lowercase());
            values.put("verb", &command.verb);
            values.put_bytes("args", &command.rest);
        }
        values.put("conn", self.conn);
        let Some(selected) = &self.selected else { return };
        values.put("exists", selected.exists());
        values.put_bytes("mailbox", &selected.name);
        if let Some(mailbox) = self.shared.state().mailboxes.get(&selected.name) {
            values.put("uidnext", mailbox.uidnext());
            values.put("uidvalidity", mailbox.uidvalidity());
        }
    }

    /// What is done before anything is answered: mailboxes change, marks are set, time passes.
    pub(crate) async fn begin(&mut self, reactions: &Reactions) -> Result<(), End> {
        let selected = self.selected.as_ref().map(|selected| selected.name.clone());
        for deed in reactions.deeds() {
            match deed {
                Deed::Delay(delay) => {
                    let until = Instant::now() + *delay;
                    while self.next(Some(until)).await? != Wake::Due {}
                }
                Deed::Mark(mark, set) => self.shared.mark(mark, *set),
                Deed::Store(deed) => self.shared.change(deed, selected.as_deref(), &reactions.values),
                _ => {}
            }
        }
        Ok(())
    }

    /// Has rules change what was told from a place on, where anything was.
    pub(crate) async fn retell(&mut self, from: usize, event: &Event) -> Result<(), End> {
        if self.out.len() == from {
            return Ok(());
        }
        let reactions = self.reactions_to(&Happening::Event(event));
        if reactions.is_empty() {
            return Ok(());
        }
        let told = self.out.split_off(from);
        self.begin(&reactions).await?;
        let from = self.out.len();
        self.out.extend(told);
        self.complete(from, &reactions).await
    }

    /// Changes what has been said from a place on, and ends the session where that is wanted.
    pub(crate) async fn complete(&mut self, from: usize, reactions: &Reactions) -> Result<(), End> {
        let usual = split(&self.out.split_off(from));
        let edits: Vec<&Edit> =
            reactions.deeds().filter_map(|deed| if let Deed::Edit(edit) = deed { Some(edit) } else { None }).collect();
        let uids: Vec<u32> = self.selected.iter().flat_map(Selected::numbered).map(|(_, uid)| uid).collect();
        let uid_of = |seq: u32| uids.get(usize::try_from(seq).ok()?.checked_sub(1)?).copied();
        let mut all = edit::apply(&edits, usual, &reactions.values, uid_of);
        let untagged = all.iter().rposition(|line| line.starts_with(b"* ") || line.starts_with(b"+ "));
        let before_tagged = untagged.map_or(0, |at| at + 1);
        let ends = reactions.deeds().any(|deed| matches!(deed, Deed::Bye(_) | Deed::End(_)));
        // What a rule says in place of the usual is said.
        if ends && reactions.instead().is_none() {
            all.truncate(before_tagged);
        }
        all.splice(before_tagged..before_tagged, reactions.said(Where::Last));
        all.splice(0..0, reactions.said(Where::First));
        all.extend(reactions.said(Where::After));
        let pace = reactions.deeds().find_map(|deed| if let Deed::Pace(pace) = deed { Some(*pace) } else { None });
        for line in all {
            if let Some(pace) = pace {
                let until = Instant::now() + pace;
                while self.next(Some(until)).await? != Wake::Due {}
            }
            self.out.extend(line);
        }
        for deed in reactions.deeds() {
            match deed {
                Deed::Bye(text) => {
                    let text = String::from_utf8_lossy(&text.fill(&reactions.values, &[])).into_owned();
                    return self.bye(&text).await.map(|never| match never {});
                }
                Deed::End(how) => {
                    self.flush().await?;
                    return Err(End::Close(*how));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Event {
    fn is(&self, what: &Happening<'_>) -> bool {
        match (self, what) {
            (Self::Command(verbs), Happening::Command(command)) => verbs
                .iter()
                .any(|verb| verb == "*" || *verb == command.verb || command.verb.strip_prefix("UID ") == Some(verb)),
            (own, Happening::Event(event)) => own == *event,
            (_, Happening::Command(_)) => false,
        }
    }
}
