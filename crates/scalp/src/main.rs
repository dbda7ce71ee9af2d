//! The binary `scalp`.

fn main() -> std::process::ExitCode {
    scalp::run()
}
