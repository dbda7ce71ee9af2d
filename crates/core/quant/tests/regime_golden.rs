//! Hidden Markov models against hmmlearn 0.3.3, and regimes that are known because they were made.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by panic and need not be the same on every machine"
)]

mod known;

use known::{Deviation, log_returns, number, numbers, read, sp500};
use scalp_quant::Error;
use scalp_quant::regime::bayesian::{Bayesian, Prior};
use scalp_quant::regime::hmm::{Hmm, Search};
use scalp_quant::regime::{Emission, Family};
use scalp_quant::rng::Key;

fn last2000() -> Vec<f64> {
    let returns: Vec<f64> = log_returns(&sp500()).iter().map(|r| 100.0 * r).collect();
    returns[returns.len() - 2000..].to_vec()
}

#[test]
fn two_states_agree_with_hmmlearn() {
    let want = read("stats/hmm_sp500_2state.json");
    let x = last2000();
    let init = &want["init"];
    let emissions = numbers(&init["means"])
        .into_iter()
        .zip(numbers(&init["var"]))
        .map(|(mean, variance)| Emission::Gaussian { mean, variance })
        .collect();
    let start = Hmm::sticky(number(&init["stay"]), emissions).unwrap();
    let (mut at_start, mut likelihood, mut parameters) =
        (Deviation::default(), Deviation::default(), Deviation::default());
    at_start.relative(start.log_likelihood(&x).unwrap(), number(&want["loglik_at_init"]));
    at_start.at_most("HMM log-likelihood at the start", 1e-9);
    let fit = start.fit_from(&x).unwrap();
    println!("{} steps to {}, hmmlearn {}", fit.iterations, fit.log_likelihood, want["loglik_fit"]);
    assert!(fit.log_likelihood >= number(&want["loglik_fit"]) - 1e-9);
    likelihood.absolute(fit.log_likelihood, number(&want["loglik_fit"]));
    likelihood.at_most("HMM log-likelihood after the fit", 1e-3);
    for (i, emission) in fit.model.emissions().iter().enumerate() {
        let Emission::Gaussian { mean, variance } = *emission else { panic!("Gaussian stays Gaussian") };
        parameters.relative(mean, number(&want["means"][i]));
        parameters.relative(variance, number(&want["vars"][i]));
        for (got, want) in fit.model.transition()[i].iter().zip(numbers(&want["trans"][i])) {
            parameters.relative(*got, want);
        }
    }
    parameters.at_most("HMM parameters", 1e-3);
    let path = fit.model.viterbi(&x).unwrap();
    let ones = path.iter().filter(|s| **s == 1).count() as f64;
    let counts = numbers(&want["viterbi_counts"]);
    println!("Viterbi: {ones} in state 1, hmmlearn {}", counts[1]);
    assert!((ones - counts[1]).abs() <= 0.005 * 2000.0);
    let last = numbers(&want["viterbi_last50"]);
    let equal = path[1950..].iter().zip(&last).filter(|(a, b)| (**a as f64 - **b).abs() < 0.5).count();
    assert_eq!(equal, 50);
}

#[test]
fn the_filter_knows_what_the_forward_pass_knows() {
    let x = last2000();
    let search = Search { family: Family::Gaussian, states: 2, starts: 3, seed: 5 };
    let fit = Hmm::fit(&x, search).unwrap();
    assert_eq!(fit, Hmm::fit(&x, search).unwrap());
    let mut filter = fit.model.filter();
    for v in &x {
        let sum: f64 = filter.push(*v).unwrap().iter().sum();
        assert!((sum - 1.0).abs() < 1e-12);
    }
    assert!((filter.log_likelihood() - fit.log_likelihood).abs() < 1e-8);
    // At the last bar there is no future, so that smoothing adds nothing.
    let smooth = fit.model.smooth(&x).unwrap();
    for (a, b) in filter.probabilities().iter().zip(&smooth[1999]) {
        assert!((a - b).abs() < 1e-10);
    }
    // Far ahead only the chances of the chain are left.
    let far = filter.forecast(2000);
    let t = fit.model.transition();
    assert!((far[0] - t[1][0] / (t[0][1] + t[1][0])).abs() < 1e-9);
    assert!(matches!(filter.push(f64::NAN), Err(Error::NotFinite { .. })));
    // An absurd value is far from all states, and still has a most probable one.
    let after = filter.push(1e6).unwrap();
    assert!(after.iter().all(|p| p.is_finite()));
}

#[test]
fn a_path_that_was_made_is_found_again() {
    let mut stream = Key::named(21, "regimes").stream(0);
    let (mut state, mut path, mut x) = (0usize, Vec::new(), Vec::new());
    let half = scalp_quant::rng::Gamma::new(2.0).unwrap();
    for _ in 0..4000 {
        if stream.uniform() < 0.01 {
            state = 1 - state;
        }
        path.push(state);
        // Student's t with 4 degrees of freedom, scales 1 and 4.
        x.push(if state == 0 { 0.1 } else { -0.2 } + [1.0, 4.0][state] * stream.student_t(&half));
    }
    for family in [Family::StudentT, Family::Gaussian] {
        let fit = Hmm::fit(&x, Search { family, states: 2, starts: 4, seed: 1 }).unwrap();
        let found = fit.model.viterbi(&x).unwrap();
        let share = found.iter().zip(&path).filter(|(a, b)| a == b).count() as f64 / 4000.0;
        println!("{family:?}: {share:.4} of the path, {:?}, BIC {:.1}", fit.model.emissions(), fit.bic(4000));
        if family == Family::StudentT {
            assert!(share > 0.95, "{share}");
            for (e, scale) in fit.model.emissions().iter().zip([1.0, 4.0]) {
                let Emission::StudentT { scale: got, df, .. } = *e else { panic!("Student stays Student") };
                assert!((got / scale - 1.0).abs() < 0.15 && (2.8..6.5).contains(&df), "{e:?}");
            }
        }
    }
}

#[test]
fn smoothing_and_viterbi_agree_with_all_paths_counted() {
    let model = Hmm::new(
        vec![0.6, 0.3, 0.1],
        vec![vec![0.7, 0.2, 0.1], vec![0.0, 0.5, 0.5], vec![0.3, 0.3, 0.4]],
        vec![
            Emission::Gaussian { mean: 0.0, variance: 1.0 },
            Emission::Gaussian { mean: 1.0, variance: 0.5 },
            Emission::StudentT { location: -1.0, scale: 2.0, df: 3.0 },
        ],
    )
    .unwrap();
    let x = [0.3, -1.2, 2.0, 0.9, -3.0, 0.1];
    let (mut total, mut best, mut shares) = (0.0, (0.0, Vec::new()), vec![[0.0; 3]; 6]);
    for code in 0..729usize {
        let path: Vec<usize> = (0..6).map(|t| code / 3usize.pow(t) % 3).collect();
        let mut p = model.start()[path[0]];
        for t in 0..6 {
            p *= model.emissions()[path[t]].log_density(x[t]).exp();
            if t > 0 {
                p *= model.transition()[path[t - 1]][path[t]];
            }
        }
        total += p;
        for t in 0..6 {
            shares[t][path[t]] += p;
        }
        if p > best.0 {
            best = (p, path);
        }
    }
    assert!((model.log_likelihood(&x).unwrap() - total.ln()).abs() < 1e-12);
    assert_eq!(model.viterbi(&x).unwrap(), best.1);
    for (got, want) in model.smooth(&x).unwrap().iter().zip(&shares) {
        for (got, want) in got.iter().zip(want) {
            assert!((got - want / total).abs() < 1e-12);
        }
    }
}

/// Log marginal likelihood of a stretch under the normal-inverse-gamma prior, in closed form (Murphy 2007).
fn marginal(x: &[f64], prior: Prior) -> f64 {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let ss: f64 = x.iter().map(|v| (v - mean) * (v - mean)).sum();
    let (k, kn) = (prior.mean_weight, prior.mean_weight + n);
    let (a, an) = (prior.shape, prior.shape + n / 2.0);
    let bn = prior.scale + 0.5 * ss + 0.5 * k * n * (mean - prior.mean) * (mean - prior.mean) / kn;
    libm::lgamma(an) - libm::lgamma(a) + a * prior.scale.ln() - an * bn.ln() + 0.5 * (k / kn).ln()
        - 0.5 * n * (2.0 * core::f64::consts::PI).ln()
}

#[test]
fn online_changepoints_agree_with_all_divisions_counted() {
    let prior = Prior { mean: 0.2, mean_weight: 0.7, shape: 1.3, scale: 0.9 };
    let x = [0.3, -0.2, 0.5, 4.0, 4.4, 3.9, 4.1, -1.0, -1.3];
    let mut detector = Bayesian::new(prior, 5.0, 100).unwrap();
    x.iter().for_each(|v| detector.push(*v).unwrap());
    let n = x.len();
    let (mut total, mut runs) = (0.0, vec![0.0; n + 1]);
    for cuts in 0..1usize << (n - 1) {
        let mut p = 1.0;
        let mut start = 0;
        for t in 1..=n {
            let cut = t < n && cuts >> (t - 1) & 1 == 1;
            if cut || t == n {
                p *= marginal(&x[start..t], prior).exp();
            }
            if t < n {
                p *= if cut { 0.2 } else { 0.8 };
            }
            if cut {
                start = t;
            }
        }
        total += p;
        runs[n - start] += p;
    }
    assert!((detector.log_likelihood() - f64::ln(total)).abs() < 1e-11);
    for (r, p) in detector.run_lengths().iter().enumerate().skip(1) {
        // One more chance of a change stands after the last value.
        assert!((p - 0.8 * runs[r] / total).abs() < 1e-12, "{r}: {p} {}", runs[r] / total);
    }
    assert_eq!(detector.likeliest_run(), 2);
    assert!(detector.changed_within(3) > 0.5);
}

#[test]
fn a_change_is_dated_and_a_bounded_memory_stays_sane() {
    let prior = Prior { mean: 0.0, mean_weight: 0.1, shape: 2.0, scale: 1.0 };
    let mut stream = Key::named(2, "changes").stream(0);
    let mut short = Bayesian::new(prior, 250.0, 50).unwrap();
    let mut long = Bayesian::new(prior, 250.0, 5000).unwrap();
    for i in 0..1000 {
        let x = if i < 700 { 0.0 } else { 3.0 } + stream.normal();
        short.push(x).unwrap();
        long.push(x).unwrap();
        for d in [&short, &long] {
            let sum: f64 = d.run_lengths().iter().sum();
            assert!((sum - 1.0).abs() < 1e-9 && d.run_lengths().iter().all(|p| p.is_finite()));
        }
        if i == 705 {
            assert!(short.changed_within(8) > 0.9 && long.changed_within(8) > 0.9);
        }
        if i == 690 {
            assert!(short.changed_within(20) < 0.2 && long.changed_within(20) < 0.2);
        }
    }
    assert!(long.likeliest_run().abs_diff(300) <= 3, "{}", long.likeliest_run());
    assert_eq!(short.likeliest_run(), 50);
    assert!(long.push(f64::INFINITY).is_err());
}

#[test]
fn models_that_cannot_be_are_refused() {
    let law = Emission::Gaussian { mean: 0.0, variance: 1.0 };
    assert!(Hmm::new(vec![0.5, 0.4], vec![vec![0.5, 0.5]; 2], vec![law; 2]).is_err());
    assert!(
        Hmm::new(vec![1.0], vec![vec![1.0]], vec![Emission::Gaussian { mean: 0.0, variance: 0.0 }]).is_err()
    );
    assert!(Hmm::new(vec![], vec![], vec![]).is_err());
    let search = Search { family: Family::Gaussian, states: 2, starts: 2, seed: 0 };
    assert!(matches!(Hmm::fit(&[1.0; 100], search), Err(Error::Constant { .. })));
    assert!(matches!(Hmm::fit(&[1.0, 2.0], search), Err(Error::TooShort { .. })));
    assert!(Hmm::fit(&last2000(), Search { states: 33, ..search }).is_err());
}
