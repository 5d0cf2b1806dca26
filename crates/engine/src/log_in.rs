//! The login of an account, by password or by token.

use std::time::Instant;

use secrecy::SecretString;

use crate::login_governor::LoginTicket;
use crate::session::{LoginWith, Session, Sink};
use mailwatch_proto::connection::dialogue::{LoginFailure, LoginPlan};
use mailwatch_proto::model::{Account, Auth, Fault, FaultClass, LINE_LIMIT, LoginWay, Next, Quirks, sanitise};

/// Logs in as the account says; returns the way that the secret went.
///
/// # Errors
/// As [`Session::log_in`].
pub async fn log_in(
    session: &mut Session,
    account: &Account,
    (plan, secret): (LoginPlan, &SecretString),
    ticket: &mut LoginTicket,
    by: Instant,
    sink: &impl Sink,
) -> Result<LoginWay, LoginFailure> {
    let with = LoginWith { plan, user: &account.user, secret, at: (&account.host, account.port) };
    let done = session.log_in(with, Some(ticket), by, sink).await;
    done.map_err(|failure| match account.auth {
        Auth::Password => LoginFailure { fault: with_app_password(failure.fault, &account.quirks), ..failure },
        Auth::OAuth2 => failure,
    })
}

/// Some providers refuse the account's own password and want one made for mail programs: the fault says so.
#[must_use]
pub fn with_app_password(mut fault: Fault, quirks: &Quirks) -> Fault {
    if let (FaultClass::Auth, Next::User, Some(place)) = (fault.class, fault.next, &quirks.app_password) {
        let provider = quirks.provider.as_deref().unwrap_or("The provider");
        let stop = if fault.message.ends_with('.') { "" } else { "." };
        let hint = format!("{stop} {provider} takes a password made for mail programs, not the account's own: {place}");
        fault.message.push_str(&sanitise(&hint, LINE_LIMIT));
    }
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_password_is_told_where_the_right_one_is_made() {
        let place = Some("https://example.org/app-passwords".to_owned());
        let quirks = Quirks { provider: Some("Example".to_owned()), app_password: place, ..Quirks::default() };
        let refused = Fault::needs_user(FaultClass::Auth, "imap.example.org refuses the login: no");
        let told = with_app_password(refused.clone(), &quirks).message;
        assert_eq!(
            told,
            "imap.example.org refuses the login: no. Example takes a password made for mail programs, not the account's \
             own: https://example.org/app-passwords"
        );
        assert_eq!(with_app_password(refused.clone(), &Quirks::default()), refused);
        let limit = Fault::needs_user(FaultClass::Limit, "too many");
        assert_eq!(with_app_password(limit.clone(), &quirks), limit);
    }
}
