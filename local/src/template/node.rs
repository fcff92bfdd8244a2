//! A template's YAML as a tree that knows its lines, with CloudFormation's functions apart from
//! data.

use saphyr::{MarkedYaml, ScalarStyle, Tag, YamlData, YamlLoader};
use saphyr_parser::{Parser, ScanError, SpannedEventReceiver as _};

use super::depth::Depth;
use super::error::{Error, Result};

/// Maximum nesting depth, ten times what our template uses; the reader recurses.
const MAX_DEPTH: usize = 100;

/// The most nodes that aliases may be replaced by, some three times what our template uses.
const MAX_ALIASED: usize = 10_000;

/// One node, and the line that it begins on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

/// What a node holds. Scalars stay text, as CloudFormation passes them on: `3.0.1` and `on` are
/// what they look like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Nothing,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
    /// `!Name argument`, or in long `{Fn::Name: argument}` and `{Ref: argument}`.
    Call(String, Box<Node>),
}

impl Node {
    /// Whether there is a call of that function here or anywhere below.
    pub(crate) fn calls(&self, function: &str) -> bool {
        match &self.value {
            Value::Nothing | Value::Text(_) => false,
            Value::List(items) => items.iter().any(|item| item.calls(function)),
            Value::Map(fields) => fields.iter().any(|(_, field)| field.calls(function)),
            Value::Call(name, argument) => name == function || argument.calls(function),
        }
    }

    /// Reads the one document of a YAML text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut tree = YamlLoader::default();
        tree.early_parse(false);
        tree.alias_limit(MAX_ALIASED);
        let mut depth = Depth::default();
        // One by one: the parser's own `load` goes down the stack with what is nested.
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|fault| not_yaml(&fault))?;
            if depth.after(&event) > MAX_DEPTH {
                let location = format!("line {}", span.start.line());
                return Err(Error::of(location, "this is nested too deep"));
            }
            tree.on_event(event, span);
        }
        if let Some(fault) = tree.error() {
            return Err(not_yaml(fault));
        }
        match tree.into_documents().as_slice() {
            [document] => convert(document),
            _ => Err(Error::of("line 1", "there must be exactly one YAML document")),
        }
    }
}

/// The field of that name, if the node is a map that has it.
pub(crate) fn lookup<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match &node.value {
        Value::Map(fields) => fields.iter().find(|(found, _)| found == name).map(|(_, node)| node),
        _ => None,
    }
}

/// The template's resources, by name.
pub(crate) fn resources(root: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let fields = match lookup(root, "Resources").map(|node| &node.value) {
        Some(Value::Map(fields)) => fields.as_slice(),
        _ => &[],
    };
    fields.iter().map(|(name, node)| (name.as_str(), node))
}

/// The type of a resource.
pub(crate) fn kind(resource: &Node) -> &str {
    match lookup(resource, "Type").map(|node| &node.value) {
        Some(Value::Text(kind)) => kind,
        _ => "",
    }
}

fn not_yaml(fault: &ScanError) -> Error {
    let location = format!("line {}", fault.marker().line());
    Error::of(location, format!("this is not YAML: {}", fault.info()))
}

fn convert(yaml: &MarkedYaml<'_>) -> Result<Node> {
    let line = yaml.span.start.line();
    let value = match &yaml.data {
        YamlData::Representation(text, style, tag) => {
            let bare = *style == ScalarStyle::Plain && matches!(&**text, "" | "~" | "null");
            let value = if bare { Value::Nothing } else { Value::Text(text.clone().into_owned()) };
            called(tag.as_deref(), Node { line, value })
        }
        YamlData::Sequence(items) => Value::List(items.iter().map(convert).collect::<Result<_>>()?),
        YamlData::Mapping(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((key(name)?, convert(value)?)));
            in_long(merged(fields.collect::<Result<_>>()?)?)
        }
        YamlData::Tagged(tag, inner) => called(Some(tag), convert(inner)?),
        YamlData::Value(_) | YamlData::Alias(_) | YamlData::BadValue => {
            return Err(Error::of(format!("line {line}"), "this is not YAML that can be read"));
        }
    };
    Ok(Node { line, value })
}

fn key(yaml: &MarkedYaml<'_>) -> Result<String> {
    if let YamlData::Representation(text, _, None) = &yaml.data {
        return Ok(text.clone().into_owned());
    }
    let location = format!("line {}", yaml.span.start.line());
    Err(Error::of(location, "a name must be plain text"))
}

/// The fields, and behind them those of the maps under a merge key that have no name in common with
/// any before them. <https://yaml.org/type/merge.html>
fn merged(fields: Vec<(String, Node)>) -> Result<Vec<(String, Node)>> {
    let (merges, mut fields): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|(name, _)| name == "<<");
    for (_, node) in merges {
        let maps = match node.value {
            Value::List(items) => items,
            _ => vec![node],
        };
        for Node { line, value } in maps {
            let Value::Map(more) = value else {
                return Err(Error::of(format!("line {line}"), "<< takes a map, or a list of maps"));
            };
            let is_new = |name: &str| fields.iter().all(|(found, _)| found != name);
            let more: Vec<_> = more.into_iter().filter(|(name, _)| is_new(name)).collect();
            fields.extend(more);
        }
    }
    Ok(fields)
}

/// The node under its tag: a call, unless the tag is one of YAML's own (`!!str`).
fn called(tag: Option<&Tag>, node: Node) -> Value {
    match tag {
        Some(tag) if !tag.is_yaml_core_schema() => Value::Call(tag.suffix.clone(), Box::new(node)),
        _ => node.value,
    }
}

/// The map, or the call that it is the long spelling of.
fn in_long(mut fields: Vec<(String, Node)>) -> Value {
    let name = match fields.as_slice() {
        [(name, _)] if name == "Ref" => Some(name.clone()),
        [(name, _)] => name.strip_prefix("Fn::").map(str::to_owned),
        _ => None,
    };
    match (name, fields.pop()) {
        (Some(name), Some((_, argument))) => Value::Call(name, Box::new(argument)),
        (_, last) => {
            fields.extend(last);
            Value::Map(fields)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Value {
        Node::parse(text).unwrap().value
    }

    #[test]
    fn short_and_long_calls_are_the_same() {
        let Value::Call(short, argument) = value("!Ref Name") else { panic!("no call") };
        assert_eq!((short.as_str(), &argument.value), ("Ref", &Value::Text("Name".into())));
        assert_eq!(value("!Ref Name"), value("{Ref: Name}"));
        let Value::Call(name, argument) = value("!If [A, b, c]") else { panic!("no call") };
        assert!(name == "If" && matches!(&argument.value, Value::List(items) if items.len() == 3));
        let Value::Call(name, _) = value("Fn::Sub: x") else { panic!("no call") };
        assert_eq!(name, "Sub");
    }

    #[test]
    fn scalars_stay_text_and_nothing_stays_nothing() {
        for text in ["3.0.1", "on", "2010-09-09", "0x10", "true"] {
            assert_eq!(value(text), Value::Text(text.into()));
        }
        assert_eq!(value("''"), Value::Text(String::new()));
        assert_eq!(value("~"), Value::Nothing);
    }

    #[test]
    fn anchors_are_followed_and_lines_kept() {
        let Value::Map(fields) = value("a: &x\n  b: 1\nc: *x\n") else { panic!("no map") };
        assert_eq!(fields[0].1.value, fields[1].1.value);
        assert_eq!((fields[0].1.line, fields[1].1.line), (1, 3));
    }

    #[test]
    fn merged_fields_give_way_to_a_maps_own_and_to_earlier_ones() {
        let text = "{<<: [&x {a: 1, b: 1}, {b: 2, c: 2, d: 2}], c: 3, e: {<<: {a: !Ref N}, a: 4}}";
        assert_eq!(value(text), value("{c: 3, e: {a: 4}, a: 1, b: 1, d: 2}"));
    }

    #[test]
    fn faults_name_their_line() {
        let faults =
            [("a: 1\na: 2\n", 2), ("a: [1\nb", 3), ("? [x]\n: 1\n", 1), ("a:\n  <<: b\n", 2)];
        for (text, line) in faults {
            let error = Node::parse(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("template.yaml, line {line}")), "{error}");
        }
    }

    #[test]
    fn a_template_nested_too_deep_is_refused() {
        let nested = |depth: usize| format!("a: 1\nb:\n  {}c", "- ".repeat(depth));
        assert!(Node::parse(&nested(MAX_DEPTH - 1)).is_ok());
        for depth in [MAX_DEPTH, 100_000] {
            let error = Node::parse(&nested(depth)).unwrap_err().to_string();
            assert!(error.starts_with("template.yaml, line 3: this is nested too deep"), "{error}");
        }
    }

    #[test]
    fn aliases_add_no_depth_without_end() {
        let step = |number: usize| {
            let (before, name) = (number - 1, "- ".repeat(33));
            format!("a{number}: &a{number}\n  {name}*a{before}\n")
        };
        let nested = |steps| format!("a0: &a0 x\n{}", (1..=steps).map(step).collect::<String>());
        assert!(Node::parse(&nested(3)).is_ok()); // with the map around all: 100
        let error = Node::parse(&nested(4)).unwrap_err().to_string();
        assert!(error.starts_with("template.yaml, line 9: this is nested too deep"), "{error}");
    }

    #[test]
    fn aliases_add_no_size_without_end() {
        let step = |number: usize| format!("a{number}: &a{number} [*a{0}, *a{0}]\n", number - 1);
        let doubled = |steps| format!("a0: &a0 x\n{}", (1..=steps).map(step).collect::<String>());
        assert!(Node::parse(&doubled(9)).is_ok());
        let error = Node::parse(&doubled(40)).unwrap_err().to_string();
        assert!(error.contains("this is not YAML"), "{error}");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[-!&*\\[\\]{}:,'\"|> a-cF\n\t~?#]{0,60}") {
            let _ = Node::parse(&text);
        }

        #[test]
        fn text_comes_back_as_it_went_in(text in "\\PC{0,40}") {
            let quoted = format!("'{}'", text.replace('\'', "''"));
            prop_assert_eq!(value(&quoted), Value::Text(text));
        }
    }
}
