//! What a command that does not end at once is waiting for. One variant for each way to wait; each is plain data.

use super::complaint::Complaint;
use super::run::{Flow, Run};
use super::verbs::{Gone, Watching};

/// Something a command waits for.
#[derive(Clone, Debug)]
pub enum Task {
    /// Rows of `get -w`.
    Watch(Watching),
    /// Objects that are being deleted.
    Gone(Gone),
}

impl Task {
    /// Looks again.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        match self {
            Task::Watch(task) => task.poll(run),
            Task::Gone(task) => task.poll(run),
        }
    }
}

impl From<Watching> for Task {
    fn from(task: Watching) -> Task {
        Task::Watch(task)
    }
}

impl From<Gone> for Task {
    fn from(task: Gone) -> Task {
        Task::Gone(task)
    }
}
