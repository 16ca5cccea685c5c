//! Many assets at once, in the order given.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Stack of a thread that runs the sandbox, in bytes: tract's graph passes recurse, and waiting threads nest.
pub const STACK: usize = 16 << 20;

/// Does `work` on every item with `workers` threads and one more, which decodes meanwhile, and hands each result to
/// `take` as soon as all before it are in.
pub fn in_order<I: Sync, T: Send>(workers: usize, items: &[I], work: impl Fn(&I) -> T + Sync, take: impl FnMut(T)) {
    let (sender, receiver) = mpsc::channel();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..=workers {
            let (sender, next, work) = (sender.clone(), &next, &work);
            let run = move || {
                while let Some((index, item)) = take_next(next, items) {
                    let _ = sender.send((index, work(item)));
                }
            };
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run).expect("a thread");
        }
        drop(sender);
        sort(receiver, take);
    });
}

fn take_next<'a, I>(next: &AtomicUsize, items: &'a [I]) -> Option<(usize, &'a I)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    items.get(index).map(|item| (index, item))
}

fn sort<T>(results: mpsc::Receiver<(usize, T)>, mut take: impl FnMut(T)) {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (index, result) in results {
        waiting.insert(index, result);
        while let Some(result) = waiting.remove(&next) {
            take(result);
            next += 1;
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
