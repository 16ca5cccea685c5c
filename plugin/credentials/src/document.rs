//! The verifier's report, as the short document that people are told of.

use encypher_c2pa::VerificationReport;
use serde_json::Value;
use veritag_abi::credentials::{Action, Credentials, MOST, State};

/// What a claim that needs no telling is marked as.
const INTACT: &str = "valid";
const TRUSTED: &str = "signingCredential.trusted";

pub fn document(report: &VerificationReport) -> Credentials {
    let results = &report.validation_results;
    let codes = results.failure.iter().map(|status| status.code.clone()).take(MOST).collect();
    let state = match report.present {
        false if results.failure.is_empty() => State::None,
        true if report.integrity == INTACT && results.success.iter().any(|status| status.code == TRUSTED) => {
            State::Trusted
        }
        true if report.integrity == INTACT => State::UnknownSigner,
        _ => State::Broken,
    };
    let credentials = Credentials { codes, ..Credentials::of(state) };
    // Who has not signed it may have written anything.
    if report.signature == INTACT { claimed(credentials, &report.manifest_report) } else { credentials }
}

/// Adds what the active manifest claims.
fn claimed(credentials: Credentials, report: &Value) -> Credentials {
    let manifest = report["active_manifest"].as_str().map_or(&Value::Null, |label| &report["manifests"][label]);
    let signature = &manifest["signature_info"];
    Credentials {
        signer: text(&signature["common_name"]),
        issuer: text(&signature["issuer"]),
        generator: generator(&manifest["claim_generator_info"]),
        actions: actions(&manifest["assertions"]),
        ..credentials
    }
    .shortened()
}

/// `Name 1.0`, of an object or the first of a list.
fn generator(info: &Value) -> Option<String> {
    let info = info.get(0).unwrap_or(info);
    let (name, version) = (text(&info["name"])?, text(&info["version"]));
    Some(version.map_or_else(|| name.clone(), |version| format!("{name} {version}")))
}

fn actions(assertions: &Value) -> Vec<Action> {
    let of_actions = |assertion: &&Value| assertion["label"].as_str().is_some_and(|l| l.starts_with("c2pa.actions"));
    let lists = assertions.as_array().into_iter().flatten().filter(of_actions);
    let actions = lists.filter_map(|assertion| assertion["data"]["actions"].as_array()).flatten();
    actions.filter_map(action).take(MOST).collect()
}

fn action(said: &Value) -> Option<Action> {
    let agent = &said["softwareAgent"];
    Some(Action {
        action: text(&said["action"])?,
        when: text(&said["when"]),
        agent: text(agent).or_else(|| text(&agent["name"])),
        source_type: text(&said["digitalSourceType"]),
    })
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
