//! Throws mutated valid inputs at every decoder: `cargo test --no-default-features`.

use scalp_fuzz::{TARGETS, storm};

#[test]
fn no_decoder_panics_in_a_storm() {
    for target in TARGETS {
        let start = std::time::Instant::now();
        storm(target, 1, target.thousands * 1_000);
        println!("{}: {} thousand inputs in {:.1?}", target.name, target.thousands, start.elapsed());
    }
}

#[test]
fn every_target_has_its_program_and_every_program_its_target() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz_targets");
    let entries = std::fs::read_dir(folder).expect("the folder of the programs");
    let mut programs: Vec<String> = entries
        .map(|it| it.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    let mut names: Vec<&str> = TARGETS.iter().map(|it| it.name).collect();
    programs.sort_unstable();
    names.sort_unstable();
    assert_eq!(programs, names);
}
