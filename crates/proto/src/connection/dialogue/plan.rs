//! How a login is to go: by which ways, in which order.

use crate::model::{Auth, LoginChoice, LoginWay as Way};

/// How a login is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginPlan {
    /// By a password or by a token.
    pub auth: Auth,
    /// What the configuration wants.
    pub choice: LoginChoice,
    /// The way that has last succeeded there: it comes first.
    pub known: Option<Way>,
    /// A way that the server dropped before it could judge the secret: it comes last.
    pub avoided: Option<Way>,
}

impl LoginPlan {
    /// With nothing known of the server.
    #[must_use]
    pub const fn new(auth: Auth, choice: LoginChoice) -> Self {
        Self { auth, choice, known: None, avoided: None }
    }

    /// The ways that these offers leave, the first to be tried first.
    pub(super) fn ways(self, has: impl Fn(&str) -> bool) -> Vec<Way> {
        let offered: &[(Way, bool)] = match (self.auth, self.choice) {
            (Auth::Password, LoginChoice::Auto) => {
                &[(Way::Plain, has("AUTH=PLAIN")), (Way::Login, !has("LOGINDISABLED"))]
            }
            // The server's offers are not true: the user says so.
            (Auth::Password, LoginChoice::Plain) => &[(Way::Plain, true)],
            (Auth::Password, LoginChoice::Login) => &[(Way::Login, true)],
            (Auth::OAuth2, _) => &[(Way::OAuthBearer, has("AUTH=OAUTHBEARER")), (Way::XOAuth2, has("AUTH=XOAUTH2"))],
        };
        let mut ways: Vec<Way> = offered.iter().filter(|(_, is)| *is).map(|(way, _)| *way).collect();
        ways.sort_by_key(|way| (self.avoided == Some(*way), self.known != Some(*way)));
        ways
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(plan: LoginPlan, offers: &[&str]) -> Vec<Way> {
        plan.ways(|name| offers.contains(&name))
    }

    #[test]
    fn what_is_known_of_the_server_comes_first_and_what_it_dropped_comes_last() {
        let plan = LoginPlan::new(Auth::Password, LoginChoice::Auto);
        assert_eq!(ways(plan, &["AUTH=PLAIN"]), [Way::Plain, Way::Login]);
        assert_eq!(ways(plan, &["AUTH=PLAIN", "LOGINDISABLED"]), [Way::Plain]);
        assert_eq!(ways(LoginPlan { known: Some(Way::Login), ..plan }, &["AUTH=PLAIN"]), [Way::Login, Way::Plain]);
        assert_eq!(ways(LoginPlan { avoided: Some(Way::Plain), ..plan }, &["AUTH=PLAIN"]), [Way::Login, Way::Plain]);
        assert_eq!(ways(LoginPlan { known: Some(Way::XOAuth2), ..plan }, &[]), [Way::Login]);
        assert_eq!(ways(plan, &["LOGINDISABLED"]), []);
    }

    #[test]
    fn the_configuration_goes_before_the_servers_offers() {
        let offers = ["AUTH=PLAIN", "LOGINDISABLED"];
        assert_eq!(ways(LoginPlan::new(Auth::Password, LoginChoice::Login), &offers), [Way::Login]);
        assert_eq!(ways(LoginPlan::new(Auth::Password, LoginChoice::Plain), &[]), [Way::Plain]);
        let token = LoginPlan::new(Auth::OAuth2, LoginChoice::Auto);
        assert_eq!(ways(token, &["AUTH=XOAUTH2", "AUTH=OAUTHBEARER"]), [Way::OAuthBearer, Way::XOAuth2]);
    }
}
