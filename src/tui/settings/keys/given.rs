//! The keys in force: the table's, or the user's in their place, and what is wrong with those.

use super::action::{Action, Context};
use super::key::{Key, ctrl};
use super::table::BINDINGS;

/// The key that always leaves, whatever is configured: no configuration can lock the user in.
const LEAVE: Key = ctrl('c');

/// The keys of every action: the table's, or the user's in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(Vec<(Action, Vec<Key>)>);

/// Why a key cannot be given to an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// It is the key that always leaves.
    Leaves,
    /// Another action has it.
    Taken(&'static str),
    /// It is text where the action counts.
    Text,
}

impl Default for Keys {
    fn default() -> Self {
        Self(BINDINGS.iter().map(|binding| (binding.action, binding.keys.to_vec())).collect())
    }
}

impl Keys {
    /// An action's keys; the footer shows the first.
    #[must_use]
    pub fn of(&self, action: Action) -> &[Key] {
        self.0.iter().find(|(known, _)| *known == action).map_or(&[], |(_, keys)| keys)
    }

    /// An action's keys as the help writes them.
    #[must_use]
    pub fn show(&self, action: Action) -> String {
        self.of(action).iter().map(|key| key.show()).collect::<Vec<_>>().join(" ")
    }

    /// The action of a key where it was pressed.
    #[must_use]
    pub fn action(&self, key: Key, context: Context) -> Option<Action> {
        if key == LEAVE {
            return Some(Action::Leave);
        }
        let has_key = |place: Context, key: Key| {
            let mut all = self.0.iter().filter(move |(action, _)| action.context() == place);
            all.find(|(_, keys)| keys.contains(&key)).map(|(action, _)| *action)
        };
        // Shift counts where a key is bound with it.
        let has = |place| has_key(place, key).or_else(|| has_key(place, key.without_shift()?));
        match context {
            Context::Screen => has(Context::Screen),
            Context::Tuning => has(Context::Tuning).or_else(|| has(Context::Screen)),
            Context::File => has_key(Context::File, key).or_else(|| has(Context::Screen)),
            Context::Form if key.is_text() => None,
            Context::Form => {
                has(Context::Form).or_else(|| has(Context::Screen).filter(|action| action.serves(Context::Form)))
            }
        }
    }

    /// Gives an action these keys instead of its own. [`Keys::clash`] finds clashes once all are given.
    pub fn give(&mut self, action: Action, keys: Vec<Key>) {
        if let Some((_, own)) = self.0.iter_mut().find(|(known, _)| *known == action) {
            *own = keys;
        }
    }

    /// Takes its keys from each action that was not `given` any, where another action was given them: the user's wins, and
    /// an older configuration goes on working. Returns which action has lost which key to which.
    pub fn give_way(&mut self, given: &[Action]) -> Vec<(Action, Key, Action)> {
        let mut lost = Vec::new();
        let others: Vec<_> =
            self.0.iter().map(|(action, _)| *action).filter(|action| !given.contains(action)).collect();
        for other in others {
            let own = self.of(other).to_vec();
            let taker = |key: &Key| {
                let mut takers = self.0.iter().filter(|(known, _)| given.contains(known) && known.excludes(other));
                takers.find(|(_, keys)| keys.contains(key)).map(|(taker, _)| *taker)
            };
            let gone: Vec<_> =
                own.iter().filter(|key| **key != LEAVE).filter_map(|key| Some((other, *key, taker(key)?))).collect();
            self.give(other, own.into_iter().filter(|key| gone.iter().all(|(_, lost, _)| lost != key)).collect());
            lost.extend(gone);
        }
        lost
    }

    /// Takes a key from every action of the screen, for a command of the user's own; returns those that had it.
    pub fn give_up(&mut self, key: Key) -> Vec<Action> {
        let had = |(action, keys): &&mut (Action, Vec<Key>)| action.context() == Context::Screen && keys.contains(&key);
        let mut lost = Vec::new();
        for (action, keys) in self.0.iter_mut().filter(had) {
            keys.retain(|own| *own != key);
            lost.push(*action);
        }
        lost
    }

    /// Whether it is the key that always leaves.
    #[must_use]
    pub fn leaves(key: Key) -> bool {
        key == LEAVE
    }

    /// What is wrong with a key of this action.
    #[must_use]
    pub fn clash(&self, action: Action, key: Key) -> Option<Clash> {
        if key == LEAVE {
            return (!matches!(action, Action::Quit | Action::Leave)).then_some(Clash::Leaves);
        }
        if action.context() == Context::Form && key.is_text() {
            return Some(Clash::Text);
        }
        let excludes = |known: Action| known != action && known.excludes(action);
        let other = self.0.iter().find(|(known, keys)| excludes(*known) && keys.contains(&key))?;
        BINDINGS.iter().find(|binding| binding.action == other.0).map(|binding| Clash::Taken(binding.name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::key::{Code, code, key};
    use super::*;

    #[test]
    fn no_key_and_no_name_stands_twice() {
        let mut keys = BTreeSet::new();
        let mut names = BTreeSet::new();
        for binding in BINDINGS {
            assert!(names.insert(binding.name), "{}", binding.name);
            for key in binding.keys {
                assert!(keys.insert((binding.action.context() as u8, key.show())), "{}", key.show());
                assert_eq!(Keys::default().clash(binding.action, *key), None, "{}", binding.name);
            }
        }
    }

    #[test]
    fn an_action_gives_way_to_a_key_that_the_configuration_has_given_to_another() {
        let mut keys = Keys::default();
        keys.give(Action::Zoom, vec![key('Q')]);
        assert_eq!(keys.give_way(&[Action::Zoom]), [(Action::Keep, key('Q'), Action::Zoom)]);
        assert_eq!((keys.of(Action::Keep), keys.clash(Action::Zoom, key('Q'))), (&[][..], None));
        keys.give(Action::Keep, vec![key('Q')]);
        keys.give_way(&[Action::Zoom, Action::Keep]);
        assert_eq!(keys.clash(Action::Zoom, key('Q')), Some(Clash::Taken("keep")), "given to both, it is a mistake");
        let mut keys = Keys::default();
        assert_eq!((keys.give_way(&[]), keys), (Vec::new(), Keys::default()));
    }

    #[test]
    fn a_given_key_takes_the_tables_place_and_a_clash_is_found() {
        let mut keys = Keys::default();
        keys.give(Action::Done, vec![key('b')]);
        let on_screen = |key| keys.action(key, Context::Screen);
        assert_eq!((on_screen(key('b')), on_screen(key('d'))), (Some(Action::Done), None));
        assert_eq!(keys.clash(Action::Done, key('b')), None);
        keys.give(Action::Done, vec![key('z')]);
        assert_eq!(keys.clash(Action::Done, key('z')), Some(Clash::Taken("zoom")));
        assert_eq!(keys.clash(Action::Done, ctrl('c')), Some(Clash::Leaves));
        keys.give(Action::Quit, vec![key('b')]);
        assert_eq!(keys.action(ctrl('c'), Context::Tuning), Some(Action::Leave), "nobody is locked in");
    }

    #[test]
    fn a_form_takes_plain_characters_as_text() {
        let mut keys = Keys::default();
        let in_form = |keys: &Keys, key| keys.action(key, Context::Form);
        for text in [key('q'), key('j'), key('?'), key(' '), key('h')] {
            assert_eq!(in_form(&keys, text), None, "{}", text.show());
        }
        for (pressed, action) in [
            (code(Code::Tab), Action::NextField),
            (code(Code::Down), Action::NextField),
            (code(Code::Left), Action::Left),
            (code(Code::Esc), Action::Close),
            (code(Code::F(1)), Action::Help),
            (ctrl('c'), Action::Leave),
            (ctrl('z'), Action::Suspend),
        ] {
            assert_eq!(in_form(&keys, pressed), Some(action), "{}", pressed.show());
        }
        assert_eq!(keys.clash(Action::Press, key('x')), Some(Clash::Text));
        keys.give(Action::Press, vec![code(Code::F(2))]);
        assert_eq!((in_form(&keys, code(Code::F(2))), in_form(&keys, code(Code::Enter))), (Some(Action::Press), None));
        for (taken, by) in [(code(Code::Esc), "close"), (code(Code::Left), "left"), (code(Code::F(1)), "help")] {
            assert_eq!(keys.clash(Action::Press, taken), Some(Clash::Taken(by)));
        }
    }

    #[test]
    fn the_tuning_popup_has_keys_of_its_own_but_not_those_that_it_needs() {
        let mut keys = Keys::default();
        assert_eq!(keys.action(key('s'), Context::Screen), Some(Action::Sort));
        assert_eq!(keys.action(key('s'), Context::Tuning), Some(Action::Save));
        assert_eq!(keys.action(key('q'), Context::Tuning), Some(Action::Quit));
        for (taken, by) in
            [(key('q'), "quit"), (key('j'), "down"), (key('u'), "undo"), (code(Code::Tab), "tuning_scope")]
        {
            keys.give(Action::Save, vec![taken]);
            assert_eq!(keys.clash(Action::Save, taken), Some(Clash::Taken(by)));
        }
        keys.give(Action::Save, vec![key('z')]);
        assert_eq!(keys.clash(Action::Save, key('z')), None);
    }
}
