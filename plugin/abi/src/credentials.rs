//! Content Credentials: what a file says of its own making, and who vouches for it. The contract with the module that reads
//! them, which takes the asset by `push`, in [`crate::Chunk`]s, and answers `read`: a [`Request`] with [`Credentials`].

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Fault;

/// Most bytes of a text, and most actions and codes: the rest is left out.
pub const MOST_BYTES: usize = 256;
pub const MOST: usize = 32;

/// Input of `read`: the module has no clock, and trusts whom it is told to beside the public lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// RFC 3339: the time at which certificates must be valid.
    pub time: String,
    /// Certificates in PEM whose holders, and those whom they vouch for, may sign and stamp times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchors: Option<String>,
}

/// What was found. The texts are the file's, told only where the signature is good.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub state: State,
    /// Whom the certificate names; only if trusted has anybody checked that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Who issued the certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// When they were signed, by a time stamp that is trusted: RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<String>,
    /// The program that wrote them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// What was done with the asset, first to last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// What failed, as C2PA's validation status codes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
    /// What went wrong, in words, where it is no such code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has looked, or looking failed.
    #[default]
    NotChecked,
    /// The file has none.
    None,
    /// Intact, and the signer is on a trust list.
    Trusted,
    /// Intact, and nobody on a trust list vouches for the signer.
    UnknownSigner,
    /// They do not fit the file, or are damaged.
    Broken,
    /// The file may have some, and is larger than is read.
    TooLarge,
}

impl State {
    pub const ALL: [Self; 6] =
        [Self::NotChecked, Self::None, Self::Trusted, Self::UnknownSigner, Self::Broken, Self::TooLarge];
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// Such as `c2pa.created`.
    pub action: String,
    /// As the file claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// The program that did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// A URI of IPTC's digital source types.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
}

impl Request {
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data serializes")
    }

    /// # Errors
    /// [`Fault::Rejected`] when `bytes` is no request.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        decode(bytes)
    }
}

impl Credentials {
    pub fn of(state: State) -> Self {
        Self { state, ..Self::default() }
    }

    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("plain data serializes")
    }

    /// # Errors
    /// [`Fault::Rejected`] when `bytes` is no such document.
    pub fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        Ok(decode::<Self>(bytes)?.shortened())
    }

    /// With texts and lists no longer than they may be.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        self.actions.truncate(MOST);
        self.codes.truncate(MOST);
        let texts = [&mut self.signer, &mut self.issuer, &mut self.signed_at, &mut self.generator, &mut self.why];
        texts.into_iter().flatten().chain(&mut self.codes).for_each(shorten);
        for action in &mut self.actions {
            let texts = [&mut action.when, &mut action.agent, &mut action.source_type];
            texts.into_iter().flatten().chain([&mut action.action]).for_each(shorten);
        }
        self
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::Rejected(format!("credentials: {e}")))
}

fn shorten(text: &mut String) {
    text.truncate(text.floor_char_boundary(MOST_BYTES));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decodes_what_it_encodes_and_no_more_of_it_than_it_may(
            state in prop::sample::select(State::ALL.to_vec()), signer in prop::option::of("\\PC{0,300}"), many in 0usize..40,
        ) {
            let action = Action { action: "c2pa.edited".into(), agent: signer.clone(), ..Action::default() };
            let credentials = Credentials { state, signer, actions: vec![action; many], ..Credentials::default() };
            let read = Credentials::decode(&credentials.encode()).unwrap();
            prop_assert!(read.actions.len() == many.min(MOST) && read.signer.iter().all(|name| name.len() <= MOST_BYTES));
            prop_assert_eq!(Credentials::decode(&read.encode()).unwrap(), read);
        }

        #[test]
        fn never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            drop((Credentials::decode(&bytes), Request::decode(&bytes)));
        }
    }
}
