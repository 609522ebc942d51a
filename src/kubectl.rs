//! The command line on top of the cluster, and the learner's shell around it.
//!
//! Everything printed here is built from API objects alone, as a real kubectl's output is: the printers are functions of an object
//! and a time. Commands that wait are plain data, polled as simulated time moves. Nothing here knows the terminal, the machine's
//! files or how fast simulated time passes.

/// Ages and "x ago", from API timestamps.
pub mod age;
/// Base 64.
pub mod base64;
/// The tables the API server makes of its objects.
pub mod columns;
/// Why a command failed.
pub mod complaint;
/// Flags, as kubectl's flag library reads them.
pub mod flags;
/// Padding of columns, as kubectl's table writer does it.
pub mod grid;
/// JSON paths in kubectl's dialect.
pub mod jsonpath;
/// The forms of `-o`.
pub mod output;
/// READY, STATUS and RESTARTS of a Pod.
pub mod status;
/// Go templates.
pub mod template;
/// What `kubectl get -w` prints.
pub mod watch;
/// Objects as YAML.
pub mod yaml;
/// Files and kubeconfig.
pub mod desk;
/// Which lines of a log are shown.
pub mod excerpt;
/// From the text of a manifest to its objects.
pub mod documents;
/// What `--help` prints.
pub mod help;
/// The hash behind names of generated objects.
pub mod hash;
/// Folders of manifests and what a kustomization makes of them.
pub mod kustomize;
/// The manifests a command names with `-f`.
pub mod manifests;
/// The three-way patch of `kubectl apply`.
pub mod merge;
/// One run of kubectl.
pub mod run;
/// Which objects a command means.
pub mod select;
/// `--subresource`.
pub mod subresource;
/// What the API server says it serves.
pub mod served;
/// What a command waits for.
pub mod task;
/// What the command line knows about a verb.
pub mod verb;
/// The verbs.
pub mod verbs;
/// The learner's shell.
pub mod session;
/// The containers of a Pod as commands name them.
pub mod containers;
/// What `kubectl describe` prints.
pub mod describe;
