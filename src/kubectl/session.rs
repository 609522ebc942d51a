//! The learner's shell: command lines, the kubectl runs in them, and the files they see. Plain data; polled as simulated time moves.

use super::desk::{Desk, Stream};
use super::run::Command;
use crate::kube::SimTime;
use crate::sim::Cluster;
use std::collections::BTreeMap;

/// A command line that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u32);

/// What a job has written since it was last asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Job {
    command: Command,
    written: Written,
    exit: Option<i32>,
}

/// The learner's shell.
#[derive(Clone, Debug)]
pub struct Session {
    desk: Desk,
    jobs: BTreeMap<JobId, Job>,
    next: u32,
}

impl Session {
    /// A shell that sees these files.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Session {
        Session { desk: Desk::new(files), jobs: BTreeMap::new(), next: 1 }
    }

    /// The current namespace of the session.
    pub fn set_namespace(&mut self, namespace: &str) {
        self.desk.set_namespace(namespace);
    }

    /// Puts a file into the session's folder.
    pub fn write_file(&mut self, name: &str, text: &str) {
        self.desk.write(name, text.as_bytes());
    }

    /// Starts a command line as a job of its own.
    pub fn start(&mut self, cluster: &mut Cluster, line: &str) -> JobId {
        let id = JobId(self.next);
        self.next += 1;
        let cause = cluster.command_cause(line);
        let (line, input) = match line.split_once(" < ") {
            Some((line, file)) => (line, self.desk.read(file.trim())),
            None => (line, None),
        };
        let mut words = split(line);
        let mut command = if words.first().is_some_and(|w| w == "kubectl") {
            Command::new(&words.split_off(1), cause)
        } else {
            Command::new(&words, cause)
        };
        command.give_input(input.unwrap_or_default().as_bytes());
        command.end_input();
        self.jobs.insert(id, Job { command, written: Written::default(), exit: None });
        self.poll(cluster);
        id
    }

    /// Lets every job do what it can do now.
    pub fn poll(&mut self, cluster: &mut Cluster) {
        for job in self.jobs.values_mut().filter(|job| job.exit.is_none()) {
            job.command.poll(cluster, &mut self.desk);
            for (stream, text) in job.command.take_output() {
                match stream {
                    Stream::Out => job.written.stdout.extend(text.bytes()),
                    Stream::Err => job.written.stderr.extend(text.bytes()),
                }
            }
            job.exit = job.command.exit();
        }
    }

    /// When a job wants to be polled even if nothing changes.
    pub fn next_wake(&self) -> Option<SimTime> {
        self.jobs.values().filter(|job| job.exit.is_none()).filter_map(|job| job.command.next_wake()).min()
    }

    /// Takes what a job has written.
    pub fn drain(&mut self, job: JobId) -> Written {
        self.jobs.get_mut(&job).map(|job| std::mem::take(&mut job.written)).unwrap_or_default()
    }

    /// A job's exit code, once it has ended.
    pub fn finished(&self, job: JobId) -> Option<i32> {
        self.jobs.get(&job).map_or(Some(127), |job| job.exit)
    }

    /// Ctrl-C.
    pub fn interrupt(&mut self, job: JobId) {
        if let Some(job) = self.jobs.get_mut(&job) {
            job.command.interrupt();
            job.exit = job.command.exit();
        }
    }

    /// Types into a job.
    pub fn write_input(&mut self, job: JobId, bytes: &[u8]) {
        if let Some(job) = self.jobs.get_mut(&job) {
            job.command.give_input(bytes);
        }
    }

    /// Ctrl-D.
    pub fn end_input(&mut self, job: JobId) {
        if let Some(job) = self.jobs.get_mut(&job) {
            job.command.end_input();
        }
    }

    /// Answers the editor a command has opened: the text as saved, `None` if it was closed without saving.
    pub fn editor_done(&mut self, _text: Option<&str>) {}

    /// What stands before the line to type.
    pub fn prompt(&self) -> String {
        "$ ".to_owned()
    }
}

/// The words of a line, quotes respected.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                any = true;
            }
            None if c.is_whitespace() => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                    any = false;
                }
            }
            None => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}
