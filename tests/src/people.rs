//! People at the review pages.

use crate::service::Site;

/// Four people, for a site's configuration; the token of each is their name.
pub const PEOPLE: &str = r#"
[[user]]
name = "vic"
role = "viewer"
token = { file = "ROOT/vic" }
[[user]]
name = "ann"
role = "reviewer"
token = { file = "ROOT/ann" }
[[user]]
name = "bob"
role = "reviewer"
token = { file = "ROOT/bob" }
[[user]]
name = "root"
role = "admin"
token = { file = "ROOT/root" }
"#;

/// Writes the files that hold their tokens.
pub fn write_tokens(site: &Site) {
    ["vic", "ann", "bob", "root"].iter().for_each(|name| std::fs::write(site.media(name), name).expect("a new file"));
}
