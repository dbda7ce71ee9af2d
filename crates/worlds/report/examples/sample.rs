//! Writes example pages of made-up runs into a folder: `cargo run -p scalp-report --example sample -- FOLDER`.

mod made;

use scalp_report::data::ReportData;
use scalp_report::terminal::{Style, compare, summary, sweep};
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "sample-pages".into()));
    std::fs::create_dir_all(&folder)?;
    let usual = made::usual();
    let pages = [
        ("usual", scalp_report::page(&usual)),
        ("negative", scalp_report::page(&made::negative())),
        ("large", scalp_report::page(&made::large())),
        ("short", scalp_report::page(&made::short())),
        ("one_trade", scalp_report::page(&made::one_trade())),
        ("empty", scalp_report::page(&ReportData::default())),
        ("compare", scalp_report::compare(&made::pair())),
        ("sweep", scalp_report::sweep(&made::grid())),
    ];
    for (name, page) in pages {
        let path = folder.join(format!("{name}.html"));
        println!("{:>10} bytes  {}", page.len(), path.display());
        std::fs::write(path, page)?;
    }
    let style = Style::new(90, true);
    println!(
        "\n{}\n{}\n{}",
        summary(&usual, style),
        compare(&made::pair(), style),
        sweep(&made::grid(), style)
    );
    Ok(())
}
