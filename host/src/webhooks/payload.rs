//! The body of a webhook: enough to act on, without the windows. `host/docs/webhooks.md` describes it.

use serde_json::{Value, json};

use super::Delivery;
use crate::assessment::Assessment;
use crate::records::JobRecord;
use crate::tags::Keywords;

pub fn payload(delivery: &Delivery, job: &JobRecord, assessment: Option<&Assessment>, keywords: &Keywords) -> Value {
    let found = assessment.map(|assessment| {
        json!({
            "keyword": keywords.keyword(assessment.verdict, assessment.review).flat(),
            "text": assessment.text, "verdict": assessment.verdict, "reason": assessment.reason,
            "score": assessment.score.map(decimal), "threshold": assessment.threshold.map(decimal),
            "band": assessment.band.map(|band| band.map(decimal)),
            "model": assessment.model,
            "sha256": assessment.asset.sha256, "assessed_at": assessment.assessed_at, "review": assessment.review,
        })
    });
    let code = job.error_code.as_ref().filter(|_| assessment.is_none());
    json!({
        "type": delivery.event,
        "timestamp": delivery.at,
        "data": {
            "job": job.id, "source": job.source, "name": job.event.name, "external": job.event.external,
            "assessment": found, "error": code.map(|code| json!({ "code": code, "message": job.error })),
        },
    })
}

/// With as many digits as the assessment has.
fn decimal(value: f32) -> f64 {
    value.to_string().parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assessment::examples;
    use crate::config::WebhookEvent;
    use crate::records::State;
    use crate::upload_event::{Location, UploadEvent};

    #[test]
    fn the_page_describes_every_field() {
        let job = JobRecord {
            asset: None,
            id: "1".into(),
            source: "cms".into(),
            event: UploadEvent::new(Location::Path("clip.mp4".into())).external("asset-7"),
            state: State::Done,
            attempts: 1,
            generation: 0,
            assessment: Some("2".into()),
            error_code: None,
            error: None,
            received_at: String::new(),
            changed_at: String::new(),
        };
        let (event, url) = (WebhookEvent::AssessmentCompleted, String::new());
        let delivery = Delivery { job: "1".into(), event, subject: "2".into(), at: String::new(), url, attempts: 0 };
        let sent = payload(&delivery, &job, Some(&examples::fake()), &Keywords::default());
        let score = &sent["data"]["assessment"]["score"];
        assert_eq!(Some(score.to_string()), examples::fake().score.map(|score| score.to_string()));
        let page = include_str!("../../docs/webhooks.md");
        for fields in [&sent["data"], &sent["data"]["assessment"]] {
            for name in fields.as_object().unwrap().keys() {
                assert!(page.contains(&format!("{name}`")) && page.contains(&format!("\"{name}\":")), "{name}");
            }
        }
    }
}
