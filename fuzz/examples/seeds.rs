//! Writes the seeds of every target below a folder, `<folder>/<target>/seed-<n>`, where libFuzzer finds them:
//! `cargo run --no-default-features --example seeds -- corpus`.

use scalp_fuzz::TARGETS;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let corpus = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "corpus".into()));
    for target in TARGETS {
        let folder = corpus.join(target.name);
        std::fs::create_dir_all(&folder)?;
        for (n, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{n}")), seed)?;
        }
    }
    Ok(())
}
