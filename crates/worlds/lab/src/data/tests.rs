use super::*;
use crate::backtest::Plan;
use scalp_strategy::Shipped;

/// Sources that speak at one time, in any order of the configuration.
#[test]
fn a_mark_comes_first_then_a_bar_then_the_funding_of_its_close_then_quotes_however_the_sources_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("marks.csv", "ts,mark\n1700000000000,100\n1700028800000,150\n");
    write("funding.csv", "ts,rate\n1700028800000,0.01\n");
    write("bars.csv", "ts,open,high,low,close,volume\n1700025200000,100,150,100,150,1\n");
    write("quotes.csv", "ts,bid,bid_qty,ask,ask_qty\n1700028800000,149,1,150,1\n");
    let source = |name: &str, kind: &str, columns: &str| {
        let columns: String = columns.split(' ').map(|it| format!("columns.{it} = \"{it}\"\n")).collect();
        let span = if kind == "bars" { "span = \"1h\"\n" } else { "" };
        format!(
            "[[data]]\npath = \"{}\"\nformat = \"mapping\"\n[data.mapping]\nkind = \"{kind}\"\n{span}time = {{ column = \"ts\", unit = \"ms\" }}\n{columns}",
            folder.path().join(name).display()
        )
    };
    let sources = [
        source("marks.csv", "marks", "mark"),
        source("bars.csv", "bars", "open high low close volume"),
        source("funding.csv", "funding", "rate"),
        source("quotes.csv", "quotes", "bid bid_qty ask ask_qty"),
    ];
    for order in [[0, 1, 2, 3], [3, 1, 0, 2], [2, 1, 3, 0], [2, 3, 0, 1], [0, 2, 3, 1]] {
        let text = format!(
            "[run]\nname = \"order\"\n[[instrument]]\nvenue = \"v\"\nsymbol = \"S\"\nbase = \"B\"\nquote = \"Q\"\ntick = \"1\"\nlot = \"1\"\n{}[strategy]\nname = \"buy-and-hold\"\n",
            order.map(|it| sources[it].as_str()).concat()
        );
        let mut config =
            Config::parse(&text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"));
        config.report.folder = folder.path().into();
        let plan: Plan<Shipped> = Plan::new(config.clone(), instruments(&config).unwrap()).unwrap();
        let loaded =
            load(&plan.config, &plan.instruments, &mut |_, _, _| {}).unwrap_or_else(|e| panic!("{e}"));
        let kinds: Vec<Kind> = loaded.tracks.iter().map(|it| it.file.summary().kinds[0].kind).collect();
        assert_eq!(kinds, [Kind::Mark, Kind::Bar, Kind::Funding, Kind::Quote], "{order:?}");
    }
}

#[test]
fn files_that_overlap_are_told_and_files_that_follow_one_another_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |name: &str, seconds: std::ops::Range<u64>| {
        let path = folder.path().join(name);
        let rows = seconds.map(|it| format!("{it},{},100,1,1\n", 1_700_000_000_000 + it * 1_000));
        std::fs::write(&path, format!("id,ts,price,qty,side\n{}", rows.collect::<String>())).unwrap();
        path
    };
    let (first, second) = (rows("first.csv", 0..1_000), rows("second.csv", 1_000..2_000));
    let (month, day) = (rows("month.csv", 0..2_000), rows("day.csv", 500..1_500));
    let said = |paths: &[&Path], window: &str| {
        let paths: Vec<String> = paths.iter().map(|it| format!("{:?}", it.display().to_string())).collect();
        let text = format!(
            "[[data]]\npath = [{}]\nformat = \"mapping\"\n{window}[data.mapping]\nkind = \"trades\"\ntime = {{ column = \"ts\", unit = \"ms\" }}\nside = {{ column = \"side\", buy = [\"1\"], sell = [\"0\"] }}\ncolumns = {{ id = \"id\", price = \"price\", qty = \"qty\" }}\n[[instrument]]\nsymbol = \"S\"\ntick = 1\nlot = 1\n[strategy]\nname = \"watch\"\n",
            paths.join(", ")
        );
        let mut config =
            Config::parse(&text, Path::new("test.toml")).unwrap_or_else(|e| panic!("{e}\n{text}"));
        config.report.folder = folder.path().into();
        let loaded = load(&config, &instruments(&config).unwrap(), &mut |_, _, _| {}).unwrap();
        loaded.warnings.join("\n").replace(&format!("{}/", folder.path().display()), "")
    };
    assert_eq!(said(&[&first, &second], ""), "");
    assert_eq!(
        said(&[&month, &day], ""),
        "month.csv and day.csv both hold trade events of binance-usdm:S from 2023-11-14T22:21:40.000000000Z to \
         2023-11-14T22:38:19.000000000Z: what stands in both happens twice."
    );
    let before = "end = \"2023-11-14T22:21:40Z\"\n";
    assert_eq!(said(&[&month, &day], before), "", "what is left out does not happen twice");
    let many = said(&[&month, &day, &first], "");
    assert!(many.ends_with("\n2 more pairs of files overlap likewise."), "{many}");
}
