use super::*;
use proptest::prelude::*;

fn numbers(name: &str, values: &[f64]) -> (String, Values) {
    (name.to_owned(), Values::Numbers(values.to_vec()))
}

/// Two instruments: prices of 0 at times 10, 20, 30; of 1 at 15 and 30.
fn market() -> Entity {
    Entity::new(
        "market",
        vec![10, 15, 20, 30, 30],
        vec![0, 1, 0, 0, 1],
        vec![
            numbers("close", &[100.0, 7.0, 103.0, 99.0, 8.0]),
            (
                "side".to_owned(),
                Values::Labels(vec![0, 0, 1, 0, 1], vec!["buy".to_owned(), "sell".to_owned()]),
            ),
        ],
    )
    .unwrap()
}

fn made(entity: Entity, cutoffs: &[(usize, i64)], plan: SynthesisPlan) -> Vec<Synthesised> {
    let cutoffs: Vec<Cutoff> = cutoffs.iter().map(|&(key, at)| Cutoff { key, at }).collect();
    synthesise(&[entity], &cutoffs, &plan).unwrap()
}

fn values<'a>(all: &'a [Synthesised], name: &str) -> &'a [f64] {
    match all.iter().find(|it| it.name == name) {
        Some(it) => &it.values,
        None => panic!("{name} is not among {:?}", all.iter().map(|it| &it.name).collect::<Vec<_>>()),
    }
}

#[test]
fn a_cutoff_sees_what_was_known_of_its_key_by_then() {
    let all = made(market(), &[(0, 30), (0, 29), (0, 5), (1, 30)], SynthesisPlan::default());
    assert_eq!(values(&all, "SUM(market.close)"), [302.0, 203.0, 0.0, 15.0]);
    assert_eq!(values(&all, "COUNT(market.close)"), [3.0, 2.0, 0.0, 2.0]);
    assert_eq!(values(&all, "MAX(market.close)")[..2], [103.0, 103.0]);
    assert!(values(&all, "MEAN(market.close)")[2].is_nan());
    assert_eq!(values(&all, "SUM(DIFF(market.close))"), [-1.0, 3.0, 0.0, 1.0]);
    // 103 is the highest of two, 99 the lowest of three.
    let percentiles = values(&all, "MIN(PERCENTILE(market.close))");
    assert_eq!(percentiles[..2], [1.0 / 3.0, 1.0]);
    assert_eq!(values(&all, "SUM(market.close WHERE side = buy)"), [199.0, 100.0, 0.0, 7.0]);
    assert_eq!(values(&all, "SUB(MIN(market.close), MAX(market.close))")[..1], [-4.0]);
    assert!((values(&all, "STD(market.close)")[1] - 4.5_f64.sqrt()).abs() < 1e-14);
}

#[test]
fn a_window_forgets() {
    let plan = SynthesisPlan { window: Some(15), ..SynthesisPlan::default() };
    let all = made(market(), &[(0, 30), (0, 40), (0, 60)], plan);
    // The row at 20 is seen at 30 and not at 40; after 45 none is.
    assert_eq!(values(&all, "COUNT(market.close)"), [2.0, 1.0, 0.0]);
}

#[test]
fn what_a_table_does_not_tell_of_is_absent() {
    let entity = || market().covering(Coverage { from: 5, first: 10, until: 39 });
    let count = |cutoffs: &[i64], window: Option<i64>, name: &str| -> Vec<Option<f64>> {
        let plan = SynthesisPlan { window, ..SynthesisPlan::default() };
        let cutoffs: Vec<(usize, i64)> = cutoffs.iter().map(|it| (0, *it)).collect();
        let all = made(entity(), &cutoffs, plan);
        values(&all, name).iter().map(|it| it.is_finite().then_some(*it)).collect()
    };
    for name in ["COUNT(market.close)", "COUNT(DIFF(market.close))", "SUM(market.close WHERE side = sell)"] {
        let all = count(&[-100, 9, 10, 30, 39, 40, 1_000], None, name);
        assert_eq!(
            all.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, false, true, true, true, false, false],
            "{name}"
        );
        // Nothing becomes known at 31 to 35, which is told; at 9 nothing can be yet.
        let all = count(&[9, 10, 14, 35, 39, 40], Some(5), name);
        assert_eq!(
            all.iter().map(Option::is_some).collect::<Vec<_>>(),
            [false, true, true, true, true, false],
            "{name}"
        );
        // A window that begins before the table does.
        let all = count(&[10, 19, 20, 39], Some(15), name);
        assert_eq!(all.iter().map(Option::is_some).collect::<Vec<_>>(), [false, false, true, true], "{name}");
    }
    assert_eq!(count(&[10, 14, 35], Some(5), "COUNT(market.close)"), [Some(1.0), Some(1.0), Some(0.0)]);
    assert_eq!(count(&[9, 40], None, "ADD(SUM(market.close), COUNT(market.close))"), [None; 2]);
}

#[test]
fn the_count_is_known_before_anything_is_made() {
    for depth in 1..=DEPTH_MAX {
        let columns = ["a", "b", "c"].map(|name| numbers(name, &[1.0, 2.0, 3.0, 4.0])).to_vec();
        let entity = Entity::new("e", vec![1, 2, 3, 4], vec![0; 4], columns).unwrap();
        let plan = SynthesisPlan { depth, ..SynthesisPlan::default() };
        let all = made(entity.clone(), &[(0, 4)], plan);
        assert_eq!(all.len(), count(&entity, depth), "depth {depth}");
        assert!(all.iter().all(|it| it.depth <= depth));
        let mut names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all.len(), "two features of one name");
        let few = SynthesisPlan { features_max: all.len() - 1, ..plan };
        let refused = synthesise(&[entity], &[Cutoff { key: 0, at: 4 }], &few).unwrap_err();
        assert_eq!(refused, SynthesisError::TooMany { count: all.len(), most: all.len() - 1 });
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let said = |it: Result<Entity, SynthesisError>| it.unwrap_err().to_string();
    let columns = || vec![numbers("close", &[1.0, 2.0])];
    assert!(said(Entity::new("m", vec![1], vec![0], columns())).contains("close has 2 rows, the times 1"));
    assert!(said(Entity::new("m", vec![2, 1], vec![0, 0], columns())).contains("row 1"));
    let label = vec![("side".to_owned(), Values::Labels(vec![0, 3], vec!["buy".to_owned()]))];
    assert!(said(Entity::new("m", vec![1, 2], vec![0, 0], label)).contains("label 3 of 1"));
    let plan = SynthesisPlan { depth: 4, ..SynthesisPlan::default() };
    assert_eq!(synthesise(&[market()], &[], &plan), Err(SynthesisError::Depth(4)));
    let twice = synthesise(&[market(), market()], &[], &SynthesisPlan::default());
    assert_eq!(twice, Err(SynthesisError::Twice("market".to_owned())));
}

proptest! {
    #[test]
    fn the_future_changes_nothing(
        closes in proptest::collection::vec(prop_oneof![8 => -1e6..1e6, 1 => Just(f64::NAN)], 30..60),
        from in 1_usize..29,
        window in prop_oneof![Just(None), (1_i64..40).prop_map(Some)],
    ) {
        let rows = closes.len();
        let keys: Vec<usize> = (0..rows).map(|row| row * row % 3).collect();
        let entity = |closes: &[f64]| {
            let times = (0..rows as i64).collect();
            let other: Vec<f64> = closes.iter().map(|it| it * it).collect();
            let columns = vec![numbers("close", closes), numbers("other", &other)];
            Entity::new("market", times, keys.clone(), columns).unwrap()
        };
        let mut altered = closes.clone();
        altered[from..].iter_mut().for_each(|it| *it = 3.0 - *it);
        let cutoffs: Vec<(usize, i64)> = (0..from as i64).flat_map(|at| [(0, at), (1, at), (2, at)]).collect();
        let plan = SynthesisPlan { depth: 3, window, ..SynthesisPlan::default() };
        let (before, after) = (made(entity(&closes), &cutoffs, plan), made(entity(&altered), &cutoffs, plan));
        for (before, after) in before.iter().zip(&after) {
            let bits = |it: &Synthesised| it.values.iter().map(|it| it.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(before), bits(after), "{}", &before.name);
            prop_assert!(before.values.iter().all(|it| it.is_finite() || it.is_nan()));
        }
    }
}
