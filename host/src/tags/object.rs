//! Tags of objects, of which a store keeps a list: only ours is ever changed.

/// Name and value.
pub type Tag = (String, String);

/// The name of this target in the ledger, which also says which tags are ours.
pub const OBJECT: &str = "object";

/// The tags with `new` in the place of `ours`; None if there is a tag of that name that is not ours.
pub fn with(mut tags: Vec<Tag>, ours: &[Tag], new: &Tag) -> Option<Vec<Tag>> {
    tags.retain(|tag| !ours.contains(tag));
    let free = tags.iter().all(|(name, _)| *name != new.0);
    free.then(|| [tags, vec![new.clone()]].concat())
}

/// The tags without `ours`; None if none of them is there.
pub fn without(mut tags: Vec<Tag>, ours: &[Tag]) -> Option<Vec<Tag>> {
    let all = tags.len();
    tags.retain(|tag| !ours.contains(tag));
    (tags.len() < all).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_tag_gives_way() {
        let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let (ann, ours, new) = (tag("owner", "ann"), tag("check", "fake"), tag("check", "real"));
        let before = vec![ours.clone(), ann.clone()];
        assert_eq!(with(before.clone(), std::slice::from_ref(&ours), &new), Some(vec![ann.clone(), new.clone()]));
        assert_eq!(without(before.clone(), &[ours]), Some(vec![ann.clone()]));
        assert_eq!(without(before.clone(), &[]), None);
        assert_eq!(with(before, &[], &new), None);
        assert_eq!(with(vec![new.clone()], &[], &new), None, "a person may have given the same");
        assert_eq!(with(vec![ann.clone()], &[], &new), Some(vec![ann, new]));
    }
}
