//! A parsed script: nodes in one vector, so that a place in it is a number and the running state can be copied.

use std::sync::Arc;

use brush_parser::ast;

/// A whole script, shared by everything that runs it.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub nodes: Vec<Node>,
    pub root: NodeId,
}

/// A node of a [`Script`].
pub(super) type NodeId = usize;

#[derive(Debug)]
pub(super) enum Node {
    /// Commands in a row; true = in the background.
    List(Vec<(NodeId, bool)>),
    /// The first, then others if it succeeded (true) or failed (false).
    AndOr(NodeId, Vec<(bool, NodeId)>),
    Pipeline {
        bang: bool,
        timed: bool,
        commands: Vec<NodeId>,
    },
    Simple(Simple),
    Redirected(NodeId, Vec<Redirect>),
    Subshell(NodeId),
    For {
        variable: String,
        words: Option<Vec<Word>>,
        body: NodeId,
    },
    ArithmeticFor {
        start: Word,
        condition: Word,
        update: Word,
        body: NodeId,
    },
    Arithmetic(Word),
    Case {
        subject: Word,
        arms: Vec<Arm>,
    },
    If {
        arms: Vec<(NodeId, NodeId)>,
        otherwise: Option<NodeId>,
    },
    While {
        condition: NodeId,
        body: NodeId,
        until: bool,
    },
    Function {
        name: String,
        body: NodeId,
    },
    Test(Test),
    /// Something podlab's shell does not run.
    Unsupported(&'static str),
}

#[derive(Debug)]
pub(super) struct Arm {
    pub patterns: Vec<Word>,
    pub body: Option<NodeId>,
    pub falls_through: bool,
}

#[derive(Debug, Default)]
pub(super) struct Simple {
    pub assignments: Vec<Assignment>,
    /// Arrays among the arguments of `declare` and its like.
    pub declared: Vec<Assignment>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
    pub line: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Assignment {
    pub name: String,
    /// Which element of an array.
    pub subscript: Option<Word>,
    pub value: Assigned,
    pub append: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Assigned {
    Text(Word),
    /// Elements of an array, some with their key.
    List(Vec<(Option<Word>, Vec<Word>)>),
}

#[derive(Debug)]
pub(super) struct Redirect {
    pub fd: u32,
    pub kind: RedirectKind,
}

#[derive(Debug)]
pub(super) enum RedirectKind {
    Read(Word),
    Write(Word),
    Append(Word),
    ReadWrite(Word),
    /// `2>&1`, `>&-`
    Duplicate(Word),
    /// `&>file`
    Both(Word, bool),
    /// A here-document or here-string.
    Text(Word),
    Unsupported,
}

#[derive(Debug)]
pub(super) enum Test {
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Not(Box<Test>),
    Unary(ast::UnaryPredicate, Word),
    Binary(ast::BinaryPredicate, Word, Word),
}

/// A word before expansion.
#[derive(Debug, Clone, Default)]
pub(super) struct Word(pub Vec<Piece>);

#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Literal text; quoted text is neither split nor globbed.
    Text {
        text: String,
        quoted: bool,
    },
    Parameter {
        parameter: Parameter,
        quoted: bool,
    },
    /// Script source, parsed when first run.
    Command {
        source: Arc<str>,
        quoted: bool,
    },
    Arithmetic {
        expression: Word,
        quoted: bool,
    },
    /// `~` or `~name` at the start.
    Home(String),
    /// A syntax error met inside the word.
    Bad(String),
}

#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub name: Name,
    pub indirect: bool,
    pub operation: Operation,
}

#[derive(Debug, Clone)]
pub(super) enum Name {
    Variable(String),
    /// `${a[1]}`
    Element(String, Subscript),
    Positional(usize),
    /// `$@`
    At,
    /// `$*`
    Star,
    /// `$#`
    Count,
    /// `$?`
    Status,
    /// `$-`
    Flags,
    /// `$$`
    Pid,
    /// `$!`
    Background,
}

impl Name {
    /// Whether it stands for any number of texts.
    pub fn is_list(&self) -> bool {
        matches!(self, Name::At | Name::Star | Name::Element(_, Subscript::At | Subscript::Star))
    }

    /// Whether those texts are joined within quotes.
    pub fn is_joined(&self) -> bool {
        matches!(self, Name::Star | Name::Element(_, Subscript::Star))
    }
}

/// What stands between the brackets behind an array's name.
#[derive(Debug, Clone)]
pub(super) enum Subscript {
    /// `@`: each element.
    At,
    /// `*`: all of them.
    Star,
    Index(Word),
}

#[derive(Debug, Clone)]
pub(super) enum Operation {
    Get,
    Length,
    Default { null: bool, word: Word },
    Assign { null: bool, word: Word },
    Error { null: bool, word: Word },
    Alternative { null: bool, word: Word },
    Trim { suffix: bool, longest: bool, pattern: Word },
    Substring { offset: Word, length: Option<Word> },
    Replace { place: Place, pattern: Word, replacement: Word },
    Case { upper: bool, all: bool },
}

/// Where `${x/pattern/text}` replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    First,
    All,
    Prefix,
    Suffix,
}
