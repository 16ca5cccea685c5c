//! What we write into a packet: keywords, and the assessments that they come from.

use xot::Node;

use super::name::{HIERARCHICAL, METADATA_DATE, Name, SUBJECT, TAGS_LIST};
use super::packet::Packet;
use super::value::{List, Value};
use crate::assessment::{Assessment, Review, plain_name};
use crate::tags::Keyword;

/// One entry a model.
const ASSESSMENTS: Name = Name::ours("Assessments");
/// The keywords that we added, so that no others are ever removed.
const ADDED: Name = Name::ours("Added");
const MODEL: Name = Name::ours("Model");
const VERSION: Name = Name::ours("ModelVersion");
const ASSET: Name = Name::ours("AssetSha256");
const REVIEW: Name = Name::ours("Review");
/// The keyword lists that catalogues read, their kinds, and what we remember each one's keyword as.
const LISTS: [(Name, List, Name); 3] = [
    (SUBJECT, List::Bag, Name::ours("Subject")),
    (HIERARCHICAL, List::Bag, Name::ours("HierarchicalSubject")),
    (TAGS_LIST, List::Seq, Name::ours("TagsList")),
];

/// That the sidecar itself is ours, so that it may go when nothing else is left in it.
const CREATED: Name = Name::ours("SidecarCreated");

/// A sidecar of ours, with nothing in it yet.
pub fn create() -> Packet {
    let mut packet = Packet::empty();
    packet.set(CREATED, &"True".into());
    packet
}

/// Records `assessment` unless it is there already but for its time. Gives whether anything has changed.
pub fn update(packet: &mut Packet, assessment: &Assessment, keyword: &Keyword) -> bool {
    let date = packet.simple(METADATA_DATE);
    if let (Some(at), Some(date)) = (recorded_at(packet, assessment), date) {
        let before = packet.text();
        tag(packet, &Assessment { assessed_at: at, ..assessment.clone() }, keyword);
        packet.set(METADATA_DATE, &date.into());
        if packet.text() == before {
            return false;
        }
    }
    tag(packet, assessment, keyword);
    true
}

/// When the same version of the same model last assessed the asset.
fn recorded_at(packet: &Packet, assessment: &Assessment) -> Option<String> {
    let entry = entries(packet, assessment).pop()?;
    packet.field(entry, Name::ours("AssessedAt"))
}

/// What is recorded of the same version of the same model.
fn entries(packet: &Packet, assessment: &Assessment) -> Vec<Node> {
    let model = assessment.model.as_ref().map(|model| (model.name.clone(), model.version.clone()));
    let same = |item: &Node| packet.field(*item, MODEL).zip(packet.field(*item, VERSION)) == model;
    packet.items(ASSESSMENTS).into_iter().filter(same).collect()
}

/// Records `assessment` in place of an earlier one by the same version of the same model, and has the keyword follow.
pub fn tag(packet: &mut Packet, assessment: &Assessment, keyword: &Keyword) {
    remove_added(packet);
    add(packet, keyword);
    entries(packet, assessment).into_iter().for_each(|item| packet.remove_item(item));
    packet.push(ASSESSMENTS, List::Seq, &record(assessment));
    packet.set(METADATA_DATE, &assessment.assessed_at.as_str().into());
}

/// Whether there is anything of ours.
pub fn is_tagged(packet: &Packet) -> bool {
    [ADDED, ASSESSMENTS].into_iter().any(|name| packet.property(name).is_some())
}

/// What a person has decided about the bytes with this hash, as the last of their entries says.
pub fn review(packet: &Packet, sha256: &str) -> Option<Review> {
    let of = |item: &Node| packet.field(*item, ASSET).as_deref() == Some(sha256);
    let entry = packet.items(ASSESSMENTS).into_iter().rfind(of)?;
    serde_json::from_value(packet.field(entry, REVIEW)?.into()).ok()
}

/// Takes back everything that [`tag`] ever wrote. False if the sidecar is ours and nothing else is left in it.
pub fn untag(packet: &mut Packet) -> bool {
    remove_added(packet);
    packet.unset(ASSESSMENTS);
    let ours = packet.property(CREATED).is_some();
    packet.unset(CREATED);
    !(ours && packet.holds_only(METADATA_DATE))
}

fn add(packet: &mut Packet, keyword: &Keyword) {
    let mut added = Vec::new();
    for ((list, kind, memory), text) in LISTS.into_iter().zip([keyword.flat(), keyword.lightroom(), keyword.digikam()])
    {
        let known = packet.items(list).into_iter().any(|item| packet.string(item) == text);
        if !known && packet.push(list, kind, &text.as_str().into()) {
            added.push((memory, text.into()));
        }
    }
    if !added.is_empty() {
        packet.set(ADDED, &Value::Structure(added));
    }
}

fn remove_added(packet: &mut Packet) {
    let Some(added) = packet.property(ADDED) else { return };
    for (list, _, memory) in LISTS {
        let Some(text) = packet.field(added, memory) else { continue };
        let ours = packet.items(list).into_iter().find(|item| packet.string(*item) == text);
        ours.into_iter().for_each(|item| packet.remove_item(item));
    }
    packet.unset(ADDED);
}

fn record(assessment: &Assessment) -> Value {
    let model = assessment.model.as_ref();
    let fields = [
        ("Verdict", Some(plain_name(&assessment.verdict))),
        ("Text", Some(assessment.text.clone())),
        ("Reason", assessment.reason.as_ref().map(plain_name)),
        ("Score", assessment.score.map(|score| score.to_string())),
        ("Threshold", assessment.threshold.map(|threshold| threshold.to_string())),
        ("Model", model.map(|model| model.name.clone())),
        ("ModelVersion", model.map(|model| model.version.clone())),
        ("ModelSha256", model.map(|model| model.sha256.clone())),
        ("PluginSha256", assessment.plugin.as_ref().map(|plugin| plugin.sha256.clone())),
        ("AssetSha256", assessment.asset.sha256.clone()),
        ("AssessedAt", Some(assessment.assessed_at.clone())),
        ("Review", Some(plain_name(&assessment.review))),
    ];
    let text = fields.into_iter().filter_map(|(name, text)| Some((Name::ours(name), text?.into())));
    Value::Structure(text.chain([(Name::ours("Seen"), seen(assessment))]).collect())
}

/// The stretches that were looked at, in seconds: `0.000-0.800`.
fn seen(assessment: &Assessment) -> Value {
    let seconds = |us: u64| us as f64 / 1e6;
    let windows = assessment.windows.iter();
    let stretch = windows.map(|w| format!("{:.3}-{:.3}", seconds(w.start_us), seconds(w.end_us)).into());
    Value::List(List::Seq, stretch.collect())
}
