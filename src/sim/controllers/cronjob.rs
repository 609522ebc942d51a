//! `CronJobs` (pkg/controller/cronjob): a Job at each time of the schedule.

use super::owning::{Owner, controller_key};
use super::queue::Queue;
use super::{Controller, Work};
use crate::kube::core::ObjectReference;
use crate::kube::cron::Schedule;
use crate::kube::{Key, Kind, Object, SimTime};
use crate::sim::api::{DeleteOptions, Subresource};
use crate::sim::chance;
use crate::sim::cluster::Context;
use crate::sim::events::{EventType, reference};
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, CronJobStatus, Job};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;
use std::sync::Arc;

/// How late a scheduled time may be noticed, milliseconds (nextScheduleDelta).
const DELTA: u64 = 100;
/// From so many missed times on the controller warns.
const TOO_MANY: usize = 100;
/// The annotation with the time a Job was meant for.
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// The chapter about all this.
const CHAPTER: &str = "controllers";

/// Asks for the sync of `CronJobs` a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::CronJob(_) if change.kind != ChangeKind::Deleted => {
            queue.add(Controller::CronJob, change.key.clone(), change.cause, context);
        }
        Object::Job(_) => {
            if let Some(key) = controller_key(&change.key, &change.object, Kind::CronJob) {
                queue.add(Controller::CronJob, key, change.cause, context);
            }
        }
        _ => {}
    }
}

/// A `CronJob` at work.
struct Cron {
    owner: Owner,
    object: CronJob,
    spec: CronJobSpec,
    status: CronJobStatus,
    jobs: Vec<Arc<Job>>,
}

/// Looks after its Jobs and starts the next one if it is time.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(Object::CronJob(cron)) = context.store.get(&work.key).cloned() else { return };
    let spec = cron.spec.clone();
    if cron.metadata.deletion_timestamp.is_some() {
        return;
    }
    let cause =
        context.because(work.cause, CHAPTER, format!("the CronJob {} looks at the clock", work.key.name));
    let owner = Owner { object: Object::CronJob(cron.clone()), component: "cronjob-controller", cause };
    let jobs = context.store.owned_by(owner.uid()).filter_map(|object| match object {
        Object::Job(job) => Some(job.clone()),
        _ => None,
    });
    let jobs = jobs.collect();
    let status = cron.status.clone().unwrap_or_default();
    let mut run = Cron { owner, object: Arc::unwrap_or_clone(cron), spec, status, jobs };
    run.note_finished(context);
    run.prune(context);
    let schedule = Schedule::parse(&run.spec.schedule, run.spec.time_zone.as_deref());
    if let Some(schedule) = schedule.filter(|_| run.spec.suspend != Some(true)) {
        run.start_due(&schedule, context);
        if let Some(next) = run.upcoming(&schedule, context.now.timestamp()) {
            let draw =
                chance::uniform(context.seed, run.owner.uid(), "cron", next.as_second().unsigned_abs());
            let at = SimTime::of(&Time(next)).plus((draw * DELTA as f64) as u64);
            queue.add_after(Controller::CronJob, work.key.clone(), at.since(context.now), context);
        }
    }
    run.report(context);
}

/// The way a Job ended, if it has.
fn end_of(job: &Job) -> Option<&str> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let end = conditions
        .iter()
        .find(|c| matches!(c.type_.as_str(), "Complete" | "Failed") && c.status == "True")?;
    Some(&end.type_)
}

impl Cron {
    fn active(&self) -> Vec<Arc<Job>> {
        self.jobs.iter().filter(|job| end_of(job).is_none()).cloned().collect()
    }

    /// Takes Jobs that ended, or vanished, off the list of active ones.
    fn note_finished(&mut self, context: &mut Context) {
        let listed = self.status.active.take().unwrap_or_default();
        let mut active: Vec<ObjectReference> = Vec::new();
        for entry in listed {
            let job = self.jobs.iter().find(|job| job.metadata.uid == entry.uid).cloned();
            let name = entry.name.clone().unwrap_or_default();
            match job.as_deref().map(end_of) {
                None => {
                    let message = format!("Active job went missing: {name}");
                    self.owner.event(EventType::Normal, "MissingJob", message, context);
                }
                Some(None) => active.push(entry),
                Some(Some(end)) => {
                    let message = format!("Saw completed job: {name}, condition: {end}");
                    self.owner.event(EventType::Normal, "SawCompletedJob", message, context);
                    if end == "Complete" {
                        self.status.last_successful_time =
                            job.and_then(|job| job.status.clone()?.completion_time);
                    }
                }
            }
        }
        for job in self.active() {
            if !active.iter().any(|entry| entry.uid == job.metadata.uid) {
                let name = job.metadata.name.clone().unwrap_or_default();
                let message = format!("Saw a job that the controller did not create or forgot: {name}");
                self.owner.event(EventType::Warning, "UnexpectedJob", message, context);
            }
        }
        self.status.active = Some(active).filter(|list| !list.is_empty());
    }

    /// Deletes the oldest finished Jobs beyond what is to be kept.
    fn prune(&mut self, context: &mut Context) {
        for (end, keep) in [
            ("Complete", self.spec.successful_jobs_history_limit.unwrap_or(3)),
            ("Failed", self.spec.failed_jobs_history_limit.unwrap_or(1)),
        ] {
            let mut ended: Vec<Arc<Job>> =
                self.jobs.iter().filter(|job| end_of(job) == Some(end)).cloned().collect();
            ended.sort_by_key(|job| {
                (job.metadata.creation_timestamp.clone().map(|t| t.0), job.metadata.name.clone())
            });
            let surplus = ended.len().saturating_sub(usize::try_from(keep).unwrap_or(0));
            for job in ended.iter().take(surplus) {
                self.delete(job, context);
            }
        }
    }

    fn delete(&self, job: &Job, context: &mut Context) {
        let name = job.metadata.name.clone().unwrap_or_default();
        let key = Key::new(Kind::Job, self.owner.namespace(), &name);
        if context.delete(&key, &DeleteOptions::default(), &self.owner.write()).is_ok() {
            self.owner.event(EventType::Normal, "SuccessfulDelete", format!("Deleted job {name}"), context);
        }
    }

    /// The latest time of the schedule that has come and is not served yet, and how many came.
    fn due(&self, schedule: &Schedule, now: Timestamp) -> Option<(Timestamp, usize)> {
        let created = self.object.metadata.creation_timestamp.as_ref().map(|t| t.0)?;
        let mut from = self.status.last_schedule_time.as_ref().map_or(created, |t| t.0);
        if let Some(deadline) = self.spec.starting_deadline_seconds {
            let earliest = Timestamp::from_second(now.as_second() - deadline).ok()?;
            from = from.max(earliest);
        }
        let mut latest = None;
        let mut count = 0;
        while let Some(next) = schedule.next(from).filter(|next| *next <= now) {
            latest = Some(next);
            count += 1;
            from = next;
            if count > 100_000 {
                break;
            }
        }
        latest.map(|latest| (latest, count))
    }

    /// The next time of the schedule, counted from the last that came: an interval (`@every 5m`) does not begin anew at each look.
    fn upcoming(&self, schedule: &Schedule, now: Timestamp) -> Option<Timestamp> {
        let came = self.due(schedule, now).map(|(latest, _)| latest);
        let last = self.status.last_schedule_time.as_ref().map(|t| t.0);
        let created = self.object.metadata.creation_timestamp.as_ref().map(|t| t.0);
        schedule.next(came.or(last).or(created)?)
    }

    fn start_due(&mut self, schedule: &Schedule, context: &mut Context) {
        let Some((at, missed)) = self.due(schedule, context.now.timestamp()) else { return };
        if missed > TOO_MANY {
            let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.owner.event(EventType::Warning, "TooManyMissedTimes", message.to_owned(), context);
        }
        let running = self.status.active.as_ref().is_some_and(|list| !list.is_empty());
        match self.spec.concurrency_policy.as_deref() {
            Some("Forbid") if running => {
                let message =
                    "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.owner.event(EventType::Normal, "JobAlreadyActive", message.to_owned(), context);
                return;
            }
            Some("Replace") => {
                for job in self.active() {
                    self.delete(&job, context);
                }
                self.status.active = None;
            }
            _ => {}
        }
        self.start(at, context);
    }

    fn start(&mut self, at: Timestamp, context: &mut Context) {
        let template = self.spec.job_template.clone();
        let wanted = template.metadata.unwrap_or_default();
        let name = format!("{}-{}", self.owner.name(), at.as_second() / 60);
        let mut annotations = wanted.annotations.unwrap_or_default();
        annotations.insert(SCHEDULED.to_owned(), Time(at).0.to_string());
        let job = Job {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                namespace: Some(self.owner.namespace().to_owned()),
                labels: wanted.labels,
                annotations: Some(annotations),
                owner_references: Some(vec![self.owner.reference()]),
                ..ObjectMeta::default()
            },
            spec: template.spec,
            status: None,
        };
        match context.create(Object::Job(Arc::new(job)), &self.owner.write()) {
            Ok(written) => {
                self.status.active.get_or_insert_default().push(reference(&written.object));
                self.status.last_schedule_time = Some(Time(at));
                self.owner.event(
                    EventType::Normal,
                    "SuccessfulCreate",
                    format!("Created job {name}"),
                    context,
                );
            }
            Err(refusal) if refusal.reason == crate::sim::Reason::AlreadyExists => {
                self.status.last_schedule_time = Some(Time(at));
            }
            Err(refusal) => {
                let message = format!("Error creating job: {refusal}");
                self.owner.event(EventType::Warning, "FailedCreate", message, context);
            }
        }
    }

    fn report(&mut self, context: &mut Context) {
        self.object.status = Some(self.status.clone());
        let mut cron = self.object.clone();
        cron.metadata.resource_version = None;
        let _ = context.update(Object::CronJob(Arc::new(cron)), Subresource::Status, &self.owner.write());
    }
}
