//! Tags that follow what models and people say of an arrival; doing it again changes nothing.

use tracing::{info, warn};

use super::assess::{Assessor, Fault, blocking};
use crate::assessment::Assessment;
use crate::config::Event;
use crate::store::{ArrivalRecord, OBJECT, StoreError};
use crate::tags;

impl Assessor {
    /// What an assessment and a person say of an arrival, wherever its source wants to see it.
    pub(super) async fn tag(&self, record: &ArrivalRecord, assessment: &str) -> Result<(), Fault> {
        let Some(mut assessment) = self.intake.store.assessment(assessment).await? else { return Ok(()) };
        assessment.asset.path = record.arrival.name.clone();
        self.tag_object(record, &assessment).await?;
        let Some(path) = self.fetcher.in_place(&record.source, &record.arrival.place)? else { return Ok(()) };
        let wanted = self.tags.clone();
        let written = blocking(move || tags::write(&path, &assessment, &wanted)).await?;
        for (target, place) in written.map_err(Fault::Tag)? {
            self.intake.store.note(&record.id, target, &place, None).await?;
        }
        Ok(())
    }

    async fn tag_object(&self, record: &ArrivalRecord, assessment: &Assessment) -> Result<(), Fault> {
        let Some(object) = self.fetcher.tagged_object(&record.source, &record.arrival.place) else { return Ok(()) };
        let (store, new) = (&self.intake.store, self.tags.words.keyword(assessment.verdict, assessment.review).pair());
        let ours = store.wrote(OBJECT, &object.address).await?;
        match object.tag(ours.as_ref(), &new).await.map_err(Fault::TagObject)? {
            true => store.note(&record.id, OBJECT, &object.address, Some(&new)).await?,
            false => info!(tag = new.0, "the object has such a tag, which is not ours: it stays"),
        }
        Ok(())
    }

    /// Has tags and receivers follow a person's decision; the next review of the asset does so again.
    pub(super) async fn follow(&self, id: &str, review: &str) -> Result<(), StoreError> {
        let Some(record) = self.intake.store.arrival(id).await? else { return Ok(()) };
        let Some(assessment) = &record.assessment else { return Ok(()) };
        match self.tag(&record, assessment).await {
            Err(Fault::Store(error)) => return Err(error),
            Err(fault) => warn!(code = fault.code(), why = fault.to_string(), "its tags do not follow the review"),
            Ok(()) => {}
        }
        self.notifier.announce(&self.intake, &record, Event::ReviewChanged, review).await
    }
}
