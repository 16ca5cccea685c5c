//! The rooms of plugin and host, the modules at the top of a crate, stand on one another without a circle. `--nocapture` shows how.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use veritag_tests::root;

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Every room below `source`, and those that it uses.
fn graph(source: &Path) -> Graph {
    let mut graph = Graph::new();
    for entry in fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()) {
        let room = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        if room != "lib" && room != "main" {
            let mut used: BTreeSet<String> = code(&entry).iter().flat_map(|text| rooms_in(text)).collect();
            used.remove(&room);
            graph.insert(room, used);
        }
    }
    graph
}

/// What is compiled of a file or directory outside of tests.
fn code(path: &Path) -> Vec<String> {
    if path.is_dir() {
        return fs::read_dir(path).unwrap().flat_map(|entry| code(&entry.unwrap().path())).collect();
    }
    let name = path.file_name().unwrap().to_str().unwrap();
    let for_tests = ["tests.rs", "examples.rs"].iter().any(|end| name.ends_with(end));
    if for_tests || !name.ends_with(".rs") {
        return vec![];
    }
    let text = fs::read_to_string(path).unwrap();
    vec![text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned()]
}

/// The rooms after each `crate::`.
fn rooms_in(text: &str) -> impl Iterator<Item = String> {
    assert!(!text.contains("use crate::{"), "one `use crate::room` a line");
    let after = text
        .match_indices("crate::")
        .filter(|(at, _)| !text[..*at].ends_with('$'))
        .map(|(at, it)| &text[at + it.len()..]);
    after.map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned())
}

/// The rooms floor by floor, each of which uses only those below; and what is left, which runs in circles.
fn floors(mut graph: Graph) -> (Vec<Vec<String>>, Graph) {
    graph.values_mut().for_each(|used| used.retain(|room| !room.is_empty()));
    let mut floors = Vec::new();
    loop {
        let stands = |used: &BTreeSet<String>| used.iter().all(|room| !graph.contains_key(room));
        let floor: Vec<String> = graph.iter().filter(|(_, used)| stands(used)).map(|(room, _)| room.clone()).collect();
        if floor.is_empty() {
            return (floors, graph);
        }
        floor.iter().for_each(|room| drop(graph.remove(room)));
        floors.push(floor);
    }
}

#[test]
fn no_rooms_run_in_circles() {
    for source in ["plugin/src", "host/src", "host/lab/src", "host/runner/src"] {
        let graph = graph(&root().join(source));
        let (floors, circles) = floors(graph.clone());
        println!("{source}");
        for (number, floor) in floors.iter().enumerate() {
            println!("  {number}");
            floor.iter().for_each(|room| println!("    {room}: {}", Vec::from_iter(graph[room].clone()).join(", ")));
        }
        assert!(circles.is_empty(), "{source} has a circle among {circles:?}");
    }
}
