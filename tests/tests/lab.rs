//! The laboratory's commands, which `veritag` hands to `veritag-lab`.

use std::fs;

use veritag_tests::{fixture, labels, root, run, veritag};

#[test]
fn without_the_laboratory_its_commands_say_how_to_get_it() {
    let directory = tempfile::tempdir_in(root().join("target")).unwrap();
    let alone = directory.path().join("veritag");
    fs::hard_link(veritag().get_program(), &alone).unwrap();
    let output = run(std::process::Command::new(alone).args(["evaluate", "labels.csv"]).env("PATH", "/nowhere"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3));
    assert!(told.contains("config-no-program") && told.contains("cargo build --release -p veritag-lab"), "{told}");
}

#[test]
fn options_before_a_command_of_the_laboratory_reach_it() {
    let directory = tempfile::tempdir().unwrap();
    let list = labels(directory.path(), &[("portrait.jpg", "real")]);
    let output = run(veritag().args(["--model", "no-such-model", "evaluate"]).arg(list));
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-model"), "{output:?}");
}

#[test]
fn help_names_the_commands_of_the_laboratory_and_a_slip_is_a_wrong_command_line() {
    let help = run(veritag().arg("--help"));
    for command in veritag::cli::LAB {
        assert!(String::from_utf8_lossy(&help.stdout).contains(&format!("\n  {command} ")), "{command}");
        assert!(run(veritag().args([command, "--help"])).status.success());
    }
    let slip = run(veritag().arg("evalute").arg(fixture("media/portrait.jpg")));
    assert_eq!(slip.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&slip.stderr).contains("unrecognized subcommand 'evalute'"), "{slip:?}");
}
