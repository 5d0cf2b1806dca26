//! Why no login may be tried now, in a sentence.

use mailwatch_proto::logins::{HOST_REFUSALS, TRIES, Wait, Why};
use mailwatch_proto::model::{Account, Fault, FaultClass, LINE_LIMIT, Next, sanitise, show_duration};

/// The fault. `last` is what the server said when it refused last, where that is known.
pub(super) fn not_due(wait: Wait, last: Option<&Fault>, account: &Account) -> Fault {
    let Wait { pause, why, needs_user } = wait;
    let (user, peer) = (&account.user, format!("{}:{}", account.host, account.port));
    let message = match (why, last) {
        (Why::Refused, Some(last)) => last.message.clone(),
        (Why::Refused, None) => {
            format!("{peer} has refused the login of {user} before; a key (r), SIGHUP or SIGUSR1 tries it sooner")
        }
        (Why::TooOften, _) => format!(
            "{peer}: {TRIES} logins of {user} were refused, or broken off before their answer, within 10 minutes: to keep the account from being locked, the next try is in {}, and no key or restart shortens that",
            show_duration(Some(whole_seconds(pause)))
        ),
        (Why::Host, _) => format!(
            "{} has refused {HOST_REFUSALS} logins in 10 minutes: to keep accounts from being locked, the next try is in {}",
            account.host,
            show_duration(Some(whole_seconds(pause)))
        ),
    };
    let next = if needs_user { Next::UserAfter(pause) } else { Next::After(pause) };
    Fault { class: FaultClass::Auth, message: sanitise(&message, LINE_LIMIT), next }
}

const fn whole_seconds(pause: std::time::Duration) -> std::time::Duration {
    std::time::Duration::from_secs(pause.as_secs().saturating_add(1))
}
