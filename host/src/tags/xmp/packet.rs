//! An XMP packet as a tree, which keeps what nobody here knows.

use std::ops::Range;

use xot::{NameId, Node, Xot};

use super::markup::{PacketError, document_element, printable};
use super::name::Name;
use super::value::{List, Value};

const EMPTY: &str = "<?xpacket begin='\u{feff}' id='W5M0MpCehiHzreSzNTczkc9d'?>\
    <x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
    <rdf:Description rdf:about=''/></rdf:RDF></x:xmpmeta><?xpacket end='w'?>";

pub struct Packet {
    /// What stands before and after the document's element: byte order mark, declaration, processing instructions.
    around: [String; 2],
    /// Lines end as on Windows, which a tree does not keep.
    crlf: bool,
    xot: Xot,
    top: Node,
    rdf: Node,
}

impl Packet {
    /// A packet without properties.
    pub fn empty() -> Self {
        Self::parse(EMPTY.as_bytes()).expect("the empty packet is well formed")
    }

    /// The RDF may stand alone or in any wrapper. Entities other than those of XML itself are refused.
    ///
    /// # Errors
    /// What keeps `bytes` from being an XMP packet.
    pub fn parse(bytes: &[u8]) -> Result<Self, PacketError> {
        let text = std::str::from_utf8(bytes)?;
        let Range { start, end } = document_element(text)?;
        let mut xot = Xot::new();
        let document = xot.parse(&text[start..end]).map_err(|error| PacketError::Xml(error.to_string()))?;
        let top = xot.document_element(document).map_err(|error| PacketError::Xml(error.to_string()))?;
        let around = [&text[..start], &text[end..]].map(str::to_owned);
        let mut packet = Self { around, crlf: text.contains("\r\n"), xot, top, rdf: document };
        let rdf = [document, top].into_iter().find_map(|holder| packet.child(holder, Name::rdf("RDF")));
        packet.rdf = rdf.ok_or(PacketError::NoXmp)?;
        if packet.descriptions().next().is_none() {
            packet.describe();
        }
        Ok(packet)
    }

    /// The packet as text; what was there stands as it stood.
    pub fn text(&self) -> String {
        let [before, after] = &self.around;
        let element = self.xot.to_string(self.top).expect("every name has its prefix");
        format!("{before}{}{after}", if self.crlf { element.replace('\n', "\r\n") } else { element })
    }

    /// Whether there is no property but `name`, if that.
    pub fn holds_only(&self, name: Name) -> bool {
        let ignored = [self.known(name), self.known(Name::rdf("about"))];
        self.descriptions().all(|node| {
            let elements = self.elements(node).filter_map(|child| self.xot.node_name(child));
            elements.chain(self.xot.attributes(node).keys()).all(|name| ignored.contains(&Some(name)))
        })
    }

    /// The nodes of the items of a list.
    pub fn items(&self, name: Name) -> Vec<Node> {
        let li = self.known(Name::rdf("li"));
        let lists = self.properties(name).filter_map(|property| self.list_of(property));
        lists.flat_map(|list| self.elements(list)).filter(|node| self.xot.node_name(*node) == li).collect()
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
        self.properties(name).next()
    }

    fn properties(&self, name: Name) -> impl Iterator<Item = Node> + '_ {
        let id = self.known(name);
        let elements = self.descriptions().flat_map(|description| self.elements(description));
        elements.filter(move |node| id.is_some() && self.xot.node_name(*node) == id)
    }

    /// The text of a simple property, written as an element or as an attribute.
    pub fn simple(&self, name: Name) -> Option<String> {
        self.property(name).map(|property| self.string(property)).or_else(|| self.shorthand(name))
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

    /// Appends to a list; what stood there as plain text becomes its first items. False if there is something else.
    pub fn push(&mut self, name: Name, list: List, value: &Value) -> bool {
        let Some(container) = self.container(name, list) else { return false };
        let item = self.element(Name::rdf("li"));
        self.append(container, item);
        self.fill(item, value);
        true
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

    /// Where the items of a list are; None if the property holds something that is neither a list nor plain text.
    fn container(&mut self, name: Name, list: List) -> Option<Node> {
        let properties: Vec<Node> = self.properties(name).collect();
        let lists: Vec<Node> = properties.iter().filter_map(|property| self.list_of(*property)).collect();
        if let Some(container) = lists.iter().find(|list| self.elements(**list).next().is_some()) {
            return Some(*container);
        }
        let plain = |node: Node| self.elements(node).next().is_none() && self.xot.attributes(node).is_empty();
        if lists.is_empty() && !properties.iter().all(|property| plain(*property)) {
            return None;
        }
        let texts = properties.into_iter().map(|property| self.string(property)).chain(self.shorthand(name));
        let items = texts.filter(|text| !text.is_empty()).map(Value::Text).collect();
        self.set(name, &Value::List(list, items));
        self.property(name).and_then(|property| self.list_of(property))
    }

    fn list_of(&self, property: Node) -> Option<Node> {
        let kinds = ["Bag", "Seq", "Alt"].map(|kind| self.known(Name::rdf(kind)));
        self.elements(property).find(|child| kinds.contains(&self.xot.node_name(*child)))
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

    /// Begins the properties of the asset where there are none.
    fn describe(&mut self) {
        let namespace = self.xot.add_namespace(Name::rdf("").namespace);
        let [description, about] = ["Description", "about"].map(|local| self.xot.add_name_ns(local, namespace));
        let node = self.xot.new_element(description);
        self.append(self.rdf, node);
        if self.xot.prefix_for_namespace(node, namespace).is_some_and(|prefix| prefix != self.xot.empty_prefix()) {
            self.xot.set_attribute(node, about, "");
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

    /// Appends on a line of its own, indented by its depth.
    fn append(&mut self, parent: Node, child: Node) {
        let depth = self.xot.ancestors(parent).filter(|node| self.xot.is_element(*node)).count();
        let [inner, outer] = [depth, depth - 1].map(|depth| format!("\n{}", " ".repeat(depth)));
        let closing = self.xot.last_child(parent).filter(|last| self.is_blank(*last));
        let closing = closing.unwrap_or_else(|| {
            let closing = self.xot.new_text(&outer);
            self.xot.append(parent, closing).expect("elements take text");
            self.xot.last_child(parent).expect("just appended")
        });
        self.xot.insert_before(closing, child).expect("elements take elements");
        let indent = self.xot.new_text(&inner);
        self.xot.insert_before(child, indent).expect("elements take text");
    }

    /// Removes an element with the white space before it.
    fn remove(&mut self, node: Node) {
        let indent = self.xot.previous_sibling(node).filter(|before| self.is_blank(*before));
        for node in indent.into_iter().chain([node]) {
            self.xot.remove(node).expect("only what is below the document's element is removed");
        }
    }

    fn is_blank(&self, node: Node) -> bool {
        self.xot.text_str(node).is_some_and(|text| text.trim().is_empty())
    }
}
