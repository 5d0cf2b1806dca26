//! Where an action's keys count, and which actions cannot share a key.

use super::action::{Action, Context, Group};
use super::table::BINDINGS;

impl Action {
    /// Whether it only moves in what is focused.
    #[must_use]
    pub fn is_move(self) -> bool {
        self.group() == Some(Group::Move)
    }

    /// Whether it asks something of an engine or of the program around the screen, which a file has not.
    #[must_use]
    pub fn needs_engine(self) -> bool {
        match self.group() {
            Some(Group::Watch | Group::Tuning | Group::Mail) => true,
            Some(Group::View | Group::Form | Group::File | Group::Move | Group::Program) | None => {
                matches!(self, Self::Freeze | Self::Evidence | Self::Reload | Self::AddAccount | Self::Keep)
            }
        }
    }

    fn group(self) -> Option<Group> {
        BINDINGS.iter().find(|binding| binding.action == self).map(|binding| binding.group)
    }

    /// Whether the two cannot share a key: they count in the same place.
    pub(super) fn excludes(self, other: Self) -> bool {
        match (self.context(), other.context()) {
            (Context::Screen, Context::Screen)
            | (Context::Tuning, Context::Tuning)
            | (Context::Form, Context::Form)
            | (Context::File, Context::File) => true,
            (Context::Tuning, Context::Form | Context::File)
            | (Context::Form, Context::Tuning | Context::File)
            | (Context::File, Context::Tuning | Context::Form) => false,
            (own, Context::Screen) => other.serves(own),
            (Context::Screen, own) => self.serves(own),
        }
    }

    /// The place where its keys count.
    pub(super) fn context(self) -> Context {
        match self.group() {
            Some(Group::Tuning) => Context::Tuning,
            Some(Group::Form) => Context::Form,
            Some(Group::File) => Context::File,
            Some(Group::Watch | Group::View | Group::Mail | Group::Move | Group::Program) | None => Context::Screen,
        }
    }

    /// Whether an action of the whole screen counts in a popup with its own keys too.
    pub(super) fn serves(self, popup: Context) -> bool {
        match popup {
            Context::Screen => true,
            // Whatever key it has: no key that was given before there were files becomes a mistake.
            Context::File => false,
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
