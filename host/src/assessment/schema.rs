//! The JSON Schema of an assessment document.

/// JSON Schema (2020-12) of what `--json` prints and `--write` keeps.
pub const JSON_SCHEMA: &str = include_str!("assessment.schema.json");

#[cfg(test)]
mod tests {
    use crate::mutation::{config, hostile};
    use proptest::prelude::*;

    use super::*;
    use crate::assessment::{Assessment, Review, examples, plain_name, wording};
    use serde_json::{Value, json};
    use veritag_abi::Reason;
    use veritag_abi::credentials::State;

    fn valid(document: &Value) -> bool {
        let schema = serde_json::from_str(JSON_SCHEMA).expect("the schema is JSON");
        jsonschema::draft202012::new(&schema).expect("the schema is a schema").is_valid(document)
    }

    fn document(assessment: &Assessment) -> Value {
        serde_json::to_value(assessment).expect("an assessment serializes")
    }

    fn broken(mut document: Value, pointer: &str, value: Value) -> bool {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = document.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        match value {
            Value::Null => parent.remove(key),
            value => parent.insert(key.into(), value),
        };
        !valid(&document)
    }

    #[test]
    fn the_schema_is_a_schema() {
        let schema = serde_json::from_str(JSON_SCHEMA).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
    }

    #[test]
    fn what_we_write_is_valid() {
        let written = [
            examples::fake(),
            examples::unsure(),
            examples::real(),
            examples::image(),
            examples::no_face(),
            examples::blurred(),
            examples::failed(),
        ];
        written.iter().for_each(|example| assert!(valid(&document(example)), "{example:#?}"));
    }

    #[test]
    fn the_page_describes_every_field_and_reason() {
        let page = include_str!("../../docs/assessment.md");
        let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
        let fields = schema["properties"].as_object().unwrap().keys().cloned();
        let reasons = Reason::ALL.iter().map(plain_name);
        fields.chain(reasons).for_each(|name| assert!(page.contains(&format!("`{name}`")), "{name}"));
    }

    #[test]
    fn fields_of_later_versions_are_allowed() {
        let mut document = document(&examples::fake());
        document["of_next_year"] = json!({ "anything": 1 });
        assert!(valid(&document));
    }

    #[test]
    fn broken_documents_are_not_valid() {
        let fake = || document(&examples::fake());
        let failed = || document(&examples::failed());
        assert!(broken(fake(), "/score", Value::Null));
        assert!(broken(fake(), "/score", json!(1.2)));
        assert!(broken(fake(), "/verdict", json!("FAKE")));
        assert!(broken(fake(), "/reason", json!("no_face")));
        assert!(broken(fake(), "/labels", json!([])));
        assert!(broken(fake(), "/schema", json!("veritag-assessment-2")));
        assert!(broken(fake(), "/asset/sha256", json!("A1")));
        assert!(broken(fake(), "/windows/0/frames", json!(-1)));
        assert!(broken(fake(), "/assessed_at", json!("yesterday")));
        assert!(broken(document(&examples::image()), "/credentials/state", json!("fake")));
        assert!(broken(failed(), "/reason", Value::Null));
        assert!(broken(failed(), "/reason", json!("because")));
        assert!(broken(failed(), "/score", json!(0.5)));
    }

    #[test]
    fn schema_and_page_list_every_state_of_credentials() {
        let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
        let names = Vec::from_iter(State::ALL.iter().map(plain_name));
        assert_eq!(schema["$defs"]["credentials"]["properties"]["state"]["enum"], json!(names));
        let page = include_str!("../../docs/assessment.md");
        names.iter().for_each(|name| assert!(page.contains(&format!("| `{name}` |")), "{name}"));
    }

    #[test]
    fn the_schema_lists_every_reason() {
        let schema: Value = serde_json::from_str(JSON_SCHEMA).unwrap();
        let names = |reasons: &[Reason]| json!(Vec::from_iter(reasons.iter().map(plain_name)));
        assert_eq!(schema["properties"]["reason"]["enum"], names(Reason::ALL));
        for part in ["window", "face"] {
            assert_eq!(schema["$defs"][part]["properties"]["reason"]["enum"], names(Reason::OF_FRAMES), "{part}");
        }
    }

    proptest! {
        #![proptest_config(config(128))]

        #[test]
        fn no_document_crashes_its_reader(bytes in hostile(vec![serde_json::to_vec(&examples::fake()).unwrap()])) {
            if let Ok(mut assessment) = serde_json::from_slice::<Assessment>(&bytes) {
                assessment.review = Review::ReviewedAsReal;
                drop((assessment.standing(), wording::sentence(&assessment), wording::frames_seen(&assessment)));
                prop_assert!(serde_json::to_vec(&assessment).is_ok());
            }
        }
    }
}
