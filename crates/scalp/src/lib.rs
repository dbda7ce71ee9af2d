//! The command line with the strategies that ship with the platform. A library, so that the loop over them is compiled
//! beside the rooms that it uses, and not after them as a program would be.

/// Runs it.
pub fn run() -> std::process::ExitCode {
    scalp_app::run_with::<scalp_strategy::Shipped>()
}
