//! An XMP packet as a tree, which keeps what nobody here knows.

use xot::output::xml::Parameters;
use xot::{NameId, Node, Xot};

use super::name::{Name, XMPMETA};
use super::value::{List, Value};

const EMPTY: &str = "<?xpacket begin='\u{feff}' id='W5M0MpCehiHzreSzNTczkc9d'?>\
    <x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
    <rdf:Description rdf:about=''/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>";

#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    #[error("it is not in UTF-8")]
    Encoding(#[from] std::str::Utf8Error),
    #[error("it is no XML: {0}")]
    Xml(#[from] xot::ParseError),
    #[error("there is no rdf:RDF with an rdf:Description in it")]
    NoXmp,
}

pub struct Packet {
    xot: Xot,
    document: Node,
    rdf: Node,
}

impl Default for Packet {
    fn default() -> Self {
        Self::parse(EMPTY.as_bytes()).expect("the empty packet is well formed")
    }
}

impl Packet {
    /// # Errors
    /// What keeps `bytes` from being an XMP packet. Document types, and so entities, are refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, PacketError> {
        let mut xot = Xot::new();
        let document = xot.parse(std::str::from_utf8(bytes)?.trim_start_matches('\u{feff}'))?;
        let mut packet = Self { xot, document, rdf: document };
        let top = packet.child(document, XMPMETA).unwrap_or(document);
        packet.rdf = packet.child(top, Name::rdf("RDF")).ok_or(PacketError::NoXmp)?;
        packet.descriptions().next().ok_or(PacketError::NoXmp)?;
        Ok(packet)
    }

    /// The packet as text.
    pub fn text(&self) -> String {
        let pretty = Parameters { indentation: Some(Default::default()), ..Parameters::default() };
        self.xot.serialize_xml_string(pretty, self.document).expect("every name has its prefix")
    }

    /// Whether there is no property but `name`, if that.
    pub fn holds_only(&self, name: Name) -> bool {
        let ignored = [self.known(name), self.known(Name::rdf("about"))];
        self.descriptions().all(|node| {
            let elements = self.elements(node).filter_map(|child| self.xot.node_name(child));
            elements.chain(self.xot.attributes(node).keys()).all(|name| ignored.contains(&Some(name)))
        })
    }

    /// The nodes of the items of a list, however it is written.
    pub fn items(&self, name: Name) -> Vec<Node> {
        let Some(property) = self.property(name) else { return Vec::new() };
        let lists: Vec<Node> = self.elements(property).collect();
        let li = self.known(Name::rdf("li"));
        lists.into_iter().flat_map(|list| self.elements(list)).filter(|n| self.xot.node_name(*n) == li).collect()
    }

    /// The text of a simple property, or of an item.
    pub fn string(&self, node: Node) -> String {
        self.xot.string_value(node).trim().to_owned()
    }

    /// The text of a field of the structure at `node`, in any of the ways that RDF has for it.
    pub fn field(&self, node: Node, name: Name) -> Option<String> {
        let id = self.known(name)?;
        let inner = self.child(node, Name::rdf("Description"));
        [Some(node), inner].into_iter().flatten().find_map(|holder| {
            let written_out = self.child(holder, name).map(|child| self.string(child));
            written_out.or_else(|| self.xot.get_attribute(holder, id).map(str::to_owned))
        })
    }

    /// The node of a property that is written as an element.
    pub fn property(&self, name: Name) -> Option<Node> {
        self.descriptions().find_map(|description| self.child(description, name))
    }

    /// Gives a property this value, whatever it had.
    pub fn set(&mut self, name: Name, value: &Value) {
        self.unset(name);
        let property = self.begin(name);
        self.fill(property, value);
    }

    pub fn unset(&mut self, name: Name) {
        let Some(id) = self.known(name) else { return };
        while let Some(property) = self.property(name) {
            self.remove(property);
        }
        for description in self.descriptions().collect::<Vec<_>>() {
            self.xot.remove_attribute(description, id);
        }
    }

    /// Appends to a list; what stood there as plain text becomes its first item.
    pub fn push(&mut self, name: Name, list: List, value: &Value) {
        let container = self.container(name, list);
        let item = self.element(Name::rdf("li"));
        self.append(container, item);
        self.fill(item, value);
    }

    /// Removes an item, and its list if nothing is left in it.
    pub fn remove_item(&mut self, item: Node) {
        let list = self.xot.parent(item).expect("items have lists");
        self.remove(item);
        if self.elements(list).next().is_none() {
            let property = self.xot.parent(list).expect("lists have properties");
            self.remove(property);
        }
    }

    fn container(&mut self, name: Name, list: List) -> Node {
        let property = self.property(name);
        if let Some(container) = property.and_then(|property| self.elements(property).next()) {
            return container;
        }
        let old = property.map(|property| self.string(property)).or_else(|| self.shorthand(name));
        self.unset(name);
        let property = self.begin(name);
        let items = old.filter(|text| !text.is_empty()).map(Value::Text).into_iter().collect();
        self.fill(property, &Value::List(list, items));
        self.elements(property).next().expect("just filled")
    }

    fn shorthand(&self, name: Name) -> Option<String> {
        let id = self.known(name)?;
        self.descriptions().find_map(|node| self.xot.get_attribute(node, id).map(str::to_owned))
    }

    fn begin(&mut self, name: Name) -> Node {
        let description = self.descriptions().next().expect("seen when parsing");
        let property = self.element(name);
        self.append(description, property);
        property
    }

    fn fill(&mut self, node: Node, value: &Value) {
        match value {
            Value::Text(text) => self.xot.append_text(node, &printable(text)).expect("elements take text"),
            Value::List(list, items) => {
                let container = self.element(list.name());
                self.append(node, container);
                for item in items {
                    let li = self.element(Name::rdf("li"));
                    self.append(container, li);
                    self.fill(li, item);
                }
            }
            Value::Structure(fields) => {
                let parse_type = self.id(Name::rdf("parseType"));
                self.xot.set_attribute(node, parse_type, "Resource");
                for (name, value) in fields {
                    let field = self.element(*name);
                    self.append(node, field);
                    self.fill(field, value);
                }
            }
        }
    }

    fn element(&mut self, name: Name) -> Node {
        let id = self.id(name);
        self.xot.new_element(id)
    }

    /// The name, with a prefix declared where the file has none for it: the usual one, unless it means something else.
    fn id(&mut self, name: Name) -> NameId {
        let namespace = self.xot.add_namespace(name.namespace);
        let place = self.descriptions().next().expect("seen when parsing");
        // Attributes need a prefix that is not empty.
        let declared = self.xot.prefix_for_namespace(place, namespace);
        if declared.is_none_or(|prefix| prefix == self.xot.empty_prefix()) {
            let mut prefix = self.xot.add_prefix(name.prefix);
            for number in 1.. {
                if self.xot.namespace_for_prefix(place, prefix).is_none() {
                    break;
                }
                prefix = self.xot.add_prefix(&format!("{}{number}", name.prefix));
            }
            self.xot.set_namespace(place, prefix, namespace);
        }
        self.xot.add_name_ns(name.local, namespace)
    }

    fn known(&self, name: Name) -> Option<NameId> {
        self.xot.name_ns(name.local, self.xot.namespace(name.namespace)?)
    }

    fn descriptions(&self) -> impl Iterator<Item = Node> + '_ {
        let name = self.known(Name::rdf("Description"));
        self.elements(self.rdf).filter(move |node| self.xot.node_name(*node) == name)
    }

    fn child(&self, node: Node, name: Name) -> Option<Node> {
        let id = self.known(name)?;
        self.elements(node).find(|child| self.xot.node_name(*child) == Some(id))
    }

    fn elements(&self, node: Node) -> impl Iterator<Item = Node> + '_ {
        self.xot.children(node).filter(|child| self.xot.is_element(*child))
    }

    fn append(&mut self, parent: Node, child: Node) {
        self.xot.append(parent, child).expect("elements take elements");
    }

    fn remove(&mut self, node: Node) {
        self.xot.remove(node).expect("only elements below the document's are removed");
    }
}

/// What XML 1.0 can carry of a text; the rest becomes U+FFFD.
fn printable(text: &str) -> String {
    text.replace(
        |c: char| (c.is_control() && !matches!(c, '\t' | '\n')) || matches!(c, '\u{fffe}' | '\u{ffff}'),
        "\u{fffd}",
    )
}
