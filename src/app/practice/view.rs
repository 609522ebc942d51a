//! What is to be seen of the session: rows of the watch, Pods, nodes, events, what a command would print, why something is so.

use super::{NAMESPACE, Practice};
use crate::kube::{Key as ObjectKey, Kind, Object, SimTime};
use crate::kubectl::status::pod_row;
use crate::kubectl::watch::{Watch, WatchRow};
use crate::lab::script;
use crate::lab::xray::{self, Xray};
use std::collections::BTreeMap;

/// A node and the Pods on it.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeView {
    /// The node's name.
    pub name: String,
    /// Whether it is Ready.
    pub ready: bool,
    /// Names and STATUS of the Pods bound to it.
    pub pods: Vec<(String, String)>,
}

impl Practice {
    /// The rows of the watch so far, without the header.
    pub fn rows(&self) -> &[WatchRow] {
        self.shown().rows()
    }

    /// One row for each Pod, as `kubectl get pods` prints them.
    pub fn table(&self) -> Vec<WatchRow> {
        let mut list = Watch::new(Kind::Pod, Some(NAMESPACE));
        let rows = list.rows(self.shown().stage.cluster.store(), self.now());
        rows.into_iter().filter(|row| row.key.is_some()).collect()
    }

    /// The Pods there are.
    pub fn pods(&self) -> Vec<ObjectKey> {
        self.shown().stage.cluster.store().list(Kind::Pod, Some(NAMESPACE)).map(Object::key).collect()
    }

    /// The picture of a Pod; `None` once it is gone.
    pub fn xray(&self, pod: &ObjectKey) -> Option<Xray> {
        let scene = self.shown();
        let object = scene.stage.cluster.store().get(pod)?;
        Some(xray::xray(object.as_pod()?, scene.tracks(), scene.now()))
    }

    /// The nodes with their Pods.
    pub fn nodes(&self) -> Vec<NodeView> {
        let (store, now) = (self.shown().stage.cluster.store(), self.now());
        let of_node = |name: &str| {
            let pods = store.list(Kind::Pod, None).filter_map(Object::as_pod);
            let here = pods.filter(|pod| pod.spec.node_name.as_deref() == Some(name));
            here.map(|pod| (pod.name().to_owned(), pod_row(pod, now).status)).collect()
        };
        let view = |object: &Object| {
            let Object::Node(node) = object else { return None };
            let name = node.metadata.name.clone().unwrap_or_default();
            let conditions = node.status.as_ref().and_then(|s| s.conditions.as_ref());
            let ready = conditions.into_iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True");
            Some(NodeView { ready, pods: of_node(&name), name })
        };
        store.list(Kind::Node, None).filter_map(view).collect()
    }

    /// What a kubectl command line would print now, leaving no trace in the session.
    pub fn ask(&self, line: &str) -> String {
        script::type_line(&mut self.shown().stage.clone(), line).text
    }

    /// The events there are, oldest first, each at the time it last happened.
    pub fn events(&self) -> Vec<WatchRow> {
        let store = self.shown().stage.cluster.store();
        let mut latest: BTreeMap<ObjectKey, SimTime> = BTreeMap::new();
        for change in store.changes() {
            if change.object.kind() == Kind::Event {
                latest.insert(change.key.clone(), change.at);
            }
        }
        let mut list = Watch::new(Kind::Event, Some(NAMESPACE));
        let rows = list.rows(store, self.now()).into_iter().filter_map(|row| {
            let at = latest.get(row.key.as_ref()?).copied().unwrap_or_default();
            Some(WatchRow { at, ..row })
        });
        let mut rows: Vec<WatchRow> = rows.collect();
        rows.sort_by_key(|row| row.at);
        rows
    }

    /// What an event is about.
    pub fn regarded(&self, event: &ObjectKey) -> Option<ObjectKey> {
        let Object::Event(event) = self.shown().stage.cluster.store().get(event)? else { return None };
        let of = &event.involved_object;
        let kind = Kind::of_manifest(of.api_version.as_deref().unwrap_or("v1"), of.kind.as_deref()?)?;
        Some(ObjectKey::new(kind, of.namespace.as_deref()?, of.name.as_deref()?))
    }

    /// The moments at which something about a Pod's containers or probes changed, in order.
    pub fn moments(&self, pod: &ObjectKey) -> Vec<SimTime> {
        let picture = self.xray(pod);
        let containers = picture.iter().flat_map(|picture| &picture.containers);
        let mut moments: Vec<SimTime> = containers
            .flat_map(|c| {
                let failed = c.probes.iter().flat_map(|probe| probe.failed.iter().copied());
                c.track.iter().map(|segment| segment.from).chain(failed)
            })
            .collect();
        moments.sort_unstable();
        moments.dedup();
        moments
    }
}
