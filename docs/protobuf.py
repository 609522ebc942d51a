#!/usr/bin/env python3
"""Writes assets/protobuf.txt: the field numbers of the API types in Kubernetes' protobuf form, from the sources of the k8s-pb crate.

    python3 docs/protobuf.py ~/.cargo/registry/src/*/k8s-pb-0.9.0 assets/schema.txt > assets/protobuf.txt

Run again when assets/schema.txt is. One line a type: its id, then `name=number` for each field that JSON has too, and `>id=number`
for a message whose fields JSON holds directly (`>core.v1.VolumeSource=2` in a Volume).
"""
import re, sys, os

FIELD = re.compile(r'#\[prost\((.*?)\)\]\s*pub (?:r#)?(\w+):\s*(.*?),\n', re.S)


def type_id(path):
    """`api/core/v1` -> `core.v1`"""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        return ".".join(parts[1:])
    return "meta.v1" if parts[-2:] == ["meta", "v1"] else ".".join(parts)


def messages(root):
    found = {}
    for folder, _, files in os.walk(os.path.join(root, "src")):
        if "mod.rs" not in files:
            continue
        prefix = type_id(os.path.relpath(folder, os.path.join(root, "src")))
        text = open(os.path.join(folder, "mod.rs")).read()
        for struct in re.finditer(r'pub struct (\w+) \{\n(.*?)\n\}', text, re.S):
            fields = []
            for options, name, holds in FIELD.findall(struct[2] + "\n"):
                number = re.search(r'tag\s*=\s*"(\d+)"', options)
                inner = re.search(r'(\w+)\s*>*\s*$', holds)
                fields.append((name, int(number[1]), inner[1] if inner else ""))
            found[f"{prefix}.{struct[1]}"] = fields
    return found


def main():
    root, schema = sys.argv[1:]
    known, current = {}, ""
    for line in open(schema):
        first = line.rstrip("\n").split("\t")[0]
        if first.startswith("@"):
            current = first[1:]
            known[current] = []
        elif first:
            known[current].append(first.rstrip("!?"))
    plain = lambda name: name.replace("_", "").lower()
    all_messages = {key.lower(): (key, value) for key, value in messages(root).items()}

    def line(own, names):
        parts, inline = [], []
        for name, number, inner in all_messages[own.lower()][1]:
            match = [known_name for known_name in names if plain(known_name) == plain(name)]
            if match:
                parts.append(f"{match[0]}={number}")
            elif f"{own.rsplit('.', 1)[0]}.{inner}".lower() in all_messages:
                target = f"{own.rsplit('.', 1)[0]}.{inner}"
                parts.append(f">{target}={number}")
                inline.append(target)
        return parts, inline

    lines, missing = {}, []
    for own, names in known.items():
        if own.lower() not in all_messages:
            missing.append(own)
            continue
        waiting = [(own, names)]
        while waiting:
            target, names = waiting.pop()
            parts, inline = line(target, names)
            if parts and (target not in lines or target in known):
                lines[target] = parts
            waiting += [(inner, names) for inner in inline]
    for own in sorted(lines):
        print("\t".join([own] + lines[own]))
    print("no message for", missing, file=sys.stderr)


main()
