//! A place in the template that is being read: its node, its path, and what its calls mean.

use std::str::FromStr;

use super::{
    error::{Error, Result},
    node::{Node, Value},
    scope::{Referred, Scope},
};

/// A place in the template.
#[derive(Debug, Clone)]
pub(crate) struct Field<'a> {
    node: &'a Node,
    /// Where it is, for people: `Resources.Api.Properties`.
    path: String,
    scope: &'a Scope,
}

/// The named places of a map, in the template's order.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    of: Field<'a>,
    fields: Vec<(&'a str, Field<'a>)>,
}

impl<'a> Field<'a> {
    pub(crate) fn new(node: &'a Node, path: &str, scope: &'a Scope) -> Self {
        Self { node, path: path.to_owned(), scope }
    }

    /// An error at this place.
    pub(crate) fn fault(&self, fault: impl Into<String>) -> Error {
        Error::at(self.node, &self.path, fault)
    }

    fn inside(&self, node: &'a Node, name: &str) -> Self {
        let path = &self.path;
        let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        Self { node, path, scope: self.scope }
    }

    /// The place once `!If` is decided; `None` where that gives nothing.
    fn decided(self) -> Result<Option<Self>> {
        let (name, argument) = match &self.node.value {
            Value::Nothing => return Ok(None),
            Value::Call(name, argument) => (name.as_str(), argument),
            _ => return Ok(Some(self)),
        };
        match (name, &argument.value) {
            ("If", argument) => {
                let items = match argument {
                    Value::List(items) => items.as_slice(),
                    _ => &[],
                };
                let [condition, yes, no] = items else {
                    return Err(self.fault("!If takes a condition and two values"));
                };
                let condition = self.inside(condition, "If").text()?;
                let chosen = if self.scope.condition(&condition, &self)? { yes } else { no };
                self.inside(chosen, "If").decided()
            }
            ("Ref", Value::Text(name)) if name == "AWS::NoValue" => Ok(None),
            _ => Ok(Some(self)),
        }
    }

    /// The text that stands here, or that a call here gives.
    pub(crate) fn text(&self) -> Result<String> {
        match self.referred()? {
            Referred::Text(text) => Ok(text),
            Referred::Secret(_) => Err(self.fault("a secret can't be used here")),
        }
    }

    /// The text or the secret that stands here.
    pub(crate) fn referred(&self) -> Result<Referred> {
        match &self.node.value {
            Value::Text(text) => Ok(Referred::Text(text.clone())),
            Value::Call(name, argument) => match (name.as_str(), &argument.value) {
                ("Ref", Value::Text(name)) => self.scope.refer(name, self),
                ("Sub", Value::Text(text)) => {
                    self.substituted(text, &Fields::empty(self)).map(Referred::Text)
                }
                ("Sub", Value::List(_)) => self.substituted_with_own().map(Referred::Text),
                ("Join" | "Select", _) => self.of_list(name, argument).map(Referred::Text),
                ("If", _) => match self.clone().decided()? {
                    Some(field) => field.referred(),
                    None => Err(self.fault("there must be a value here")),
                },
                ("Ref" | "Sub", _) => Err(self.fault(format!("!{name} takes text alone here"))),
                _ => Err(self.fault(format!("!{name} is not supported here"))),
            },
            _ => Err(self.fault("there must be text here")),
        }
    }

    /// The text that `!Join` or `!Select` makes of a list.
    fn of_list(&self, function: &str, argument: &'a Node) -> Result<String> {
        let arguments = self.inside(argument, function).items()?;
        let [first, list] = arguments.as_slice() else {
            return Err(self.fault(format!("!{function} takes two values")));
        };
        let texts = list.texts()?;
        if function == "Join" {
            return Ok(texts.join(&first.text()?));
        }
        let chosen = texts.into_iter().nth(first.parsed()?);
        chosen.ok_or_else(|| self.fault("!Select takes the number of an item that is there"))
    }

    /// The texts of a list that stands here or that `!Split` gives.
    fn texts(&self) -> Result<Vec<String>> {
        let Value::Call(name, argument) = &self.node.value else {
            return self.items()?.iter().map(Self::text).collect();
        };
        if name != "Split" {
            return Err(self.fault(format!("there must be a list or !Split here, not !{name}")));
        }
        match self.inside(argument, name).items()?.as_slice() {
            [separator, text] => {
                let (separator, text) = (separator.text()?, text.text()?);
                Ok(text.split(&separator).map(str::to_owned).collect())
            }
            _ => Err(self.fault("!Split takes two values")),
        }
    }

    /// `!Sub` with names of its own: a text and what these are in it.
    fn substituted_with_own(&self) -> Result<String> {
        let Value::Call(name, argument) = &self.node.value else {
            return Err(self.fault("there must be a !Sub here"));
        };
        let arguments = self.inside(argument, name).items()?;
        match arguments.as_slice() {
            [text, names] => self.substituted(&text.text()?, &names.fields()?),
            _ => Err(self.fault("!Sub takes a text, or a text and named values")),
        }
    }

    /// `${Name}` replaced by what it refers to, first among `own`; `${!Name}` is `${Name}` itself.
    fn substituted(&self, text: &str, own: &Fields<'_>) -> Result<String> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, after)) = after.split_once('}') else {
                return Err(self.fault("a `${` has no `}`"));
            };
            result.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => result.extend(["${", literal, "}"]),
                None => match own.get(name).map_or_else(
                    || self.scope.refer(name, self),
                    |field| field.text().map(Referred::Text),
                )? {
                    Referred::Text(value) => result.push_str(&value),
                    Referred::Secret(_) => {
                        return Err(self.fault("a secret can't be a part of a text here"));
                    }
                },
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    /// The text here, as a number or whatever else can be parsed.
    pub(crate) fn parsed<T: FromStr>(&self) -> Result<T> {
        self.text()?.parse().map_err(|_| self.fault("the value is of the wrong kind"))
    }

    /// The items of the list here, without those that a condition leaves out.
    pub(crate) fn items(&self) -> Result<Vec<Self>> {
        let Some(Self { node: Node { value: Value::List(items), .. }, .. }) =
            self.clone().decided()?
        else {
            return Err(self.fault("there must be a list here"));
        };
        let items = items.iter().enumerate();
        let items = items.map(|(index, node)| self.inside(node, &index.to_string()).decided());
        items.filter_map(Result::transpose).collect()
    }

    /// The fields of the map here, without those that a condition leaves out.
    pub(crate) fn fields(&self) -> Result<Fields<'a>> {
        self.fields_where(|_| true)
    }

    /// The same of a map of which only these are looked at.
    pub(crate) fn fields_among(&self, names: &[&str]) -> Result<Fields<'a>> {
        self.fields_where(|name| names.contains(&name))
    }

    fn fields_where(&self, is_wanted: impl Fn(&str) -> bool) -> Result<Fields<'a>> {
        let Some(of) = self.clone().decided()? else {
            return Ok(Fields::empty(self));
        };
        match &of.node.value {
            Value::Map(map) => {
                let wanted = map.iter().filter(|(name, _)| is_wanted(name));
                let fields = wanted.filter_map(|(name, node)| {
                    let field = of.inside(node, name).decided().transpose()?;
                    Some(field.map(|field| (name.as_str(), field)))
                });
                Ok(Fields { fields: fields.collect::<Result<_>>()?, of })
            }
            Value::Call(name, _) => Err(of.fault(format!("!{name} is not supported here"))),
            _ => Err(of.fault("there must be named fields here")),
        }
    }

    /// The name and the argument of a call to `function`, for the few places where one is
    /// expected that isn't a value.
    pub(crate) fn argument_of(&self, function: &str) -> Result<String> {
        match &self.node.value {
            Value::Call(name, argument) if name == function => {
                self.inside(argument, function).text()
            }
            _ => Err(self.fault(format!("there must be a !{function} here"))),
        }
    }

    /// What the conditions section may hold: `!Equals` of two texts, or `!Not` of such.
    pub(crate) fn truth(&self) -> Result<bool> {
        let arguments = match &self.node.value {
            Value::Call(_, argument) => match &argument.value {
                Value::List(items) => items.as_slice(),
                _ => &[],
            },
            _ => &[],
        };
        match (&self.node.value, arguments) {
            (Value::Call(name, _), [one, other]) if name == "Equals" => {
                Ok(self.compared(one)? == self.compared(other)?)
            }
            (Value::Call(name, _), [inner]) if name == "Not" => {
                Ok(!self.inside(inner, "Not").truth()?)
            }
            _ => Err(self.fault("a condition must be !Equals of two values, or !Not of that")),
        }
    }

    /// The text that a condition compares. CloudFormation has no `!If` there, by which a condition
    /// could ask for itself.
    fn compared(&self, node: &'a Node) -> Result<String> {
        let field = self.inside(node, "Equals");
        if node.calls("If") {
            return Err(field.fault("!If is not supported in a condition"));
        }
        field.text()
    }
}

impl<'a> Fields<'a> {
    /// No fields, at that place.
    fn empty(of: &Field<'a>) -> Self {
        Self { of: of.clone(), fields: Vec::new() }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|(found, _)| *found == name).map(|(_, field)| field)
    }

    /// The field of that name, which must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&Field<'a>> {
        self.get(name).ok_or_else(|| self.of.fault(format!("{name} is missing")))
    }

    /// The fields of the map in the field of that name; none if it isn't there.
    pub(crate) fn within(&self, name: &str) -> Result<Fields<'a>> {
        match self.get(name) {
            Some(field) => field.fields(),
            None => Ok(Fields::empty(&self.of)),
        }
    }

    /// Fails at the first field that isn't among the known ones.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        match self.fields.iter().find(|(name, _)| !known.contains(name)) {
            Some((name, field)) => {
                Err(field.fault(format!("{name} is not supported by the local runner")))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &Field<'a>)> {
        self.fields.iter().map(|(name, field)| (*name, field))
    }
}

/// A field without parameters or conditions around it.
#[cfg(test)]
pub(crate) fn with_empty_scope<T>(node: &Node, read: impl FnOnce(Field<'_>) -> T) -> T {
    let scope = Scope::default();
    read(Field::new(node, "test", &scope))
}
