//! From the text of an `awk` program to its rules.

use super::token::{SIGNS, Token, compile, tokens};
use super::tree::{Expr, Function, Pattern, Rule, Stmt};

/// Nesting of expressions and blocks at most.
const DEPTH_MAX: usize = 100;

/// The rules of a program, or what is wrong with it.
pub(super) fn parse(source: &str) -> Result<Vec<Rule>, String> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    let mut rules = Vec::new();
    loop {
        parser.skip_ends();
        if parser.at == parser.tokens.len() {
            return Ok(rules);
        }
        rules.push(parser.rule()?);
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed = Result<Expr, String>;

impl Parser {
    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(known)) if *known == sign);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Name(known)) if known == word);
        self.at += usize::from(found);
        found
    }

    fn any_sign(&mut self, signs: &[&'static str]) -> Option<&'static str> {
        signs.iter().copied().find(|sign| self.sign(sign))
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.sign(sign) { Ok(()) } else { Err(format!("'{sign}' expected")) }
    }

    fn skip_ends(&mut self) {
        while matches!(self.tokens.get(self.at), Some(Token::Line | Token::Sign(";"))) {
            self.at += 1;
        }
    }

    fn rule(&mut self) -> Result<Rule, String> {
        let pattern = if self.word("BEGIN") {
            Pattern::Begin
        } else if self.word("END") {
            Pattern::End
        } else if matches!(self.tokens.get(self.at), Some(Token::Sign("{"))) {
            Pattern::Always
        } else {
            Pattern::When(self.expression()?)
        };
        let action = if self.sign("{") {
            self.block()?
        } else if matches!(pattern, Pattern::When(_)) {
            vec![Stmt::Print(Vec::new())]
        } else {
            return Err("'{' expected".to_owned());
        };
        Ok(Rule { pattern, action })
    }

    fn block(&mut self) -> Result<Vec<Stmt>, String> {
        let mut all = Vec::new();
        loop {
            self.skip_ends();
            if self.sign("}") {
                return Ok(all);
            }
            if self.at == self.tokens.len() {
                return Err("'}' expected".to_owned());
            }
            all.push(self.statement()?);
        }
    }

    fn body(&mut self) -> Result<Vec<Stmt>, String> {
        self.skip_ends();
        if self.sign("{") { self.block() } else { Ok(vec![self.statement()?]) }
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Parser) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("nested too deeply".to_owned());
        }
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn statement(&mut self) -> Result<Stmt, String> {
        self.deeper(Parser::one_statement)
    }

    fn one_statement(&mut self) -> Result<Stmt, String> {
        if self.sign("{") {
            return Ok(Stmt::Block(self.block()?));
        }
        if self.word("print") {
            return Ok(Stmt::Print(self.list()?));
        }
        if self.word("printf") {
            return Ok(Stmt::Printf(self.list()?));
        }
        if self.word("break") {
            return Ok(Stmt::Break);
        }
        if self.word("continue") {
            return Ok(Stmt::Continue);
        }
        if self.word("delete") {
            return self.deletion();
        }
        if self.word("next") {
            return Ok(Stmt::Next);
        }
        if self.word("exit") {
            let code = if self.at_end() { None } else { Some(self.expression()?) };
            return Ok(Stmt::Exit(code));
        }
        if self.word("if") {
            self.expect("(")?;
            let condition = self.expression()?;
            self.expect(")")?;
            let yes = self.body()?;
            let before = self.at;
            self.skip_ends();
            let no = if self.word("else") {
                self.body()?
            } else {
                self.at = before;
                Vec::new()
            };
            return Ok(Stmt::If(condition, yes, no));
        }
        if self.word("while") {
            self.expect("(")?;
            let condition = self.expression()?;
            self.expect(")")?;
            return Ok(Stmt::While(condition, self.body()?, None));
        }
        if self.word("for") { self.for_loop() } else { Ok(Stmt::Do(self.expression()?)) }
    }

    fn deletion(&mut self) -> Result<Stmt, String> {
        let Some(Token::Name(array)) = self.tokens.get(self.at).cloned() else {
            return Err("delete needs an array".to_owned());
        };
        self.at += 1;
        if !self.sign("[") {
            return Ok(Stmt::Delete(array, None));
        }
        let key = self.expression()?;
        self.expect("]")?;
        Ok(Stmt::Delete(array, Some(key)))
    }

    fn for_loop(&mut self) -> Result<Stmt, String> {
        self.expect("(")?;
        if let [Token::Name(name), Token::Name(word), Token::Name(array), Token::Sign(")"), ..] =
            &self.tokens[self.at..]
            && word == "in"
        {
            let (name, array) = (name.clone(), array.clone());
            self.at += 4;
            return Ok(Stmt::Each(name, array, self.body()?));
        }
        let first = self.expression()?;
        self.expect(";")?;
        let condition = self.expression()?;
        self.expect(";")?;
        let step = self.expression()?;
        self.expect(")")?;
        let body = self.body()?;
        Ok(Stmt::Block(vec![Stmt::Do(first), Stmt::While(condition, body, Some(step))]))
    }

    fn at_end(&self) -> bool {
        matches!(self.tokens.get(self.at), None | Some(Token::Line | Token::Sign(";" | "}")))
    }

    fn list(&mut self) -> Result<Vec<Expr>, String> {
        let mut all = Vec::new();
        if self.at_end() {
            return Ok(all);
        }
        let from = self.at;
        loop {
            all.push(self.expression()?);
            if !self.sign(",") {
                break;
            }
        }
        // `>` outside of parentheses would write to a file.
        if self.redirects(from) {
            return Err("podlab: output of print to a file is not simulated".to_owned());
        }
        if self.at_end() { Ok(all) } else { Err("podlab: this form of print is not simulated".to_owned()) }
    }

    fn redirects(&self, from: usize) -> bool {
        let mut depth = 0;
        self.tokens[from..self.at].iter().any(|token| {
            depth += match token {
                Token::Sign("(") => 1,
                Token::Sign(")") => -1,
                _ => 0,
            };
            depth == 0 && *token == Token::Sign(">")
        })
    }

    fn expression(&mut self) -> Parsed {
        self.deeper(Parser::assignment)
    }

    fn assignment(&mut self) -> Parsed {
        let left = self.choice()?;
        let Some(sign) = self.any_sign(&["=", "+=", "-=", "*=", "/=", "%="]) else { return Ok(left) };
        if !matches!(left, Expr::Var(_) | Expr::Field(_) | Expr::Item(..)) {
            return Err("assignment to what is no variable".to_owned());
        }
        let right = self.expression()?;
        let right = if sign == "=" {
            right
        } else {
            let operator = SIGNS.iter().copied().find(|known| *known == &sign[..1]).unwrap_or("+");
            Expr::Binary(operator, Box::new(left.clone()), Box::new(right))
        };
        Ok(Expr::Assign(Box::new(left), Box::new(right)))
    }

    fn choice(&mut self) -> Parsed {
        let condition = self.binary(0)?;
        if !self.sign("?") {
            return Ok(condition);
        }
        let yes = self.expression()?;
        self.expect(":")?;
        let no = self.expression()?;
        Ok(Expr::Choice(Box::new([condition, yes, no])))
    }

    /// The operators by how loosely they bind; between comparison and sum comes joining, which has no sign.
    fn binary(&mut self, level: usize) -> Parsed {
        const LEVELS: &[&[&str]] = &[
            &["||"],
            &["&&"],
            &["~", "!~"],
            &["<=", ">=", "==", "!=", "<", ">"],
            &[],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        loop {
            let operator = if signs.is_empty() {
                if !self.begins_operand() {
                    return Ok(left);
                }
                ""
            } else if let Some(sign) = self.any_sign(signs) {
                sign
            } else if level == 2 && self.word("in") {
                let Some(Token::Name(array)) = self.tokens.get(self.at).cloned() else {
                    return Err("array expected".to_owned());
                };
                self.at += 1;
                left = Expr::In(Box::new(left), array);
                continue;
            } else {
                return Ok(left);
            };
            let right = self.binary(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn begins_operand(&self) -> bool {
        match self.tokens.get(self.at) {
            Some(Token::Name(name)) => name != "in",
            Some(Token::Number(_) | Token::Text(_)) => true,
            Some(Token::Sign(sign)) => matches!(*sign, "$" | "("),
            _ => false,
        }
    }

    fn unary(&mut self) -> Parsed {
        if let Some(sign) = self.any_sign(&["!", "-", "+"]) {
            let inner = Box::new(self.deeper(Parser::unary)?);
            return Ok(match sign {
                "!" => Expr::Not(inner),
                "-" => Expr::Binary("-", Box::new(Expr::Number(0.0)), inner),
                _ => Expr::Binary("+", Box::new(Expr::Number(0.0)), inner),
            });
        }
        if let Some(sign) = self.any_sign(&["++", "--"]) {
            let target = self.primary()?;
            let by = if sign == "++" { 1.0 } else { -1.0 };
            return Ok(Expr::Step { target: Box::new(target), by, before: true });
        }
        let target = self.primary()?;
        match self.any_sign(&["++", "--"]) {
            Some(sign) => {
                let by = if sign == "++" { 1.0 } else { -1.0 };
                Ok(Expr::Step { target: Box::new(target), by, before: false })
            }
            None => Ok(target),
        }
    }

    fn primary(&mut self) -> Parsed {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        match token {
            Some(Token::Number(number)) => Ok(Expr::Number(number)),
            Some(Token::Text(text)) => Ok(Expr::Text(text)),
            Some(Token::Regex(source)) => Ok(Expr::Regex(compile(&source)?)),
            Some(Token::Sign("$")) => Ok(Expr::Field(Box::new(self.deeper(Parser::primary)?))),
            Some(Token::Sign("(")) => {
                let inner = self.expression()?;
                self.expect(")")?;
                Ok(Expr::Group(Box::new(inner)))
            }
            Some(Token::Name(name)) => self.named(name),
            _ => Err("syntax error".to_owned()),
        }
    }

    fn named(&mut self, name: String) -> Parsed {
        if let Some(function) = Function::find(&name) {
            let mut arguments = Vec::new();
            if self.sign("(") && !self.sign(")") {
                loop {
                    arguments.push(self.expression()?);
                    if !self.sign(",") {
                        break;
                    }
                }
                self.expect(")")?;
            }
            return Ok(Expr::Call(function, arguments));
        }
        if self.sign("[") {
            let key = self.expression()?;
            self.expect("]")?;
            return Ok(Expr::Item(name, Box::new(key)));
        }
        if matches!(self.tokens.get(self.at), Some(Token::Sign("(")))
            || name == "getline"
            || name == "function"
        {
            return Err(format!("podlab: awk's {name} is not simulated"));
        }
        Ok(Expr::Var(name))
    }
}
