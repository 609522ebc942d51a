use super::*;
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

const SHOP: &str = "apiVersion: v1
kind: Pod
metadata: { name: shop }
spec:
  volumes:
  - { name: logs, emptyDir: {} }
  - { name: conf, configMap: { name: settings } }
  initContainers:
  - { name: prepare, image: busybox:1.36 }
  - { name: proxy, image: envoy:1, restartPolicy: Always }
  containers:
  - name: web
    image: nginx:1.27
    ports: [ { name: http, containerPort: 8080 } ]
    readinessProbe: { httpGet: { port: http, path: /healthz } }
    volumeMounts: [ { name: logs, mountPath: /var/log/shop } ]
  - name: shipper
    image: busybox:1.36
    volumeMounts: [ { name: logs, mountPath: /in } ]
";

fn lines(text: &str, width: usize, glyphs: Glyphs) -> Vec<String> {
    let picture = render(&of(text).unwrap(), width, glyphs);
    picture.iter().map(|line| line.iter().map(|span| span.text.as_str()).collect()).collect()
}

#[test]
fn a_pod_is_drawn_in_forty_columns() {
    let expected = "\
┌─ Pod shop ───────────────────────────┐
│ one IP, one localhost                │
│ ┌─ init 1 prepare ─────────────────┐ │
│ │ busybox:1.36                     │ │
│ └──────────────────────────────────┘ │
│   ▼ when it succeeded                │
│ ┌─ sidecar proxy ──────────────────┐ │
│ │ envoy:1                          │ │
│ └──────────────────────────────────┘ │
│ ┌─ web ────────────────────────────┐ │
│ │ nginx:1.27                       │ │
│ │ port http 8080                   │ │
│ │ ready: GET :http/healthz         │ │
│ │ logs at /var/log/shop            │ │
│ └──────────────────────────────────┘ │
│ ┌─ shipper ────────────────────────┐ │
│ │ busybox:1.36                     │ │
│ │ logs at /in                      │ │
│ └──────────────────────────────────┘ │
│ ┌─ volume logs (emptyDir) ─────────┐ │
│ │ web, shipper                     │ │
│ └──────────────────────────────────┘ │
│ ┌─ volume conf (configMap settin… ─┐ │
│ │ mounted by nobody                │ │
│ └──────────────────────────────────┘ │
└──────────────────────────────────────┘";
    assert_eq!(lines(SHOP, 40, Glyphs::Lines).join("\n"), expected);
}

#[test]
fn containers_stand_side_by_side_where_there_is_room() {
    let wide = lines(SHOP, 80, Glyphs::Ascii);
    assert!(
        wide.iter()
            .any(|line| line.contains("sidecar proxy") && line.contains("- web") && line.contains("shipper"))
    );
    assert!(wide.iter().all(|line| line.is_ascii() || line.contains('…')), "{wide:#?}");
    assert!(wide.iter().all(|line| line.width() == 80));
}

#[test]
fn the_pod_of_a_controller_is_drawn_and_what_holds_none_is_said() {
    let deployment = "kind: ConfigMap\nmetadata: { name: x }\n---\nkind: Deployment\nmetadata: { name: web }\nspec:\n  template:\n    spec:\n      containers: [ { name: a, image: b } ]\n";
    assert_eq!(of(deployment).unwrap().kind, "Deployment");
    assert_eq!(of("kind: ConfigMap\n").unwrap_err(), "the file holds no Pod to draw");
    assert!(of("spec: [").is_err());
    assert!(of("spec: { containers: 5 }").is_err());
}

proptest! {
    #[test]
    fn every_line_is_as_wide_as_asked_for(name in "[a-z日本é-]{0,40}", count in 1usize..8, width in 0usize..200) {
        let part = Part {
            name: name.clone(),
            image: name.repeat(3),
            ports: vec!["80".into(); count],
            probes: vec![name.clone()],
            mounts: vec![(name.clone(), name.clone())],
        };
        let diagram = Diagram {
            kind: "Pod".into(),
            name,
            init: vec![part.clone(); count / 2],
            containers: vec![part; count],
            ..Diagram::default()
        };
        for line in render(&diagram, width, Glyphs::Lines) {
            let cells: usize = line.iter().map(|span| span.text.width()).sum();
            prop_assert_eq!(cells, width.clamp(24, 100));
        }
    }

    #[test]
    fn any_text_is_drawn_or_refused(text in "(?s).{0,120}") {
        let _ = of(&text);
        let _ = of(&format!("spec: {{ containers: [ {text} ] }}"));
    }
}
