//! Objects as YAML, byte for byte as kubectl writes them (go-yaml v2's emitter: block style, dashes at their key's level, long
//! plain scalars folded). Does not read YAML.

mod scalar;

use scalar::Style;
use serde_json::Value;

/// The document of `value`, with a line end.
pub fn to_string(value: &Value) -> String {
    let mut writer = Writer { text: String::new() };
    match value {
        Value::Object(fields) if !fields.is_empty() => writer.mapping(fields, 0, true),
        Value::Array(items) if !items.is_empty() => writer.sequence(items, 0, true),
        leaf => {
            writer.leaf(leaf, 0);
            writer.text.push('\n');
        }
    }
    writer.text
}

struct Writer {
    text: String,
}

impl Writer {
    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    /// How many characters stand on the current line.
    fn column(&self) -> usize {
        let start = self.text.rfind('\n').map_or(0, |end| end + 1);
        self.text[start..].chars().count()
    }

    /// The lines of a mapping at a column; the first line's indent may be there already, after a dash.
    fn mapping(&mut self, fields: &serde_json::Map<String, Value>, column: usize, mut indented: bool) {
        for (key, value) in fields {
            if !indented {
                self.indent(column);
            }
            indented = false;
            self.key(key);
            self.text.push(':');
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    self.text.push('\n');
                    self.mapping(inner, column + 2, false);
                }
                Value::Array(items) if !items.is_empty() => {
                    self.text.push('\n');
                    self.sequence(items, column, false);
                }
                leaf => {
                    self.text.push(' ');
                    self.leaf(leaf, column + 2);
                    self.text.push('\n');
                }
            }
        }
    }

    fn sequence(&mut self, items: &[Value], column: usize, mut indented: bool) {
        for item in items {
            if !indented {
                self.indent(column);
            }
            indented = false;
            self.text.push_str("- ");
            match item {
                Value::Object(inner) if !inner.is_empty() => self.mapping(inner, column + 2, true),
                Value::Array(inner) if !inner.is_empty() => self.sequence(inner, column + 2, true),
                leaf => {
                    self.leaf(leaf, column + 2);
                    self.text.push('\n');
                }
            }
        }
    }

    fn key(&mut self, key: &str) {
        match scalar::style(key, true) {
            Style::Plain => self.text.push_str(key),
            Style::Single => {
                let quoted = format!("'{}'", key.replace('\'', "''"));
                self.text.push_str(&quoted);
            }
            Style::Double | Style::Literal => self.double(key, None),
        }
    }

    fn leaf(&mut self, leaf: &Value, fold: usize) {
        match leaf {
            Value::String(text) => self.scalar(text, fold),
            Value::Object(_) => self.text.push_str("{}"),
            Value::Array(_) => self.text.push_str("[]"),
            other => self.text.push_str(&other.to_string()),
        }
    }

    fn scalar(&mut self, text: &str, fold: usize) {
        if scalar::is_plain_word(text) {
            return self.text.push_str(text);
        }
        match scalar::style(text, false) {
            Style::Plain => self.folded(text, fold, false),
            Style::Single => {
                self.text.push('\'');
                self.folded(text, fold, true);
                self.text.push('\'');
            }
            Style::Double => self.double(text, Some(fold)),
            Style::Literal => self.literal(text, fold),
        }
    }

    /// A scalar whose single blanks may become line ends once the line is long.
    fn folded(&mut self, text: &str, fold: usize, quoted: bool) {
        // Without a blank there is no place to fold at.
        if !text.contains([' ', '\'']) {
            return self.text.push_str(text);
        }
        let chars: Vec<char> = text.chars().collect();
        let (mut column, mut after_blank) = (self.column(), false);
        for (i, &c) in chars.iter().enumerate() {
            let next_blank = chars.get(i + 1) == Some(&' ');
            let inside = !quoted || (i > 0 && i + 1 < chars.len());
            if c == ' ' && !after_blank && column > scalar::LINE && !next_blank && inside {
                self.text.push('\n');
                self.indent(fold);
                column = fold;
            } else {
                self.text.push(c);
                column += 1;
                if quoted && c == '\'' {
                    self.text.push('\'');
                    column += 1;
                }
            }
            after_blank = c == ' ';
        }
    }

    fn double(&mut self, text: &str, fold: Option<usize>) {
        self.text.push('"');
        let chars: Vec<char> = text.chars().collect();
        let (mut column, mut after_blank) = (self.column(), false);
        for (i, &c) in chars.iter().enumerate() {
            if let Some(escaped) = scalar::escaped(c) {
                column += escaped.chars().count();
                self.text.push_str(&escaped);
                after_blank = false;
                continue;
            }
            let foldable = c == ' ' && !after_blank && column > scalar::LINE && i > 0 && i + 1 < chars.len();
            match fold {
                Some(fold) if foldable => {
                    self.text.push('\n');
                    self.indent(fold);
                    column = fold;
                    if chars[i + 1] == ' ' {
                        self.text.push('\\');
                        column += 1;
                    }
                }
                _ => {
                    self.text.push(c);
                    column += 1;
                }
            }
            after_blank = c == ' ';
        }
        self.text.push('"');
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.text.push('|');
        if text.starts_with([' ', '\n']) {
            self.text.push('2');
        }
        let body = match text.strip_suffix('\n') {
            None => {
                self.text.push('-');
                text
            }
            Some(body) => {
                if body.is_empty() || body.ends_with('\n') {
                    self.text.push('+');
                }
                body
            }
        };
        for line in body.split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.indent(indent);
                self.text.push_str(line);
            }
        }
    }
}

#[cfg(test)]
mod tests;
