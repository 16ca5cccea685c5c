//! Tags that follow what models and people say of an asset; doing it again changes nothing.

use tracing::info;

use super::assess::{Assessor, blocking};
use super::fault::Fault;
use crate::assessment::Assessment;
use crate::records::JobRecord;
use crate::tags;
use crate::tags::object::{OBJECT, with};

impl Assessor {
    /// What an assessment and a person say of a job's asset, wherever its source wants to see it.
    pub(super) async fn tag(&self, job: &JobRecord, id: &str) -> Result<(), Fault> {
        let Some(mut assessment) = self.records.assessment(id).await? else { return Ok(()) };
        loop {
            assessment.asset.path = job.event.name.clone();
            self.tag_object(job, &assessment).await?;
            self.tag_file(job, assessment.clone()).await?;
            // A person may have decided meanwhile.
            match self.records.assessment(id).await? {
                Some(now) if now.review != assessment.review => assessment = now,
                _ => return Ok(()),
            }
        }
    }

    async fn tag_file(&self, job: &JobRecord, assessment: Assessment) -> Result<(), Fault> {
        let Some(path) = self.fetcher.in_place(&job.source, &job.event.location)? else { return Ok(()) };
        let wanted = self.tags.clone();
        let written = blocking(move || tags::write(&path, &assessment, &wanted)).await?;
        for (target, location) in written.map_err(|error| Fault::Tag(error.into()))? {
            self.records.note_written(&job.id, target, &location, &[]).await?;
        }
        Ok(())
    }

    /// The ledger is written before the object: whatever may be there of ours is known.
    async fn tag_object(&self, job: &JobRecord, assessment: &Assessment) -> Result<(), Fault> {
        let records = &self.records;
        let Some(object) = self.fetcher.tagged_object(&job.source, &job.event.location)? else { return Ok(()) };
        let new = self.tags.keywords.keyword(assessment.verdict, assessment.review).pair();
        let ours = records.written_tags(OBJECT, &object.address).await?;
        let before = object.tags().await.map_err(Fault::TagObject)?;
        let Some(after) = with(before.clone(), &ours, &new) else {
            info!(tag = new.0, "the object has such a tag, which is not ours: it stays");
            return Ok(());
        };
        // A store may report a change as a new object.
        if before.contains(&new) && after.len() == before.len() {
            return Ok(());
        }
        let mut either = ours;
        either.push(new.clone());
        records.note_written(&job.id, OBJECT, &object.address, &either).await?;
        object.write(&after).await.map_err(Fault::TagObject)?;
        Ok(records.note_written(&job.id, OBJECT, &object.address, &[new]).await?)
    }
}
