//! The check of an account that is not written yet. What it refuses can be said otherwise: nothing that was typed is lost.

use super::asking::Asking;
use super::name;
use super::place::{self, Place};
use super::secret::{self, Given};
use super::stop::Stop;
use mailwatch_engine::check::{Step, StepKind};
use mailwatch_engine::config::Draft;
use mailwatch_proto::model::Auth;

/// What the check has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proven {
    /// Every step went well.
    Well,
    /// One did not, and the account is kept as it is.
    Failed,
    /// There is no password to try it with yet.
    Not,
}

/// What to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Password,
    User,
    Server,
    Nothing,
    Keep,
}

/// Checks the account until it is well, or kept all the same.
pub(super) async fn prove(
    draft: &mut Draft,
    given: &mut Given,
    asking: &mut Asking<'_, '_, '_>,
) -> Result<Proven, Stop> {
    loop {
        let account = match draft.account(asking.path, asking.format) {
            Ok(account) => account,
            Err(wrong) => {
                asking.refuse(&wrong.message)?;
                again(wrong.key.as_deref(), draft, asking).await?;
                continue;
            }
        };
        let password = match given {
            Given::Typed(password, _) => Some(password.clone()),
            Given::Command => None,
            Given::Later => return Ok(Proven::Not),
        };
        asking.say("")?;
        let Some(failed) = asking.environment.check.check(&account, password, asking.output).await? else {
            return Ok(Proven::Well);
        };
        let ways = [
            ("password", Change::Password),
            ("user", Change::User),
            ("server", Change::Server),
            ("again", Change::Nothing),
            ("keep", Change::Keep),
        ];
        // A token's source was an option, or several answers.
        let ways = if draft.auth == Auth::OAuth2 { &ways[1..] } else { &ways[..] };
        let usual = usual(&failed, draft.auth);
        let usual = ways.iter().position(|(_, way)| *way == usual).unwrap_or_default();
        match asking.choose("Change what, try again, or keep it anyway?", ways, usual)? {
            Change::Password => {
                draft.command = None;
                *given = secret::ask(draft, asking).await?;
            }
            Change::User => user(draft, asking)?,
            Change::Server => server(draft, asking).await?,
            Change::Nothing => {}
            Change::Keep => return Ok(Proven::Failed),
        }
    }
}

/// What is most likely to be changed after this step has failed.
const fn usual(failed: &Step, auth: Auth) -> Change {
    match (failed.kind, auth) {
        (StepKind::Dns | StepKind::Tcp | StepKind::Proxy | StepKind::Tls | StepKind::Greeting, _) => Change::Server,
        (StepKind::Login, Auth::Password) => Change::Password,
        (StepKind::Login, Auth::OAuth2) => Change::User,
        (
            StepKind::Capabilities
            | StepKind::Id
            | StepKind::Examine
            | StepKind::Idle
            | StepKind::Done
            | StepKind::List,
            _,
        ) => Change::Keep,
    }
}

/// Asks again for what this key holds.
async fn again(key: Option<&str>, draft: &mut Draft, asking: &mut Asking<'_, '_, '_>) -> Result<(), Stop> {
    match key {
        Some("host" | "port" | "tls" | "ca_file") => server(draft, asking).await,
        Some("user") => user(draft, asking),
        Some("name") => {
            let before = draft.name.clone();
            draft.name = name::ask(draft, &before, asking)?;
            Ok(())
        }
        Some("password_command") => {
            draft.command = None;
            secret::command(draft, asking).map(drop)
        }
        Some(_) | None => Err(asking.stop(crate::output::Exit::Bad, "nothing was written")?),
    }
}

fn user(draft: &mut Draft, asking: &mut Asking<'_, '_, '_>) -> Result<(), Stop> {
    draft.user = asking.text("Login name", Some(draft.user.as_str()).filter(|user| !user.is_empty()))?;
    Ok(())
}

async fn server(draft: &mut Draft, asking: &mut Asking<'_, '_, '_>) -> Result<(), Stop> {
    let before = Place { host: draft.host.clone(), port: draft.port, tls: draft.tls, ca_file: draft.ca_file.clone() };
    let Place { host, port, tls, ca_file } = place::ask(Some(before), asking).await?;
    *draft = Draft { host, port, tls, ca_file, ..draft.clone() };
    Ok(())
}
