//! Words for Content Credentials. They never say that an asset is fake, nor that it is not.

use veritag_abi::credentials::{Action, Credentials, State};

use super::times;

/// What was found, for people; `None` where no reader of credentials is installed.
pub fn sentence(credentials: Option<&Credentials>) -> String {
    let Some(found) = credentials else {
        return "Content Credentials were not checked: the module that reads them is not installed beside the manifest \
                (in a checkout, `make credentials` builds it)."
            .into();
    };
    match found.state {
        State::NotChecked => format!(
            "Content Credentials could not be checked{}.",
            found.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default()
        ),
        State::None => {
            "No Content Credentials in the file. That says nothing against it: most files have none, and many \
                        services remove them."
                .into()
        }
        State::Trusted => {
            format!("Content Credentials are intact, and signed by {}, who is on a trust list.", signer(found))
        }
        State::UnknownSigner => format!(
            "Content Credentials are intact, and signed under the name {}, which is on no trust list.",
            signer(found)
        ),
        State::Broken => {
            "There are Content Credentials, but they do not fit the file or are damaged: it was changed after \
                          signing, which any program that knows nothing of them does. That does not make it a fake."
                .into()
        }
        State::TooLarge => "The file may have Content Credentials, but is too large for them to be checked.".into(),
    }
}

/// What intact credentials claim of how the asset was made, such as `They say: made by generative AI (Imagined 2)`; none
/// where they say nothing of it, or are not intact.
pub fn claims(credentials: &Credentials) -> Option<String> {
    let intact = matches!(credentials.state, State::Trusted | State::UnknownSigner);
    let said: Vec<String> = credentials.actions.iter().filter_map(made).filter(|_| intact).collect();
    (!said.is_empty()).then(|| format!("They say: {}.", said.join("; ")))
}

fn signer(credentials: &Credentials) -> String {
    let name = credentials.signer.as_deref().unwrap_or("(no name)");
    let more = [
        credentials.issuer.as_ref().map(|issuer| format!("certificate by “{issuer}”")),
        credentials.signed_at.as_deref().map(|at| format!("time stamp {}", times::when(at))),
    ];
    match more.into_iter().flatten().collect::<Vec<_>>() {
        more if more.is_empty() => format!("“{name}”"),
        more => format!("“{name}” ({})", more.join(", ")),
    }
}

fn made(action: &Action) -> Option<String> {
    let words = source_type(action.source_type.as_deref()?)?;
    let agent = action.agent.as_ref().map(|agent| format!(" ({agent})")).unwrap_or_default();
    Some(format!("{words}{agent}"))
}

/// IPTC's digital source types that tell a photograph from what is none (<http://cv.iptc.org/newscodes/digitalsourcetype/>).
fn source_type(uri: &str) -> Option<&'static str> {
    Some(match uri.rsplit('/').next()? {
        "trainedAlgorithmicMedia" => "made by generative AI",
        "compositeWithTrainedAlgorithmicMedia" => "parts of it made by generative AI",
        "algorithmicMedia" => "made by an algorithm",
        "algorithmicallyEnhanced" => "enhanced by an algorithm",
        "digitalCapture" | "computationalCapture" => "taken by a camera",
        "screenCapture" => "taken of a screen",
        "virtualRecording" => "recorded in a virtual world",
        "composite" | "compositeCapture" | "compositeSynthetic" => "put together of several pictures",
        "humanEdits" | "minorHumanEdits" => "edited by people",
        "digitalCreation" | "digitalArt" => "made by people with a program",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(state: State, source_type: &str) -> Credentials {
        let source_type = Some(format!("http://cv.iptc.org/newscodes/digitalsourcetype/{source_type}"));
        let agent = Some("Imagined 2".into());
        let action = Action { action: "c2pa.created".into(), agent, source_type, when: None };
        Credentials { signer: Some("A Camera".into()), actions: vec![action], ..Credentials::of(state) }
    }

    #[test]
    fn no_state_is_called_fake_and_a_name_is_told_as_what_it_is() {
        for state in State::ALL {
            let told = sentence(Some(&signed(state, "digitalCapture")));
            assert!(!told.to_lowercase().contains("fake") || told.ends_with("That does not make it a fake."), "{told}");
        }
        assert!(sentence(Some(&signed(State::UnknownSigner, ""))).contains("signed under the name “A Camera”"));
        assert!(sentence(None).contains("make credentials"));
    }

    #[test]
    fn claims_are_those_of_intact_credentials() {
        let told = claims(&signed(State::Trusted, "trainedAlgorithmicMedia"));
        assert_eq!(told.as_deref(), Some("They say: made by generative AI (Imagined 2)."));
        assert_eq!(claims(&signed(State::Broken, "trainedAlgorithmicMedia")), None);
        assert_eq!(claims(&signed(State::Trusted, "of-next-year")), None);
    }
}
