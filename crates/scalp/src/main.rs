//! The binary `scalp`: the front door with the strategies that ship with the platform.

fn main() -> std::process::ExitCode {
    scalp_app::run_with::<scalp_strategy::Shipped>()
}
