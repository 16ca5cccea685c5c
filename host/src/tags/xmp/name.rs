//! The names of properties.

/// A property's name, with the prefix that it is written with where the file has none for its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    pub namespace: &'static str,
    pub prefix: &'static str,
    pub local: &'static str,
}

impl Name {
    const fn new(namespace: &'static str, prefix: &'static str, local: &'static str) -> Self {
        Self { namespace, prefix, local }
    }

    /// A property of ours.
    pub const fn ours(local: &'static str) -> Self {
        Self::new("https://github.com/veritag/veritag/ns/1.0/", "veritag", local)
    }

    pub const fn rdf(local: &'static str) -> Self {
        Self::new("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf", local)
    }
}

pub const SUBJECT: Name = Name::new("http://purl.org/dc/elements/1.1/", "dc", "subject");
pub const HIERARCHICAL: Name = Name::new("http://ns.adobe.com/lightroom/1.0/", "lr", "hierarchicalSubject");
pub const TAGS_LIST: Name = Name::new("http://www.digikam.org/ns/1.0/", "digiKam", "TagsList");
/// The ending of the medium that a sidecar is of, where its name does not say so.
pub const SIDECAR_FOR: Name = Name::new("http://ns.adobe.com/photoshop/1.0/", "photoshop", "SidecarForExtension");
pub const METADATA_DATE: Name = Name::new("http://ns.adobe.com/xap/1.0/", "xmp", "MetadataDate");
