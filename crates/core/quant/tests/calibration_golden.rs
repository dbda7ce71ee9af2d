//! Calibration against scikit-learn 1.9.1, and the laws of its scores.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by panic and need not be the same on every machine"
)]

mod known;

use known::{Deviation, number, numbers, read};
use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::calibration::{
    Beta, Isotonic, Platt, auc, brier, brier_parts, brier_skill, expected_calibration_error, log_loss,
    reliability_curve,
};

fn sample() -> (serde_json::Value, Vec<f64>, Vec<bool>) {
    let want = read("ml/isotonic_brier.json");
    let p = numbers(&want["p"]);
    let y = numbers(&want["y"]).into_iter().map(|y| y > 0.5).collect();
    (want, p, y)
}

#[test]
fn isotonic_and_scores_agree_with_scikit_learn() {
    let (want, p, y) = sample();
    let map = Isotonic::fit_outcomes(&p, &y).unwrap();
    let mut worst = Deviation::default();
    let (x, heights) = map.corners();
    let corners = numbers(&want["X_thresholds"]);
    assert_eq!(x.len(), corners.len());
    for (got, want) in x.iter().chain(heights).zip(corners.into_iter().chain(numbers(&want["y_thresholds"])))
    {
        worst.absolute(*got, want);
    }
    for (query, want) in numbers(&want["query"]).into_iter().zip(numbers(&want["predict"])) {
        worst.absolute(map.predict(query).unwrap(), want);
    }
    worst.absolute(brier(&p, &y).unwrap(), number(&want["brier_raw"]));
    let fitted: Vec<f64> = p.iter().map(|p| map.predict(*p).unwrap()).collect();
    worst.absolute(brier(&fitted, &y).unwrap(), number(&want["brier_isotonic_insample"]));
    // The reference keeps probabilities a millionth away from 0 and 1; one of these is 1.
    let kept: Vec<f64> = p.iter().map(|p| p.clamp(1e-6, 1.0 - 1e-6)).collect();
    worst.absolute(log_loss(&kept, &y).unwrap(), number(&want["logloss_raw"]));
    worst.absolute(auc(&p, &y).unwrap(), number(&want["auc"]));
    let curve = reliability_curve(&p, &y, 10).unwrap();
    let w = &want["calib_curve_uniform10"];
    assert_eq!(curve.len(), numbers(&w["frac_pos"]).len());
    for (i, bin) in curve.iter().enumerate() {
        worst.absolute(bin.observed, number(&w["frac_pos"][i]));
        worst.absolute(bin.mean, number(&w["mean_pred"][i]));
    }
    worst.absolute(expected_calibration_error(&p, &y, 10).unwrap(), number(&want["ece10_right_closed"]));
    worst.at_most("isotonic, Brier, log loss, AUC, reliability curve", 1e-12);
}

#[test]
fn platt_and_beta_agree_with_an_optimiser() {
    let want: serde_json::Value = serde_json::from_str(include_str!("reference/calibration.json")).unwrap();
    let (_, p, y) = sample();
    let mut worst = Deviation::default();
    let platt = Platt::fit(&p, &y).unwrap();
    worst.relative(platt.a, number(&want["platt"][0]));
    worst.relative(platt.b, number(&want["platt"][1]));
    let beta = Beta::fit(&p, &y).unwrap();
    for (got, want) in [beta.a, beta.b, beta.c].into_iter().zip(numbers(&want["beta"])) {
        worst.relative(got, want);
    }
    // Reversed, the unbounded fit falls; bounded it must not.
    let reversed: Vec<f64> = p.iter().map(|p| 1.0 - p).collect();
    let beta = Beta::fit(&reversed, &y).unwrap();
    assert!(beta.a >= 0.0 && beta.b >= 0.0, "{beta:?}");
    worst.at_most("Platt and beta calibration", 1e-6);
}

#[test]
fn a_separated_sample_has_a_platt_map_and_no_beta_map() {
    let p = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9];
    let y = [false, false, false, true, true, true];
    let platt = Platt::fit(&p, &y).unwrap();
    assert!(platt.predict(0.1) > 0.0 && platt.predict(0.1) < 0.3 && platt.predict(0.9) > 0.7);
    assert!(matches!(Beta::fit(&p, &y), Err(Error::NotConverged { .. })), "{:?}", Beta::fit(&p, &y));
}

#[test]
fn bad_probabilities_are_refused_by_name() {
    assert!(matches!(brier(&[0.5, 1.5], &[true, false]), Err(Error::OutOfRange { index: 1, .. })));
    assert!(matches!(brier(&[0.5, f64::NAN], &[true, false]), Err(Error::NotFinite { index: 1, .. })));
    assert!(matches!(brier(&[0.5], &[true, false]), Err(Error::Lengths { .. })));
    assert!(matches!(brier(&[], &[]), Err(Error::TooShort { .. })));
    assert!(matches!(auc(&[0.5, 0.6], &[true, true]), Err(Error::Constant { .. })));
    assert!(matches!(brier_skill(&[0.5, 0.6], &[true, true]), Err(Error::Constant { .. })));
    for (p, outcome, expected) in
        [(1.0, false, "below 1, as it did not happen"), (0.0, true, "above 0, as it happened")]
    {
        let said = log_loss(&[0.5, p], &[true, outcome]).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
    assert!(matches!(Platt::fit(&[0.5, 0.5], &[true, false]), Err(Error::Constant { .. })));
    assert!(matches!(Isotonic::fit(&[], &[]), Err(Error::TooShort { .. })));
}

proptest! {
    #[test]
    fn the_parts_of_the_brier_score_add_up(cases in prop::collection::vec((0.0f64..=1.0, any::<bool>()), 1..200), bins in 1usize..20) {
        let (p, y): (Vec<f64>, Vec<bool>) = cases.into_iter().unzip();
        let parts = brier_parts(&p, &y, bins).unwrap();
        let sum = parts.reliability - parts.resolution + parts.uncertainty + parts.within;
        prop_assert!((sum - brier(&p, &y).unwrap()).abs() < 1e-12);
        prop_assert!(parts.reliability >= 0.0 && parts.resolution >= 0.0);
    }
}
