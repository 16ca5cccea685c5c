//! Which assets show the same people, and so are no independent evidence.

use std::collections::BTreeMap;

use crate::dataset::Entry;

/// The group of each entry, numbered from 0: entries that share a person, directly or through others, share a
/// group. People are told apart by collection, where what stands in brackets after its name (a mirror, a variant)
/// counts for nothing; an entry without an identity is a group of its own.
pub fn groups(entries: &[Entry]) -> Vec<usize> {
    let mut people = BTreeMap::new();
    let mut parents = Vec::new();
    let firsts: Vec<usize> = entries.iter().map(|entry| join(entry, &mut people, &mut parents)).collect();
    let roots = firsts.into_iter().map(|person| root(&parents, person));
    let mut numbers = BTreeMap::new();
    let number = |root| {
        let next = numbers.len();
        *numbers.entry(root).or_insert(next)
    };
    roots.map(number).collect()
}

/// Unites the people of one entry and gives one of them.
fn join(entry: &Entry, known: &mut BTreeMap<(String, String), usize>, parents: &mut Vec<usize>) -> usize {
    let collection = entry.source.split('(').next().unwrap_or_default().trim();
    let mut person = |name: &str| {
        let key = (collection.to_owned(), name.to_owned());
        *known.entry(key).or_insert_with(|| {
            parents.push(parents.len());
            parents.len() - 1
        })
    };
    let everyone: Vec<usize> = people(entry).into_iter().map(&mut person).collect();
    for pair in everyone.windows(2) {
        let (one, other) = (root(parents, pair[0]), root(parents, pair[1]));
        parents[one.max(other)] = one.min(other);
    }
    everyone[0]
}

/// `033_097` is made of 033 and 097; `real_00012` and `easy_100_1111` are names of one.
fn people(entry: &Entry) -> Vec<&str> {
    let numbered = |part: &str| part.contains(|c: char| c.is_ascii_digit());
    match (entry.identity.as_str(), entry.identity.split_once('_')) {
        ("", _) => vec![entry.path.as_str()],
        (_, Some((one, other))) if numbered(one) && numbered(other) && !other.contains('_') => vec![one, other],
        (whole, _) => vec![whole],
    }
}

fn root(parents: &[usize], mut person: usize) -> usize {
    while parents[person] != person {
        person = parents[person];
    }
    person
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::examples::entry;

    fn grouped(of: &[(&str, &str)]) -> Vec<usize> {
        let entries = of.iter().enumerate().map(|(nth, (source, identity))| Entry {
            source: (*source).into(),
            identity: (*identity).into(),
            ..entry(&format!("{nth}.mp4"))
        });
        groups(&entries.collect::<Vec<_>>())
    }

    #[test]
    fn a_fake_shares_a_group_with_both_people_it_is_made_of() {
        let c23 = |identity| ("FF++c23", identity);
        assert_eq!(grouped(&[c23("033"), c23("097"), c23("035"), c23("033_097")]), [0, 0, 1, 0]);
        assert_eq!(grouped(&[c23("1_2"), c23("3_4"), c23("2_3"), c23("5")]), [0, 0, 0, 1]);
    }

    #[test]
    fn people_of_other_collections_are_other_people_but_mirrors_are_not() {
        assert_eq!(grouped(&[("FF++c23", "033"), ("Celeb", "033"), ("FF++c23(polimi)", "033")]), [0, 1, 0]);
    }

    #[test]
    fn names_with_a_word_are_whole_and_nobody_is_nobody_else() {
        assert_eq!(
            grouped(&[("x", "real_00001"), ("x", "real_00002"), ("x", "easy_1_1111"), ("x", "easy_2_1111")]),
            [0, 1, 2, 3]
        );
        assert_eq!(grouped(&[("x", ""), ("x", "")]), [0, 1]);
    }
}
