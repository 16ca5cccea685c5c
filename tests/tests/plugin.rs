//! The real plugin with the real model, called as the host calls it.

use veritag::files::sha256;
use veritag::model::Bundle;
use veritag::sandbox::Instance;
use veritag_abi::bundle::SelfTest;
use veritag_abi::{Chunk, Reason, Role, TensorBatch};
use veritag_plugin::plugin::Plugin;
use veritag_tests::sandbox::{batch, bundle, frames, instance, shipped};
use veritag_tests::{MODEL, root};

const PARTS: [&str; 3] = ["features.onnx", "head.onnx", "scope.onnx"];

#[test]
fn analyze_is_decide_after_infer_after_prepare_however_infer_is_split() {
    let mut plugin = instance(&bundle()).unwrap();
    let frames = frames("media/real.mp4", 7);
    let whole = plugin.analyze(&batch(&frames)).unwrap();
    assert!(whole.score.is_some(), "{whole:?}");

    let crops = plugin.prepare(&batch(&frames)).unwrap();
    let features = plugin.infer(&crops).unwrap();
    assert_eq!(plugin.decide(&features).unwrap(), whole);

    let mut data = plugin.infer(&crops.slice(0..3)).unwrap().data;
    data.extend(plugin.infer(&crops.slice(3..crops.rows())).unwrap().data);
    let joined = TensorBatch::new(Role::Features, features.shape.clone(), data, crops.seen.clone()).unwrap();
    assert_eq!(plugin.decide(&joined).unwrap(), whole);
}

#[test]
fn two_instances_give_the_same_bits() {
    let frames = frames("media/real.mp4", 2);
    for bundle in [bundle(), shipped("lite0-lstm")] {
        let answers = [(); 2].map(|()| instance(&bundle).unwrap().analyze(&batch(&frames)).unwrap());
        assert_eq!(answers[0], answers[1]);
    }
}

/// Of what follows the convolutions, tract adds up in another order natively; a kernel that took another way would be
/// far off.
#[test]
fn the_sandbox_computes_what_the_plugin_computes_natively() {
    let bundle = bundle();
    let side = bundle.spec.input.size;
    let crops = SelfTest::crops(2 * 3 * side * side);
    let crops = TensorBatch::new(Role::Crops, vec![2, 3, side, side], crops, Default::default()).unwrap();
    let mut native = Plugin::default();
    for (part, bytes) in bundle.parts() {
        native.load(&Chunk { part, offset: 0, total: bytes.len() as u64, bytes }).unwrap();
    }
    let (native, sandbox) = (native.infer(&crops).unwrap(), instance(&bundle).unwrap().infer(&crops).unwrap());
    for (native, sandbox) in native.data.iter().zip(&sandbox.data) {
        assert!((native - sandbox).abs() <= 1e-6 * (1.0 + native.abs()), "{native} natively, {sandbox} in the sandbox");
    }
}

#[test]
fn bad_input_is_rejected_and_leaves_the_plugin_working() {
    let mut plugin = instance(&bundle()).unwrap();
    let crops = TensorBatch::new(Role::Crops, vec![1, 3, 2, 2], vec![0.0; 12], Default::default()).unwrap();
    assert_eq!(plugin.infer(&crops).unwrap_err().code(), "plugin-rejected-input");
    let features = TensorBatch::new(Role::Features, vec![1, 2], vec![0.0; 2], Default::default()).unwrap();
    assert_eq!(plugin.decide(&features).unwrap_err().code(), "plugin-rejected-input");
    assert!(plugin.analyze(&batch(&frames("media/real.mp4", 1))).unwrap().score.is_some());
}

/// A copy of the bundle with `model.toml` changed; paths of parts stay good.
fn changed(from: &str, to: &str) -> (tempfile::TempDir, Bundle) {
    let directory = tempfile::tempdir_in(root().join("plugin/model")).unwrap();
    let source = root().join("plugin/model").join(MODEL);
    for part in PARTS {
        std::fs::copy(source.join(part), directory.path().join(part)).unwrap();
    }
    let spec = std::fs::read_to_string(source.join("model.toml")).unwrap();
    assert!(spec.contains(from), "{from} is not in model.toml");
    std::fs::write(directory.path().join("model.toml"), spec.replacen(from, to, 1)).unwrap();
    let bundle = Bundle::read(directory.path()).unwrap();
    (directory, bundle)
}

#[test]
fn a_bundle_whose_self_test_fails_is_not_used() {
    let spec = bundle().spec;
    let logit = spec.self_test.unwrap().logit;
    let (_directory, bundle) = changed(&format!("logit = {logit}"), &format!("logit = {}", logit + 1.0));
    let error = instance(&bundle).err().expect("refused");
    assert_eq!(error.code(), "model-unusable");
    assert!(error.to_string().contains("self-test"), "{error}");
}

#[test]
fn a_scope_of_fewer_reasons_than_its_network_gives_is_refused() {
    let (_directory, bundle) = changed("reasons = [\"covered\", ", "reasons = [");
    let error = instance(&bundle).err().expect("refused");
    assert!(error.to_string().contains("scope: gives 3 logits, [scope] names 2 reasons"), "{error}");
}

/// Its features are those of a one-frame window each.
#[test]
fn a_still_scores_the_mean_of_its_views() {
    let mut plugin = instance(&bundle()).unwrap();
    let crops = plugin.prepare(&batch(&frames("media/portrait.png", 1))).unwrap();
    let views = bundle().spec.input.still_views.len();
    assert_eq!((views, crops.rows()), (9, 9));
    let whole = plugin.infer(&crops).unwrap();
    let logit = |plugin: &mut Instance, features: &TensorBatch| {
        plugin.decide(features).unwrap().windows[0].faces[0].logit.expect("judged")
    };
    let each: Vec<f32> = (0..views)
        .map(|view| {
            let mut one = whole.slice(view..view + 1);
            one.seen = crops.seen.clone();
            one.seen.windows[0].tracks[0].frames = vec![crops.seen.windows[0].tracks[0].frames[view].clone()];
            logit(&mut plugin, &one)
        })
        .collect();
    let mean = each.iter().sum::<f32>() / views as f32;
    assert!((logit(&mut plugin, &whole) - mean).abs() < 1e-4, "{each:?}");
    assert!(each.iter().any(|view| (view - mean).abs() > 1e-3), "all views are alike");
}

#[test]
fn a_face_turned_further_aside_than_the_bundle_allows_is_not_judged() {
    let (_directory, bundle) = changed("max_turn = 0.6", "max_turn = 0.0");
    let analysis = instance(&bundle).unwrap().analyze(&batch(&frames("media/portrait.png", 1))).unwrap();
    assert_eq!((analysis.score, analysis.reason), (None, Some(Reason::TurnedAway)));
}

/// The middle crop, which stands for the face, is as it was found.
#[test]
fn every_other_crop_may_be_mirrored() {
    let (_directory, as_found) = changed("mirror = true", "mirror = false");
    let (mut plain, mut mirroring) = (instance(&as_found).unwrap(), instance(&bundle()).unwrap());
    let size = as_found.spec.input.size;
    for (name, count, turned) in [("media/portrait.png", 1, &[1, 3, 5, 7][..]), ("media/real.mp4", 3, &[0, 2])] {
        let frames = frames(name, count);
        let [plain, found] = [&mut plain, &mut mirroring].map(|plugin| plugin.prepare(&batch(&frames)).unwrap());
        let crops = |crops: &TensorBatch| crops.data.chunks(3 * size * size).map(<[f32]>::to_vec).collect::<Vec<_>>();
        let mut expected = crops(&plain);
        turned.iter().for_each(|&nth| expected[nth].chunks_mut(size).for_each(<[f32]>::reverse));
        assert!(crops(&found) == expected, "{name}");
        assert_eq!(found.seen.windows[0].tracks[0].frames, plain.seen.windows[0].tracks[0].frames);
    }
}

#[test]
fn a_still_may_have_a_band_of_its_own() {
    let mut spec = bundle().spec;
    let bands = [1, 2].map(|count| {
        let frames = frames(if count == 1 { "media/portrait.png" } else { "media/real.mp4" }, count);
        instance(&bundle()).unwrap().analyze(&batch(&frames)).unwrap().band
    });
    assert_eq!(bands, [spec.output.still_band.unwrap(), spec.output.band]);
    assert_ne!(bands[0], bands[1]);

    spec.output.still_band = Some([0.0, spec.output.threshold / 2.0]);
    assert!(spec.check().unwrap_err().contains("output.still_band"));
}

#[test]
fn views_of_a_still_must_have_the_face_as_found_in_their_middle() {
    let spec = |views: Vec<[f32; 3]>| {
        let mut spec = bundle().spec;
        spec.input.still_views = views;
        spec.check()
    };
    assert_eq!(spec(vec![[1.0, 0.0, 0.0]]), Ok(()));
    for wrong in [vec![], vec![[1.1, 0.0, 0.0]], vec![[1.0, 0.0, 0.0]; 10]] {
        assert!(spec(wrong).unwrap_err().contains("the middle one [1, 0, 0]"));
    }
    let nowhere = vec![[1.0, f32::NAN, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]];
    assert!(spec(nowhere).unwrap_err().contains("finite"));
    let far = vec![[2.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.5]];
    assert!(spec(far).unwrap_err().contains("enlarge by 0.8 to 1.25"));
}

#[test]
fn an_untrained_bundle_tags_nothing() {
    let (_directory, bundle) = changed("trained = true", "trained = false");
    assert_eq!(bundle.require_trained().unwrap_err().code(), "model-untrained");
}

#[test]
fn a_part_that_was_tampered_with_is_refused() {
    let (directory, _) = changed("trained = true", "trained = true");
    let part = directory.path().join("head.onnx");
    let mut bytes = std::fs::read(&part).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&part, bytes).unwrap();
    assert_eq!(Bundle::read(directory.path()).unwrap_err().code(), "model-hash-mismatch");
}

/// The bundle with bytes of a part changed, as its author might have: the hash in `model.toml` is of what is there.
fn rewritten(part: &str, change: impl Fn(&mut Vec<u8>)) -> (tempfile::TempDir, Bundle) {
    let mut bytes = std::fs::read(root().join("plugin/model").join(MODEL).join(part)).unwrap();
    let before = sha256(&bytes);
    change(&mut bytes);
    let (directory, _) = changed("trained = true", "trained = true");
    let card = std::fs::read_to_string(directory.path().join("model.toml")).unwrap();
    std::fs::write(directory.path().join("model.toml"), card.replace(&before, &sha256(&bytes))).unwrap();
    std::fs::write(directory.path().join(part), bytes).unwrap();
    let bundle = Bundle::read(directory.path()).unwrap();
    (directory, bundle)
}

/// What is done to a part.
type Change = fn(&mut Vec<u8>);

#[test]
fn a_network_that_is_cut_or_has_unknown_operators_is_refused() {
    let cut: Change = |bytes| bytes.truncate(bytes.len() / 2);
    let unknown: Change = |bytes| {
        for name in [&b"Conv"[..], b"LSTM", b"Gemm", b"MatMul"] {
            let found: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(name)).collect();
            found.iter().for_each(|at| bytes[*at] = b'X');
        }
    };
    let empty: Change = |bytes| bytes.clear();
    let changes = [("cut", cut), ("of unknown operators", unknown), ("empty", empty)];
    for part in PARTS {
        for (what, change) in changes {
            let (_directory, bundle) = rewritten(part, change);
            let error = instance(&bundle).err().unwrap_or_else(|| panic!("{part} is taken, though {what}"));
            assert_eq!(error.code(), "model-unusable", "{part}, {what}: {error}");
        }
    }
}

/// A network whose bytes are damaged is refused, or passes the bundle's self-test and judges; the sandbox holds either way.
#[test]
fn a_damaged_network_is_refused_or_judges() {
    let frames = frames("media/real.mp4", 1);
    for seed in 0..24u32 {
        let part = PARTS[seed as usize % 3];
        let (_directory, bundle) = rewritten(part, |bytes| {
            // Beginning and end hold the graph; between are mostly weights.
            for nth in 0..4 {
                let random = (seed * 4 + nth).wrapping_mul(2_654_435_761) as usize;
                let at = random % bytes.len().min(4000);
                let at = if nth % 2 == 0 { at } else { bytes.len() - 1 - at };
                bytes[at] = bytes[at].wrapping_add((random >> 13) as u8 | 1);
            }
        });
        let judged = instance(&bundle).and_then(|mut plugin| plugin.analyze(&batch(&frames)));
        match judged {
            Ok(analysis) => {
                let score = analysis.score.is_none_or(|score| (0.0..=1.0).contains(&score));
                assert!(score && analysis.score.is_some() != analysis.reason.is_some(), "{part}, {seed}: {analysis:?}");
            }
            Err(error) => {
                let codes = ["model-unusable", "plugin-trapped", "plugin-out-of-memory", "plugin-timeout"];
                assert!(codes.contains(&error.code()), "{part}, {seed}: {error}");
            }
        }
    }
    assert!(instance(&bundle()).unwrap().analyze(&batch(&frames)).unwrap().score.is_some());
}
