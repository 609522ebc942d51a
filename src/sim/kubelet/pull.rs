//! Getting an image onto the node, for a container or for a volume (`pkg/kubelet/images/image_manager.go`): what is there already, what may
//! be pulled, and how long a failed pull is held against it.

use super::backoff::Backoff;
use super::credentials::{self, Credential};
use super::desk::{Desk, Said};
use super::sync::{Flow, Step};
use super::worker::{Reason, Worker};
use crate::kube::SimTime;
use crate::kube::core::{Container, Volume};
use crate::os::{Catalogue, Reference};

/// An image that somebody wants.
pub(super) struct Wanted<'a> {
    /// Its name as it was written.
    pub asked: &'a str,
    /// When it is to be pulled.
    pub policy: &'a str,
    /// The field events about it point at, empty for the Pod.
    pub field: &'a str,
}

/// What became of an image so far.
pub(super) enum Look {
    /// It is on the node.
    There,
    /// It will have come or not in so many milliseconds.
    Pulling(u64),
    /// It cannot be had now.
    Refused((Reason, String)),
}

impl Worker {
    /// Looks for an image on the node and begins to pull it if need be.
    pub fn look_for_image(&mut self, wanted: &Wanted, desk: &mut Desk) -> Look {
        let Wanted { asked, policy, field } = *wanted;
        let reference = match Reference::parse(asked) {
            Ok(reference) => reference,
            Err(why) => {
                let text = format!(
                    "Failed to apply default image tag \"{asked}\": couldn't parse image name \"{asked}\": {why}"
                );
                self.tell_failure("images", format!("'{asked}' is not the name of an image: {why}"), desk);
                self.say(Said::warning(field, "InspectFailed", text.clone()), desk);
                return Look::Refused((Reason::InvalidImageName, text));
            }
        };
        let logins = self.logins(desk);
        if policy != "Always" && desk.machine.images.serves(&reference, &logins) {
            let text = format!(
                "Container image \"{asked}\" already present on machine and can be accessed by the pod"
            );
            self.say(Said::normal(field, "Pulled", text), desk);
            return Look::There;
        }
        if policy == "Never" {
            let text = format!("Container image \"{asked}\" is not present with pull policy of Never");
            let told = format!(
                "the image {asked} is not on the node, and the pull policy Never forbids to fetch it"
            );
            self.tell_failure("images", told, desk);
            self.say(Said::warning(field, "ErrImageNeverPull", text.clone()), desk);
            return Look::Refused((Reason::ErrImageNeverPull, text));
        }
        self.begin_pull(asked, &reference, field, desk)
    }

    fn begin_pull(&mut self, asked: &str, reference: &Reference, field: &str, desk: &mut Desk) -> Look {
        let now = desk.ctx.now;
        if let Some((entry, failed, error)) = self.pulls.get(asked)
            && Backoff::in_force(Some(*entry), *failed, now).is_some()
        {
            let message = format!("Back-off pulling image \"{asked}\": ErrImagePull: {error}");
            self.say(Said::normal(field, "BackOff", format!("Back-off pulling image \"{asked}\"")), desk);
            return Look::Refused((Reason::ImagePullBackOff, message));
        }
        self.say(Said::normal(field, "Pulling", format!("Pulling image \"{asked}\"")), desk);
        let seed = (desk.ctx.seed, &*self.uid);
        let ready = desk.machine.images.begin_pull(reference, now, seed, desk.ctx.machines.registry);
        Look::Pulling(ready.since(now))
    }

    /// The registry has answered to a pull that began at `since`, for this `user`.
    pub fn end_of_pull(
        &mut self,
        (asked, field, user): (&str, &str, &str),
        since: SimTime,
        desk: &mut Desk,
    ) -> Result<(), (Reason, String)> {
        let reference =
            Reference::parse(asked).map_err(|error| (Reason::InvalidImageName, error.to_string()))?;
        let logins = self.logins(desk);
        match desk.machine.images.end_pull(&reference, desk.ctx.machines.registry, &logins) {
            Ok((size, took)) => {
                self.pulls.remove(asked);
                let whole = crate::kube::duration::go_duration(desk.ctx.now.since(since));
                let took = crate::kube::duration::go_duration(took);
                let text = format!(
                    "Successfully pulled image \"{asked}\" in {took} ({whole} including waiting). Image size: {size} bytes."
                );
                self.say(Said::normal(field, "Pulled", text), desk);
                Ok(())
            }
            Err(error) => {
                let now = desk.ctx.now;
                let entry = self.pulls.get(asked).map(|(entry, ..)| *entry);
                let last = self.pulls.get(asked).map_or(now, |(_, failed, _)| *failed);
                self.pulls.insert(asked.into(), (Backoff::next(entry, last, now), now, error.clone()));
                let told = format!("the image of {user} could not be pulled: {error}");
                self.tell_failure("images", told, desk);
                let text = format!("Failed to pull image \"{asked}\": {error}");
                self.say(Said::warning(field, "Failed", text), desk);
                Err((Reason::ErrImagePull, error))
            }
        }
    }

    fn say(&self, said: Said, desk: &mut Desk) {
        desk.event(&self.events_pod(), said, self.because);
    }

    /// The logins in the Pod's pull secrets.
    fn logins(&self, desk: &Desk) -> Vec<Credential> {
        let secrets = self.pod.spec.image_pull_secrets.as_deref().unwrap_or_default();
        credentials::of(secrets, &self.key.namespace, desk.ctx.store)
    }

    /// The volumes that hold an image's files, by their place in the spec.
    pub fn volume_images(&self) -> Vec<usize> {
        let volumes = self.pod.spec.volumes.iter().flatten().enumerate();
        volumes.filter(|(_, volume)| volume.image.is_some()).map(|(place, _)| place).collect()
    }

    /// Gets the image of a volume before the containers start (kuberuntime `getImageVolumes`).
    pub fn fetch_volume_image(&mut self, place: usize, desk: &mut Desk) -> Flow {
        let Some((volume, asked, policy)) = self.volume_image(place) else { return Flow::Next };
        match self.look_for_image(&Wanted { asked: &asked, policy: &policy, field: "" }, desk) {
            Look::There => self.fill_volume(&volume, &asked, desk),
            Look::Pulling(millis) => {
                self.steps().push_front(Step::VolumeImagePulled(place, desk.ctx.now));
                return Flow::After(millis);
            }
            Look::Refused(why) => {
                self.current().volume_images.insert(volume, why);
            }
        }
        Flow::Next
    }

    /// The registry has answered about the image of a volume.
    pub fn volume_image_pulled(&mut self, place: usize, since: SimTime, desk: &mut Desk) -> Flow {
        let Some((volume, asked, _)) = self.volume_image(place) else { return Flow::Next };
        match self.end_of_pull((&asked, "", &format!("volume {volume}")), since, desk) {
            Ok(()) => self.fill_volume(&volume, &asked, desk),
            Err(why) => {
                self.current().volume_images.insert(volume, why);
            }
        }
        Flow::Next
    }

    fn volume_image(&self, place: usize) -> Option<(String, String, String)> {
        let Volume { name, image, .. } = self.pod.spec.volumes.as_ref()?.get(place)?;
        let image = image.as_ref()?;
        let policy = image.pull_policy.clone().unwrap_or_else(|| "IfNotPresent".into());
        Some((name.clone(), image.reference.clone().unwrap_or_default(), policy))
    }

    fn fill_volume(&self, volume: &str, asked: &str, desk: &mut Desk) {
        let image = Reference::parse(asked).ok().and_then(|name| Catalogue::builtin().find(&name).ok());
        if let (Some(image), Some((id, _))) = (image, self.volumes.place(volume)) {
            desk.ctx.runtime.refresh_volume(id, image.root);
        }
    }

    /// Why a container cannot have a volume it mounts: the image of that could not be had in this sync.
    pub fn missing_volume_image(&mut self, container: &Container) -> Option<(Reason, String)> {
        let failed = &self.current().volume_images;
        let mounts = container.volume_mounts.iter().flatten();
        mounts.into_iter().find_map(|mount| failed.get(&mount.name).cloned())
    }
}
