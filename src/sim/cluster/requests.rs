//! The API verbs as clients of the cluster call them. Each settles afterwards, so that the components have seen what was written.

use super::Cluster;
use crate::kube::{Key, Object};
use crate::sim::api::{DeleteOptions, Patch, Refusal, Subresource, Write, Written};
use crate::sim::cause::CauseId;

/// One link of an explanation, for a learner.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// When it happened.
    pub at: crate::kube::SimTime,
    /// What happened, one sentence.
    pub text: String,
    /// The slug of the chapter that teaches it, empty if none does.
    pub chapter: &'static str,
}

impl Cluster {
    /// The root cause of what a command line does.
    pub fn command_cause(&mut self, command: &str) -> CauseId {
        self.causes.add(self.now, None, "", format!("you ran: {command}"))
    }

    /// Creates an object, or says why not.
    pub fn create(&mut self, object: Object, write: &Write) -> Result<Written, Refusal> {
        self.request(|context| context.create(object, write))
    }

    /// Replaces an object or one part of it.
    pub fn update(&mut self, object: Object, sub: Subresource, write: &Write) -> Result<Written, Refusal> {
        self.request(|context| context.update(object, sub, write))
    }

    /// Applies a patch to an object.
    pub fn patch(
        &mut self,
        key: &Key,
        change: &Patch,
        sub: Subresource,
        write: &Write,
    ) -> Result<Written, Refusal> {
        self.request(|context| context.patch(key, change, sub, write))
    }

    /// Deletes an object, gracefully if it is a Pod.
    pub fn delete(&mut self, key: &Key, options: &DeleteOptions, write: &Write) -> Result<Written, Refusal> {
        self.request(|context| context.delete(key, options, write))
    }

    /// Asks a Pod to leave, if its disruption budget allows it.
    pub fn evict(&mut self, key: &Key, options: &DeleteOptions, write: &Write) -> Result<Written, Refusal> {
        self.request(|context| context.evict(key, options, write))
    }

    /// Binds a Pod to a node, as a scheduler does.
    pub fn bind(&mut self, key: &Key, node: &str, write: &Write) -> Result<(), Refusal> {
        self.request(|context| context.bind(key, node, write))
    }

    /// The chain of causes behind `cause`, newest first.
    pub fn explain(&self, cause: CauseId) -> Vec<Why> {
        let link = |c: &crate::sim::Cause| Why { at: c.at, text: c.text.clone(), chapter: c.chapter };
        self.causes.chain(cause).into_iter().map(link).collect()
    }

    fn request<T>(&mut self, act: impl FnOnce(&mut super::Context) -> T) -> T {
        let (_, mut context) = self.parts();
        let answer = act(&mut context);
        self.settle();
        answer
    }
}
