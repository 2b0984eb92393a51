//! What a person types to connect a Chatwoot.

use secrecy::SecretString;
use url::Url;

use crate::domain::name;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::domain::webhooks::address::AddressPolicy;
use crate::domain::webhooks::target_url::TargetUrl;

/// Chatwoot makes secrets of 24 characters.
pub const SECRET_BYTES_MAX: usize = 255;

/// The base URL of a Chatwoot, with a slash at its end. The address of one of its pages is accepted as well: what begins with
/// `/app` is left out. The address rules hold as for webhooks.
pub fn parse_base_url(typed: &str, policy: &AddressPolicy) -> Result<TargetUrl, Problem> {
    let typed = text::trimmed(typed).split(['#', '?']).next().unwrap_or_default();
    let base = match typed.find("/app") {
        Some(at) if matches!(typed.as_bytes().get(at + 4), None | Some(b'/')) => typed.get(..at).unwrap_or(typed),
        _ => typed,
    };
    let base = format!("{}/", base.trim_end_matches('/'));
    TargetUrl::parse(&base, policy).map_err(|problem| match problem {
        Problem::UrlMissing | Problem::UrlIncomplete | Problem::UrlHasCredentials | Problem::UrlTooLong => {
            Problem::ChatwootUrlInvalid
        }
        Problem::UrlNotHttps => Problem::ChatwootUrlNotHttps,
        other => other,
    })
}

/// The number of an account, or the address of one of its pages (`…/app/accounts/3/…`). `None` if it is blank.
pub fn parse_account(typed: &str) -> Result<Option<i64>, Problem> {
    let typed = text::trimmed(typed);
    let number = match Url::parse(typed).ok().as_ref().and_then(Url::path_segments) {
        Some(segments) => segments.skip_while(|part| *part != "accounts").nth(1).unwrap_or_default().to_owned(),
        None => typed.to_owned(),
    };
    match number.parse::<i64>() {
        _ if typed.is_empty() => Ok(None),
        Ok(number) if number > 0 => Ok(Some(number)),
        _ => Err(Problem::ChatwootAccountInvalid),
    }
}

/// The name of a manual connection.
pub fn parse_name(typed: &str) -> Result<String, Problem> {
    name::parse_name(typed)?.ok_or(Problem::ChatwootNameMissing)
}

/// The signing secret as Chatwoot shows it: visible ASCII. `None` if it is blank.
pub fn parse_secret(typed: &str) -> Result<Option<SecretString>, Problem> {
    let typed = text::trimmed(typed);
    match typed {
        "" => Ok(None),
        _ if typed.len() > SECRET_BYTES_MAX || !typed.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Problem::ChatwootSecretInvalid)
        }
        _ => Ok(Some(typed.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret_box::expose;

    #[test]
    fn the_base_url_is_found_in_the_address_of_a_page() {
        let policy = AddressPolicy::new(Vec::new(), Vec::new(), false).expect("a policy");
        let policy = policy.with_own("hooks.example.com", 443);
        let parse = |typed| parse_base_url(typed, &policy).map(|url| url.as_str().to_owned());
        for (typed, expected) in [
            ("https://chat.example.com", "https://chat.example.com/"),
            (" https://chat.example.com/ ", "https://chat.example.com/"),
            ("https://chat.example.com/app/accounts/3/dashboard?x=1#y", "https://chat.example.com/"),
            ("https://chat.example.com/app", "https://chat.example.com/"),
            ("https://example.com/chat/app/login", "https://example.com/chat/"),
            ("https://chat.example.com/apples", "https://chat.example.com/apples/"),
        ] {
            assert_eq!(parse(typed).as_deref(), Ok(expected), "{typed}");
        }
        for (typed, problem) in [
            ("", Problem::ChatwootUrlInvalid),
            ("chat", Problem::ChatwootUrlInvalid),
            ("https://a:b@chat.example.com", Problem::ChatwootUrlInvalid),
            ("http://chat.example.com", Problem::ChatwootUrlNotHttps),
            ("https://10.0.0.1", Problem::UrlPrivate),
            ("https://hooks.example.com", Problem::UrlIsOurs),
        ] {
            assert_eq!(parse(typed), Err(problem), "{typed}");
        }
    }

    #[test]
    fn an_account_is_a_number_or_the_address_of_its_page() {
        for (typed, expected) in [
            ("", Ok(None)),
            (" 3 ", Ok(Some(3))),
            ("https://chat.example.com/app/accounts/12/dashboard", Ok(Some(12))),
            ("0", Err(Problem::ChatwootAccountInvalid)),
            ("-1", Err(Problem::ChatwootAccountInvalid)),
            ("three", Err(Problem::ChatwootAccountInvalid)),
            ("https://chat.example.com/app", Err(Problem::ChatwootAccountInvalid)),
        ] {
            assert_eq!(parse_account(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_secret_is_visible_ascii() {
        let secret = parse_secret(" wh3kQm8Zt1cVb5Xy7Ns2Rd9P ").expect("a secret");
        assert_eq!(secret.as_ref().map(expose), Some("wh3kQm8Zt1cVb5Xy7Ns2Rd9P"));
        assert!(parse_secret(" ").is_ok_and(|secret| secret.is_none()));
        for typed in ["a b", "ключ", &"a".repeat(256)] {
            assert_eq!(parse_secret(typed).err(), Some(Problem::ChatwootSecretInvalid), "{typed}");
        }
    }
}
