use std::fs::File;
use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::import::archive::Archive;
use crate::import::state::views;
use crate::mutation::{config, hostile};

/// Every opcode that the machine knows, so that random programs get somewhere.
const OPS: &[u8] = b"(012abcdehijlqrstu.NJKMGXUTCB)]}QR\n\x80\x81\x82\x85\x86\x87\x88\x8a\x8b\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96";

/// The pickle of a real whole module.
static WHOLE_MODULE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/checkpoints/module.pt");
    let file = File::open(path).unwrap();
    let length = file.metadata().unwrap().len();
    Archive::open(file, length).unwrap().pickle().unwrap()
});

fn survive(bytes: &[u8]) {
    if let Ok(pickle) = read(bytes) {
        let _ = views(&pickle.values, pickle.root);
    }
}

fn program() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![4 => proptest::sample::select(OPS), 1 => 0u8..8, 1 => any::<u8>()], 0..200)
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn no_program_crashes_the_reader(bytes in program()) {
        survive(&bytes);
    }

    #[test]
    fn no_damage_crashes_the_reader(bytes in hostile(vec![WHOLE_MODULE.clone()])) {
        survive(&bytes);
    }
}

#[test]
fn values_are_read_as_python_wrote_them() {
    // {'a': (1, -2, 2**70), 'b': [None, True]}, protocol 2.
    let bytes = b"\x80\x02}(X\x01\0\0\0aK\x01J\xfe\xff\xff\xff\x8a\x09\0\0\0\0\0\0\0\0@\x87X\x01\0\0\0b](N\x88eu.";
    let pickle = read(bytes).unwrap();
    let entries = pickle.values.entries(pickle.root).unwrap();
    let tuple = pickle.values.tuple(entries[0].1).unwrap();
    assert_eq!(*pickle.values.node(tuple[1]), Node::Int(-2));
    assert_eq!(*pickle.values.node(tuple[2]), Node::Opaque);
    assert!(matches!(pickle.values.node(entries[1].1), Node::List(items) if items.len() == 2));
    assert_eq!(pickle.used, bytes.len());
}

#[test]
fn hostile_calls_are_refused_by_name() {
    for bytes in [
        &b"cos\nsystem\n(S'true'\ntR."[..],
        b"(X\x04\0\0\0trueios\nsystem\n.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
    ] {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.code(), "model-checkpoint-hostile");
        assert!(error.to_string().contains("os.system"), "{error}");
    }
}

#[test]
fn broken_pickles_are_unreadable() {
    for bytes in [&b""[..], b".", b"t.", b"h\0.", b"K", b"X\xff\xff\xff\xff.", b"}K\x01Ru.", b"N(eu.", b"\x82\0."] {
        assert_eq!(read(bytes).unwrap_err().code(), "model-checkpoint-unreadable", "{bytes:?}");
    }
}
