//! Defaults beneath the file beneath the environment; flags come last, where they are read.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::{Config, ConfigError, Runner, Source, without_secrets};
use crate::ingest::DialectName;

/// `VERITAG__SERVICE__LISTEN` is `listen` of `[service]`.
const PREFIX: &str = "VERITAG__";

/// The configuration of `path`, or the default, with `variables` above it.
///
/// # Errors
/// Whatever is wrong with it, by line and key where it is the file's fault.
pub fn load(path: Option<&Path>, variables: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
    let mut table = path.map_or(Ok(Table::new()), read)?;
    for (name, text) in variables {
        let Some(keys) = name.strip_prefix(PREFIX) else { continue };
        let wrong = |why: String| ConfigError::Variable { name: name.clone(), why };
        set(&mut table, &keys.to_lowercase().split("__").collect::<Vec<_>>(), value(&text)).map_err(wrong)?;
        Config::deserialize(table.clone()).map_err(|error| wrong(error.message().to_owned()))?;
    }
    let config = Config::deserialize(table).expect("every layer was checked");
    check(&config).map(|()| config)
}

/// The environment, as far as it is text.
pub fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// The file as a table, when it is right by itself: only then are there lines to name.
fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), why: error.to_string() })?;
    let wrong = |error: toml::de::Error| ConfigError::Wrong { path: path.to_owned(), why: describe(&text, &error) };
    toml::from_str::<Config>(&text).map_err(wrong)?;
    toml::from_str(&text).map_err(wrong)
}

/// What is wrong, by line and key, without what stands there: it may be a secret.
fn describe(text: &str, error: &toml::de::Error) -> String {
    let start = error.span().map_or(0, |span| span.start);
    let line = text[..start].matches('\n').count();
    let key = text.lines().nth(line).unwrap_or_default().split('=').next().unwrap_or_default().trim();
    let message = match error.message() {
        message if message.starts_with("invalid type: string") => "a text is not what belongs here",
        message => message,
    };
    format!("line {}, {key}: {message}", line + 1)
}

/// A number, a truth value or a list as TOML writes them, else the text itself.
fn value(text: &str) -> Value {
    let parsed = toml::from_str::<Table>(&format!("v = {text}")).ok().and_then(|mut table| table.remove("v"));
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn set(table: &mut Table, keys: &[&str], value: Value) -> Result<(), String> {
    let [first, rest @ ..] = keys else { return Err("it names no key".into()) };
    if rest.is_empty() {
        table.insert((*first).to_owned(), value);
        return Ok(());
    }
    match table.entry(*first).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => set(inner, rest, value),
        _ => Err(format!("{first} is no table")),
    }
}

/// What types cannot say.
fn check(config: &Config) -> Result<(), ConfigError> {
    let mut seen = HashSet::new();
    let invalid = |key: String, why: &str| Err(ConfigError::invalid(key, why));
    if config.service.attempts == 0 {
        return invalid("attempts of [service]".into(), "nothing would ever be attempted");
    }
    if config.service.max_spool_bytes < config.service.max_bytes {
        return invalid("max_spool_bytes of [service]".into(), "it is less than `max_bytes`, so those would never fit");
    }
    let Runner { max_in_flight, max_batch, timeout_s, attempts, .. } = config.runner;
    let numbers =
        [("max_in_flight", max_in_flight), ("max_batch", max_batch), ("timeout_s", timeout_s), ("attempts", attempts)];
    if let Some((key, _)) = numbers.iter().find(|(_, number)| *number == 0) {
        return invalid(format!("{key} of [runner]"), "nothing would ever be computed");
    }
    let mut urls = HashSet::new();
    if let Some(webhook) = config.webhooks.iter().find(|webhook| !urls.insert(&webhook.url)) {
        return invalid(format!("url of [[webhook]]: {:?}", without_secrets(&webhook.url)), "two webhooks share it");
    }
    let known = |name: &String| config.sources.iter().any(|source| source.name == *name);
    if let Some(name) = config.webhooks.iter().flat_map(|webhook| &webhook.sources).find(|name| !known(name)) {
        return invalid(format!("sources of [[webhook]]: {name:?}"), "no [[source]] has that name");
    }
    check_people(config)?;
    check_webhooks(config)?;
    for source in &config.sources {
        let key = |name: &str| format!("{name} of source {:?}", source.name);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if source.name.is_empty() || !source.name.chars().all(plain) {
            return invalid(key("name"), "letters, digits, - and _ only: it is part of an address");
        }
        if !seen.insert(&source.name) {
            return invalid(key("name"), "two sources share it");
        }
        if authentications(source) != 1 {
            return invalid(key("token"), "give one of token, signing_secret, or open = true");
        }
        if let Some(name) = &source.store
            && !config.stores.iter().any(|store| store.name == *name)
        {
            return invalid(key("store"), "no [[store]] has that name");
        }
        // Our own dialect may bring uploads alone.
        let names_nothing = source.root.is_none() && source.store.is_none() && source.hosts.is_empty();
        if names_nothing && source.dialect != DialectName::Veritag {
            return invalid(key("root"), "give root, store or hosts: else nothing that it names may be read");
        }
    }
    Ok(())
}

fn check_webhooks(config: &Config) -> Result<(), ConfigError> {
    let is_http = |url: &str| url.parse::<reqwest::Url>().is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    match config.webhooks.iter().find(|webhook| !is_http(&webhook.url)) {
        Some(webhook) => Err(ConfigError::invalid(
            format!("url of [[webhook]]: {:?}", without_secrets(&webhook.url)),
            "give an http or https URL",
        )),
        None => Ok(()),
    }
}

fn check_people(config: &Config) -> Result<(), ConfigError> {
    let review = &config.review;
    if !(0.0..=1.0).contains(&review.second_share) {
        return Err(ConfigError::invalid("second_share of [review]", "it must be 0 to 1"));
    }
    if review.proxy_header.is_some() && review.proxy_from.is_empty() {
        return Err(ConfigError::invalid(
            "proxy_from of [review]",
            "say from which addresses proxy_header is believed",
        ));
    }
    let mut seen = HashSet::new();
    for user in &config.users {
        let key = |name: &str| format!("{name} of user {:?}", user.name);
        if user.name.trim().is_empty() || !seen.insert(&user.name) {
            return Err(ConfigError::invalid(key("name"), "every user needs a name of their own"));
        }
        if user.token.is_none() && review.proxy_header.is_none() {
            return Err(ConfigError::invalid(key("token"), "without a token, only a proxy can say who they are"));
        }
    }
    Ok(())
}

fn authentications(source: &Source) -> usize {
    [source.token.is_some(), source.signing_secret.is_some(), source.open].into_iter().filter(|is| *is).count()
}
