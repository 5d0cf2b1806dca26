//! Where an action's keys count, and which actions cannot share a key.

use super::action::{Action, Context, Group};
use super::table::BINDINGS;

impl Action {
    /// Whether it only moves in what is focused.
    #[must_use]
    pub fn is_move(self) -> bool {
        self.group() == Some(Group::Move)
    }

    fn group(self) -> Option<Group> {
        BINDINGS.iter().find(|binding| binding.action == self).map(|binding| binding.group)
    }

    /// Whether the two cannot share a key: they count in the same place.
    pub(super) fn excludes(self, other: Self) -> bool {
        match (self.context(), other.context()) {
            (Context::Screen, Context::Screen)
            | (Context::Tuning, Context::Tuning)
            | (Context::Form, Context::Form) => true,
            (Context::Tuning, Context::Form) | (Context::Form, Context::Tuning) => false,
            (own, Context::Screen) => other.serves(own),
            (Context::Screen, own) => self.serves(own),
        }
    }

    /// The place where its keys count.
    pub(super) fn context(self) -> Context {
        match self.group() {
            Some(Group::Tuning) => Context::Tuning,
            Some(Group::Form) => Context::Form,
            Some(Group::Watch | Group::View | Group::Move | Group::Program) | None => Context::Screen,
        }
    }

    /// Whether an action of the whole screen counts in a popup with its own keys too.
    pub(super) fn serves(self, popup: Context) -> bool {
        match popup {
            Context::Screen => true,
            Context::Tuning => {
                self != Self::AddAccount
                    && (self == Self::Undo || matches!(self.group(), Some(Group::Move | Group::Program)))
            }
            Context::Form => {
                matches!(self, Self::Left | Self::Right | Self::PageUp | Self::PageDown | Self::Redraw)
                    || (self.group() == Some(Group::Program) && self != Self::AddAccount)
            }
        }
    }
}
