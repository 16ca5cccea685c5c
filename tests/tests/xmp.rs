//! XMP sidecars, as exiftool reads and writes them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use veritag::files::sha256;
use veritag_tests::{fixture, run, veritag};

/// A library of one image; its sidecar has the name that exists or comes to be.
struct Library {
    directory: TempDir,
}

impl Library {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::copy(fixture("media/portrait.jpg"), directory.path().join("portrait.jpg")).unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn veritag(&self, arguments: &[&str]) -> i32 {
        let output = run(veritag().args(arguments).arg(self.path("portrait.jpg")));
        output.status.code().unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)))
    }

    fn exiftool(&self, arguments: &[&str], name: &str) -> String {
        let output = run(Command::new("exiftool").args(arguments).arg(self.path(name)));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Every XMP property of the file, structures as such.
    fn properties(&self, name: &str) -> Value {
        let document: Value =
            serde_json::from_str(&self.exiftool(&["-json", "-struct", "-G1", "-XMP:all"], name)).unwrap();
        let mut properties = document[0].clone();
        ["SourceFile", "XMP-xmp:MetadataDate", "XMP-x:XMPToolkit"].iter().for_each(|name| {
            properties.as_object_mut().unwrap().remove(*name);
        });
        properties
    }
}

fn facts(path: &Path) -> (Vec<u8>, std::time::SystemTime) {
    (std::fs::read(path).unwrap(), std::fs::metadata(path).unwrap().modified().unwrap())
}

#[test]
fn exiftool_reads_and_validates_a_new_sidecar_and_the_media_stay_as_they_were() {
    let library = Library::new();
    let before = facts(&library.path("portrait.jpg"));
    assert_eq!(library.veritag(&["scan", "--xmp"]), 0);
    assert_eq!(facts(&library.path("portrait.jpg")), before);
    let found = library.properties("portrait.jpg.xmp");
    let word = found["XMP-dc:Subject"][0].as_str().unwrap().strip_prefix("deepfake-check:").unwrap().to_owned();
    assert_eq!(found["XMP-lr:HierarchicalSubject"][0], format!("deepfake-check|{word}"));
    assert_eq!(found["XMP-digiKam:TagsList"][0], format!("deepfake-check/{word}"));
    let record = &found["XMP-veritag:Assessments"][0];
    assert_eq!(record["AssetSha256"], sha256(&before.0));
    assert_eq!(record["Review"], "not_reviewed");
    assert!(record["Text"].as_str().unwrap().starts_with("Automated check: "));
    assert!(library.exiftool(&["-validate", "-warning", "-a"], "portrait.jpg.xmp").contains("OK"));
}

#[test]
fn a_sidecar_that_exiftool_made_keeps_every_property() {
    let library = Library::new();
    let theirs = [
        "-XMP-dc:Subject=harbour",
        "-XMP-dc:Subject=Möwe",
        "-XMP-dc:Title-de=Hafen",
        "-XMP-xmp:Rating=4",
        "-XMP-photoshop:City=Hull",
        "-XMP-lr:HierarchicalSubject=places|harbour",
        "-XMP-xmpDM:Tracks={TrackName=a}",
        "-XMP-iptcExt:PersonInImage=Ann",
        "-XMP-mwg-rs:RegionInfo={RegionList=[{Name=Ann,Type=Face}]}",
    ];
    library
        .exiftool(&[&["-o"][..], &[library.path("portrait.xmp").to_str().unwrap()], &theirs].concat(), "portrait.jpg");
    let before = library.properties("portrait.xmp");
    assert!(before.as_object().unwrap().len() >= theirs.len() - 1, "{before:#}");

    assert_eq!(library.veritag(&["scan", "--xmp"]), 0);
    assert!(!library.path("portrait.jpg.xmp").exists(), "never a second one");
    let tagged = library.properties("portrait.xmp");
    for (name, value) in before.as_object().unwrap() {
        match value.as_array().filter(|_| name.ends_with("ubject")) {
            Some(items) => assert!(tagged[name].as_array().unwrap().starts_with(items), "{name}"),
            None => assert_eq!(&tagged[name], value, "{name}"),
        }
    }
    assert!(library.exiftool(&["-validate", "-warning", "-a"], "portrait.xmp").contains("OK"));

    assert_eq!(library.veritag(&["untag"]), 0);
    assert_eq!(library.properties("portrait.xmp"), before);
}

#[test]
fn what_is_not_ours_is_not_replaced_and_the_same_again_writes_nothing() {
    let library = Library::new();
    let (json, xmp) = (library.path("portrait.jpg.veritag.json"), library.path("portrait.jpg.xmp"));
    std::fs::write(&json, "my notes").unwrap();
    assert_eq!(library.veritag(&["scan", "--write", "--xmp"]), 1);
    assert_eq!(std::fs::read_to_string(&json).unwrap(), "my notes");
    assert!(xmp.exists(), "the other one is written all the same");
    std::fs::remove_file(&json).unwrap();
    assert_eq!(library.veritag(&["scan", "--write", "--xmp"]), 0);
    let written = [facts(&json), facts(&xmp)];
    assert_eq!(library.veritag(&["scan", "--write", "--xmp"]), 0);
    assert_eq!([facts(&json), facts(&xmp)], written);
}

#[test]
fn untagging_leaves_no_file_of_ours_and_touches_none_of_others() {
    let library = Library::new();
    assert_eq!(library.veritag(&["scan", "--xmp", "--write"]), 0);
    assert!(library.path("portrait.jpg.xmp").exists() && library.path("portrait.jpg.veritag.json").exists());
    assert_eq!(library.veritag(&["untag"]), 0);
    let left: Vec<_> = std::fs::read_dir(library.directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["portrait.jpg"]);

    library.exiftool(&["-o", library.path("portrait.xmp").to_str().unwrap(), "-XMP-xmp:Rating=4"], "portrait.jpg");
    let before = facts(&library.path("portrait.xmp"));
    assert_eq!(library.veritag(&["untag"]), 0);
    assert_eq!(facts(&library.path("portrait.xmp")), before);
}

#[test]
fn a_sidecar_that_is_no_xmp_is_left_alone_and_named() {
    let library = Library::new();
    std::fs::write(library.path("portrait.jpg.xmp"), "half a fi").unwrap();
    let output = run(veritag().args(["scan", "--xmp"]).arg(library.path("portrait.jpg")));
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("tags-bad-sidecar"));
    assert_eq!(std::fs::read(library.path("portrait.jpg.xmp")).unwrap(), b"half a fi");
}

#[test]
fn the_sidecar_of_a_raw_file_is_left_alone_when_the_asset_is_named_without_a_directory() {
    let library = Library::new();
    let sidecar = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>";
    std::fs::write(library.path("portrait.NRW"), "raw").unwrap();
    std::fs::write(library.path("portrait.xmp"), sidecar).unwrap();
    let manifest = veritag_tests::root().join("manifest.toml");
    let mut scan = veritag();
    scan.current_dir(library.directory.path())
        .args(["scan", "--xmp", "portrait.jpg"])
        .env("VERITAG_MANIFEST", manifest);
    assert!(run(&mut scan).status.success());
    assert_eq!(std::fs::read_to_string(library.path("portrait.xmp")).unwrap(), sidecar);
    assert!(library.path("portrait.jpg.xmp").is_file());
}
