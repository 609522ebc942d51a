//! In-place resize: what of it a sync does (pkg/kubelet/allocation).

use super::desk::Desk;
use super::worker::Worker;

impl Worker {
    /// Whether a container must restart because its resources changed and its policy says so.
    pub fn resize_restarts(&self, _container: &str) -> bool {
        false
    }

    /// Applies changed resources to running containers.
    pub fn resize(&mut self, _desk: &mut Desk) {}
}
