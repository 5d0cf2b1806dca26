//! A command to watches as the protocol writes it.

use serde::{Deserialize, Serialize};

use super::name;
use super::time::Ms;
use mailwatch_proto::model::{Command, MUTED, Timer, WatchId, show_duration};

/// A command to watches. It is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct CommandMessage {
    /// The number that its answer has.
    pub id: u64,
    /// The command.
    pub command: Command,
    /// Whom it is for; everyone where none is named.
    pub watches: Vec<WatchId>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Name {
    Done,
    Reconnect,
    Pause,
    Resume,
    Retune,
    Learn,
    ResetNew,
    Mute,
    Unmute,
}

#[derive(Serialize, Deserialize)]
struct Form {
    id: u64,
    command: Name,
    #[serde(default)]
    watches: Vec<WatchId>,
    #[serde(with = "name::optional", default, skip_serializing_if = "Option::is_none")]
    timer: Option<Timer>,
    #[serde(default)]
    value_ms: Option<Ms>,
}

impl From<CommandMessage> for Form {
    fn from(CommandMessage { id, command, watches }: CommandMessage) -> Self {
        let (command, timer, value_ms) = match command {
            Command::Done => (Name::Done, None, None),
            Command::Reconnect => (Name::Reconnect, None, None),
            Command::Pause => (Name::Pause, None, None),
            Command::Resume => (Name::Resume, None, None),
            Command::Retune { timer, value, by: _ } => (Name::Retune, Some(timer), value.map(Ms::from)),
            Command::Learn => (Name::Learn, None, None),
            Command::ResetNew => (Name::ResetNew, None, None),
            Command::Mute(length) => (Name::Mute, None, Some(Ms::from(length))),
            Command::Unmute => (Name::Unmute, None, None),
        };
        Self { id, command, watches, timer, value_ms }
    }
}

impl TryFrom<Form> for CommandMessage {
    type Error = String;

    fn try_from(Form { id, command, watches, timer, value_ms }: Form) -> Result<Self, String> {
        let command = match command {
            Name::Done => Command::Done,
            Name::Reconnect => Command::Reconnect,
            Name::Pause => Command::Pause,
            Name::Resume => Command::Resume,
            Name::Retune => retune(timer, value_ms)?,
            Name::Learn => Command::Learn,
            Name::ResetNew => Command::ResetNew,
            Name::Mute => mute(value_ms)?,
            Name::Unmute => Command::Unmute,
        };
        Ok(Self { id, command, watches })
    }
}

/// A stranger's value must be one that `ctl` takes too.
fn mute(value_ms: Option<Ms>) -> Result<Command, String> {
    let length = value_ms.map(Ms::duration).filter(|length| MUTED.contains(length));
    length.map(Command::Mute).ok_or_else(|| {
        let [least, most] = [MUTED.start(), MUTED.end()].map(|end| show_duration(Some(*end)));
        format!("`mute` needs from {least} to {most} as milliseconds in `value_ms`")
    })
}

/// A stranger's value must be one that the configuration takes too: `reissue` of nothing would hammer the server.
fn retune(timer: Option<Timer>, value_ms: Option<Ms>) -> Result<Command, String> {
    let timer = timer.ok_or("`retune` needs a `timer`")?;
    let spec = timer.spec();
    let value = value_ms.map(Ms::duration);
    let is_fit = value.map_or(spec.can_be_off, |value| spec.min <= value && value <= spec.max);
    if !is_fit {
        let (min, max) = (show_duration(Some(spec.min)), show_duration(Some(spec.max)));
        let off = if spec.can_be_off { ", or null, which is off" } else { "" };
        return Err(format!("`{timer}` takes {min} to {max} in milliseconds in `value_ms`{off}"));
    }
    // Who sends it is known by its hello.
    Ok(Command::Retune { timer, value, by: None })
}
