//! Running a template over a value (`text/template/exec.go`).

use super::functions::{self, Arg};
use super::lex::Spot;
use super::parse::{Command, Node, Operand, Parsed, Pipeline, Term};
use crate::kube::gotext::show as go;
use serde_json::Value;

/// A template prints no more than this: a loop in a loop in a loop is cut off.
const LONGEST: usize = 16 << 20;

/// Templates that call templates, no deeper than this.
const DEEPEST: usize = 64;

/// What a template printed until it stopped, and why it did.
pub(super) type Stopped = (String, String);

pub(super) fn print(parsed: &Parsed, root: &Value) -> Result<String, Stopped> {
    let mut run = Run { parsed, name: "output", depth: 0, text: String::new() };
    let mut variables = vec![(String::new(), Some(root.clone()))];
    match run.block(&parsed.0, Some(root), &mut variables) {
        Ok(_) => Ok(run.text),
        Err(why) => Err((run.text, why)),
    }
}

/// Variables in scope, innermost last; the unnamed one is the root.
type Variables = Vec<(String, Option<Value>)>;

/// How a block was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    AtItsEnd,
    ByBreak,
    ByContinue,
}

struct Run<'a> {
    parsed: &'a Parsed,
    /// The template that runs, for messages.
    name: &'a str,
    depth: usize,
    text: String,
}

impl<'a> Run<'a> {
    fn error<T>(&self, spot: Spot, context: &str, why: impl std::fmt::Display) -> Result<T, String> {
        let Spot { line, column } = spot;
        Err(format!("template: output:{line}:{column}: executing {:?} at <{context}>: {why}", self.name))
    }

    fn block(
        &mut self,
        nodes: &'a [Node],
        dot: Option<&Value>,
        variables: &mut Variables,
    ) -> Result<Left, String> {
        let scope = variables.len();
        for node in nodes {
            let left = self.node(node, dot, variables)?;
            if left != Left::AtItsEnd {
                variables.truncate(scope);
                return Ok(left);
            }
        }
        variables.truncate(scope);
        Ok(Left::AtItsEnd)
    }

    fn node(
        &mut self,
        node: &'a Node,
        dot: Option<&Value>,
        variables: &mut Variables,
    ) -> Result<Left, String> {
        if self.text.len() > LONGEST {
            return Err("the output of the template is too long".to_owned());
        }
        match node {
            Node::Text(piece) => self.text.push_str(piece),
            Node::Break => return Ok(Left::ByBreak),
            Node::Continue => return Ok(Left::ByContinue),
            Node::Action(pipeline) => {
                let value = self.pipeline(pipeline, dot, variables)?.value;
                if pipeline.variables.is_empty() {
                    let shown =
                        value.filter(|v| !v.is_null()).map_or_else(|| "<no value>".to_owned(), |v| go(&v));
                    self.text.push_str(&shown);
                }
            }
            Node::If(pipeline, inside, otherwise) => {
                let scope = variables.len();
                let value = self.pipeline(pipeline, dot, variables)?.value;
                let branch = if functions::is_true(value.as_ref()) { inside } else { otherwise };
                let left = self.block(branch, dot, variables);
                variables.truncate(scope);
                return left;
            }
            Node::With(pipeline, inside, otherwise) => {
                let scope = variables.len();
                let value = self.pipeline(pipeline, dot, variables)?.value;
                let left = if functions::is_true(value.as_ref()) {
                    self.block(inside, value.as_ref(), variables)
                } else {
                    self.block(otherwise, dot, variables)
                };
                variables.truncate(scope);
                return left;
            }
            Node::Range(pipeline, inside, otherwise) => {
                return self.range(pipeline, (inside, otherwise), dot, variables);
            }
            Node::Call(spot, name, argument) => {
                self.call(*spot, (name, argument.as_ref()), dot, variables)?;
            }
        }
        Ok(Left::AtItsEnd)
    }

    fn call(
        &mut self,
        spot: Spot,
        (name, argument): (&'a str, Option<&Pipeline>),
        dot: Option<&Value>,
        variables: &mut Variables,
    ) -> Result<(), String> {
        let context = || match argument {
            Some(pipeline) => format!("{{{{template {name:?} {}}}}}", pipeline.text()),
            None => format!("{{{{template {name:?}}}}}"),
        };
        let Some(nodes) = self.parsed.1.get(name) else {
            return self.error(spot, &context(), format!("template {name:?} not defined"));
        };
        if self.depth >= DEEPEST {
            return self.error(spot, &context(), "exceeded maximum template depth");
        }
        let dot = match argument {
            Some(pipeline) => self.pipeline(pipeline, dot, variables)?.value,
            None => None,
        };
        let outer = std::mem::replace(&mut self.name, name);
        self.depth += 1;
        let mut own = vec![(String::new(), dot.clone())];
        self.block(nodes, dot.as_ref(), &mut own)?;
        self.depth -= 1;
        self.name = outer;
        Ok(())
    }

    fn range(
        &mut self,
        pipeline: &'a Pipeline,
        (inside, otherwise): (&'a [Node], &'a [Node]),
        dot: Option<&Value>,
        variables: &mut Variables,
    ) -> Result<Left, String> {
        let scope = variables.len();
        let value = self.pipeline(pipeline, dot, variables)?.value;
        variables.truncate(scope);
        let items: Vec<(Value, Value)> = match value {
            Some(Value::Array(items)) => {
                items.into_iter().enumerate().map(|(i, item)| (i.into(), item)).collect()
            }
            Some(Value::Object(fields)) => fields.into_iter().map(|(k, v)| (k.into(), v)).collect(),
            None | Some(Value::Null) => Vec::new(),
            Some(other) => {
                let spot = first_spot(pipeline);
                return self.error(
                    spot,
                    &pipeline.text(),
                    format!("range can't iterate over {}", go(&other)),
                );
            }
        };
        if items.is_empty() {
            return self.block(otherwise, dot, variables);
        }
        for (key, item) in items {
            match pipeline.variables.as_slice() {
                [value] => variables.push((value.clone(), Some(item.clone()))),
                [index, value, ..] => {
                    variables.push((index.clone(), Some(key)));
                    variables.push((value.clone(), Some(item.clone())));
                }
                [] => {}
            }
            let left = self.block(inside, Some(&item), variables)?;
            variables.truncate(scope);
            if left == Left::ByBreak {
                break;
            }
        }
        Ok(Left::AtItsEnd)
    }

    /// The value of a pipeline, which may set variables.
    fn pipeline(
        &self,
        pipeline: &Pipeline,
        dot: Option<&Value>,
        variables: &mut Variables,
    ) -> Result<Arg, String> {
        let mut result = None;
        for command in &pipeline.commands {
            result = Some(self.command(command, dot, (variables, result))?);
        }
        let result = result.unwrap_or_default();
        for name in &pipeline.variables {
            let known = variables.iter_mut().rev().find(|(known, _)| pipeline.assigns && known == name);
            match known {
                Some((_, value)) => value.clone_from(&result.value),
                None => variables.push((name.clone(), result.value.clone())),
            }
        }
        Ok(result)
    }

    fn command(
        &self,
        command: &Command,
        dot: Option<&Value>,
        (variables, last): (&mut Variables, Option<Arg>),
    ) -> Result<Arg, String> {
        let Some(first) = command.terms.first() else { return Ok(Arg::default()) };
        let called = command.terms.len() > 1 || last.is_some();
        let refuse = |why: String| self.error(first.spot, &first.text, why);
        match &first.kind {
            Operand::Function(name) => {
                let mut arguments = Vec::new();
                for term in &command.terms[1..] {
                    arguments.push(self.operand(term, dot, variables)?);
                }
                arguments.extend(last);
                functions::call(name, &arguments).or_else(|why| self.error(first.spot, &command.text(), why))
            }
            Operand::Dot(fields) | Operand::Variable(_, fields) | Operand::Group(_, fields)
                if called && !fields.is_empty() =>
            {
                let field = fields.last().map_or("", String::as_str);
                refuse(format!("{field} is not a method but has arguments"))
            }
            _ if called => refuse(format!("can't give argument to non-function {}", first.text)),
            Operand::Nil => refuse("nil is not a command".to_owned()),
            _ => self.operand(first, dot, variables),
        }
    }

    fn operand(&self, term: &Term, dot: Option<&Value>, variables: &mut Variables) -> Result<Arg, String> {
        let grouped;
        let (value, fields) = match &term.kind {
            Operand::Dot(fields) => (dot, fields),
            Operand::Variable(name, fields) => {
                let found = variables.iter().rev().find(|(known, _)| known == name);
                (found.and_then(|(_, value)| value.as_ref()), fields)
            }
            Operand::Group(pipeline, fields) => {
                grouped = self.pipeline(pipeline, dot, variables)?.value;
                (grouped.as_ref(), fields)
            }
            Operand::Constant(value) => return Ok(Arg { value: Some(value.clone()), constant: true }),
            Operand::Nil => return Ok(Arg::default()),
            Operand::Function(name) => {
                return functions::call(name, &[]).or_else(|why| self.error(term.spot, &term.text, why));
            }
        };
        let value = self.select(value, fields, term)?;
        Ok(Arg { value: value.cloned(), constant: false })
    }

    fn select<'v>(
        &self,
        mut value: Option<&'v Value>,
        fields: &[String],
        term: &Term,
    ) -> Result<Option<&'v Value>, String> {
        for field in fields {
            value = match value {
                Some(Value::Object(map)) => map.get(field),
                None | Some(Value::Null) => None,
                Some(_) => {
                    let why = format!("can't evaluate field {field} in type interface {{}}");
                    return self.error(term.spot, &term.text, why);
                }
            };
        }
        Ok(value)
    }
}

fn first_spot(pipeline: &Pipeline) -> Spot {
    let first = pipeline.commands.first().and_then(|command| command.terms.first());
    first.map(|term| term.spot).unwrap_or_default()
}
