//! Writes example pages of made-up runs into a folder: `cargo run -p scalp-report --example sample -- FOLDER`.

mod made;

use scalp_report::candles::candles;
use scalp_report::data::ReportData;
use scalp_report::study::chart::{Bars, Chart, Colour, Unit};
use scalp_report::study::{Section, Study};
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
        ("patterns", scalp_report::page(&made::patterns())),
        ("no_fills", scalp_report::page(&made::no_fills())),
        ("candles", candles(&made::candles(700))),
        ("few_candles", candles(&made::candles(200))),
        ("one_candle", candles(&made::candles(1))),
        ("no_candle", candles(&made::candles(0))),
        ("names", names().page("scalp")),
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

/// A study of items whose long names begin alike.
fn names() -> Study {
    let names = (1..=12).map(made::long_name);
    let rows: Vec<(String, Vec<f64>)> =
        names.zip(1_u32..).map(|(name, it)| (name, vec![1.0 / f64::from(it)])).collect();
    let mut section = Section::of_records("Chosen", "feature", ["share", "repeats"]);
    for (name, share) in &rows {
        section.row(name, vec![share[0].into(), name.as_str().into()]);
    }
    let bars = Bars { unit: Unit::Percent, columns: vec![("share".into(), Colour::Blue)], rows };
    Study {
        title: "Items of long names".into(),
        charts: vec![Chart::bars("Share", "Of each item.", bars)],
        sections: vec![section],
        ..Study::default()
    }
}
