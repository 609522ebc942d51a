//! Reading one object or a list of them, whole or by selector.

use super::address::Resource;
use super::calendar::Calendar;
use super::table::Form;
use super::{Request, Response};
use crate::kube::fields::FieldSelector;
use crate::kube::selector::Selector;
use crate::kube::{Kind, Object};
use crate::sim::Cluster;
use crate::sim::api::{Reason, Refusal};

/// Which objects a request is about.
#[derive(Clone, Debug)]
pub struct Selection {
    /// What they are.
    pub kind: Kind,
    namespace: Option<String>,
    name: Option<String>,
    labels: Option<Selector>,
    fields: Option<FieldSelector>,
}

impl Selection {
    /// The selection of a request; the error is the server's text about a selector.
    pub fn of(request: &Request, resource: &Resource) -> Result<Selection, Refusal> {
        let bad = |text: String| Refusal::new(Reason::BadRequest, text);
        let given = |name| request.get(name).filter(|text| !text.is_empty());
        let labels = given("labelSelector").map(Selector::parse).transpose().map_err(bad)?;
        let fields = given("fieldSelector").map(FieldSelector::parse).transpose().map_err(bad)?;
        if let Some(field) = fields.as_ref().and_then(|fields| fields.unsupported(resource.kind)) {
            return Err(bad(format!("field label not supported: {field}")));
        }
        let (namespace, name) = (resource.namespace.clone(), resource.name.clone());
        Ok(Selection { kind: resource.kind, namespace, name, labels, fields })
    }

    /// Whether an object belongs to it.
    pub fn has(&self, object: &Object) -> bool {
        let meta = object.meta();
        object.kind() == self.kind
            && self.namespace.as_deref().is_none_or(|n| meta.namespace.as_deref() == Some(n))
            && self.name.as_deref().is_none_or(|n| meta.name.as_deref() == Some(n))
            && self.labels.as_ref().is_none_or(|labels| labels.matches_opt(meta.labels.as_ref()))
            && self.fields.as_ref().is_none_or(|fields| fields.matches(object))
    }

    /// What belongs to it now, by namespace and name.
    pub fn objects<'a>(&'a self, cluster: &'a Cluster) -> impl Iterator<Item = &'a Object> {
        cluster.store().list(self.kind, self.namespace.as_deref()).filter(|object| self.has(object))
    }
}

/// Answers a GET without watch.
pub fn answer(
    cluster: &Cluster,
    calendar: Calendar,
    request: &Request,
    resource: &Resource,
) -> Result<Response, Refusal> {
    let form = Form::wanted(&request.accept, request.get("includeObject"));
    let value = if let Some(key) = resource.key() {
        let object = cluster.store().get(&key).ok_or_else(|| Refusal::not_found(&key))?;
        form.show(object, cluster.now(), calendar)
    } else {
        let selection = Selection::of(request, resource)?;
        let objects: Vec<&Object> = selection.objects(cluster).collect();
        form.show_list(resource.kind, &objects, (cluster.now(), cluster.store().revision()), calendar)
    };
    let mut response = Response::json(200, &value);
    response.warnings = warnings(resource.kind);
    Ok(response)
}

/// The server's remark about a kind that is on its way out.
pub fn warnings(kind: Kind) -> Vec<String> {
    let deprecated = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";
    if kind == Kind::Endpoints { vec![deprecated.to_owned()] } else { Vec::new() }
}
