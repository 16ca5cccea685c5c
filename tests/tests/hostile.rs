//! A plugin that misbehaves costs the assets that it was given, with a stable code, and nothing else.

use veritag_tests::{documents, fixture, hostile_manifest, run, veritag};

/// Scans two pictures under the hostile plugin `name`; gives their error codes and the exit status.
fn codes(name: &str) -> (Vec<String>, i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let manifest = hostile_manifest(directory.path(), name);
    let output = run(veritag()
        .args(["scan", "--json", "--workers", "1", "--manifest"])
        .arg(manifest)
        .args([fixture("media/portrait.jpg"), fixture("media/portrait.png")]));
    let codes = documents(&output).iter().map(|d| d["error"]["code"].as_str().unwrap_or_default().to_owned()).collect();
    (codes, output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Each asset fails with `code`, the run goes on, and the exit status says that something failed.
fn costs_each_asset(name: &str, code: &str) {
    let (codes, status, stderr) = codes(name);
    assert_eq!(codes, [code, code], "{name}: {stderr}");
    assert_eq!(status, 1, "{name}");
}

/// The plugin is refused before any asset is opened.
fn is_refused(name: &str, code: &str) {
    let (codes, status, stderr) = codes(name);
    assert!(codes.is_empty() && status == 3, "{name}: {codes:?} {status}");
    assert!(stderr.contains(code), "{name}: {stderr}");
}

#[test]
fn one_that_never_answers_is_stopped() {
    costs_each_asset("spins", "plugin-timeout");
}

#[test]
fn one_that_crashes_is_replaced() {
    costs_each_asset("traps", "plugin-trapped");
}

#[test]
fn one_that_takes_all_memory_is_stopped() {
    costs_each_asset("hoards", "plugin-out-of-memory");
}

#[test]
fn one_that_answers_nonsense_is_not_believed() {
    costs_each_asset("babbles", "plugin-bad-output");
}

#[test]
fn one_that_claims_an_impossible_score_is_not_believed() {
    costs_each_asset("lies", "plugin-bad-output");
}

#[test]
fn one_that_gives_a_reason_that_it_cannot_know_is_not_believed() {
    costs_each_asset("excuses", "plugin-bad-output");
}

#[test]
fn one_that_says_that_it_failed_is_quoted() {
    costs_each_asset("fails", "plugin-internal");
}

#[test]
fn one_of_another_abi_is_refused_with_both_numbers() {
    is_refused("other-abi", "plugin-abi-mismatch");
    assert!(codes("other-abi").2.contains("ABI 2, this host 1"));
}

#[test]
fn one_that_lacks_exports_is_refused() {
    is_refused("no-export", "plugin-missing-export");
}

#[test]
fn one_that_wants_files_or_network_is_refused() {
    is_refused("wants-wasi", "plugin-unknown-import");
    is_refused("wants-network", "plugin-unknown-import");
}
