//! Many assets at once, in the order given.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError, mpsc};

/// Stack of a thread that runs the sandbox, in bytes: tract's graph passes recurse, and waiting threads nest.
pub const STACK: usize = 16 << 20;
/// Items per worker that may be under way or wait for one before them.
const AHEAD: usize = 4;

/// Does `work` on every item with `workers` threads and one more, which decodes meanwhile, and hands each result to
/// `take` as soon as all before it are in. Few results wait at a time, however slow one of them is.
pub fn in_order<'a, I: Sync, T: Send>(
    workers: usize,
    items: &'a [I],
    work: impl Fn(&'a I) -> T + Sync,
    take: impl FnMut(T),
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
    std::thread::scope(|scope| {
        for _ in 0..=workers {
            let (sender, next, work) = (sender.clone(), &next, &work);
            let run = move || {
                while let Some((index, item)) = next() {
                    let _ = sender.send((index, work(item)));
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).expect("a thread");
        }
        drop(sender);
        sort(results, permit, take);
    });
}

/// Hands on in order; each result that is handed on permits another item.
fn sort<T>(results: Receiver<(usize, T)>, permit: SyncSender<()>, mut take: impl FnMut(T)) {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (index, result) in results {
        waiting.insert(index, result);
        while let Some(result) = waiting.remove(&next) {
            take(result);
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
            |item: &u64| std::thread::sleep(std::time::Duration::from_millis(5 * u64::from(item.is_multiple_of(7))));
        let mut taken = Vec::new();
        in_order(3, &items, |item| (slow_first(item), *item).1, |item| taken.push(item));
        assert_eq!(taken, items);
    }
}
