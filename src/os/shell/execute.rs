//! Running what was expanded: simple commands, functions, children.

use std::sync::Arc;

use super::super::program::Ctx;
use super::super::system::Step;
use super::builtins::{self, Flow};
use super::expand::{Expander, Stop};
use super::frame::Frame;
use super::redirect::Ready;
use super::script::{Node, NodeId, Script, Simple};
use super::{Flavour, Shell, pattern, test};

/// What a node's words came to.
enum Expanded {
    Simple {
        assignments: Vec<(String, String)>,
        declared: Vec<(String, String)>,
        args: Vec<String>,
        redirects: Vec<Ready>,
    },
    Redirects(Vec<Ready>),
    Words(Vec<String>),
    Arm(Option<usize>),
    Truth(bool),
}

/// A node of a script, and whether nothing comes after it in this process.
pub(super) struct At {
    pub script: Arc<Script>,
    pub node: NodeId,
    pub tail: bool,
}

/// A simple command, expanded.
pub(super) struct Command {
    /// Assignments before the name.
    pub assignments: Vec<(String, String)>,
    /// Arrays among the arguments of a declaration.
    pub declared: Vec<(String, String)>,
    /// Name and arguments; never empty.
    pub args: Vec<String>,
    pub redirects: Vec<Ready>,
    /// Nothing comes after it in this process.
    pub tail: bool,
}

impl Shell {
    /// Expands a node's words; runs the command substitution that is missing, if one is.
    pub(super) fn expand(&mut self, at: At, known: Vec<String>, ctx: &mut Ctx<'_>) -> Step {
        let node = &at.script.nodes[at.node];
        let mut expander = Expander::new(self, ctx, &known);
        let result = expand_node(&mut expander, node);
        let changes = std::mem::take(&mut expander.changes);
        match result {
            Err(Stop::Command(source)) => {
                let At { script, node, tail } = at;
                let then = Frame::Expand { script, node, tail, known };
                self.substitute(&source, then, ctx);
                return Step::Again;
            }
            Err(Stop::Error(message)) => {
                self.error(&message);
                self.expansion_failed();
                return Step::Again;
            }
            Ok(words) => {
                for (name, value) in changes {
                    self.assign(&name, &value);
                }
                self.run_expanded(words, &at, !known.is_empty(), ctx);
            }
        }
        Step::Again
    }

    pub(super) fn expansion_failed(&mut self) {
        self.status = if self.flavour == Flavour::Bash { 1 } else { 2 };
        if self.options.interactive {
            self.frames.clear();
        } else {
            self.exit(self.status);
        }
    }

    fn run_expanded(&mut self, expanded: Expanded, at: &At, substituted: bool, ctx: &mut Ctx<'_>) {
        let At { script, node, tail } = at;
        let (node, tail) = (*node, *tail);
        match (expanded, &script.nodes[node]) {
            (Expanded::Simple { assignments, declared, args, redirects }, Node::Simple(simple)) => {
                self.line = simple.line;
                if self.options.xtrace {
                    let words: Vec<String> = assignments
                        .iter()
                        .filter(|(name, _)| !name.ends_with("[]"))
                        .map(|(name, value)| format!("{name}={value}"))
                        .chain(args.iter().cloned())
                        .collect();
                    self.out.text(2, &format!("+ {}\n", words.join(" ")));
                }
                if args.is_empty() {
                    self.assign_only(assignments, &redirects, substituted, ctx);
                } else {
                    self.command(Command { assignments, declared, args, redirects, tail }, ctx);
                }
            }
            (Expanded::Redirects(redirects), Node::Redirected(inner, _)) => {
                let inner = *inner;
                if self.redirect(&redirects, ctx) {
                    self.frames.push(Frame::Run { script: Arc::clone(script), node: inner, tail: false });
                } else {
                    self.complete(1);
                }
            }
            (Expanded::Words(words), _) => self.frames.push(Frame::For {
                script: Arc::clone(script),
                node,
                words: Arc::new(words),
                index: 0,
            }),
            (Expanded::Arm(arm), Node::Case { arms, .. }) => {
                self.status = 0;
                let Some(first) = arm else { return };
                let mut bodies: Vec<NodeId> = Vec::new();
                for arm in &arms[first..] {
                    bodies.extend(arm.body);
                    if !arm.falls_through {
                        break;
                    }
                }
                let last = bodies.len();
                for (index, body) in bodies.into_iter().enumerate().rev() {
                    self.frames.push(Frame::Run {
                        script: Arc::clone(script),
                        node: body,
                        tail: tail && index + 1 == last,
                    });
                }
            }
            (Expanded::Truth(truth), _) => self.complete(i32::from(!truth)),
            _ => {}
        }
    }

    fn assign_only(
        &mut self,
        assignments: Vec<(String, String)>,
        redirects: &[Ready],
        substituted: bool,
        ctx: &mut Ctx<'_>,
    ) {
        let mut fine = true;
        for (name, value) in assignments {
            fine &= self.assign(&name, &value);
        }
        if !redirects.is_empty() {
            fine &= self.redirect(redirects, ctx);
        }
        if !fine {
            self.complete(1);
        } else if substituted {
            self.complete(self.status);
        } else {
            self.status = 0;
        }
    }

    /// A command with a name: function, builtin or program.
    pub(super) fn command(&mut self, command: Command, ctx: &mut Ctx<'_>) {
        let name = command.args[0].clone();
        let redirects = command.redirects.as_slice();
        if let Some((script, body)) = self.functions.get(&name).cloned() {
            if !self.redirect(redirects, ctx) {
                self.complete(1);
                return;
            }
            self.assign_for_now(command.assignments);
            let positional = std::mem::replace(&mut self.positional, Arc::new(command.args[1..].to_vec()));
            self.frames.push(Frame::Function { positional, locals: Vec::new() });
            self.frames.push(Frame::Run { script, node: body, tail: false });
        } else if let Some(builtin) = builtins::find(&name) {
            if name == "exec" {
                self.exec(command, ctx);
                return;
            }
            if !redirects.is_empty() && !self.redirect(redirects, ctx) {
                if builtins::is_special(&name) && !self.options.interactive {
                    self.exit(1);
                } else {
                    self.complete(1);
                }
                return;
            }
            if builtins::is_special(&name) {
                self.assign_all(&command.assignments);
            } else {
                self.assign_for_now(command.assignments);
            }
            // What is to be read-only has to be filled first, what is local has to be so first.
            let (before, after) = if builtins::is_special(&name) {
                (command.declared, Vec::new())
            } else {
                (Vec::new(), command.declared)
            };
            self.assign_all(&before);
            match builtin(self, ctx, &command.args) {
                Flow::Status(status) => {
                    self.assign_all(&after);
                    self.complete(status);
                }
                Flow::Elsewhere => {}
            }
        } else {
            self.external(command, ctx);
        }
    }

    fn assign_all(&mut self, assignments: &[(String, String)]) {
        for (name, value) in assignments {
            self.assign(name, value);
        }
    }

    /// Assignments before a command last as long as the command.
    fn assign_for_now(&mut self, assignments: Vec<(String, String)>) {
        if assignments.is_empty() {
            return;
        }
        let mut saved = Vec::new();
        for (name, value) in assignments {
            saved.push((name.clone(), self.variables.take(&name)));
            self.assign(&name, &value);
            self.variables.export(&name, true);
        }
        self.frames.push(Frame::Assignments(saved));
    }

    pub(super) fn environment_with(
        &mut self,
        assignments: &[(String, String)],
    ) -> Arc<Vec<(String, String)>> {
        let mut environment = self.variables.environment();
        for (name, value) in assignments {
            super::super::system::set_variable(Arc::make_mut(&mut environment), name.clone(), value.clone());
        }
        environment
    }
}

fn expand_node(expander: &mut Expander<'_, '_>, node: &Node) -> Result<Expanded, Stop> {
    Ok(match node {
        Node::Simple(simple) => expand_simple(expander, simple)?,
        Node::Redirected(_, redirects) => Expanded::Redirects(
            redirects.iter().map(|redirect| Ready::expand(redirect, expander)).collect::<Result<_, _>>()?,
        ),
        Node::For { words: Some(words), .. } => Expanded::Words(expander.fields(words)?),
        Node::Case { subject, arms } => {
            let subject = expander.text(subject)?;
            for (index, arm) in arms.iter().enumerate() {
                for candidate in &arm.patterns {
                    if pattern::matches(&expander.pattern(candidate)?, &subject) {
                        return Ok(Expanded::Arm(Some(index)));
                    }
                }
            }
            Expanded::Arm(None)
        }
        Node::Arithmetic(expression) => Expanded::Truth(expander.arithmetic(expression)? != 0),
        Node::Test(condition) => Expanded::Truth(test::extended(condition, expander)?),
        _ => Expanded::Truth(true),
    })
}

fn expand_simple(expander: &mut Expander<'_, '_>, simple: &Simple) -> Result<Expanded, Stop> {
    let args = expander.fields(&simple.words)?;
    let redirects = simple
        .redirects
        .iter()
        .map(|redirect| Ready::expand(redirect, expander))
        .collect::<Result<_, _>>()?;
    let mut assignments: Vec<(String, String)> = Vec::new();
    let before = expander.changes.len();
    let mut own = Vec::new();
    for assignment in &simple.assignments {
        let found = expander.assigned(assignment, false)?;
        // Later assignments of the same command see this one.
        let from = expander.changes.len();
        expander.changes.extend(found.iter().cloned());
        own.push(from..expander.changes.len());
        assignments.extend(found);
    }
    if args.is_empty() {
        for range in own.into_iter().rev() {
            expander.changes.drain(range);
        }
    } else {
        expander.changes.truncate(before);
    }
    let mut options = args.iter().skip(1).take_while(|word| word.starts_with('-'));
    let associative = options.any(|word| word.contains('A'));
    let mut declared = Vec::new();
    for assignment in &simple.declared {
        declared.extend(expander.assigned(assignment, associative)?);
    }
    Ok(Expanded::Simple { assignments, declared, args, redirects })
}
