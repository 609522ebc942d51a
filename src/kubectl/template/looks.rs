//! Which parts of a value a template looks at, found out without the value. Wants too much rather than too little: everything that a
//! condition or a function is given, everything that is gone over but for the items of a list.

use super::parse::{Node, Operand, Parsed, Pipeline, Term};
use crate::kube::Mask;

/// A place in the root: the fields that lead there; none for what is no part of it, or wanted whole anyway.
type Place = Option<Vec<String>>;

/// Variables in scope, innermost last; the unnamed one is the root.
type Variables = Vec<(String, Place)>;

pub(super) fn want(parsed: &Parsed, mask: &mut Mask) {
    let root = Some(Vec::new());
    let mut variables = vec![(String::new(), root.clone())];
    Looks { mask }.block(&parsed.0, &root, &mut variables);
}

struct Looks<'a> {
    mask: &'a mut Mask,
}

impl Looks<'_> {
    fn block(&mut self, nodes: &[Node], dot: &Place, variables: &mut Variables) {
        let scope = variables.len();
        for node in nodes {
            match node {
                Node::Text(_) | Node::Break | Node::Continue => {}
                Node::Action(pipeline) => {
                    let shown = self.pipeline(pipeline, dot, variables);
                    if pipeline.variables.is_empty() {
                        self.whole(&shown);
                    }
                }
                Node::If(pipeline, inside, otherwise) | Node::With(pipeline, inside, otherwise) => {
                    let scope = variables.len();
                    let value = self.pipeline(pipeline, dot, variables);
                    self.whole(&value);
                    let with = matches!(node, Node::With(..));
                    self.block(inside, if with { &value } else { dot }, variables);
                    self.block(otherwise, dot, variables);
                    variables.truncate(scope);
                }
                Node::Range(pipeline, inside, otherwise) => {
                    self.range(pipeline, (inside, otherwise), dot, variables);
                }
                Node::Call(..) => self.mask.want(),
            }
        }
        variables.truncate(scope);
    }

    fn range(
        &mut self,
        pipeline: &Pipeline,
        (inside, otherwise): (&[Node], &[Node]),
        dot: &Place,
        variables: &mut Variables,
    ) {
        let scope = variables.len();
        let value = self.pipeline(pipeline, dot, variables);
        variables.truncate(scope);
        // Only of these it is known that they are elements of a list, which are at its place, and not fields.
        if value.as_deref() != Some(&["items".to_owned()]) {
            self.whole(&value);
        }
        match pipeline.variables.as_slice() {
            [item] => variables.push((item.clone(), value.clone())),
            [index, item, ..] => variables.extend([(index.clone(), None), (item.clone(), value.clone())]),
            [] => {}
        }
        self.block(inside, &value, variables);
        variables.truncate(scope);
        self.block(otherwise, dot, variables);
    }

    /// The place a pipeline leads to; more than a path is wanted with all that goes into it.
    fn pipeline(&mut self, pipeline: &Pipeline, dot: &Place, variables: &mut Variables) -> Place {
        let path = match pipeline.commands.as_slice() {
            [command] if command.terms.len() == 1 => command.terms.first(),
            _ => None,
        };
        let place = path.and_then(|term| self.operand(term, dot, variables));
        if path.is_none() {
            for term in pipeline.commands.iter().flat_map(|command| &command.terms) {
                let place = self.operand(term, dot, variables);
                self.whole(&place);
            }
        }
        for name in &pipeline.variables {
            if pipeline.assigns {
                // Which value the variable has later depends on what runs.
                self.whole(&place);
                self.whole(&named(name, variables));
            }
            variables.push((name.clone(), place.clone()));
        }
        place
    }

    fn operand(&mut self, term: &Term, dot: &Place, variables: &mut Variables) -> Place {
        let (start, fields) = match &term.kind {
            Operand::Dot(fields) => (dot.clone(), fields),
            Operand::Variable(name, fields) => (named(name, variables), fields),
            Operand::Group(pipeline, fields) => (self.pipeline(pipeline, dot, variables), fields),
            Operand::Function(_) | Operand::Constant(_) | Operand::Nil => return None,
        };
        let mut place = start?;
        place.extend_from_slice(fields);
        self.at(&place);
        Some(place)
    }

    fn whole(&mut self, place: &Place) {
        if let Some(place) = place {
            self.at(place).want();
        }
    }

    fn at(&mut self, place: &[String]) -> &mut Mask {
        place.iter().fold(&mut *self.mask, |mask, field| mask.at(field))
    }
}

fn named(name: &str, variables: &Variables) -> Place {
    variables.iter().rev().find(|(known, _)| known == name).and_then(|(_, place)| place.clone())
}
