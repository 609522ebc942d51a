//! The scheduler's picture of the nodes: what each has, what is taken, which Pods stand on it.

use super::demand::{Amounts, Demand};
use crate::kube::Key;
use crate::kube::core::{Node, Taint};
use crate::kube::requests::resources_of;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// One node.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Its name.
    pub name: Arc<str>,
    /// The object, `None` for a name only Pods mention.
    pub object: Option<Arc<Node>>,
    /// What Pods may have.
    pub allocatable: Amounts,
    /// How many Pods may be there.
    pub max_pods: i64,
    /// What Pods have requested.
    pub requested: Amounts,
    /// CPU and memory taken, as scores count them.
    pub non_zero: (i64, i64),
    /// The Pods.
    pub pods: BTreeMap<Key, Arc<Demand>>,
    /// How many of them want ports of the node.
    pub with_ports: usize,
    /// The sizes of the images on it by each of their names, bytes.
    images: BTreeMap<String, i64>,
}

impl NodeInfo {
    fn new(name: Arc<str>) -> NodeInfo {
        NodeInfo {
            name,
            object: None,
            allocatable: Amounts::default(),
            max_pods: 0,
            requested: Amounts::default(),
            non_zero: (0, 0),
            pods: BTreeMap::new(),
            with_ports: 0,
            images: BTreeMap::new(),
        }
    }

    /// What the object alone says.
    pub fn of(node: &Node) -> NodeInfo {
        let mut info = NodeInfo::new(node.metadata.name.as_deref().unwrap_or_default().into());
        info.object = Some(Arc::new(node.clone()));
        info
    }

    /// The node's labels.
    pub fn labels(&self) -> Option<&BTreeMap<String, String>> {
        self.object.as_ref()?.metadata.labels.as_ref()
    }

    /// One label of the node.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels()?.get(key).map(String::as_str)
    }

    /// The node's taints.
    pub fn taints(&self) -> &[Taint] {
        let spec = self.object.as_ref().and_then(|node| node.spec.as_ref());
        spec.and_then(|spec| spec.taints.as_deref()).unwrap_or_default()
    }

    /// Whether it says of any image that it is there.
    pub fn has_images(&self) -> bool {
        !self.images.is_empty()
    }

    /// The size of an image on it, bytes.
    pub fn image_size(&self, name: &str) -> Option<i64> {
        self.images.get(name).copied()
    }

    fn count(&mut self, demand: &Demand, sign: i64) {
        self.requested.add(&demand.requests, sign);
        self.non_zero.0 += sign * demand.non_zero.0;
        self.non_zero.1 += sign * demand.non_zero.1;
        if !demand.ports.is_empty() {
            self.with_ports = self.with_ports.wrapping_add_signed(sign as isize);
        }
    }
}

/// All nodes.
#[derive(Clone, Debug, Default)]
pub struct Nodes {
    all: Vec<NodeInfo>,
    index: BTreeMap<Arc<str>, usize>,
    /// The places of nodes that exist, by name.
    present: Vec<usize>,
    placed: BTreeMap<Key, (usize, Arc<Demand>)>,
    /// Pods that repel or attract others: the only ones whose own terms matter to a newcomer.
    social: BTreeSet<Key>,
    nominated: BTreeMap<Key, (usize, Arc<Demand>)>,
    /// How many Pods each owner, by its uid, has on which node: by the owner first, who has few nodes beside all there are.
    owned: BTreeMap<String, BTreeMap<usize, i64>>,
}

impl Nodes {
    /// How many nodes exist.
    pub fn len(&self) -> usize {
        self.present.len()
    }

    /// Whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.present.is_empty()
    }

    /// The places of the existing nodes, by name.
    pub fn present(&self) -> &[usize] {
        &self.present
    }

    /// The node at a place.
    pub fn at(&self, place: usize) -> &NodeInfo {
        &self.all[place]
    }

    /// The object of a node.
    pub fn object(&self, name: &str) -> Option<Arc<Node>> {
        self.all.get(*self.index.get(name)?)?.object.clone()
    }

    /// Takes over a Node object, or that it is gone.
    pub fn set(&mut self, node: &Arc<Node>, gone: bool) {
        let place = self.place_of(node.metadata.name.as_deref().unwrap_or_default());
        let known = self.all[place].object.is_some();
        let info = &mut self.all[place];
        if gone {
            info.object = None;
            self.present.retain(|p| *p != place);
            return;
        }
        let list = node.status.as_ref().and_then(|status| status.allocatable.as_ref());
        let resources = resources_of(list);
        info.max_pods = resources.get("pods").map_or(0, |amount| amount.value());
        info.allocatable = Amounts::of(&resources);
        info.images = image_sizes(node);
        info.object = Some(node.clone());
        if !known {
            let name = info.name.clone();
            let at = self.present.partition_point(|p| self.all[*p].name < name);
            self.present.insert(at, place);
        }
    }

    /// What a placed Pod asks for.
    pub fn demand(&self, key: &Key) -> Option<&Arc<Demand>> {
        self.placed.get(key).map(|(_, demand)| demand)
    }

    /// How many Pods of an owner are on which node, by the node's place.
    pub fn owned(&self, owner: &str) -> Option<&BTreeMap<usize, i64>> {
        self.owned.get(owner)
    }

    fn count_owned(&mut self, demand: &Demand, place: usize, sign: i64) {
        let Some(owner) = demand.owner() else { return };
        if !self.owned.contains_key(owner) {
            self.owned.insert(owner.to_owned(), BTreeMap::new());
        }
        let Some(places) = self.owned.get_mut(owner) else { return };
        let count = places.entry(place).or_default();
        *count += sign;
        if *count == 0 {
            places.remove(&place);
        }
        if places.is_empty() {
            self.owned.remove(owner);
        }
    }

    /// Every placed Pod with the node it is on.
    pub fn social(&self) -> impl Iterator<Item = (&NodeInfo, &Arc<Demand>)> {
        self.social.iter().filter_map(|key| self.placed.get(key)).map(|(at, demand)| (&self.all[*at], demand))
    }

    /// The node a Pod is placed on.
    pub fn node_of(&self, key: &Key) -> Option<&NodeInfo> {
        self.placed.get(key).map(|(at, _)| &self.all[*at])
    }

    /// Puts a Pod on a node.
    pub fn place(&mut self, demand: &Arc<Demand>, node: &str) {
        self.release(&demand.key);
        self.forget_nomination(&demand.key);
        let place = self.place_of(node);
        self.count_owned(demand, place, 1);
        let info = &mut self.all[place];
        info.count(demand, 1);
        info.pods.insert(demand.key.clone(), demand.clone());
        self.placed.insert(demand.key.clone(), (place, demand.clone()));
        if !demand.apart.is_empty() || !demand.near.is_empty() || !demand.prefers.is_empty() {
            self.social.insert(demand.key.clone());
        }
    }

    /// Every Pod that has a node.
    pub fn pods(&self) -> impl Iterator<Item = &Arc<Demand>> {
        self.placed.values().map(|(_, demand)| demand)
    }

    /// Takes a Pod off its node.
    pub fn release(&mut self, key: &Key) -> Option<Arc<Demand>> {
        self.nominated.remove(key);
        let (place, demand) = self.placed.remove(key)?;
        self.social.remove(key);
        self.count_owned(&demand, place, -1);
        let info = &mut self.all[place];
        info.count(&demand, -1);
        info.pods.remove(key);
        Some(demand)
    }

    /// Keeps room on a node for a Pod whose victims still leave.
    pub fn nominate(&mut self, demand: &Arc<Demand>, node: &str) {
        let place = self.place_of(node);
        self.nominated.insert(demand.key.clone(), (place, demand.clone()));
    }

    /// Gives that room up.
    pub fn forget_nomination(&mut self, key: &Key) {
        self.nominated.remove(key);
    }

    /// The Pods nominated to a node that go before `demand`.
    pub fn nominated_before<'a>(
        &'a self,
        place: usize,
        demand: &'a Demand,
    ) -> impl Iterator<Item = &'a Arc<Demand>> {
        let here = self.nominated.iter().filter(move |(key, (at, other))| {
            *at == place && **key != demand.key && other.priority >= demand.priority
        });
        here.map(|(_, (_, other))| other)
    }

    /// The place of a node by name, new if it is not known yet.
    pub fn place_of(&mut self, name: &str) -> usize {
        if let Some(place) = self.index.get(name) {
            return *place;
        }
        let name: Arc<str> = name.into();
        self.all.push(NodeInfo::new(name.clone()));
        self.index.insert(name, self.all.len() - 1);
        self.all.len() - 1
    }
}

fn image_sizes(node: &Node) -> BTreeMap<String, i64> {
    let images = node.status.as_ref().and_then(|status| status.images.as_deref()).unwrap_or_default();
    let named = images.iter().flat_map(|image| {
        let size = image.size_bytes.unwrap_or_default();
        image.names.iter().flatten().map(move |name| (name.clone(), size))
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::{Kind, Object};
    use proptest::prelude::*;
    use serde_json::json;

    fn demand(pod: u8, owner: u8) -> Arc<Demand> {
        let owners = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "s", "uid": format!("owner-{owner}"),
            "controller": true }]);
        let value = json!({ "metadata": { "name": format!("pod-{pod}"), "namespace": "default",
            "ownerReferences": if owner == 0 { json!([]) } else { owners } }, "spec": { "containers": [] } });
        let object = Object::from_value(Kind::Pod, value).unwrap();
        Arc::new(Demand::of(object.as_pod().unwrap(), object.key()))
    }

    /// What a walk over all placed Pods counts.
    fn walked(nodes: &Nodes) -> BTreeMap<String, BTreeMap<usize, i64>> {
        let mut counts: BTreeMap<String, BTreeMap<usize, i64>> = BTreeMap::new();
        for (place, demand) in nodes.placed.values() {
            if let Some(owner) = demand.owner() {
                *counts.entry(owner.to_owned()).or_default().entry(*place).or_default() += 1;
            }
        }
        counts
    }

    proptest! {
        #[test]
        fn the_pods_of_an_owner_are_counted_as_a_walk_counts_them(
            steps in proptest::collection::vec((0_u8..6, 0_u8..3, proptest::option::of(0_u8..4)), 0..40)
        ) {
            let mut nodes = Nodes::default();
            for (pod, owner, node) in steps {
                let demand = demand(pod, owner);
                match node {
                    Some(node) => nodes.place(&demand, &format!("node-{node}")),
                    None => drop(nodes.release(&demand.key)),
                }
                prop_assert_eq!(&nodes.owned, &walked(&nodes));
            }
        }
    }
}
