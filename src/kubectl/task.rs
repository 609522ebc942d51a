//! What a command that does not end at once is waiting for. One variant for each way to wait; each is plain data.

use super::complaint::Complaint;
use super::run::{Flow, Run};
use super::verbs;

/// Declares the ways to wait: a variant, what it holds, and that it is polled.
macro_rules! tasks {
    ($($(#[$doc:meta])* $variant:ident($state:ty),)*) => {
        /// Something a command waits for.
        #[derive(Clone, Debug)]
        pub enum Task {
            $($(#[$doc])* $variant($state),)*
        }

        impl Task {
            /// Looks again.
            pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
                match self {
                    $(Task::$variant(task) => task.poll(run),)*
                }
            }
        }

        $(impl From<$state> for Task {
            fn from(task: $state) -> Task {
                Task::$variant(task)
            }
        })*
    };
}

tasks! {
    /// Rows of `get -w`.
    Watch(verbs::Watching),
    /// Objects that are being deleted.
    Gone(verbs::Gone),
    /// Events of `events -w`.
    Events(verbs::FollowingEvents),
    /// Lines of `logs -f`.
    Logs(verbs::FollowingLogs),
    /// A command in a container.
    Exec(verbs::Running),
    /// A container's output.
    Attach(verbs::Attached),
    /// The Pod of `run -i`.
    Run(verbs::Attaching),
    /// The container of `debug -i`.
    Debug(verbs::Visiting),
    /// A node that is emptied.
    Drain(verbs::Draining),
    /// A rollout.
    Rollout(verbs::Rolling),
    /// Objects to be created again.
    Replace(verbs::Replacing),
    /// Conditions of `wait`.
    Wait(verbs::Waiting),
    /// A text in an editor.
    Edit(verbs::Editing),
    /// Files of a container that are copied.
    Fetch(verbs::Fetching),
    /// Ports that lead to a Pod.
    Forward(verbs::Forwarding),
}

impl Task {
    /// Ctrl-C: some of it is for a process in a container; whether this is.
    pub fn interrupt(&mut self) -> bool {
        match self {
            Task::Exec(running) => running.interrupt(),
            Task::Attach(attached) => attached.interrupt(),
            Task::Run(attaching) => attaching.interrupt(),
            Task::Debug(visiting) => visiting.interrupt(),
            _ => false,
        }
    }

    /// Whether what it waits for becomes files of the learner.
    pub fn writes_files(&self) -> bool {
        matches!(self, Task::Fetch(_))
    }

    /// Whether standard input goes to what it waits for.
    pub fn reads_input(&self) -> bool {
        match self {
            Task::Exec(running) => running.reads_input(),
            Task::Attach(attached) => attached.reads_input(),
            Task::Debug(visiting) => visiting.reads_input(),
            Task::Run(attaching) => attaching.reads_input(),
            _ => false,
        }
    }
}
