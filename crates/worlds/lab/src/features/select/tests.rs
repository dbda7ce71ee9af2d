use super::super::built::parse;
use super::super::cells::Cells;
use super::super::compute::compute;
use super::page::{lists, verdict};
use super::*;
use crate::selection::OverFolds;
use scalp_features::measure::Print;
use scalp_report::Study;
use scalp_types::Side;
use std::num::NonZero;

fn answer(bars: &Rows, question: &Question) -> Result<Answer, PageError> {
    super::answer(Path::new("bars"), bars, question)
}

/// A walk whose next step leans, by `edge`, on the place of the close in its bar.
fn bars(rows: usize, edge: f64) -> Rows {
    path(rows, edge, 0.0, 5)
}

fn path(rows: usize, edge: f64, drift: f64, seed: u64) -> Rows {
    let mut stream = Key::named(seed, "select").stream(0);
    let (mut price, mut lean) = (100.0_f64, 0.0);
    let mut columns: [Vec<f64>; 4] = Default::default();
    let mut volume = Vec::new();
    for _ in 0..rows {
        let open = price;
        price *= 1.0 + 0.002 * (edge * lean + drift + stream.normal());
        let (above, below) = (stream.uniform(), stream.uniform());
        let (high, low) = (open.max(price) + 0.3 * above, open.min(price) - 0.3 * below);
        lean = (price - low) / (high - low) * 3.5 - 1.75;
        let bar = [open, high, low, price];
        columns.iter_mut().zip(bar).for_each(|(column, it)| column.push(it));
        volume.push(1.0 + stream.uniform());
    }
    Rows::candles((0..rows as i64).map(|it| it * 60_000_000_000).collect(), columns, volume)
}

fn question(list: &str) -> Question {
    let mut plan = SelectionPlan { halves: 4, ..SelectionPlan::default() };
    plan.forest.trees = 30;
    let asked = Asked { threads: NonZero::new(2).unwrap(), bars: None, keep_going: false };
    Question { list: list.into(), horizon: 1, plan, asked }
}

const LIST: &str = "IBS, RSI(14), ATR(14), SMA(5), VWMA(9), CDLHAMMER";

#[test]
fn what_was_planted_is_found_and_the_shuffled_targets_show_none() {
    let answer = answer(&bars(3_000, 0.6), &question(LIST)).unwrap();
    assert_eq!(answer.selection.forest[0].name, "IBS");
    assert!(answer.found() && answer.judgement.score.score > 0.2, "{:?}", answer.judgement.score);
    for sentinel in [&answer.shuffled, answer.coin.as_ref().unwrap()] {
        assert!(sentinel.score.score.abs() < 0.08, "{:?}", sentinel.score);
    }
    let most = &answer.judgement.importance[0];
    assert!(most.name == "IBS" && most.loss.mean > 3.0 * most.loss.standard_error, "{most:?}");
    let mut study = Study::default();
    lists(&mut study, &answer, 1);
    let worth = study.sections.iter().find(|it| it.name == "Worth in the folds").unwrap();
    assert_eq!(worth.rows[0].0, "IBS");
}

#[test]
fn a_walk_without_memory_has_nothing_and_it_is_said() {
    let bars = bars(2_000, 0.0);
    let answer = answer(&bars, &question(LIST)).unwrap();
    assert!(!answer.found(), "{:?}", answer.judgement.score);
    let mut study = Study::default();
    verdict(&mut study, &answer, &question(LIST));
    assert!(study.notes[0].starts_with("Nothing was found"));
}

/// A column that knows the future, well or badly: the close `ahead` rows later less this one, with so much noise.
fn with_leak(rows: usize, ahead: usize, noise: f64) -> Rows {
    let mut table = bars(rows, 0.0);
    let mut stream = Key::named(3, "leak").stream(0);
    let Holds::Bars { columns, extra, .. } = &mut table.holds else { panic!("candles") };
    let close = &columns[3];
    let leak = (0..rows).map(|row| {
        let later = close[(row + ahead).min(rows - 1)];
        later / close[row] - 1.0 + noise * 0.002 * (ahead as f64).sqrt() * stream.normal()
    });
    extra.push("oracle".into());
    let leak = leak.collect();
    columns.push(leak);
    table
}

#[test]
fn a_column_that_knows_the_future_is_found_and_warned_of_by_name() {
    for (horizon, noise) in [(1, 0.0), (1, 2.0), (20, 0.0), (20, 2.0)] {
        let mut asked = question("IBS, RSI(14), oracle, ATR(14), SMA(5)");
        asked.horizon = horizon;
        let answer = answer(&with_leak(3_000, horizon, noise), &asked).unwrap();
        let named = answer.too_good();
        assert_eq!(named, Some(vec!["oracle"]), "{horizon}, {noise}: {:?}", answer.judgement.score);
        let mut study = Study::default();
        verdict(&mut study, &answer, &asked);
        assert!(
            study.notes[1].starts_with("Too good") && study.notes[1].contains("oracle"),
            "{:?}",
            study.notes
        );
    }
    assert!(answer(&bars(3_000, 0.1), &question(LIST)).unwrap().too_good().is_none());
}

#[test]
fn steps_add_up_to_the_price_and_a_missing_one_is_passed_over() {
    let made = steps(&[100.0, 110.0, f64::NAN, 121.0, 60.5]);
    let want = [0.1, 0.0, 0.1, -0.5];
    assert!(made.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-12), "{made:?}");
    assert!(steps(&[]).is_empty());
}

/// How many of so many paths are found, and their mean score in its own standard errors.
fn found(list: &str, horizon: usize, paths: u64, [edge, drift]: [f64; 2]) -> (usize, f64) {
    let mut asked = question(list);
    asked.horizon = horizon;
    (asked.plan.forest.trees, asked.plan.information_rows, asked.plan.shuffles) = (10, 100, 0);
    let judged = |seed: u64| {
        let it = ready(Path::new("bars"), &path(2_000, edge, drift, seed), &asked).unwrap();
        let table = it.table(horizon).unwrap();
        selection::judge(&table, &asked.plan, asked.asked.threads).unwrap().score
    };
    let scores: Vec<Score> = (0..paths).map(judged).collect();
    let found = scores.iter().filter(|it| it.is_above_chance()).count();
    let mean = OverFolds::of(&scores.iter().map(|it| it.score).collect::<Vec<f64>>());
    println!(
        "{list}, {horizon} ahead, edge {edge}, drift {drift}: {found} of {paths} found, mean {:.4} +- {:.4}",
        mean.mean, mean.standard_error
    );
    (found, mean.mean / mean.standard_error)
}

/// What keeps a level tells a judge who trains on later rows where the path went, and a correlation about the mean of a fold
/// takes it for a forecast. About three of a hundred such walks are found.
#[test]
fn no_edge_is_found_in_walks_whatever_keeps_a_level_and_however_far_targets_overlap() {
    let levels = "RSI(14), SMA(100), ROLLZ(close,200), ATR(14), LINEARREG_SLOPE(100), LAG(close,100), ROCP(50), STDDEV(100,1)";
    let still = "IBS, RSI(14), ROCP(5)";
    for (list, horizon, drift) in
        [("close, SMA(50)", 20, 0.0), (levels, 100, 0.0), (levels, 1, 0.0), (still, 20, 0.05)]
    {
        let (found, off) = found(list, horizon, 32, [0.0, drift]);
        assert!(found <= 3 && off.abs() < 3.0, "{list}: {found} found, {off} errors off zero");
    }
    let (found, _) = found("IBS, close, SMA(50)", 1, 10, [0.25, 0.0]);
    assert_eq!(found, 10, "and what was planted is found");
}

#[test]
fn a_return_is_counted_from_where_its_row_was_known() {
    let (prices, entries) = ([100.0, 110.0, 121.0, 242.0], [1, 2, 2, 3]);
    let made: Vec<Option<f64>> = (0..4).map(|row| target(&prices, &entries, row, 1)).collect();
    assert!(made[0].is_some_and(|it| (it - 0.1).abs() < 1e-12), "{made:?}");
    assert_eq!(made[1..], [Some(1.0), Some(1.0), None]);
}

/// Orders of ten trades at one time, each of which walks the book a tick at a time, up or down by coin.
fn orders(count: usize) -> Rows {
    let mut stream = Key::named(8, "orders").stream(0);
    let (mut price, mut trades) = (100.0_f64, Vec::new());
    for order in 0..count {
        let aggressor = if stream.uniform() < 0.5 { Side::Buy } else { Side::Sell };
        let at = order as i64 * 1_000_000_000;
        for _ in 0..10 {
            price += if aggressor == Side::Buy { 0.01 } else { -0.01 };
            trades.push(Print { at, price, size: 1.0, aggressor: Some(aggressor) });
        }
    }
    let times: Vec<i64> = trades.iter().map(|it| it.at).collect();
    let mut table = bars(1, 0.0);
    table.written = Cells::Whole(times.clone());
    (table.times, table.holds) = (times, Holds::Trades(trades));
    table
}

#[test]
fn the_rest_of_an_order_is_no_future_of_its_first_trade() {
    // Bars of fewer trades than an order has, and of many orders that end within one.
    for bars in [None, Some("trades=3"), Some("trades=25")] {
        let mut asked =
            question(if bars.is_some() { "IBS, ROLLZ(close,20)" } else { "signed, ROLLZ(price,20)" });
        (asked.horizon, asked.asked.bars) = (2, bars.map(|it| parse(it).unwrap()));
        let answer = answer(&orders(600), &asked).unwrap();
        assert!(!answer.found(), "{bars:?}: {:?}", answer.judgement.score);
        let told = answer.later.as_ref().unwrap();
        let rows =
            if bars.is_some() { "" } else { "5400 of 6000 rows were known at the same time as a later one" };
        assert!(told.starts_with(rows), "{told}");
    }
    let mut one = orders(600);
    one.times.fill(0);
    let Holds::Trades(trades) = &mut one.holds else { panic!("trades") };
    trades.iter_mut().for_each(|it| it.at = 0);
    let refused = answer(&one, &question("signed")).unwrap_err().to_string();
    assert!(refused.contains("5999 of 6000 rows were known at the same time"), "{refused}");
}

/// Bars that trades closed, with the time at which each was known, are bars of moments. Months with their ends are none.
#[test]
fn returns_of_bars_given_back_are_counted_as_of_those_that_were_built() {
    let mut all = orders(700);
    let Holds::Trades(trades) = &mut all.holds else { panic!("trades") };
    // Orders come at odd times.
    trades.iter_mut().for_each(|it| it.at += (it.at / 1_000_000_000).pow(2) % 1_009 * 7_919);
    all.times = trades.iter().map(|it| it.at).collect();
    let bars: Vec<&[Print]> = trades.chunks_exact(25).collect();
    let times: Vec<i64> = bars.iter().map(|it| it[0].at).collect();
    let of = |value: fn(&[Print]) -> f64| bars.iter().map(|it| value(it)).collect::<Vec<_>>();
    let extreme = |it: &[Print], of: fn(f64, f64) -> f64| it.iter().map(|it| it.price).reduce(of).unwrap();
    let high = bars.iter().map(|it| extreme(it, f64::max)).collect();
    let low = bars.iter().map(|it| extreme(it, f64::min)).collect();
    let prices = [of(|it| it[0].price), high, low, of(|it| it[24].price)];
    let mut back = Rows::candles(times, prices, vec![25.0; bars.len()]);
    back.beside.known = Some(bars.iter().map(|it| it[24].at).collect());
    let mut asked = question("IBS, ROLLZ(close,20)");
    let given = answer(&back, &asked).unwrap();
    let plain = asked.asked;
    asked.asked.bars = Some(parse("trades=25").unwrap());
    let built = answer(&all, &asked).unwrap();
    assert!(built.later.is_some(), "bars end within orders");
    assert_eq!((given.later, given.selection.f_test), (built.later, built.selection.f_test));
    let ends: Vec<i64> = (1..=24).map(|it: i64| it * 30 + it * 7 / 12).collect();
    let starts: Vec<i64> = std::iter::once(0).chain(ends.iter().copied()).take(24).collect();
    let mut months =
        Rows::candles(starts, [vec![1.0; 24], vec![1.0; 24], vec![1.0; 24], vec![1.0; 24]], vec![1.0; 24]);
    months.beside.known = Some(ends);
    let computed = compute(Path::new("months.csv"), &months, &["close"], &plain).unwrap();
    assert!(!computed.are_moments);
}

/// Steps of so many ticks of a thousandth, by normal numbers.
fn ticks(rows: usize, size: f64) -> Rows {
    let mut stream = Key::named(5, "ticks").stream(0);
    let mut at = 20_000.0_f64;
    let walk = (0..rows).map(|_| {
        at += (size * stream.normal()).round();
        at / 1_000.0
    });
    let close: Vec<f64> = walk.collect();
    let columns = [close.clone(), close.clone(), close.clone(), close];
    Rows::candles((0..rows as i64).map(|it| it * 60_000_000_000).collect(), columns, vec![1.0; rows])
}

#[test]
fn mutual_information_of_a_price_on_few_ticks_is_said_to_be_that_of_the_grid() {
    let asked = question("PCTCHANGE(close,1), ROLLZ(close,20)");
    let told = |bars: &Rows| {
        let answer = answer(bars, &asked).unwrap();
        let mut study = Study::default();
        lists(&mut study, &answer, 1);
        let said = study.notes.iter().any(|it| it.starts_with("The price moves on few ticks"));
        let best = answer.selection.information[0].score;
        (answer.found(), best, said)
    };
    let (found, nats, said) = told(&ticks(2_000, 2.0));
    assert!(!found && nats > 0.5 && said, "{found}, {nats}, {said}");
    for fine in [ticks(2_000, 60.0), bars(2_000, 0.0)] {
        let (_, nats, said) = told(&fine);
        assert!(nats < 0.1 && !said, "{nats}, {said}");
    }
    // A change of nothing, and of one and two ticks: nine in ten are the first two.
    let prices = [1.0, 1.0, 1.1, 1.1, 1.2, 1.2, 1.3, 1.3, 1.4, 1.4, 1.6];
    assert_eq!(few_changes(&prices, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 1), Some(2));
    assert_eq!(few_changes(&prices, &[9, 8, 7, 9], 1), Some(3));
}

#[test]
fn rows_that_lack_a_feature_or_a_target_are_left_out() {
    let bars = bars(500, 0.0);
    let mut asked = question("SMA(30), DOUBLE_TOP");
    asked.horizon = 7;
    let answer = answer(&bars, &asked).unwrap();
    assert_eq!(answer.incomplete, 29 + 7);
    assert_eq!(answer.selection.rows, 500 - 36);
}

#[test]
fn what_cannot_be_asked_is_refused_by_name() {
    let bars = bars(300, 0.0);
    let refused = |asked: Question| answer(&bars, &asked).unwrap_err().to_string();
    assert!(refused(Question { horizon: 0, ..question(LIST) }).starts_with("--horizon"));
    for horizon in [300, usize::MAX] {
        let far = refused(Question { horizon, ..question(LIST) });
        assert!(far.starts_with("0 rows with all features and a target are too few for returns of"), "{far}");
    }
    assert!(refused(question("BBAND(20)")).contains("did you mean BBANDS?"));
    assert!(refused(question("ACOS")).contains("ACOS has no value"));
    let few = refused(question("SMA(299)"));
    assert_eq!(
        few,
        "1 rows with all features and a target are too few: 201 are needed; the file has 300, and of its features these have a value \
         in the fewest: SMA(299) in 2"
    );
    for folds in [0, 1] {
        let mut asked = question("IBS");
        asked.plan.folds = folds;
        assert_eq!(refused(asked), format!("folds is {folds}: at least 2"));
    }
    let far = refused(Question { horizon: 40, ..question("IBS") });
    assert!(
        far.contains("260 rows with all features and a target are too few for returns of 40 rows: 460 are needed, so that 8 stretches"),
        "{far}"
    );
    let mut thin = bars.clone();
    if let Holds::Bars { span, .. } = &mut thin.holds {
        *span = None;
    }
    assert!(answer(&thin, &question("IBS")).is_ok());
    let print = Print { at: thin.times[0], price: 1.0, size: 1.0, aggressor: None };
    thin.beside.trades.push(print);
    let said = answer(&thin, &question("IBS")).unwrap_err().to_string();
    assert!(said.contains("candles are of no one length"), "{said}");
    let mut many = question("IBS");
    many.plan.folds = 15;
    assert_eq!(
        refused(many),
        "15 folds are too many for 299 rows: at most 9, so that each has 20 beside the first 101, which only teach"
    );
}
