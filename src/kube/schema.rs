//! The fields of every API type podlab knows, with types and descriptions: what `kubectl explain` prints, what decodes manifests, and
//! what finds the word a learner meant. The data is `assets/schema.txt`, generated from the API types' own documentation by
//! `docs/schema.py`. Knows nothing of values.

use super::kind::{KINDS, Kind};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One API type (`core.v1.PodSpec`).
#[derive(Debug)]
pub struct Type {
    /// Its id: group, version, name.
    pub id: &'static str,
    /// What it is, paragraphs separated by empty lines.
    pub description: String,
    /// Its fields, sorted by name.
    pub fields: Vec<Field>,
}

/// One field of a [`Type`].
#[derive(Debug)]
pub struct Field {
    /// Its name in manifests.
    pub name: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Whether an explicit zero, `false` or empty text is different from nothing.
    pub pointer: bool,
    /// What it holds.
    pub shape: Shape,
    /// What it is for, paragraphs separated by empty lines.
    pub description: String,
}

/// What a field holds: one of [`Holds`], written compactly as in the data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(&'static str);

/// A [`Shape`], one level taken apart.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the variants are JSON's and Kubernetes' own words")]
pub enum Holds {
    Text,
    Bool,
    Int32,
    Int64,
    Number,
    Quantity,
    IntOrString,
    Time,
    MicroTime,
    Bytes,
    Anything,
    List(Shape),
    Map(Shape),
    Struct(&'static Type),
}

impl Shape {
    /// This shape, one level taken apart.
    pub fn holds(self) -> Holds {
        let rest = self.0.get(1..).unwrap_or_default();
        match self.0.as_bytes().first() {
            Some(b's') => Holds::Text,
            Some(b'b') => Holds::Bool,
            Some(b'i') => Holds::Int32,
            Some(b'l') => Holds::Int64,
            Some(b'n') => Holds::Number,
            Some(b'q') => Holds::Quantity,
            Some(b'x') => Holds::IntOrString,
            Some(b't') => Holds::Time,
            Some(b'u') => Holds::MicroTime,
            Some(b'y') => Holds::Bytes,
            Some(b'[') => Holds::List(Shape(rest)),
            Some(b'{') => Holds::Map(Shape(rest)),
            Some(b'=') => type_of(rest).map_or(Holds::Anything, Holds::Struct),
            _ => Holds::Anything,
        }
    }

    /// The shape inside lists and maps, and the type it names, if any.
    pub fn innermost(self) -> (Shape, Option<&'static Type>) {
        match self.holds() {
            Holds::List(inner) | Holds::Map(inner) => inner.innermost(),
            Holds::Struct(inner) => (self, Some(inner)),
            _ => (self, None),
        }
    }

    /// The type as `kubectl explain` prints it between angle brackets.
    pub fn explained(self) -> String {
        match self.holds() {
            Holds::Text | Holds::Time | Holds::MicroTime | Holds::Bytes => "string".into(),
            Holds::Bool => "boolean".into(),
            Holds::Int32 | Holds::Int64 => "integer".into(),
            Holds::Number => "number".into(),
            Holds::Quantity => "Quantity".into(),
            Holds::IntOrString => "IntOrString".into(),
            Holds::Anything => "Object".into(),
            Holds::List(inner) => format!("[]{}", inner.explained()),
            Holds::Map(inner) => format!("map[string]{}", inner.explained()),
            Holds::Struct(inner) => inner.name().into(),
        }
    }
}

impl Type {
    /// The name without group and version.
    pub fn name(&self) -> &'static str {
        self.id.rsplit('.').next().unwrap_or(self.id)
    }

    /// The field called `name`, exactly.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &self.fields[at])
    }

    /// The field a learner probably meant by `name`: the same letters in other case, or few slips away.
    pub fn suggest(&self, name: &str) -> Option<&'static str> {
        closest(name, self.fields.iter().map(|field| field.name))
    }
}

/// The word among `known` that `word` was probably meant to be.
pub fn closest(word: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let word = word.to_lowercase();
    let limit = 1 + word.chars().count() / 5;
    known
        .into_iter()
        .map(|candidate| (slips(&word, &candidate.to_lowercase()), candidate))
        .filter(|(slips, _)| *slips <= limit)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped to turn `a` into `b`; long words are not compared.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(80).collect(), b.chars().take(80).collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The kind's own type if the path is empty, else the type that holds the field.
    pub holder: &'static Type,
    /// The field, `None` for the kind itself.
    pub field: Option<&'static Field>,
}

impl Found {
    /// The type whose fields lie below: the kind's, or that of the field if it has any.
    pub fn inside(&self) -> Option<&'static Type> {
        self.field.map_or(Some(self.holder), |field| field.shape.innermost().1)
    }
}

/// The type of a kind.
pub fn of(kind: Kind) -> Option<&'static Type> {
    let info = kind.info();
    // Groups with a domain keep their first part only: `networking.k8s.io` is `networking`, the core group is `core`.
    let group = match info.group {
        "" => "core",
        "rbac.authorization.k8s.io" => "rbac",
        group => group.split('.').next().unwrap_or(group),
    };
    type_of(&format!("{group}.{}.{}", info.version, info.name))
}

/// The type with this id.
pub fn type_of(id: &str) -> Option<&'static Type> {
    SCHEMA.get(id)
}

/// Follows a path such as `spec.containers.livenessProbe` from `kind`; the error is the name that is no field.
pub fn lookup<'a>(kind: Kind, path: impl IntoIterator<Item = &'a str>) -> Result<Found, &'a str> {
    let mut path = path.into_iter().peekable();
    let Some(root) = of(kind) else { return Err(path.next().unwrap_or_default()) };
    let mut found = Found { holder: root, field: None };
    for name in path {
        let holder = found.inside().ok_or(name)?;
        found = Found { holder, field: Some(holder.field(name).ok_or(name)?) };
    }
    Ok(found)
}

/// The kind a learner probably meant.
pub fn suggest_kind(name: &str) -> Option<&'static str> {
    closest(name, KINDS.iter().map(|info| info.name))
}

static SCHEMA: LazyLock<BTreeMap<&'static str, Type>> =
    LazyLock::new(|| read(include_str!("../../assets/schema.txt")));

fn read(text: &'static str) -> BTreeMap<&'static str, Type> {
    let mut types: BTreeMap<&'static str, Type> = BTreeMap::new();
    let mut current = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix('@') {
            let (id, description) = head.split_once('\t').unwrap_or((head, ""));
            current = id;
            types.insert(id, Type { id, description: unescape(description), fields: Vec::new() });
        } else if let Some(owner) = types.get_mut(current) {
            owner.fields.extend(read_field(line));
        }
    }
    types
}

fn read_field(line: &'static str) -> Option<Field> {
    let mut parts = line.splitn(3, '\t');
    let marked = parts.next()?;
    let shape = Shape(parts.next()?);
    let name = marked.trim_end_matches(['!', '?']);
    Some(Field {
        name,
        required: marked.contains('!'),
        pointer: marked.contains('?'),
        shape,
        description: unescape(parts.next().unwrap_or_default()),
    })
}

fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some('n')) => {
                chars.next();
                plain.push('\n');
            }
            ('\\', Some('\\')) => {
                chars.next();
                plain.push('\\');
            }
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_type_and_every_named_type_exists() {
        for info in KINDS {
            let root = of(info.kind).unwrap_or_else(|| panic!("no type for {}", info.name));
            assert!(root.field("metadata").is_some(), "{}", info.name);
        }
        for field in SCHEMA.values().flat_map(|t| &t.fields) {
            let (inner, found) = field.shape.innermost();
            assert_eq!(inner.0.starts_with('='), found.is_some(), "{}: {:?}", field.name, field.shape);
        }
    }

    #[test]
    fn fields_are_sorted_so_that_they_are_found() {
        for t in SCHEMA.values() {
            assert!(t.fields.is_sorted_by(|a, b| a.name < b.name), "{}", t.id);
        }
    }

    #[test]
    fn a_path_leads_through_lists_to_its_field() {
        let found = lookup(Kind::Pod, "spec.containers.ports.containerPort".split('.')).expect("a field");
        let field = found.field.expect("a field");
        assert!(field.required);
        assert_eq!(field.shape.explained(), "integer");
        assert_eq!(lookup(Kind::Pod, ["spec", "nope"]).expect_err("no field"), "nope");
        let limits = lookup(Kind::Pod, ["spec", "containers", "resources", "limits"]).expect("a field");
        assert_eq!(limits.field.expect("a field").shape.explained(), "map[string]Quantity");
    }

    #[test]
    fn slips_of_the_pen_are_understood() {
        let spec = type_of("core.v1.PodSpec").expect("known");
        assert_eq!(spec.suggest("restartpolicy"), Some("restartPolicy"));
        assert_eq!(spec.suggest("containres"), Some("containers"));
        assert_eq!(spec.suggest("image"), None);
        let container = type_of("core.v1.Container").expect("known");
        assert_eq!(container.suggest("imagee"), Some("image"));
        assert_eq!(container.suggest("comand"), Some("command"));
        assert_eq!(suggest_kind("Pdo"), Some("Pod"));
    }
}
