use proptest::prelude::*;
use veritag_abi::Verdict;

use super::markup::{MAX_DEPTH, PacketError};
use super::name::{HIERARCHICAL, Name, SUBJECT, TAGS_LIST};
use super::value::{List, Value};
use super::*;
use crate::assessment::{Review, examples};
use crate::mutation::{config, hostile};
use crate::tags::Keywords;

const RECORDS: Name = Name::ours("Assessments");

/// As darktable writes: attributes, prefixes of its own, properties that nobody else knows.
const DARKTABLE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dublin="http://purl.org/dc/elements/1.1/"
    xmlns:darktable="http://darktable.sf.net/"
    xmp:Rating="4"
    xmp:MetadataDate="2020-01-01T00:00:00Z"
    darktable:history_end="3">
   <dublin:subject>
    <rdf:Seq>
     <rdf:li>harbour</rdf:li>
     <rdf:li>Möwe &amp; Boot</rdf:li>
    </rdf:Seq>
   </dublin:subject>
   <dublin:title><rdf:Alt><rdf:li xml:lang="x-default">Hafen</rdf:li></rdf:Alt></dublin:title>
   <darktable:history><rdf:Seq><rdf:li darktable:num="0" darktable:operation="rawprepare"/></rdf:Seq></darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"#;

fn parse(text: &str) -> Packet {
    Packet::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn strings(packet: &Packet, list: Name) -> Vec<String> {
    packet.items(list).into_iter().map(|item| packet.string(item)).collect()
}

fn tagged(packet: &mut Packet, verdict: Verdict) -> bool {
    let assessment = if verdict == Verdict::Fake { examples::fake() } else { examples::real() };
    update(packet, &assessment, &Keywords::default().keyword(verdict, Review::NotReviewed))
}

#[test]
fn a_new_sidecar_says_what_catalogues_read() {
    let mut packet = create();
    tagged(&mut packet, Verdict::Fake);
    let again = parse(&packet.text());
    assert_eq!(strings(&again, SUBJECT), ["deepfake-check:likely-fake"]);
    assert_eq!(strings(&again, HIERARCHICAL), ["deepfake-check|likely-fake"]);
    assert_eq!(strings(&again, TAGS_LIST), ["deepfake-check/likely-fake"]);
    let record = again.items(RECORDS)[0];
    assert_eq!(again.field(record, Name::ours("Score")).unwrap(), "0.93");
    assert_eq!(again.text(), packet.text());
}

#[test]
fn tagging_again_replaces_what_we_said_and_no_more() {
    let mut packet = create();
    tagged(&mut packet, Verdict::Fake);
    tagged(&mut packet, Verdict::Real);
    assert_eq!(strings(&packet, SUBJECT), ["deepfake-check:no-manipulation-found"]);
    assert_eq!(packet.items(RECORDS).len(), 1);
    let mut other = examples::fake();
    other.model.as_mut().unwrap().version = "2.0.0".into();
    update(&mut packet, &other, &Keywords::default().keyword(Verdict::Fake, Review::NotReviewed));
    assert_eq!(packet.items(RECORDS).len(), 2, "another version has an entry of its own");
    assert_eq!(strings(&packet, SUBJECT), ["deepfake-check:likely-fake"]);
}

#[test]
fn a_foreign_sidecar_keeps_everything_and_comes_back_whole() {
    let mut packet = parse(DARKTABLE);
    tagged(&mut packet, Verdict::Fake);
    let text = packet.text();
    for kept in [
        "darktable:operation=\"rawprepare\"",
        "xmp:Rating=\"4\"",
        "xml:lang=\"x-default\"",
        "Möwe &amp; Boot",
        "darktable:history_end=\"3\"",
    ] {
        assert!(text.contains(kept), "{kept} is gone: {text}");
    }
    assert!(!text.contains("2020-01-01"), "the metadata have changed now");
    let mut packet = parse(&text);
    assert_eq!(strings(&packet, SUBJECT), ["harbour", "Möwe & Boot", "deepfake-check:likely-fake"]);
    assert!(untag(&mut packet), "others' properties are left");
    let text = packet.text();
    assert!(!text.contains("deepfake-check") && !text.contains("likely"), "{text}");
    assert_eq!(strings(&packet, SUBJECT), ["harbour", "Möwe & Boot"]);
}

#[test]
fn a_keyword_that_a_person_gave_stays() {
    let mut packet = create();
    packet.push(SUBJECT, List::Bag, &Value::from("deepfake-check:likely-fake"));
    tagged(&mut packet, Verdict::Fake);
    assert_eq!(strings(&packet, SUBJECT).len(), 1);
    tagged(&mut packet, Verdict::Real);
    assert_eq!(strings(&packet, SUBJECT), ["deepfake-check:likely-fake", "deepfake-check:no-manipulation-found"]);
    assert!(untag(&mut packet));
    assert_eq!(strings(&packet, SUBJECT), ["deepfake-check:likely-fake"]);
}

#[test]
fn untagging_what_we_made_leaves_nothing() {
    let mut packet = create();
    tagged(&mut packet, Verdict::Fake);
    assert!(is_tagged(&packet));
    assert!(!untag(&mut packet));
    assert!(!is_tagged(&packet));
}

#[test]
fn lists_that_others_wrote_as_plain_text_become_lists() {
    for subject in ["<dc:subject>harbour</dc:subject></rdf:Description>", "</rdf:Description>"] {
        let attribute = if subject.starts_with("<dc") { "" } else { "dc:subject='harbour'" };
        let mut packet = parse(&format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
             xmlns:dc='http://purl.org/dc/elements/1.1/' {attribute}>{subject}</rdf:RDF>"
        ));
        tagged(&mut packet, Verdict::Fake);
        assert_eq!(strings(&packet, SUBJECT), ["harbour", "deepfake-check:likely-fake"]);
    }
}

fn bare(properties: &str) -> String {
    format!(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'>\
         <rdf:Description>{properties}</rdf:Description></rdf:RDF>"
    )
}

#[test]
fn every_plain_text_of_a_repeated_property_is_kept() {
    let mut packet = parse(&bare("<dc:subject>alpha</dc:subject><dc:subject>beta</dc:subject><dc:subject/>"));
    tagged(&mut packet, Verdict::Fake);
    assert_eq!(strings(&packet, SUBJECT), ["alpha", "beta", "deepfake-check:likely-fake"]);
    assert!(untag(&mut packet));
    assert_eq!(strings(&packet, SUBJECT), ["alpha", "beta"]);
}

#[test]
fn what_is_neither_list_nor_text_is_left_alone_and_so_is_the_sidecar() {
    let odd = "<dc:subject rdf:parseType=\"Resource\"><rdf:value>q</rdf:value></dc:subject>";
    for property in [odd, "", "<dc:subject/>"] {
        let mut packet = parse(&bare(property));
        tagged(&mut packet, Verdict::Fake);
        assert!(packet.text().contains(if property == odd { odd } else { "" }), "{}", packet.text());
        let mut packet = parse(&packet.text());
        assert!(is_tagged(&packet) && untag(&mut packet), "a sidecar that was there before us goes: {property}");
        assert!(packet.text().contains(if property == odd { odd } else { "" }), "{}", packet.text());
    }
}

#[test]
fn any_wrapper_is_read_and_kept() {
    let rdf = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/>";
    for name in ["xml_doc", "xapmeta", "xmpmeta"] {
        let wrapped =
            format!("<?xml version='1.0'?>\n<x:{name} xmlns:x=\"adobe:ns:meta/\">{rdf}</x:{name}>\n<!-- end -->");
        let mut packet = parse(&wrapped);
        tagged(&mut packet, Verdict::Fake);
        let text = packet.text();
        assert!(text.starts_with(&wrapped[..50]) && text.ends_with("\n<!-- end -->"), "{text}");
        assert_eq!(strings(&parse(&text), SUBJECT), ["deepfake-check:likely-fake"]);
    }
}

#[test]
fn others_white_space_stands_as_it_stood() {
    let mut packet = parse(DARKTABLE);
    let before = packet.text();
    let content = |text: &str| text.split_once("dublin:subject>").map(|(_, rest)| rest.to_owned());
    assert_eq!(content(&before), content(DARKTABLE));
    packet.push(SUBJECT, List::Bag, &"x".into());
    let item = packet.items(SUBJECT)[2];
    packet.remove_item(item);
    assert_eq!(packet.text(), before);
}

#[test]
fn the_same_again_changes_nothing() {
    for mut packet in [create(), parse(DARKTABLE)] {
        let keyword = Keywords::default().keyword(Verdict::Fake, Review::NotReviewed);
        let mut assessment = examples::fake();
        assert!(update(&mut packet, &assessment, &keyword));
        let text = packet.text();
        assessment.assessed_at = "2030-01-01T00:00:00Z".into();
        let mut again = parse(&text);
        assert!(!update(&mut again, &assessment, &keyword) && again.text() == text);
        assessment.score = Some(0.1);
        assert!(update(&mut again, &assessment, &keyword));
    }
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    let deep = |depth| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    for text in [deep(100_000), deep(MAX_DEPTH), "<a/>".repeat(300_000)] {
        assert!(matches!(Packet::parse(bare(&text).as_bytes()), Err(PacketError::TooLarge)));
    }
    assert!(Packet::parse(bare(&deep(MAX_DEPTH - 2)).as_bytes()).is_ok());
}

#[test]
fn prefixes_that_mean_something_else_are_left_alone() {
    let mut packet = parse(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:dc='urn:other'>\
         <rdf:Description dc:subject='theirs'/></rdf:RDF>",
    );
    tagged(&mut packet, Verdict::Fake);
    let again = parse(&packet.text());
    assert_eq!(strings(&again, SUBJECT), ["deepfake-check:likely-fake"]);
    assert!(packet.text().contains("dc:subject=\"theirs\""));
}

#[test]
fn rdf_without_a_prefix_can_be_tagged() {
    let mut packet = parse("<RDF xmlns='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><Description/></RDF>");
    tagged(&mut packet, Verdict::Fake);
    assert_eq!(strings(&parse(&packet.text()), SUBJECT), ["deepfake-check:likely-fake"]);
}

fn described(properties: &str) -> String {
    format!(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' \
         xmlns:dc='http://purl.org/dc/elements/1.1/'>{properties}</rdf:Description></rdf:RDF>"
    )
}

#[test]
fn a_mark_of_byte_order_and_the_ends_of_lines_stay() {
    let text = format!("\u{feff}{}\r\n", described("\r\n <dc:title>a</dc:title>\r\n"));
    let mut packet = parse(&text);
    tagged(&mut packet, Verdict::Fake);
    let text = packet.text();
    assert!(text.starts_with("\u{feff}<rdf:RDF"), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text}");
}

#[test]
fn a_keyword_that_is_no_plain_text_stays_as_it_is() {
    for property in ["<dc:subject rdf:value=\"v\"/>", "<dc:subject xml:lang=\"en\">v</dc:subject>"] {
        let mut packet = parse(&described(property));
        tagged(&mut packet, Verdict::Fake);
        assert!(packet.text().contains(property), "{}", packet.text());
        untag(&mut packet);
        assert!(packet.text().contains(property), "{}", packet.text());
    }
}

#[test]
fn the_same_result_changes_nothing_whatever_the_list_was() {
    for property in ["<dc:subject><rdf:Bag/></dc:subject>", "<dc:subject/>", "<dc:subject>a</dc:subject>"] {
        let mut packet = parse(&described(property));
        tagged(&mut packet, Verdict::Fake);
        assert!(!tagged(&mut packet, Verdict::Fake), "{property}");
    }
}

#[test]
fn what_is_no_xmp_is_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY b 'bb'>]><a>&b;</a>";
    for text in ["", "not xml", "<a/>", "<rdf:RDF/>", bomb, "<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"] {
        assert!(Packet::parse(text.as_bytes()).is_err(), "{text}");
    }
}

fn ours() -> Packet {
    let mut packet = parse(DARKTABLE);
    tagged(&mut packet, Verdict::Real);
    packet
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn others_keywords_survive_tagging_and_untagging(words in prop::collection::vec("[^\\p{C}]{1,20}", 0..6)) {
        let words: Vec<String> = words.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
        let mut packet = create();
        prop_assert!(words.iter().all(|word| packet.push(SUBJECT, List::Bag, &word.as_str().into())));
        tagged(&mut packet, Verdict::Fake);
        let mut packet = parse(&packet.text());
        prop_assert_eq!(&strings(&packet, SUBJECT)[..words.len()], &words[..]);
        untag(&mut packet);
        prop_assert_eq!(strings(&packet, SUBJECT), words);
    }

    #[test]
    fn no_bytes_crash_the_reader(bytes in hostile(vec![DARKTABLE.into(), ours().text().into_bytes()])) {
        if let Ok(mut packet) = Packet::parse(&bytes) {
            tagged(&mut packet, Verdict::Fake);
            let text = packet.text();
            let mut packet = Packet::parse(text.as_bytes()).expect("what we have written can be read");
            untag(&mut packet);
            prop_assert!(!is_tagged(&packet), "{}", text);
        }
    }

    #[test]
    fn every_text_can_be_written(text in "\\PC*|[\\x00-\\x1f]*") {
        let mut packet = create();
        packet.push(SUBJECT, List::Bag, &text.as_str().into());
        prop_assert!(Packet::parse(packet.text().as_bytes()).is_ok());
    }
}
