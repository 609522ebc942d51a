//! Takes out of a text what differs from run to run: ages, addresses, ids, dates, generated names.

use regex_lite::{Captures, Regex};
use std::collections::BTreeMap;

/// The alphabet of generated names.
const SAFE: &str = "bcdfghjklmnpqrstvwxz2456789";

/// Rules that replace what varies, applied in order.
pub struct Normal {
    rules: Vec<(Regex, &'static str)>,
}

impl Default for Normal {
    fn default() -> Normal {
        let safe = |pattern: &str| pattern.replace("SAFE", &format!("[{SAFE}]"));
        let rules: Vec<(String, &'static str)> = vec![
            (r"\x1b\[[0-9;]*m".into(), ""),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?".into(), "<time>"),
            (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}".into(), "<time>"),
            (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} [ \d]\d \d\d:\d\d:\d\d \w+ \d{4}".into(), "<time>"),
            (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}".into(), "<uid>"),
            (r"(containerd://|sha256:)[0-9a-f]{12,64}".into(), "$1<hash>"),
            (r"\b[0-9a-f]{64}\b".into(), "<hash>"),
            (r"\b\d{1,3}(\.\d{1,3}){3}\b".into(), "<ip>"),
            (safe("kube-api-access-SAFE{5}"), "kube-api-access-<id>"),
            (r#"(resourceVersion: ")\d+""#.into(), r#"$1<n>""#),
            (r" ?\(x\d+ over [0-9a-z]+\)".into(), ""),
            (r"\b(\d+y)?(\d+d)?(\d+h)?(\d+m)?\d+(\.\d+)?(ms|s|m|h|d)\b".into(), "<age>"),
            (safe(r"\b([a-z0-9-]+?)-SAFE{8,10}(-SAFE{5})?\b"), "$1-<id>"),
            (safe(r"-SAFE{5}\b"), "-<id>"),
            // Pod-level status.resources is a trait of the recorded cluster's cgroup v1.
            (r"(qosClass: \w+)\n +resources:(?s:.*?)(\n +startTime)".into(), "$1$2"),
            (r"-{3,}".into(), "---"),
            (r"[ \t]+".into(), " "),
        ];
        Normal { rules: rules.into_iter().map(|(p, to)| (Regex::new(&p).unwrap(), to)).collect() }
    }
}

impl Normal {
    /// `text` without what varies.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (rule, to) in &self.rules {
            text = rule.replace_all(&text, *to).into_owned();
        }
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        lines.join("\n").trim().to_owned()
    }
}

/// Generated Pod names by order of appearance: `web-7c5ddbdf54-x8f9p` becomes `web#1`.
pub struct Names {
    suffixes: Vec<Regex>,
    seen: BTreeMap<String, Vec<String>>,
}

impl Default for Names {
    fn default() -> Names {
        let patterns = [
            format!("^(.+)-[{SAFE}]{{8,10}}-[{SAFE}]{{5}}$"),
            format!(r"^(.+)-\d{{8}}-[{SAFE}]{{5}}$"),
            format!("^(.+)-[{SAFE}]{{5}}$"),
        ];
        Names { suffixes: patterns.iter().map(|p| Regex::new(p).unwrap()).collect(), seen: BTreeMap::new() }
    }
}

impl Names {
    /// The stable name of `name`.
    pub fn stable(&mut self, name: &str) -> String {
        let Some(stem) =
            self.suffixes.iter().find_map(|s| s.captures(name).map(|c: Captures| c[1].to_owned()))
        else {
            return name.to_owned();
        };
        let known = self.seen.entry(stem.clone()).or_default();
        let at = known.iter().position(|n| n == name).unwrap_or_else(|| {
            known.push(name.to_owned());
            known.len() - 1
        });
        format!("{stem}#{}", at + 1)
    }
}
