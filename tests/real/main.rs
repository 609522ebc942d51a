//! podlab against what was recorded of a real cluster and a real kubectl: how near it comes, and which laws hold in all that happens.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

mod cli;
mod client;
mod compare;
mod dice;
mod each;
mod fuzz;
mod laws;
mod lines;
mod normal;
mod recordings;
mod scripts;
mod stage;
