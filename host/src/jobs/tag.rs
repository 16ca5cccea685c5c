//! Tags that follow what models and people say of an arrival; doing it again changes nothing.

use tracing::{info, warn};

use super::assess::{Assessor, Fault, blocking};
use super::order::{self, Followed};
use crate::assessment::Assessment;
use crate::config::Event;
use crate::fetch::FetchError;
use crate::store::{ArrivalRecord, StoreError};
use crate::tags;
use crate::tags::object::{OBJECT, with};

impl Assessor {
    /// What an assessment and a person say of an arrival, wherever its source wants to see it.
    pub(super) async fn tag(&self, record: &ArrivalRecord, id: &str) -> Result<(), Fault> {
        let store = &self.intake.store;
        let Some(mut assessment) = store.assessment(id).await? else { return Ok(()) };
        loop {
            assessment.asset.path = record.arrival.name.clone();
            self.tag_object(record, &assessment).await?;
            self.tag_file(record, assessment.clone()).await?;
            // A person may have decided meanwhile.
            match store.assessment(id).await? {
                Some(now) if now.review != assessment.review => assessment = now,
                _ => return Ok(()),
            }
        }
    }

    async fn tag_file(&self, record: &ArrivalRecord, assessment: Assessment) -> Result<(), Fault> {
        let Some(path) = self.fetcher.in_place(&record.source, &record.arrival.place)? else { return Ok(()) };
        let wanted = self.tags.clone();
        let written = blocking(move || tags::write(&path, &assessment, &wanted)).await?;
        for (target, place) in written.map_err(|error| Fault::Tag(error.into()))? {
            self.intake.store.note(&record.id, target, &place, &[]).await?;
        }
        Ok(())
    }

    /// The ledger is written before the object: whatever may be there of ours is known.
    async fn tag_object(&self, record: &ArrivalRecord, assessment: &Assessment) -> Result<(), Fault> {
        let (store, place) = (&self.intake.store, &record.arrival.place);
        let Some(object) = self.fetcher.tagged_object(&record.source, place)? else { return Ok(()) };
        let new = self.tags.words.keyword(assessment.verdict, assessment.review).pair();
        let ours = store.wrote(OBJECT, &object.address).await?;
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
        store.note(&record.id, OBJECT, &object.address, &either).await?;
        object.write(&after).await.map_err(Fault::TagObject)?;
        Ok(store.note(&record.id, OBJECT, &object.address, &[new]).await?)
    }

    /// Has tags and receivers follow a person's decision.
    pub(super) async fn follow(&self, followed: Followed) -> Result<(), StoreError> {
        let Some(record) = self.intake.store.arrival(&followed.arrival).await? else { return Ok(()) };
        let Some(assessment) = &record.assessment else { return Ok(()) };
        let tagged = match self.tag(&record, assessment).await {
            Err(Fault::Store(error)) => return Err(error),
            Err(fault @ Fault::Fetch(FetchError::Elsewhere(_))) => return self.follow_later(followed, &fault).await,
            tagged => tagged,
        };
        self.notifier.announce(&self.intake, &record, Event::ReviewChanged, &followed.review).await?;
        match tagged {
            Err(fault) => self.follow_later(followed, &fault).await,
            Ok(()) => Ok(()),
        }
    }

    async fn follow_later(&self, followed: Followed, fault: &Fault) -> Result<(), StoreError> {
        let (code, why) = (fault.code(), fault.to_string());
        let Some(delay) = order::again(followed.attempts) else {
            warn!(code, why, "its tags do not follow the review, and it is given up");
            return Ok(());
        };
        warn!(code, why, again_in_s = delay.as_secs(), "its tags do not follow the review yet");
        self.intake.follow(Followed { attempts: followed.attempts + 1, ..followed }, delay).await
    }
}
