//! Container images: what the simulated registries hold, and what an image gives a container. The catalogue is data
//! (`assets/images.yaml`). Knows nothing of pulling, which takes time and is the kubelet's business.

mod catalogue;
mod reference;

pub use catalogue::{Catalogue, Image, PullError};
pub use reference::{Reference, ReferenceError};
