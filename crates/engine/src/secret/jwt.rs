//! The lifetime of an access token that is a JWT (RFC 7519), as some issuers make them. Reads the claims of time alone; the
//! mail server checks the signature.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use zeroize::Zeroizing;

/// The claims of time, in seconds since 1970; fractions are allowed (RFC 7519 §2, `NumericDate`).
#[derive(Deserialize)]
struct Claims {
    exp: Option<f64>,
    iat: Option<f64>,
}

/// How long the token lives from `now` on; `None` where its claims do not say.
///
/// `iat` and `exp` are by the issuer's clock, so their difference holds whatever this machine's clock says. This clock only
/// shortens it, for a token that its command had cached, and only where it reads a time between the two.
#[must_use]
pub fn lifetime(token: &str, now: SystemTime) -> Option<Duration> {
    let payload = token.split('.').nth(1).filter(|_| token.split('.').count() == 3)?;
    let payload = Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?);
    let Claims { exp, iat } = serde_json::from_slice(&payload).ok()?;
    let exp = Duration::try_from_secs_f64(exp?).ok()?;
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    let left = exp.checked_sub(now).filter(|left| !left.is_zero());
    match iat.and_then(|iat| Duration::try_from_secs_f64(iat).ok()) {
        Some(iat) => {
            let whole = exp.checked_sub(iat).filter(|whole| !whole.is_zero())?;
            Some(left.filter(|_| now >= iat).unwrap_or(whole))
        }
        None => left,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn the_lifetime_is_what_is_left_and_a_wrong_clock_of_ours_does_not_change_what_is_whole() {
        let hour = token(r#"{"iat":10000,"exp":13600,"sub":"me"}"#);
        let cases = [
            (10_000, 3600),
            (12_000, 1600),
            // Behind the issuer's, or ahead of it by more than the token's life: ours is wrong.
            (1_000, 3600),
            (99_000, 3600),
        ];
        for (now, wanted) in cases {
            assert_eq!(lifetime(&hour, at(now)), Some(Duration::from_secs(wanted)), "{now}");
        }
        let only_exp = token(r#"{"exp":13600.5}"#);
        assert_eq!(lifetime(&only_exp, at(13_600)), Some(Duration::from_millis(500)));
        assert_eq!(lifetime(&only_exp, at(14_000)), None);
    }

    #[test]
    fn what_says_nothing_of_time_has_no_known_end() {
        let odd = [
            "",
            "ya29.opaque",
            "a.b.c",
            "a.b.c.d.e",
            "..",
            &token("{}"),
            &token("[]"),
            &token(r#"{"exp":-1}"#),
            &token(r#"{"exp":1e300}"#),
            &token(r#"{"iat":5,"exp":5}"#),
        ];
        for token in odd {
            assert_eq!(lifetime(token, at(10)), None, "{token}");
        }
    }
}
