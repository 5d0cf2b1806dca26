//! Timers set in a text.

use std::collections::BTreeSet;
use std::path::Path;

use super::edit::Doc;
use super::error::SaveError;
use super::tuned::{Edited, Place, Tuned};
use crate::config::format::FrontEndTable;
use crate::config::parse::parse_with;
use crate::config::providers::Providers;
use mailwatch_proto::model::{Account, Setting, Timer};

/// Sets timers in a configuration's text. Everything else stays as it is, to the byte: comments, order, blanks, line
/// ends. What the text says already, or what holds for the account without a word of its own, is not written.
/// The providers are what accounts have by their server; the other reads `[ui]`.
///
/// # Errors
/// Where the text is no valid configuration, or would be none; where an account is not there.
pub fn edit<F: FrontEndTable>(
    text: &str,
    path: &Path,
    by: (&Providers, &F),
    wanted: &[Tuned],
) -> Result<Edited<F::Settings>, SaveError> {
    let parsed = |text: &str| parse_with(text, path, by, None).map_err(Box::new);
    let mut config = parsed(text).map_err(|error| SaveError::Broken { error })?;
    let mut text = text.to_owned();
    let (mut changed, mut overridden) = (Vec::new(), BTreeSet::new());
    for one in wanted {
        let form = || SaveError::Form { path: path.to_owned(), place: one.place.clone() };
        let doc = Doc::read(&text).ok_or_else(form)?;
        let in_force = match &one.place {
            Place::All => {
                overridden.extend(doc.accounts_that_say_otherwise(one.timer, one.setting));
                doc.said(&one.place, one.timer)
            }
            Place::Account(name) => {
                let Some(account) = config.accounts.iter().find(|account| *account.name == **name) else {
                    return Err(SaveError::NoAccount { path: path.to_owned(), account: name.to_string() });
                };
                Some(setting_of(account, one.timer))
            }
        };
        if in_force == Some(one.setting) {
            continue;
        }
        let new = doc.set(&one.place, one.timer, one.setting).ok_or_else(form)?;
        let reads_so = Doc::read(&new).is_some_and(|doc| doc.said(&one.place, one.timer) == Some(one.setting));
        text = Some(new).filter(|_| reads_so).ok_or_else(form)?;
        changed.push(one.clone());
    }
    if !changed.is_empty() {
        config = parsed(&text).map_err(|error| SaveError::Invalid { error })?;
    }
    Ok(Edited { config, text, changed, overridden })
}

pub(super) fn setting_of(account: &Account, timer: Timer) -> Setting {
    if timer == Timer::Reissue && account.reissue_auto {
        Setting::Auto
    } else {
        Setting::Value(account.timers.value(timer))
    }
}
