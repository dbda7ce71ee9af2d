//! The binary `scalp`.

fn main() -> std::process::ExitCode {
    scalp_app::run()
}
