//! The podlab binary.

fn main() -> std::process::ExitCode {
    podlab::world::main()
}
