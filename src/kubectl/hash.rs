//! The hash that `--append-hash` and kustomizations put behind a name (`kubectl/pkg/util/hash/hash.go`): the start of the SHA-256 of the content as
//! JSON, in an alphabet without vowels.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The ten letters that stand for this content.
pub fn of(content: &Value) -> String {
    let digest = Sha256::digest(content.to_string());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let letter = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    hex.chars().take(10).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_gets_the_hash_that_kubectl_gives_it() {
        assert_eq!(of(&json!({"data": {"a": "b"}, "kind": "ConfigMap", "name": "c"})), "m4h6ctkgb2");
    }
}
