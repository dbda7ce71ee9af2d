//! The minimisers and root finders on functions whose answers are known.

use proptest::prelude::*;
use scalp_quant::Error;
use scalp_quant::optimise::{
    Bounds, Stop, bfgs, bracket, gradient_by_differences, lbfgs, lbfgs_in_box, minimum, nelder_mead, root,
};

fn rosenbrock(x: &[f64], g: &mut [f64]) -> f64 {
    g.fill(0.0);
    let mut sum = 0.0;
    for i in 0..x.len() - 1 {
        let (a, b) = (x[i + 1] - x[i] * x[i], 1.0 - x[i]);
        sum += 100.0 * a * a + b * b;
        g[i] += -400.0 * x[i] * a - 2.0 * b;
        g[i + 1] += 200.0 * a;
    }
    sum
}

/// Powell's singular function: the Hessian at the minimum 0 has rank two.
fn powell(x: &[f64], g: &mut [f64]) -> f64 {
    let (a, b, c, d) = (x[0] + 10.0 * x[1], x[2] - x[3], x[1] - 2.0 * x[2], x[0] - x[3]);
    g[0] = 2.0 * a + 40.0 * d * d * d;
    g[1] = 20.0 * a + 4.0 * c * c * c;
    g[2] = 10.0 * b - 8.0 * c * c * c;
    g[3] = -10.0 * b - 40.0 * d * d * d;
    a * a + 5.0 * b * b + c * c * c * c + 10.0 * d * d * d * d
}

fn beale(x: &[f64], g: &mut [f64]) -> f64 {
    let (a, b) = (x[0], x[1]);
    let r = [1.5 - a + a * b, 2.25 - a + a * b * b, 2.625 - a + a * b * b * b];
    g[0] = 2.0 * (r[0] * (b - 1.0) + r[1] * (b * b - 1.0) + r[2] * (b * b * b - 1.0));
    g[1] = 2.0 * a * (r[0] + 2.0 * r[1] * b + 3.0 * r[2] * b * b);
    r.iter().map(|r| r * r).sum()
}

#[test]
fn bfgs_finds_the_minimum_of_rosenbrock() {
    for n in [2, 5, 20] {
        let mut start = vec![-1.2; n];
        start[n - 1] = 1.0;
        let found = bfgs(rosenbrock, &start, &Stop::new("rosenbrock")).unwrap();
        println!(
            "bfgs n {n}: {} steps, {} evaluations, gradient {:.1e}",
            found.iterations, found.evaluations, found.gradient_norm
        );
        // From this start the twenty-dimensional function may lead to its other minimum near (-1, 1, ...).
        assert!(found.gradient_norm < 1e-7);
        if n == 2 {
            assert!(found.x.iter().all(|v| (v - 1.0).abs() < 1e-7), "{:?}", found.x);
        }
    }
}

#[test]
fn lbfgs_finds_the_minimum_of_a_long_rosenbrock() {
    let stop = Stop { iterations_max: 2_000, ..Stop::new("rosenbrock") };
    let found = lbfgs(rosenbrock, &vec![0.0; 200], &stop).unwrap();
    println!("lbfgs n 200: {} steps, {} evaluations", found.iterations, found.evaluations);
    assert!(found.x.iter().all(|v| (v - 1.0).abs() < 1e-6));
}

#[test]
fn gradient_methods_end_at_a_singular_minimum() {
    let start = [3.0, -1.0, 0.0, 1.0];
    for found in [bfgs(powell, &start, &Stop::new("powell")), lbfgs(powell, &start, &Stop::new("powell"))] {
        let found = found.unwrap();
        assert!(found.value < 1e-10, "{}", found.value);
        assert!(found.x.iter().all(|v| v.abs() < 1e-2));
    }
}

#[test]
fn bfgs_finds_the_minimum_of_beale() {
    let found = bfgs(beale, &[1.0, 0.6], &Stop::new("beale")).unwrap();
    assert!((found.x[0] - 3.0).abs() < 1e-6, "{:?}", found.x);
    assert!((found.x[1] - 0.5).abs() < 1e-6);
}

#[test]
fn nelder_mead_finds_known_minima() {
    let stop = Stop { tolerance: 1e-12, iterations_max: 5_000, ..Stop::new("simplex") };
    let plain = |x: &[f64]| rosenbrock(x, &mut vec![0.0; x.len()]);
    let found = nelder_mead(plain, &[-1.2, 1.0], &[0.5, 0.5], &stop).unwrap();
    println!("nelder-mead: {} steps, gradient {:.1e}", found.iterations, found.gradient_norm);
    assert!(found.x.iter().all(|v| (v - 1.0).abs() < 1e-5), "{:?}", found.x);
    let plain = |x: &[f64]| powell(x, &mut [0.0; 4]);
    let found = nelder_mead(plain, &[3.0, -1.0, 0.0, 1.0], &[0.5; 4], &stop).unwrap();
    assert!(found.value < 1e-8);
    // A kink, where a gradient is of no use.
    let kink = |x: &[f64]| (x[0] - 2.0).abs() + 3.0 * (x[1] + 1.0).abs();
    let found = nelder_mead(kink, &[0.0, 0.0], &[1.0, 1.0], &stop).unwrap();
    assert!((found.x[0] - 2.0).abs() < 1e-6 && (found.x[1] + 1.0).abs() < 1e-6);
}

#[test]
fn a_search_that_finds_no_minimum_says_so() {
    let falling = |x: &[f64], g: &mut [f64]| {
        g[0] = -1.0;
        -x[0]
    };
    assert!(matches!(bfgs(falling, &[0.0], &Stop::new("a slope")), Err(Error::NotConverged { .. })));
    assert!(matches!(lbfgs(falling, &[0.0], &Stop::new("a slope")), Err(Error::NotConverged { .. })));
    let few = Stop { iterations_max: 3, ..Stop::new("rosenbrock") };
    assert!(matches!(
        bfgs(rosenbrock, &[-1.2, 1.0], &few),
        Err(Error::NotConverged { what: "rosenbrock", iterations: 3, .. })
    ));
    let wrong_gradient = |x: &[f64], g: &mut [f64]| {
        g[0] = -2.0 * x[0];
        x[0] * x[0]
    };
    assert!(matches!(bfgs(wrong_gradient, &[1.0], &Stop::new("lie")), Err(Error::NotConverged { .. })));
    assert!(matches!(
        nelder_mead(|x| -x[0], &[0.0], &[1.0], &Stop::new("slope")),
        Err(Error::NotConverged { .. })
    ));
    assert!(matches!(bracket("slope", |x| -x, 0.0, 1.0), Err(Error::NotConverged { .. })));
    assert!(matches!(root("square", |x| x * x + 1.0, -1.0, 1.0, 0.0), Err(Error::NotConverged { .. })));
}

#[test]
fn a_start_that_is_not_a_number_is_refused() {
    assert!(matches!(
        bfgs(rosenbrock, &[0.0, f64::NAN], &Stop::new("x")),
        Err(Error::NotFinite { index: 1, .. })
    ));
    assert!(matches!(bfgs(|_, _| f64::NAN, &[0.0], &Stop::new("x")), Err(Error::NotConverged { .. })));
    assert!(matches!(lbfgs(rosenbrock, &[], &Stop::new("x")), Err(Error::TooShort { .. })));
    assert!(matches!(nelder_mead(|_| 0.0, &[0.0], &[], &Stop::new("x")), Err(Error::Lengths { .. })));
    assert!(matches!(nelder_mead(|_| 0.0, &[0.0], &[0.0], &Stop::new("x")), Err(Error::OutOfRange { .. })));
}

#[test]
fn a_domain_with_an_edge_is_respected() {
    // ln x is not defined below zero; the first step of steepest descent would go there.
    let f = |x: &[f64], g: &mut [f64]| {
        g[0] = 1.0 - 1e-3 / x[0];
        x[0] - 1e-3 * libm::log(x[0])
    };
    let found = bfgs(f, &[1.0], &Stop::new("edge")).unwrap();
    assert!((found.x[0] - 1e-3).abs() < 1e-8, "{:?}", found.x);
}

#[test]
fn a_gradient_that_is_no_number_is_stayed_away_from() {
    // The first step goes too far; the second, to about 0.48, lowers the value and lands where there is no gradient.
    let hollow = |x: &[f64], g: &mut [f64]| {
        let off = x[0] - 0.3;
        g[0] = if (0.45..0.5).contains(&x[0]) { f64::NAN } else { 4.0 * off * off * off / 0.108 };
        off * off * off * off / 0.108
    };
    let found = bfgs(hollow, &[0.0], &Stop::new("quartic with a gap")).unwrap();
    assert!((found.x[0] - 0.3).abs() < 1e-2, "{found:?}");
}

#[test]
fn one_variable_is_searched_to_the_precision_asked() {
    let f = |x: f64| (x - 2.0) * (x - 2.0) * (x * x + 1.0) + libm::cos(x);
    let held = bracket("quartic", f, 10.0, 9.0).unwrap();
    assert!(held.left < held.middle && held.middle < held.right);
    let found = minimum("quartic", f, held, 1e-9).unwrap();
    let slope = 2.0 * (found.x - 2.0) * (found.x * found.x + 1.0)
        + 2.0 * found.x * (found.x - 2.0) * (found.x - 2.0)
        - libm::sin(found.x);
    assert!(slope.abs() < 1e-6, "{slope} at {}", found.x);
    // Kepler's equation.
    let found = root("kepler", |e| e - 0.9 * libm::sin(e) - 1.0, 0.0, 3.0, 0.0).unwrap();
    assert!(found.residual.abs() < 4e-16, "{found:?}");
    assert!(found.iterations < 15);
}

#[test]
fn a_box_holds_the_search() {
    let free = Bounds { lower: &[f64::NEG_INFINITY; 2], upper: &[f64::INFINITY; 2] };
    let found = lbfgs_in_box(rosenbrock, &[-1.2, 1.0], free, &Stop::new("box")).unwrap();
    assert!(found.x.iter().all(|v| (v - 1.0).abs() < 1e-6), "{:?}", found.x);
    println!("box, free: {} steps, {} evaluations", found.iterations, found.evaluations);
    // With x at most 0.5 the minimum lies on the edge, at y = x^2.
    let edge = Bounds { lower: &[-2.0, -2.0], upper: &[0.5, 2.0] };
    let found = lbfgs_in_box(rosenbrock, &[-1.2, 1.0], edge, &Stop::new("box")).unwrap();
    assert!((found.x[0] - 0.5).abs() < 1e-15);
    assert!((found.x[1] - 0.25).abs() < 1e-8, "{:?}", found.x);
    let crossed = Bounds { lower: &[1.0, 0.0], upper: &[0.0, 1.0] };
    assert!(matches!(
        lbfgs_in_box(rosenbrock, &[0.0, 0.0], crossed, &Stop::new("box")),
        Err(Error::OutOfRange { index: 0, .. })
    ));
    let falling = |x: &[f64], g: &mut [f64]| {
        g[0] = -1.0;
        -x[0]
    };
    let open = Bounds { lower: &[0.0], upper: &[f64::INFINITY] };
    assert!(matches!(
        lbfgs_in_box(falling, &[1.0], open, &Stop::new("box")),
        Err(Error::NotConverged { .. })
    ));
    let closed = Bounds { lower: &[0.0], upper: &[7.0] };
    let found = lbfgs_in_box(falling, &[1.0], closed, &Stop::new("box")).unwrap();
    assert!((found.x[0] - 7.0).abs() < 1e-15);
}

proptest! {
    /// A convex quadratic with coupled variables: at the answer no variable wants to move within its bounds.
    #[test]
    fn the_minimum_in_a_box_satisfies_its_conditions(
        pull in prop::collection::vec(-5.0..5.0_f64, 4),
        rows in prop::collection::vec(prop::collection::vec(-1.0..1.0_f64, 4), 4),
        width in prop::collection::vec(0.1..3.0_f64, 4),
        start in prop::collection::vec(-3.0..3.0_f64, 4),
    ) {
        // |A x - pull|^2 + |x|^2 / 2
        let f = |x: &[f64], g: &mut [f64]| {
            let r: Vec<f64> = rows.iter().zip(&pull).map(|(row, p)| row.iter().zip(x).map(|(a, v)| a * v).sum::<f64>() - p).collect();
            for j in 0..4 {
                g[j] = x[j] + 2.0 * (0..4).map(|i| rows[i][j] * r[i]).sum::<f64>();
            }
            r.iter().map(|r| r * r).sum::<f64>() + 0.5 * x.iter().map(|v| v * v).sum::<f64>()
        };
        let lower: Vec<f64> = width.iter().map(|w| -w).collect();
        let found = lbfgs_in_box(f, &start, Bounds { lower: &lower, upper: &width }, &Stop::new("box")).unwrap();
        let mut g = [0.0; 4];
        f(&found.x, &mut g);
        for i in 0..4 {
            let (low, high) = (found.x[i] <= lower[i], found.x[i] >= width[i]);
            prop_assert!(g[i].abs() < 1e-6 || (low && g[i] > 0.0) || (high && g[i] < 0.0), "{:?} {g:?}", found.x);
            prop_assert!(found.x[i] >= lower[i] && found.x[i] <= width[i]);
        }
    }

    #[test]
    fn a_quadratic_ends_at_its_centre(centre in prop::collection::vec(-50.0..50.0_f64, 3), a in 0.1..10.0_f64, b in 0.1..10.0_f64) {
        let weights = [a, b, 1.0];
        let f = |x: &[f64], g: &mut [f64]| {
            let mut sum = 0.0;
            for i in 0..3 {
                let d = x[i] - centre[i];
                g[i] = 2.0 * weights[i] * d;
                sum += weights[i] * d * d;
            }
            sum
        };
        for found in [bfgs(f, &[0.0; 3], &Stop::new("q")).unwrap(), lbfgs(f, &[0.0; 3], &Stop::new("q")).unwrap()] {
            for (x, c) in found.x.iter().zip(&centre) {
                prop_assert!((x - c).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_root_lies_where_the_sign_changes(shift in -0.99..0.99_f64) {
        let f = |x: f64| x * x * x + x - shift;
        let found = root("cubic", f, -1.0, 1.0, 0.0).unwrap();
        prop_assert!(f(found.x).abs() < 1e-15);
    }

    #[test]
    fn differences_agree_with_the_gradient(x in prop::collection::vec(-2.0..2.0_f64, 4)) {
        let mut exact = [0.0; 4];
        rosenbrock(&x, &mut exact);
        let numeric = gradient_by_differences(|x| rosenbrock(x, &mut [0.0; 4]), &x);
        for (e, n) in exact.iter().zip(&numeric) {
            prop_assert!((e - n).abs() <= 1e-6 * e.abs().max(1.0), "{e} {n}");
        }
    }
}
