//! The parts of an `awk` program.

use regex_lite::Regex;

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(String),
    Regex(Regex),
    Var(String),
    Field(Box<Expr>),
    Item(String, Box<Expr>),
    Group(Box<Expr>),
    Assign(Box<Expr>, Box<Expr>),
    Step {
        target: Box<Expr>,
        by: f64,
        before: bool,
    },
    Not(Box<Expr>),
    /// An operator by its sign; the empty one joins texts.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    In(Box<Expr>, String),
    Choice(Box<[Expr; 3]>),
    Call(Function, Vec<Expr>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Substr,
    Index,
    Upper,
    Lower,
    Int,
    Split,
    Sub,
    Gsub,
    Sprintf,
}

impl Function {
    pub fn find(name: &str) -> Option<Function> {
        Some(match name {
            "length" => Function::Length,
            "substr" => Function::Substr,
            "index" => Function::Index,
            "toupper" => Function::Upper,
            "tolower" => Function::Lower,
            "int" => Function::Int,
            "split" => Function::Split,
            "sub" => Function::Sub,
            "gsub" => Function::Gsub,
            "sprintf" => Function::Sprintf,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug)]
pub(super) enum Stmt {
    Print(Vec<Expr>),
    Printf(Vec<Expr>),
    Do(Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// Condition, body, and what follows each turn.
    While(Expr, Vec<Stmt>, Option<Expr>),
    Each(String, String, Vec<Stmt>),
    Block(Vec<Stmt>),
    /// Forgets an entry of an array, or all of them.
    Delete(String, Option<Expr>),
    Break,
    Continue,
    Next,
    Exit(Option<Expr>),
}

#[derive(Clone, Debug)]
pub(super) enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub pattern: Pattern,
    pub action: Vec<Stmt>,
}
