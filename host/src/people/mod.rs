//! People who review: who they are, and what they may do.

mod refusals;

use std::net::IpAddr;

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName};
use subtle::ConstantTimeEq;

use crate::config::{Config, ConfigError, Role, Secret, User};
use refusals::Refusals;

/// Whom a proxy speaks for, the last one last.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// What the browser shows after signing in.
pub const COOKIE_NAME: &str = "veritag-session";

/// Who may review.
pub struct People {
    users: Vec<(User, Option<Secret>)>,
    proxies: Vec<IpAddr>,
    /// In which the proxies name people.
    header: Option<HeaderName>,
    refusals: Refusals,
}

/// A person who is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub role: Role,
}

/// Why a token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Wrong,
    /// Too many wrong ones have come from this address of late.
    TooOften,
}

impl People {
    /// # Errors
    /// [`ConfigError`] when a token is missing, or the proxy's header is no header.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let read = |user: &User| Ok((user.clone(), user.token.as_ref().map(|token| token.read()).transpose()?));
        let users = config.users.iter().map(read).collect::<Result<_, ConfigError>>()?;
        let invalid = |error| ConfigError::invalid("proxy_header of [review]", error);
        let header = config.review.proxy_header.as_ref().map(|name| name.parse().map_err(invalid)).transpose()?;
        Ok(Self { users, proxies: config.review.proxy_from.clone(), header, refusals: Refusals::default() })
    }

    /// Whether anybody may review at all.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Whether people sign in with a token.
    pub fn have_tokens(&self) -> bool {
        self.users.iter().any(|(_, token)| token.is_some())
    }

    pub fn named(&self, name: &str) -> Option<Person> {
        let (user, _) = self.users.iter().find(|(user, _)| user.name == name)?;
        Some(Person { name: user.name.clone(), role: user.role })
    }

    /// The person whose token this is.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn by_token(&self, token: &str, from: IpAddr) -> Result<Person, Refused> {
        if self.refusals.too_many(from) {
            return Err(Refused::TooOften);
        }
        let same = |secret: &Secret| bool::from(secret.expose().as_bytes().ct_eq(token.trim().as_bytes()));
        let found = self.users.iter().find(|(_, secret)| secret.as_ref().is_some_and(same));
        let Some((user, _)) = found else {
            self.refusals.add(from);
            return Err(Refused::Wrong);
        };
        Ok(Person { name: user.name.clone(), role: user.role })
    }

    /// The person whom the proxy names.
    pub fn by_proxy(&self, headers: &HeaderMap, from: IpAddr) -> Option<Person> {
        let mut values = headers.get_all(self.header.as_ref()?).iter();
        // A second one may be the client's own.
        let (Some(name), None) = (values.next(), values.next()) else { return None };
        self.is_proxy(from).then(|| self.named(name.to_str().ok()?.trim())).flatten()
    }

    /// Who is behind a connection from `peer`: of what our proxies say, the last address that is none of theirs.
    pub fn client(&self, headers: &HeaderMap, peer: IpAddr) -> IpAddr {
        let said = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let mut nearer = peer;
        for address in said.flat_map(|text| text.split(',')).rev() {
            match address.trim().parse() {
                Ok(further) if self.is_proxy(nearer) => nearer = further,
                _ => break,
            }
        }
        nearer
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxies.contains(&address.to_canonical())
    }
}

/// What a request bears: `Authorization: Bearer TOKEN`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The session that a browser shows.
pub fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> People {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, "ann's token").unwrap();
        let text = format!(
            "[review]\nproxy_header = 'X-Forwarded-Email'\nproxy_from = ['10.0.0.1']\n\
             [[user]]\nname = 'ann'\nrole = 'reviewer'\ntoken = {{ file = {:?} }}\n\
             [[user]]\nname = 'bob'\nrole = 'admin'\n",
            file.path()
        );
        People::new(&toml::from_str(&text).unwrap()).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    const PROXY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const OTHER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn a_token_is_somebody() {
        let people = people();
        let ann = Person { name: "ann".into(), role: Role::Reviewer };
        assert_eq!(people.by_token("ann's token", OTHER), Ok(ann));
        assert_eq!(people.by_token("", OTHER), Err(Refused::Wrong), "bob has none");
    }

    #[test]
    fn who_guesses_tokens_has_to_wait_and_nobody_else() {
        let people = people();
        (0..20).for_each(|_| drop(people.by_token("guess", OTHER)));
        assert_eq!(people.by_token("ann's token", OTHER), Err(Refused::TooOften));
        assert!(people.by_token("ann's token", PROXY).is_ok());
    }

    #[test]
    fn only_the_proxy_is_believed() {
        let people = people();
        let says = headers(&[("x-forwarded-email", "bob")]);
        assert_eq!(people.by_proxy(&says, PROXY).unwrap().role, Role::Admin);
        let mapped = IpAddr::V6(std::net::Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped());
        assert!(people.by_proxy(&says, mapped).is_some());
        assert_eq!(people.by_proxy(&says, OTHER), None);
        assert_eq!(people.by_proxy(&headers(&[("x-forwarded-email", "eve")]), PROXY), None);
        let mut twice = says;
        twice.append("x-forwarded-email", "ann".parse().unwrap());
        assert_eq!(people.by_proxy(&twice, PROXY), None);
    }

    #[test]
    fn who_is_behind_a_proxy_is_told_apart() {
        let people = people();
        let client = |said: &str, peer| people.client(&headers(&[("x-forwarded-for", said)]), peer).to_string();
        assert_eq!(client("1.1.1.1, 9.9.9.9", PROXY), "9.9.9.9", "what comes before it anybody may have written");
        assert_eq!(client("9.9.9.9, 10.0.0.1", PROXY), "9.9.9.9", "a second proxy of ours");
        assert_eq!(client("9.9.9.9", OTHER), "10.0.0.2", "no proxy of ours");
        assert_eq!(client("nonsense", PROXY), "10.0.0.1");
    }

    #[test]
    fn a_session_is_found_among_other_cookies() {
        assert_eq!(session(&headers(&[("cookie", "a=b; veritag-session=key; c=d")])), Some("key"));
        assert_eq!(session(&headers(&[("cookie", "a=veritag-session")])), None);
    }
}
