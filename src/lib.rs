//! podlab: an interactive terminal tutor for Kubernetes Pods.
//!
//! The modules below stand in reading order, and **a module may use only those listed above it**; `tests/architecture.rs` reads the
//! order from this file and enforces it. Everything above `world` is pure: no clock, no files, no terminal, no threads; time is an
//! argument. See `docs/ARCHITECTURE.md`.

/// The nouns: API objects and what the API types themselves lack (ages, quantities, selectors, strict decoding).
pub mod kube;
/// A small Unix in virtual time: processes, pipes, files, signals, a POSIX shell and the usual programs.
pub mod os;
/// The cluster: store, API server, scheduler, kubelets, controllers, faults.
pub mod sim;
/// The command line on top of the cluster, and the learner's shell around it.
pub mod kubectl;
/// The cluster as its HTTP API, for real clients.
pub mod rest;
/// Chapters, quizzes and labs: text to typed blocks, with diagnostics that name their place.
pub mod course;
/// A practice session: a cluster, a shell, a pace, a past to rewind to.
pub mod lab;
/// What the learner did: answers, scores, review schedule.
pub mod progress;
/// The state of the tutor and its one `update`.
pub mod app;
/// The view: draws the state of the tutor, and nothing else.
pub mod ui;
/// The only door to clocks, files, terminal, sockets and threads.
pub mod world;
