use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::mutation::{config, hostile};

fn loaded(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text).unwrap();
    load(Some(file.path()), variables.iter().map(|(name, value)| (name.to_string(), value.to_string())))
}

const SOURCE: &str = "[[source]]\nname = 'a'\ndialect = 'tusd'\nopen = true\nroot = '/srv'\n";

#[test]
fn the_environment_goes_before_the_file_and_the_file_before_defaults() {
    let text = "[service]\nlisten = '127.0.0.1:1'\nattempts = 7\n";
    let variables =
        [("VERITAG__SERVICE__LISTEN", "127.0.0.1:2"), ("VERITAG__TAGS__XMP", "true"), ("VERITAG_MODEL", "x")];
    let config = loaded(text, &variables).unwrap();
    assert_eq!(config.service.listen, "127.0.0.1:2".parse().unwrap());
    assert_eq!((config.service.attempts, config.service.windows), (7, Service::default().windows));
    assert!(config.tags.xmp);
    assert_eq!(load(None, []).unwrap(), Config::default());
}

#[test]
fn what_is_wrong_is_named_by_line_and_key() {
    for (text, named) in [
        ("[service]\nlisten = 'nowhere'\n", ["line 2", "listen"]),
        ("[service]\n\nattemps = 3\n", ["line 3", "attemps"]),
        ("[[source]]\nname = 'a'\ndialect = 'ftp'\n", ["line 3", "ftp"]),
        ("[tags\n", ["line 1", "tags"]),
    ] {
        let error = loaded(text, &[]).unwrap_err();
        assert_eq!(error.code(), "config-wrong");
        named.iter().for_each(|word| assert!(error.to_string().contains(word), "{word}: {error}"));
    }
    let error = loaded("", &[("VERITAG__SERVICE__ATTEMPTS", "many")]).unwrap_err().to_string();
    assert!(error.contains("VERITAG__SERVICE__ATTEMPTS"), "{error}");
}

#[test]
fn people_are_known_by_one_name_and_some_sign() {
    let ann = "[[user]]\nname = 'ann'\nrole = 'reviewer'\ntoken = { env = 'T' }\n";
    let proxy = "[review]\nproxy_header = 'X-User'\nproxy_from = ['10.0.0.1']\n";
    let bare = ann.replace("token = { env = 'T' }\n", "");
    loaded(&format!("{proxy}{bare}"), &[]).expect("the proxy says who it is");
    for wrong in [
        bare.as_str(),
        &ann.repeat(2),
        &ann.replace("'ann'", "' '"),
        "[review]\nproxy_header = 'X-User'\n",
        "[review]\nsecond_share = 2.0\n",
    ] {
        assert_eq!(loaded(wrong, &[]).unwrap_err().code(), "config-invalid", "{wrong}");
    }
}

#[test]
fn invalid_sources_are_refused() {
    loaded(SOURCE, &[]).unwrap();
    for (from, to) in [
        ("open = true", "open = true\ntoken = { env = 'T' }"),
        ("open = true", ""),
        ("root = '/srv'", ""),
        ("root = '/srv'", "store = 'nowhere'"),
        ("name = 'a'", "name = 'a/b'"),
    ] {
        let error = loaded(&SOURCE.replace(from, to), &[]).unwrap_err();
        assert_eq!(error.code(), "config-invalid", "{to}");
        assert!(error.to_string().contains("of source"), "{error}");
    }
    let uploads_alone = SOURCE.replace("root = '/srv'", "").replace("tusd", "veritag");
    loaded(&uploads_alone, &[]).expect("it has nothing to read from elsewhere");
    assert_eq!(loaded(&SOURCE.repeat(2), &[]).unwrap_err().code(), "config-invalid");
}

#[test]
fn secrets_are_read_from_files_and_shown_nowhere() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "s3cret\n").unwrap();
    let secret = SecretRef::File(file.path().to_owned()).read().unwrap();
    assert_eq!(secret.expose(), "s3cret");
    assert!(!format!("{secret:?}").contains("s3cret"));
    for missing in [SecretRef::File(PathBuf::from("/nowhere")), SecretRef::Env("VERITAG_NO_SUCH_SECRET".into())] {
        assert_eq!(missing.read().unwrap_err().code(), "config-no-secret");
    }
}

#[test]
fn what_cannot_work_is_refused() {
    let webhook = "[[webhook]]\nurl = 'https://a.example/x'\nsecret = { env = 'S' }\n";
    for (text, key) in [
        ("[service]\nattempts = 0\n".to_owned(), "attempts"),
        ("[service]\nmax_spool_bytes = 10\n".to_owned(), "max_spool_bytes"),
        ("[runner]\nattempts = 0\n".to_owned(), "attempts of [runner]"),
        (webhook.repeat(2), "url of [[webhook]]"),
        (format!("{webhook}sources = ['nobody']\n"), "sources of [[webhook]]"),
        (webhook.replace("https://a.example/x", "nonsense"), "url of [[webhook]]"),
        (webhook.replace("https", "ftp"), "url of [[webhook]]"),
    ] {
        let error = loaded(&text, &[]).unwrap_err();
        assert_eq!(error.code(), "config-invalid", "{error}");
        assert!(error.to_string().contains(key), "{error}");
    }
}

#[test]
fn what_is_wrong_is_named_without_secrets() {
    for text in [
        "[[source]]\nname = 'a'\ntoken = 'a-secret'\n",
        "[service]\ndatabse = 'postgres://u:a-secret@host/db'\n",
        "[[webhook]]\nurl = 'https://a.example/?key=a-secret'\nsecret = 'a-secret'\n",
    ] {
        let error = loaded(text, &[]).unwrap_err().to_string();
        assert!(!error.contains("a-secret") && error.contains("line "), "{error}");
    }
}

#[test]
fn the_example_shows_every_default_and_is_right() {
    let example = include_str!("../../veritag.example.toml");
    let config = loaded(example, &[]).unwrap();
    assert_eq!((&config.service, &config.tags), (&Service::default(), &Tags::default()));
    assert_eq!(config.runner, Runner::default());
    assert_eq!([config.sources.len(), config.stores.len(), config.webhooks.len()], [3, 1, 1]);

    let own = ["signing_secret", "open"];
    let shown = |line: &str| match line.strip_prefix("# ").filter(|rest| rest.contains(" = ")) {
        Some(rest) if !own.iter().any(|key| rest.starts_with(key)) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    let mut config = loaded(&example.lines().map(shown).collect::<String>(), &[]).unwrap();
    let Service { database, spool, .. } = Service::default();
    (config.service.database, config.service.spool) = (database, spool);
    let Runner { url, token, ca, .. } = &mut config.runner;
    assert!(url.take().is_some() && token.take().is_some() && ca.take().is_some());
    assert_eq!(config.runner, Runner::default());
    assert_eq!((config.service, config.tags), (Service::default(), Tags::default()));
}

#[test]
fn the_example_shows_every_key() {
    let example = include_str!("../../veritag.example.toml");
    for section in ["[service]", "[runner]", "[tags]", "[tags.keywords]", "[[source]]", "[[store]]", "[[webhook]]"] {
        let error = loaded(&format!("{section}\nnonsense = 1\n"), &[]).unwrap_err().to_string();
        let (_, expected) = error.split_once("expected one of ").expect("every key is named");
        let old = |key: &&str| key.starts_with("most_") || ["patience_s", "words"].contains(key);
        let keys = expected.split('`').skip(1).step_by(2).filter(|key| !old(key));
        let missing: Vec<&str> = keys.filter(|key| !example.contains(&format!("{key} ="))).collect();
        assert!(missing.is_empty() || (section, &*missing) == ("[tags]", &["keywords"]), "{section} {missing:?}");
    }
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn no_file_crashes_its_reader(bytes in hostile(vec![include_bytes!("../../veritag.example.toml").to_vec()])) {
        if let Err(error) = loaded(&String::from_utf8_lossy(&bytes), &[]) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
