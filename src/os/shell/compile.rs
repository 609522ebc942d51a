//! From the parser's syntax tree to a [`Script`].

use brush_parser::{ParseError, Parser, ParserOptions, TokenizerError, ast};
use std::borrow::Cow;

use super::braces;
use super::script::{
    Arm, Assigned, Assignment, Node, NodeId, Redirect, RedirectKind, Script, Simple, Test, Word,
};
use super::word;

/// Commands within commands at most: beyond, parsing and running would need too much stack.
const DEPTH: usize = 60;
/// Bytes of source at most.
const LENGTH: usize = 1 << 20;

/// Why a script cannot be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SyntaxError {
    /// More lines are needed.
    Incomplete(&'static str),
    /// What stands where something else should.
    Unexpected {
        /// The word.
        token: String,
        /// Its line, from 1.
        line: usize,
    },
    /// Beyond podlab's bounds.
    TooBig,
}

/// Parses a script. `bash`: with its brace expansion and arrays.
pub(super) fn compile(source: &str, bash: bool) -> Result<Script, SyntaxError> {
    if is_too_big(source) {
        return Err(SyntaxError::TooBig);
    }
    let source = &*without_huge_descriptors(source);
    let options = ParserOptions { enable_extended_globbing: false, ..ParserOptions::default() };
    let mut parser = Parser::new(source.as_bytes(), &options);
    let program = parser.parse_program().map_err(|error| syntax_error(&error, source))?;
    let mut compiler = Compiler { script: Script::default(), bash, refused: None };
    let items =
        program.complete_commands.iter().flat_map(|list| &list.0).map(|item| compiler.item(item)).collect();
    let root = compiler.add(Node::List(items));
    compiler.script.root = root;
    compiler.refused.map_or(Ok(compiler.script), Err)
}

/// Whether a source is beyond what is parsed.
pub(super) fn is_too_big(source: &str) -> bool {
    source.len() > LENGTH || nesting(source) > DEPTH
}

/// A number before a redirection that no descriptor can have is a word to shells; the parser would panic. A blank makes it one.
fn without_huge_descriptors(source: &str) -> Cow<'_, str> {
    let mut fixed = String::new();
    let mut copied = 0;
    for (at, _) in source.match_indices(['<', '>']) {
        let digits = source[..at].bytes().rev().take_while(u8::is_ascii_digit).count();
        if digits > 9 {
            fixed.push_str(&source[copied..at]);
            fixed.push(' ');
            copied = at;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(source);
    }
    fixed.push_str(&source[copied..]);
    Cow::Owned(fixed)
}

/// How deep a script nests, estimated from above by its brackets and keywords.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    let mut note = |open: bool| {
        depth = if open { depth + 1 } else { depth.saturating_sub(1) };
        deepest = deepest.max(depth);
    };
    for word in source.split(|letter: char| letter.is_whitespace() || letter == ';') {
        match word {
            "if" | "while" | "until" | "for" | "case" => note(true),
            "fi" | "done" | "esac" => note(false),
            _ => word.chars().for_each(|letter| match letter {
                '(' | '{' => note(true),
                ')' | '}' => note(false),
                _ => {}
            }),
        }
    }
    deepest.max(source.matches('!').count() / 50)
}

fn syntax_error(error: &ParseError, source: &str) -> SyntaxError {
    match error {
        ParseError::ParsingAtEndOfInput => SyntaxError::Incomplete("unexpected end of file"),
        ParseError::ParsingNear(position) => {
            let rest: String = source.chars().skip(position.index).collect();
            let line = position.line;
            if rest.trim().is_empty() {
                return if rest.is_empty() {
                    SyntaxError::Incomplete("unexpected end of file")
                } else {
                    SyntaxError::Unexpected { token: "newline".to_owned(), line }
                };
            }
            SyntaxError::Unexpected { token: first_token(rest.trim_start()), line }
        }
        ParseError::Tokenizing { inner, .. } => SyntaxError::Incomplete(match inner {
            TokenizerError::UnterminatedSingleQuote(_)
            | TokenizerError::UnterminatedDoubleQuote(_)
            | TokenizerError::UnterminatedAnsiCQuote(_) => "unterminated quoted string",
            TokenizerError::UnterminatedBackquote(_) => "EOF in backquote substitution",
            _ => "unexpected end of file",
        }),
    }
}

fn first_token(rest: &str) -> String {
    for operator in ["&&", "||", ";;", "<<", ">>", "(", ")", ";", "&", "|", "<", ">"] {
        if rest.starts_with(operator) {
            return operator.to_owned();
        }
    }
    rest.split(|letter: char| letter.is_whitespace() || ";&|<>()".contains(letter))
        .next()
        .unwrap_or_default()
        .to_owned()
}

struct Compiler {
    script: Script,
    bash: bool,
    /// What only bash knows and this shell does not.
    refused: Option<SyntaxError>,
}

/// Builtins whose arguments may be assignments of arrays.
const DECLARATIONS: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

impl Compiler {
    fn add(&mut self, node: Node) -> NodeId {
        self.script.nodes.push(node);
        self.script.nodes.len() - 1
    }

    fn list(&mut self, list: &ast::CompoundList) -> NodeId {
        let items = list.0.iter().map(|item| self.item(item)).collect();
        self.add(Node::List(items))
    }

    fn item(&mut self, ast::CompoundListItem(and_or, separator): &ast::CompoundListItem) -> (NodeId, bool) {
        let first = self.pipeline(&and_or.first);
        let node = if and_or.additional.is_empty() {
            first
        } else {
            let rest = and_or.additional.iter().map(|next| match next {
                ast::AndOr::And(pipeline) => (true, self.pipeline(pipeline)),
                ast::AndOr::Or(pipeline) => (false, self.pipeline(pipeline)),
            });
            let rest = rest.collect();
            self.add(Node::AndOr(first, rest))
        };
        (node, matches!(separator, ast::SeparatorOperator::Async))
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) -> NodeId {
        let commands: Vec<NodeId> = pipeline.seq.iter().map(|command| self.command(command)).collect();
        match commands.as_slice() {
            [only] if !pipeline.bang && pipeline.timed.is_none() => *only,
            _ => self.add(Node::Pipeline { bang: pipeline.bang, timed: pipeline.timed.is_some(), commands }),
        }
    }

    fn command(&mut self, command: &ast::Command) -> NodeId {
        match command {
            ast::Command::Simple(simple) => self.simple(simple),
            ast::Command::Compound(compound, redirects) => {
                let node = self.compound(compound);
                self.redirected(node, redirects.as_ref())
            }
            ast::Command::Function(function) => {
                let body = self.compound(&function.body.0);
                let body = self.redirected(body, function.body.1.as_ref());
                self.add(Node::Function { name: function.fname.value.clone(), body })
            }
            ast::Command::ExtendedTest(test, redirects) => {
                let test = Self::test(&test.expr);
                let node = self.add(Node::Test(test));
                self.redirected(node, redirects.as_ref())
            }
        }
    }

    fn redirected(&mut self, node: NodeId, redirects: Option<&ast::RedirectList>) -> NodeId {
        match redirects {
            Some(list) if !list.0.is_empty() => {
                let redirects = list.0.iter().map(Self::redirect).collect();
                self.add(Node::Redirected(node, redirects))
            }
            _ => node,
        }
    }

    fn compound(&mut self, compound: &ast::CompoundCommand) -> NodeId {
        use ast::CompoundCommand as C;
        let arithmetic = |expression: Option<&ast::UnexpandedArithmeticExpr>| {
            word::parse_here(expression.map_or("", |expression| expression.value.trim()))
        };
        let node = match compound {
            C::BraceGroup(group) => return self.list(&group.list),
            C::Subshell(subshell) => Node::Subshell(self.list(&subshell.list)),
            C::ForClause(clause) => {
                let words = clause
                    .values
                    .as_ref()
                    .map(|words| words.iter().flat_map(|word| self.words(&word.value)).collect());
                Node::For {
                    variable: clause.variable_name.clone(),
                    words,
                    body: self.list(&clause.body.list),
                }
            }
            C::ArithmeticForClause(clause) => Node::ArithmeticFor {
                start: arithmetic(clause.initializer.as_ref()),
                condition: arithmetic(clause.condition.as_ref()),
                update: arithmetic(clause.updater.as_ref()),
                body: self.list(&clause.body.list),
            },
            C::Arithmetic(command) => Node::Arithmetic(arithmetic(Some(&command.expr))),
            C::CaseClause(clause) => {
                let arms = clause.cases.iter().map(|case| Arm {
                    patterns: case.patterns.iter().map(|pattern| word::parse(&pattern.value)).collect(),
                    body: case.cmd.as_ref().map(|list| self.list(list)),
                    falls_through: matches!(
                        case.post_action,
                        ast::CaseItemPostAction::UnconditionallyExecuteNextCaseItem
                    ),
                });
                let arms = arms.collect();
                Node::Case { subject: word::parse(&clause.value.value), arms }
            }
            C::IfClause(clause) => self.if_clause(clause),
            C::WhileClause(clause) => {
                Node::While { condition: self.list(&clause.0), body: self.list(&clause.1.list), until: false }
            }
            C::UntilClause(clause) => {
                Node::While { condition: self.list(&clause.0), body: self.list(&clause.1.list), until: true }
            }
            C::Coprocess(_) => Node::Unsupported("coproc"),
        };
        self.add(node)
    }

    fn if_clause(&mut self, clause: &ast::IfClauseCommand) -> Node {
        let mut arms = vec![(self.list(&clause.condition), self.list(&clause.then))];
        let mut otherwise = None;
        for branch in clause.elses.iter().flatten() {
            let body = self.list(&branch.body);
            match &branch.condition {
                Some(condition) => arms.push((self.list(condition), body)),
                None => otherwise = Some(body),
            }
        }
        Node::If { arms, otherwise }
    }

    fn words(&self, text: &str) -> Vec<Word> {
        if self.bash && text.contains('{') {
            braces::expand(text).iter().map(|text| word::parse(text)).collect()
        } else {
            vec![word::parse(text)]
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand) -> NodeId {
        use ast::CommandPrefixOrSuffixItem as Item;
        let mut command = Simple {
            line: ast::SourceLocation::location(simple).map_or(1, |span| span.start.line),
            ..Simple::default()
        };
        let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0).map(|item| (true, item));
        let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0).map(|item| (false, item));
        let mut named = false;
        for (before, item) in prefix.chain(suffix) {
            if !before && !named {
                named = true;
                command.words.extend(simple.word_or_name.iter().flat_map(|name| self.words(&name.value)));
            }
            match item {
                Item::IoRedirect(redirect) => {
                    let redirect = Self::redirect(redirect);
                    command.redirects.push(redirect);
                }
                Item::Word(word) => command.words.extend(self.words(&word.value)),
                Item::AssignmentWord(assignment, _) if before => {
                    command.assignments.extend(self.assignment(assignment, command.line));
                }
                Item::AssignmentWord(assignment, _)
                    if matches!(assignment.value, ast::AssignmentValue::Array(_)) && declares(simple) =>
                {
                    let declared = self.assignment(assignment, command.line);
                    command.words.extend(declared.iter().map(|declared| word::literal(&declared.name)));
                    command.declared.extend(declared);
                }
                Item::AssignmentWord(_, word) => command.words.push(word::parse(&word.value)),
                Item::ProcessSubstitution(ast::ProcessSubstitutionKind::Read, below)
                    if self.bash && sources(simple) =>
                {
                    // Reading a command's output as a file of commands is running it.
                    command.words =
                        vec![word::literal("eval"), word::parse(&format!("\"$({})\"", below.list))];
                }
                Item::ProcessSubstitution(..) => return self.add(Node::Unsupported("process substitution")),
            }
        }
        if !named {
            command.words.extend(simple.word_or_name.iter().flat_map(|name| self.words(&name.value)));
        }
        self.add(Node::Simple(command))
    }

    fn assignment(&mut self, assignment: &ast::Assignment, line: usize) -> Option<Assignment> {
        let (name, subscript) = match &assignment.name {
            ast::AssignmentName::VariableName(name) => (name, None),
            ast::AssignmentName::ArrayElementName(name, index) if self.bash => {
                (name, Some(word::parse(index)))
            }
            ast::AssignmentName::ArrayElementName(..) => return None,
        };
        let value = match &assignment.value {
            ast::AssignmentValue::Scalar(value) => Assigned::Text(word::parse(&value.value)),
            ast::AssignmentValue::Array(values) => {
                if !self.bash {
                    self.refused.get_or_insert(SyntaxError::Unexpected { token: "(".to_owned(), line });
                }
                let item = |(key, value): &(Option<ast::Word>, ast::Word)| {
                    (key.as_ref().map(|key| word::parse(&key.value)), self.words(&value.value))
                };
                Assigned::List(values.iter().map(item).collect())
            }
        };
        Some(Assignment { name: name.clone(), subscript, value, append: assignment.append })
    }

    fn redirect(redirect: &ast::IoRedirect) -> Redirect {
        use ast::{IoFileRedirectKind as K, IoFileRedirectTarget as T};
        let fd = |given: &Option<i32>, default: u32| {
            given.and_then(|fd| u32::try_from(fd).ok()).unwrap_or(default)
        };
        match redirect {
            ast::IoRedirect::File(given, kind, target) => {
                let reads = matches!(kind, K::Read | K::ReadAndWrite | K::DuplicateInput);
                let target = match target {
                    T::Filename(word) | T::Duplicate(word) => word::parse(&word.value),
                    T::Fd(number) => word::literal(&number.to_string()),
                    T::ProcessSubstitution(..) => return Redirect { fd: 0, kind: RedirectKind::Unsupported },
                };
                let kind = match kind {
                    K::Read => RedirectKind::Read(target),
                    K::Write | K::Clobber => RedirectKind::Write(target),
                    K::Append => RedirectKind::Append(target),
                    K::ReadAndWrite => RedirectKind::ReadWrite(target),
                    K::DuplicateInput | K::DuplicateOutput => RedirectKind::Duplicate(target),
                };
                Redirect { fd: fd(given, u32::from(!reads)), kind }
            }
            ast::IoRedirect::HereDocument(given, document) => {
                let text = &document.doc.value;
                let text = if document.remove_tabs {
                    text.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
                } else {
                    text.clone()
                };
                let word =
                    if document.requires_expansion { word::parse_here(&text) } else { word::literal(&text) };
                Redirect { fd: fd(given, 0), kind: RedirectKind::Text(word) }
            }
            ast::IoRedirect::HereString(given, text) => {
                let mut word = word::parse(&text.value);
                word.0.push(super::script::Piece::Text { text: "\n".to_owned(), quoted: true });
                Redirect { fd: fd(given, 0), kind: RedirectKind::Text(word) }
            }
            ast::IoRedirect::OutputAndError(target, append) => {
                Redirect { fd: 1, kind: RedirectKind::Both(word::parse(&target.value), *append) }
            }
        }
    }

    fn test(test: &ast::ExtendedTestExpr) -> Test {
        use ast::ExtendedTestExpr as E;
        match test {
            E::And(left, right) => Test::And(Box::new(Self::test(left)), Box::new(Self::test(right))),
            E::Or(left, right) => Test::Or(Box::new(Self::test(left)), Box::new(Self::test(right))),
            E::Not(inner) => Test::Not(Box::new(Self::test(inner))),
            E::Parenthesized(inner) => Self::test(inner),
            E::UnaryTest(predicate, operand) => Test::Unary(predicate.clone(), word::parse(&operand.value)),
            E::BinaryTest(predicate, left, right) => {
                Test::Binary(predicate.clone(), word::parse(&left.value), word::parse(&right.value))
            }
        }
    }
}

fn declares(simple: &ast::SimpleCommand) -> bool {
    simple.word_or_name.as_ref().is_some_and(|name| DECLARATIONS.contains(&name.value.as_str()))
}

/// Whether a command is `source` or `.`.
fn sources(simple: &ast::SimpleCommand) -> bool {
    simple.word_or_name.as_ref().is_some_and(|name| ["source", "."].contains(&name.value.as_str()))
}
