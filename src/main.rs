//! The podlab binary.
fn main() {}
