//! What Kubernetes accepts as a name, a label or a key, and what it says otherwise. Each function returns the server's messages for
//! one value, none if it is fine. Knows nothing of field paths.

const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const SUBDOMAIN_UNDERSCORE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')";
const LABEL_1123: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const HTTP_HEADER: &str = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
const STRICT_ENV_NAME: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and \
                               must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used \
                               for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";
const ENV_NAME: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";

/// Messages, in the order the server gives them.
pub type Messages = Vec<String>;

/// A DNS-1123 subdomain: the names of most objects.
pub fn subdomain_errors(name: &str) -> Messages {
    let mut errors = too_long(name, 253, "characters");
    if !name.split('.').all(is_label) {
        errors.push(SUBDOMAIN.into());
    }
    errors
}

/// A DNS-1123 subdomain that may hold underscores: DNS search domains.
pub fn search_domain_errors(name: &str) -> Messages {
    let mut errors = too_long(name, 253, "characters");
    let part = |part: &str| {
        let part = part.strip_prefix('_').unwrap_or(part);
        bounded_by(part, lower_or_digit) && part.bytes().all(|b| lower_or_digit(b) || b == b'-' || b == b'_')
    };
    if !name.split('.').all(part) {
        errors.push(SUBDOMAIN_UNDERSCORE.into());
    }
    errors
}

/// A DNS-1123 label: container, volume and namespace names.
pub fn label_errors(name: &str) -> Messages {
    let mut errors = too_long(name, 63, "characters");
    if !is_label(name) {
        errors.push(LABEL_1123.into());
    }
    errors
}

/// A DNS-1035 label: names that must start with a letter (Services before 1.36's relaxation).
pub fn label_1035_errors(name: &str) -> Messages {
    let mut errors = too_long(name, 63, "characters");
    if !is_label(name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        errors.push(LABEL_1035.into());
    }
    errors
}

/// A qualified name (`example.com/name`): label and annotation keys, resource names, condition types.
pub fn label_key_errors(key: &str) -> Messages {
    let mut parts = key.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() {
        return vec![format!(
            "a valid label key {QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )];
    }
    let mut errors = Messages::new();
    if second.is_some() {
        if first.is_empty() {
            errors.push("prefix part must be non-empty".into());
        } else {
            errors.extend(subdomain_errors(first).into_iter().map(|e| format!("prefix part {e}")));
        }
    }
    let name = second.unwrap_or(first);
    if name.is_empty() {
        errors.push("name part must be non-empty".into());
    } else {
        errors.extend(too_long(name, 63, "bytes").into_iter().map(|e| format!("name part {e}")));
    }
    if !is_qualified_part(name) {
        errors.push(format!("name part {QUALIFIED}"));
    }
    errors
}

/// A label's value.
pub fn label_value_errors(value: &str) -> Messages {
    let mut errors = too_long(value, 63, "bytes");
    if !value.is_empty() && !is_qualified_part(value) {
        errors.push(LABEL_VALUE.into());
    }
    errors
}

/// A key of a `ConfigMap` or Secret.
pub fn config_key_errors(key: &str) -> Messages {
    let mut errors = too_long(key, 253, "characters");
    if key.is_empty() || !key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        errors.push(CONFIG_KEY.into());
    }
    if key == "." {
        errors.push("must not be '.'".into());
    } else if key == ".." {
        errors.push("must not be '..'".into());
    } else if key.starts_with("..") {
        errors.push("must not start with '..'".into());
    }
    errors
}

/// The name of an environment variable, relaxed as since 1.34: any printable ASCII but `=`.
pub fn env_name_errors(name: &str) -> Messages {
    let fine = !name.is_empty() && name.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'=');
    if fine { Messages::new() } else { vec![ENV_NAME.into()] }
}

/// The name of an environment variable as kubectl's own commands check it (`IsEnvVarName`).
pub fn strict_env_name_errors(name: &str) -> Messages {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b"-._".contains(&b));
    let mut errors = Messages::new();
    if !first || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
        errors.push(STRICT_ENV_NAME.into());
    }
    if name == "." {
        errors.push("must not be '.'".into());
    } else if name == ".." {
        errors.push("must not be '..'".into());
    } else if name.starts_with("..") {
        errors.push("must not start with '..'".into());
    }
    errors
}

/// The name of an HTTP header of a probe or hook.
pub fn header_errors(name: &str) -> Messages {
    let fine = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fine { Messages::new() } else { vec![HTTP_HEADER.into()] }
}

/// The name of a port.
pub fn port_name_errors(name: &str) -> Messages {
    let mut errors = too_long(name, 15, "characters");
    let lower = |b: u8| lower_or_digit(b) || b == b'-';
    if name.is_empty() || !name.bytes().all(lower) {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".into());
    }
    if !name.bytes().any(|b| b.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".into());
    }
    if name.contains("--") {
        errors.push("must not contain consecutive hyphens".into());
    }
    if name.starts_with('-') || name.ends_with('-') {
        errors.push("must not begin or end with a hyphen".into());
    }
    errors
}

fn too_long(text: &str, limit: usize, unit: &str) -> Messages {
    if text.len() > limit { vec![format!("must be no more than {limit} {unit}")] } else { Messages::new() }
}

fn lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

fn bounded_by(text: &str, fits: fn(u8) -> bool) -> bool {
    text.bytes().next().is_some_and(fits) && text.bytes().last().is_some_and(fits)
}

fn is_label(text: &str) -> bool {
    bounded_by(text, lower_or_digit) && text.bytes().all(|b| lower_or_digit(b) || b == b'-')
}

fn is_qualified_part(text: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_alphanumeric();
    bounded_by(text, alphanumeric) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_fine() {
        for name in ["a", "web-1", "0", "a.b-c.d"] {
            assert!(subdomain_errors(name).is_empty(), "{name}");
        }
        for key in ["app", "app.kubernetes.io/name", "A_b.c"] {
            assert!(label_key_errors(key).is_empty(), "{key}");
        }
        assert!(label_value_errors("").is_empty());
        assert!(port_name_errors("http").is_empty());
        assert!(env_name_errors("my-var.1").is_empty());
        assert!(search_domain_errors("_tcp.example.com").is_empty());
    }

    #[test]
    fn each_fault_of_a_name_has_its_own_message() {
        assert_eq!(label_key_errors("").len(), 2);
        assert_eq!(label_key_errors("/a"), ["prefix part must be non-empty"]);
        assert_eq!(label_key_errors("a/b/c").len(), 1);
        assert_eq!(port_name_errors("-12--345678901234-").len(), 4);
        assert_eq!(subdomain_errors(&"a".repeat(254)), ["must be no more than 253 characters"]);
        assert_eq!(config_key_errors("..a"), ["must not start with '..'"]);
        for name in ["A", "-a", "a-", "a..b", "", "a_b", "é"] {
            assert_eq!(subdomain_errors(name), [SUBDOMAIN], "{name}");
        }
    }
}
