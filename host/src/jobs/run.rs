//! Which queues a process works on, and how much of each at once.

use std::sync::Arc;

use tokio::sync::watch;

use super::{Assessor, ingest, review};
use crate::queue::Queue;
use crate::upload_event::Location;
use crate::webhooks;

/// At least so many assets are fetched at once from either kind of remote location.
const FETCHES: usize = 4;
/// Reviews that tags follow at once.
const REVIEWS: usize = 4;
/// Webhooks sent at once: they wait more than they work.
const DELIVERIES: usize = 8;

/// Works on every queue until `stop`, with `workers` of those jobs at once that need no fetching.
pub async fn run(assessor: &Arc<Assessor>, queue: &Queue, workers: usize, stop: &watch::Receiver<bool>) {
    let assess = |name: String, at_once| {
        let handler = handler(assessor, |assessor, id: String| async move { assessor.assess(&id).await });
        async move { queue.run(&name, at_once, handler, stop.clone()).await }
    };
    let follow = handler(assessor, |assessor, follow| async move { assessor.follow(follow).await });
    let deliver = handler(assessor, |assessor, delivery| async move { assessor.webhooks.deliver(delivery).await });
    let uploads = ingest::queue_of(&Location::Upload { spool: assessor.spool.id.clone(), name: String::new() });
    tokio::join!(
        assess(ingest::FILES.into(), workers),
        assess(uploads, workers),
        assess(ingest::OBJECTS.into(), workers.max(FETCHES)),
        assess(ingest::URLS.into(), workers.max(FETCHES)),
        queue.run(review::QUEUE, REVIEWS, follow, stop.clone()),
        queue.run(webhooks::QUEUE, DELIVERIES, deliver, stop.clone()),
    );
}

/// A handler that gives each task a handle of its own to the assessor.
fn handler<P, F, H>(assessor: &Arc<Assessor>, handle: H) -> impl Fn(P) -> F + use<P, F, H>
where
    H: Fn(Arc<Assessor>, P) -> F,
{
    let assessor = assessor.clone();
    move |payload| handle(assessor.clone(), payload)
}
