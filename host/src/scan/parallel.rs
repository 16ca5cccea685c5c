//! Many assets at once, in the order given.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Stack of a thread that runs the sandbox, in bytes: tract's graph passes recurse, and waiting threads nest.
pub const STACK: usize = 16 << 20;
/// Items per worker that may be under way or wait for one before them.
const AHEAD: usize = 4;

/// Does `work` on every item with `workers` threads and one more, which decodes meanwhile, and hands each result to
/// `take` as soon as all before it are in, until it breaks off. Few results wait at a time, however slow one of them is.
/// (pariter does as much, but gives its threads no stack of our size.)
///
/// # Panics
/// As `work` does, once all before that item are taken and what has begun is done.
pub fn in_order<'a, I: Sync, T: Send>(
    workers: usize,
    items: &'a [I],
    work: impl Fn(&'a I) -> T + Sync,
    take: impl FnMut(T) -> ControlFlow<()>,
) {
    let (sender, results) = mpsc::channel();
    let (permit, permits) = sync_channel(AHEAD * (workers + 1));
    let queue = Mutex::new((permits, items.iter().enumerate()));
    (0..AHEAD * (workers + 1)).for_each(|_| permit.send(()).expect("the queue listens"));
    let next = || {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.0.recv().ok()?;
        queue.1.next()
    };
    thread::scope(|scope| {
        for _ in 0..=workers {
            let (sender, next, work) = (sender.clone(), &next, &work);
            let run = move || {
                while let Some((index, item)) = next() {
                    let result = catch_unwind(AssertUnwindSafe(|| work(item)));
                    if sender.send((index, result)).is_err() {
                        return;
                    }
                }
            };
            thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).expect("a thread");
        }
        drop(sender);
        sort(results, permit, take);
    });
}

/// Hands on in order; each result that is handed on permits another item, and leaving ends the workers.
fn sort<T>(
    results: Receiver<(usize, thread::Result<T>)>,
    permit: SyncSender<()>,
    mut take: impl FnMut(T) -> ControlFlow<()>,
) {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (index, result) in results {
        waiting.insert(index, result);
        while let Some(result) = waiting.remove(&next) {
            if take(result.unwrap_or_else(|panic| resume_unwind(panic))).is_break() {
                return;
            }
            next += 1;
            let _ = permit.try_send(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items_whoever_is_first() {
        let items: Vec<u64> = (0..40).collect();
        let slow_first =
            |item: &u64| thread::sleep(std::time::Duration::from_millis(5 * u64::from(item.is_multiple_of(7))));
        let mut taken = Vec::new();
        in_order(
            3,
            &items,
            |item| (slow_first(item), *item).1,
            |item| {
                taken.push(item);
                ControlFlow::Continue(())
            },
        );
        assert_eq!(taken, items);
    }

    /// The first of more items than may be under way: nobody would wait for its result for ever.
    #[test]
    fn a_panic_ends_the_work_and_is_passed_on() {
        let items: Vec<u64> = (0..100).collect();
        let work = |item: &u64| assert!(*item != 0, "item {item}");
        let run = || in_order(3, &items, work, |()| ControlFlow::Continue(()));
        let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it panics");
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some("item 0"));
    }

    #[test]
    fn whoever_takes_may_break_off() {
        let items: Vec<u64> = (0..100).collect();
        let mut taken = 0;
        let take = |_| {
            taken += 1;
            if taken == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        in_order(3, &items, |item| *item, take);
        assert_eq!(taken, 3);
    }
}
