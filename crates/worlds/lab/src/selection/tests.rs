use super::*;
use scalp_quant::rng::Key;

const ONE: NonZero<usize> = NonZero::<usize>::MIN;

fn normals(name: &str, rows: usize) -> Vec<f64> {
    let mut stream = Key::named(11, name).stream(0);
    (0..rows).map(|_| stream.normal()).collect()
}

fn small() -> SelectionPlan {
    let forest = ForestPlan { trees: 30, ..ForestPlan::default() };
    SelectionPlan { forest, best: 6, top: 3, halves: 6, ..SelectionPlan::default() }
}

/// A straight line, a parabola, a copy of the line, a constant, and noise.
fn planted(rows: usize, noise: usize) -> Table {
    let (line, bend, e) = (normals("line", rows), normals("bend", rows), normals("e", rows));
    let target = (0..rows).map(|i| 0.5 * line[i] + 0.5 * (bend[i] * bend[i] - 1.0) + e[i]).collect();
    let copy = line.iter().zip(normals("c", rows)).map(|(it, c)| -3.0 * it + 0.1 * c).collect();
    let mut names: Vec<String> = ["line", "bend", "copy", "constant"].map(str::to_owned).to_vec();
    let mut columns = vec![line, bend, copy, vec![4.2; rows]];
    for number in 0..noise {
        names.push(format!("noise{number}"));
        columns.push(normals(&format!("noise{number}"), rows));
    }
    Table::new(names, columns, target, 1).unwrap()
}

fn names(of: &[Scored]) -> Vec<&str> {
    of.iter().map(|it| it.name.as_str()).collect()
}

#[test]
fn what_was_planted_is_found_by_the_judge_that_can_see_it() {
    let selection = select(&planted(2_000, 20), &small(), ONE).unwrap();
    let dropped: Vec<_> = selection.dropped.iter().map(|it| (it.name.as_str(), it.like.as_deref())).collect();
    assert_eq!(dropped, [("copy", Some("line")), ("constant", None)]);
    assert!(selection.dropped[0].correlation.unwrap() < -0.95);
    assert_eq!(names(&selection.f_test)[0], "line");
    assert!(selection.f_test[0].p.unwrap() < 1e-10);
    assert_eq!(names(&selection.information)[0], "bend", "no straight line sees a parabola");
    let mut top = names(&selection.forest)[..2].to_vec();
    top.sort_unstable();
    assert_eq!(top, ["bend", "line"]);
    for steady in &selection.steadiness[..2] {
        assert!(steady.share > 0.99 && ["line", "bend"].contains(&steady.name.as_str()), "{steady:?}");
    }
    let whole: f64 = selection.forest.iter().map(|it| it.score).sum();
    assert!(whole <= 1.0 + 1e-12 && selection.forest[2].score < 0.2);
}

#[test]
fn the_f_statistic_is_that_of_the_regression() {
    let table = planted(300, 0);
    let selection = select(&table, &small(), ONE).unwrap();
    let line = selection.f_test.iter().find(|it| it.name == "line").unwrap();
    let fit =
        scalp_quant::regression::Ols::fit(&[&vec![1.0; 300], &table.columns[0]], &table.target).unwrap();
    let r2 = fit.r_squared().unwrap();
    assert!((line.score / (r2 / (1.0 - r2) * 298.0) - 1.0).abs() < 1e-10);
}

#[test]
fn an_f_of_targets_that_overlap_has_the_chance_that_is_told_beside_it() {
    let mut table = planted(2_000, 0);
    table.horizon = 10;
    for it in &select(&table, &small(), ONE).unwrap().f_test {
        let free = 2_000.0 / 10.0 - 2.0;
        let chance = 2.0 * StudentT::new(free).unwrap().sf(it.score.sqrt());
        assert!((chance - it.p.unwrap()).abs() < 1e-12, "{it:?}: {chance}");
    }
}

/// Trades of one order share what they tell and what comes after it.
#[test]
fn rows_of_one_moment_are_one_witness_of_an_f_test() {
    let single = planted(400, 0);
    // Each row three times, and the price moves with the last of them.
    let thrice = |it: &[f64]| -> Vec<f64> { it.iter().flat_map(|it| [*it; 3]).collect() };
    let columns = single.columns.iter().map(|it| thrice(it)).collect();
    let returns = single.target.iter().flat_map(|it| [0.0, 0.0, *it]).chain([0.0]).collect();
    let rows: Vec<usize> = (0..1_200).collect();
    let places = rows.iter().map(|it| it / 3 * 3 + 2).collect();
    let made = Table::new(single.names.clone(), columns, thrice(&single.target), 1).unwrap();
    assert!((made.witnesses() - 1_200.0).abs() < 1e-9);
    let made = made.with_steps(returns, rows, places).unwrap();
    assert!((made.witnesses() - 400.0).abs() < 1e-9);
    // Ten rows ahead, each moment overlaps with three before and behind it: those 10 of 30 rows and less.
    let mut far = made.clone();
    far.horizon = 10;
    far.steps.as_mut().unwrap().returns.extend([0.0; 10]);
    let pairs: f64 = (-3..=3_i32).map(|it| 3.0 * (1.0 - f64::from(3 * it.abs()) / 10.0)).sum();
    assert!((far.witnesses() / (1_200.0 / pairs) - 1.0).abs() < 0.01, "{}", far.witnesses());
    let (one, three) = (select(&single, &small(), ONE).unwrap(), select(&made, &small(), ONE).unwrap());
    for (a, b) in one.f_test.iter().zip(&three.f_test) {
        assert!(a.name == b.name && (a.score / b.score - 1.0).abs() < 1e-9, "{a:?} {b:?}");
    }
}

#[test]
fn the_interval_of_a_score_ends_where_scores_do() {
    let score = Score { score: 0.97, standard_error: 0.05, freedom: 30 };
    let interval = score.interval().unwrap();
    assert!(interval.high <= 1.0 && interval.low > 0.8, "{interval:?}");
    assert!(Score { score: -0.97, ..score }.interval().unwrap().low >= -1.0);
}

/// What stands over a step times the step: over all steps that is the same sum as over all rows, and in a market without an edge
/// its error is right however long the forecasts stand and however far targets overlap.
#[test]
fn the_error_of_overlapping_targets_is_that_of_their_steps() {
    let (rows, horizon, series) = (1_000, 100, 300);
    let (mut told, mut squares, mut above, mut marked) = (0.0, 0.0, 0, 0.0);
    for seed in 0..series {
        let mut stream = Key::named(seed, "steps").stream(0);
        let returns: Vec<f64> = (0..rows + horizon).map(|_| stream.normal()).collect();
        let steps = Steps { returns, rows: (0..rows).collect(), places: (0..rows).collect() };
        let mut level = 0.0;
        let foretold: Vec<f64> = (0..rows - 300)
            .map(|_| {
                level = 0.98 * level + stream.normal();
                level
            })
            .collect();
        let came = Came::steps(&steps, &(0..200), &(300..rows), horizon);
        let marks = score::marks(&foretold, &came.each);
        let mut moves = vec![0.0; rows + horizon];
        came.add_moves(&marks, &mut moves);
        let whole: f64 = marks.iter().map(|it| it[0] * it[1]).sum();
        marked = f64::max(marked, (moves.iter().sum::<f64>() - whole).abs());
        let it = score::score_of_steps(&marks, &moves);
        told += (it.score / it.standard_error).powi(2) / series as f64;
        squares += it.score / it.standard_error / series as f64;
        above += usize::from(it.is_above_chance());
    }
    println!("mean square of score over error {told:.3}, mean {squares:.3}, {above} of {series} above");
    assert!(marked < 1e-9);
    assert!((0.8..1.2).contains(&told) && squares.abs() < 0.2 && above <= 9);
}

#[test]
fn threads_change_nothing() {
    let table = planted(600, 10);
    let four = NonZero::new(4).unwrap();
    assert_eq!(select(&table, &small(), ONE).unwrap(), select(&table, &small(), four).unwrap());
}

#[test]
fn out_of_sample_skill_is_there_for_what_was_planted_and_not_for_noise() {
    let judged = judge(&planted(2_000, 10), &small(), ONE).unwrap();
    let score = judged.score;
    assert!(score.score > 0.3 && score.standard_error < 0.05, "{score:?}");
    let rows = 2_000;
    let columns: Vec<Vec<f64>> = (0..30).map(|i| normals(&format!("n{i}"), rows)).collect();
    let names = (0..30).map(|i| format!("n{i}")).collect();
    let noise = Table::new(names, columns, normals("target", rows), 1).unwrap();
    let judged = judge(&noise, &small(), ONE).unwrap();
    assert!(judged.score.score.abs() < 3.0 / (rows as f64).sqrt(), "{:?}", judged.score);
}

/// Rows of which each third was known only when four more had begun: their targets begin there, and do not teach a fold that begins
/// before they have ended.
#[test]
fn targets_that_begin_late_teach_no_fold_that_begins_before_they_end() {
    let rows = 1_000;
    let returns: Vec<f64> = normals("steps", rows + 9).iter().map(|it| 0.01 * it).collect();
    let mut places: Vec<usize> = (0..rows).map(|row| if row % 3 == 0 { row + 4 } else { row }).collect();
    for row in 1..rows {
        places[row] = places[row].max(places[row - 1]);
    }
    let target = places.iter().map(|it| returns[*it]).collect();
    let late = Table::new(vec!["noise".into()], vec![normals("noise", rows)], target, 1).unwrap();
    let at_once = late.clone().with_steps(returns.clone(), (0..rows).collect(), (0..rows).collect()).unwrap();
    let late = late.with_steps(returns, (0..rows).collect(), places.clone()).unwrap();
    let trained = |table: &Table| -> Vec<_> {
        let folds = judge(table, &small(), ONE).unwrap().folds;
        folds.into_iter().map(|it| (it.train.end, it.test.start)).collect()
    };
    for (end, start) in trained(&at_once) {
        assert_eq!(end, start - 1);
    }
    for (end, start) in trained(&late) {
        assert!(places[end - 1] + 1 < start && places[end] + 1 >= start, "{end}, {start}");
    }
    let refused = late.clone().with_steps(vec![0.0; rows + 9], (0..rows).collect(), vec![0; rows]);
    assert!(refused.is_err(), "a target does not begin before its row");
}

#[test]
fn a_fold_is_judged_by_rows_before_it_alone() {
    let table = planted(1_000, 5);
    let judged = judge(&table, &small(), ONE).unwrap();
    // A sixth of the rows teaches the first fold, less the row whose target is known only with the fold's first.
    let ranges: Vec<_> = judged.folds.iter().map(|it| (it.train.clone(), it.test.clone())).collect();
    assert_eq!(ranges[0], (0..169, 170..336));
    assert_eq!(ranges[4], (0..833, 834..1_000));
    for number in 0..5 {
        let test = judged.folds[number].test.clone();
        let mut altered = table.clone();
        for row in test.start - 1..1_000 {
            altered.target[row] = -altered.target[row];
        }
        for row in test.start..1_000 {
            altered.columns.iter_mut().for_each(|it| it[row] += 5.0);
        }
        let again = judge(&altered, &small(), ONE).unwrap();
        let choices =
            |it: &Judgement| it.folds[..=number].iter().map(|it| it.selection.clone()).collect::<Vec<_>>();
        assert_eq!(choices(&judged), choices(&again));
        assert_ne!(judged.folds[number].score.to_bits(), again.folds[number].score.to_bits());
        let later = number + 1..5;
        assert!(later.into_iter().all(|at| judged.folds[at].selection != again.folds[at].selection));
    }
    let mut far = table;
    far.horizon = 30;
    let plan = SelectionPlan { train_window: Some(200), ..small() };
    let judged = judge(&far, &plan, ONE).unwrap();
    let ranges: Vec<_> = judged.folds.iter().map(|it| (it.train.clone(), it.test.clone())).collect();
    assert_eq!(ranges[0], (0..140, 170..336), "targets are known thirty rows later");
    assert_eq!(ranges[4], (604..804, 834..1_000));
    let plan = SelectionPlan { train_window: Some(99), ..small() };
    assert!(judge(&far, &plan, ONE).unwrap_err().to_string().starts_with("train_window is 99"));
    far.horizon = 200;
    assert_eq!(
        judge(&far, &small(), ONE).unwrap_err().to_string(),
        "1000 rows with all features and a target are too few for returns of 200 rows: 2200 are needed, so that 8 stretches of \
         that length, which do not overlap, lie behind those that only teach"
    );
}

#[test]
fn a_plan_that_cannot_be_walked_is_refused_before_anything_is_divided() {
    for folds in [0, 1] {
        let plan = SelectionPlan { folds, ..small() };
        let said = plan.walk(1_000, 1).unwrap_err().to_string();
        assert_eq!(said, format!("folds is {folds}: at least 2"));
        assert_eq!(judge(&planted(300, 0), &plan, ONE).unwrap_err().to_string(), said);
    }
    let all = SelectionPlan { folds: usize::MAX, ..small() };
    assert!(matches!(all.walk(1_000, 1), Err(SelectionError::Folds { most: 44, .. })));
    for plan in [small(), all] {
        assert!(matches!(
            plan.walk(1_000, usize::MAX),
            Err(SelectionError::Stretches { .. } | SelectionError::TooFew { .. })
        ));
    }
}

#[test]
fn as_many_rows_as_an_error_names_are_enough_and_one_fewer_is_not() {
    for folds in [2, 3, 5, 15] {
        let plan = SelectionPlan { folds, ..small() };
        for horizon in [1, 2, 5, 12, 13, 49, 50, 51, 100, 150, 400] {
            let needed = match plan.walk(0, horizon).unwrap_err() {
                SelectionError::TooFew { needed, .. } | SelectionError::Stretches { needed, .. } => needed,
                other => panic!("{other}"),
            };
            let (first, each) = plan.walk(needed, horizon).unwrap();
            assert!(each >= FOLD_ROWS_MIN && first >= train_rows_min(horizon) + horizon);
            for rows in 1..needed {
                match plan.walk(rows, horizon).unwrap_err() {
                    SelectionError::TooFew { needed: again, .. }
                    | SelectionError::Stretches { needed: again, .. } => {
                        assert_eq!(again, needed, "{rows} rows, {horizon} ahead, {folds} folds");
                    }
                    SelectionError::Folds { most, .. } => {
                        assert!(SelectionPlan { folds: most, ..plan }.walk(rows, horizon).is_ok());
                    }
                    other => panic!("{other}"),
                }
            }
        }
    }
}

#[test]
fn the_score_is_the_rank_correlation_about_zero_and_its_error_that_of_a_mean_with_memory() {
    // Sizes of the past: 1, 1, 2, 2.
    let past = [-1.0, 2.0, 1.0, -2.0];
    let marks = |foretold: &[f64], came: &[f64]| score::marks(foretold, &Came::targets(&past, came, 1).each);
    let some = marks(&[3.0, 4.0, 3.5, 3.5, -9.0], &[9.0, 2.0, -1.0, 0.0, -5.0]);
    assert_eq!(some, [[0.0, 1.0], [1.0, 0.75], [0.0, -0.25], [0.0, 0.0], [-1.0, -1.0]]);
    let size = ((1.0 + 1.0) * (1.0 + 0.5625 + 0.0625 + 1.0_f64)).sqrt();
    assert!((score::together(&some) - 1.75 / size).abs() < 1e-15);
    // The slow twin of the ranks.
    let values: Vec<f64> = normals("ranks", 300).into_iter().map(|it| (4.0 * it).round()).collect();
    for (row, mark) in marks(&values, &values).iter().enumerate().skip(1) {
        let above = values[..row].iter().filter(|it| **it < values[row]).count() as f64;
        let below = values[..row].iter().filter(|it| **it > values[row]).count() as f64;
        assert!((mark[0] - (above - below) / row as f64).abs() < 1e-12);
    }
    // Sums of `horizon` independent steps: the deviation of scores over many series is what the error says.
    for horizon in [1, 20] {
        let (rows, series) = (1_000, 400);
        let (mut scores, mut errors, mut outside) = (Vec::new(), 0.0, 0);
        for seed in 0..series {
            let mut stream = Key::named(seed, "overlap").stream(0);
            let steps: Vec<f64> = (0..rows + horizon).map(|_| stream.normal()).collect();
            let came = steps.windows(horizon).map(|it| it.iter().sum::<f64>() / (horizon as f64).sqrt());
            let side = stream.normal().signum();
            let marks: Vec<_> = came.take(rows).map(|it| [side, it]).collect();
            let it = score::score(&marks, horizon);
            let interval = it.interval().unwrap();
            outside += usize::from(interval.low > 0.0 || interval.high < 0.0);
            errors += it.standard_error * it.standard_error / series as f64;
            scores.push(it.score);
        }
        let deviation = (scores.iter().map(|it| it * it).sum::<f64>() / series as f64).sqrt();
        let ratio = errors.sqrt() / deviation;
        println!("horizon {horizon}: error over deviation {ratio:.3}, {outside} of {series} outside");
        assert!((0.88..1.12).contains(&ratio) && (8..=32).contains(&outside));
    }
}

#[test]
fn what_cannot_be_chosen_from_is_refused() {
    let table = |columns: Vec<Vec<f64>>, target: Vec<f64>| {
        Table::new((0..columns.len()).map(|i| format!("f{i}")).collect(), columns, target, 1)
            .map(|it| select(&it, &small(), ONE))
    };
    let said = |columns, target| match table(columns, target) {
        Err(refused) => refused.to_string(),
        Ok(chosen) => chosen.unwrap_err().to_string(),
    };
    let y = normals("y", 200);
    assert!(said(vec![normals("x", 150)], y.clone()).contains("f0 has 150 rows"));
    let mut broken = normals("x", 200);
    broken[7] = f64::INFINITY;
    assert!(said(vec![broken], y.clone()).contains("f0, row 7"));
    assert!(said(vec![vec![1.0; 200]], y.clone()).contains("no feature that changes"));
    assert!(said(vec![y.clone()], vec![1.0; 200]).contains("the target never changes"));
    assert!(said(vec![normals("x", 50)], normals("y", 50)).contains("100 are needed"));
    let plan = SelectionPlan { top: 0, ..small() };
    let table = Table::new(vec!["x".to_owned()], vec![normals("x", 200)], y, 1).unwrap();
    assert!(select(&table, &plan, ONE).unwrap_err().to_string().contains("top is 0"));
}

#[test]
fn shuffling_what_was_planted_costs_the_score_and_shuffling_noise_does_not() {
    let table = planted(3_000, 12);
    let judgement = judge(&table, &small(), ONE).unwrap();
    let of = |name: &str| judgement.importance.iter().find(|it| it.name == name).unwrap();
    for name in ["line", "bend"] {
        let it = of(name);
        assert!(it.loss.mean > 5.0 * it.loss.standard_error && it.loss.mean > 0.1, "{it:?}");
        assert!(it.gain.mean > 0.2 && it.folds == 5, "{it:?}");
    }
    let noise: Vec<_> = judgement.importance.iter().filter(|it| it.name.starts_with("noise")).collect();
    assert!(!noise.is_empty(), "the forest keeps three, and only two were planted");
    for it in noise {
        assert!(it.loss.mean.abs() < 0.02 && it.folds <= 5, "{it:?}");
    }
    // Each gain is a share, and a fold that did not choose a column counts with zero.
    let whole: f64 = judgement.importance.iter().map(|it| it.gain.mean).sum();
    assert!((whole - 1.0).abs() < 1e-9, "{whole}");
    let four = NonZero::new(4).unwrap();
    assert_eq!(judge(&table, &small(), four).unwrap(), judgement, "threads change nothing");
    let none = judge(&table, &SelectionPlan { shuffles: 0, ..small() }, ONE).unwrap();
    assert!(none.importance.is_empty() && none.score == judgement.score);
}

#[test]
fn the_mean_over_folds_is_that_of_the_textbook() {
    let it = OverFolds::of(&[1.0, 2.0, 4.0, 5.0]);
    assert!((it.mean - 3.0).abs() < 1e-15);
    assert!((it.standard_error - (10.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
}
