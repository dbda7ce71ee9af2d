//! Ratios against empyrical and quantstats, block lengths against arch, on 5,000 hourly closes.
#![allow(clippy::unwrap_used, reason = "tests only")]

mod golden;

use scalp_quant::bootstrap::{Plan, RatioBootstrap, optimal_block_length};
use scalp_quant::performance as of;
use scalp_quant::rng::Key;
use scalp_quant::tails;

/// Day and simple return of each hour.
fn hours() -> Vec<(String, f64)> {
    let text = golden::text("input/eurusd_1h.csv");
    let bars: Vec<(String, f64)> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0][..10].to_owned(), cells[4].parse().unwrap())
        })
        .collect();
    bars.windows(2).map(|w| (w[1].0.clone(), w[1].1 / w[0].1 - 1.0)).collect()
}

fn returns() -> Vec<f64> {
    hours().into_iter().map(|h| h.1).collect()
}

#[test]
fn ratios_agree_with_the_references() {
    let returns = returns();
    let golden = golden::json("risk/eurusd_close_as_hourly.json");
    let want = |name: &str| golden["series"][name].as_f64().unwrap_or_else(|| panic!("no {name}"));
    let (year, n) = (want("ann"), returns.len() as f64);
    let fall = tails::drawdowns_of_returns(&returns).unwrap();
    // Quantstats sums the hours of each day first.
    let mut days: Vec<(String, f64)> = vec![];
    for (day, r) in hours() {
        match days.last_mut() {
            Some(last) if last.0 == day => last.1 += r,
            _ => days.push((day, r)),
        }
    }
    let days: Vec<f64> = days.into_iter().map(|d| d.1).collect();
    let mut worst = 0.0_f64;
    for (name, got) in [
        ("n", returns.len() as f64),
        ("annual_return", of::annual_return(&returns, year).unwrap()),
        ("annual_vol", of::volatility(&returns, year).unwrap()),
        ("sharpe", of::sharpe(&returns, year).unwrap()),
        ("sr_per_period_ddof1", of::sharpe(&returns, 1.0).unwrap()),
        ("sortino", of::sortino(&returns, year).unwrap()),
        ("downside_risk", of::downside_deviation(&returns, year).unwrap()),
        ("calmar", of::calmar(&returns, year).unwrap()),
        ("omega_0", of::omega(&returns, 0.0).unwrap()),
        ("qs_profit_factor", of::profit_factor(&returns).unwrap()),
        ("max_drawdown", -fall.max),
        ("mdd_index", (fall.max_at - 1) as f64),
        ("avg_drawdown_all_bars", -fall.average),
        ("longest_drawdown_bars", fall.longest as f64),
        // Quantstats divides by one less than the number of steps.
        ("qs_ulcer_index", fall.ulcer * (n / (n - 1.0)).sqrt()),
        ("stability_r2", of::stability(&returns).unwrap()),
        ("tail_ratio", of::tail_ratio(&returns).unwrap()),
        ("qs_win_rate", of::win_rate(&returns).unwrap()),
        ("qs_payoff", of::payoff(&returns).unwrap()),
        ("qs_kelly", of::kelly(&returns).unwrap()),
        ("qs_cpc", of::cpc_index(&returns).unwrap()),
        ("qs_gain_to_pain", of::gain_to_pain(&days).unwrap()),
    ] {
        let off = (got - want(name)).abs() / want(name).abs();
        println!("{name}: got {got}, off by {off:.2e}");
        assert!(off < 1e-9, "{name}");
        worst = worst.max(off);
    }
    println!("worst relative deviation {worst:.2e}");
}

#[test]
fn block_lengths_agree_with_arch() {
    let returns = returns();
    let squares: Vec<f64> = returns.iter().map(|r| r * r).collect();
    let sizes: Vec<f64> = returns[..250].iter().map(|r| r.abs()).collect();
    // arch 8.0.0, arch.bootstrap.optimal_block_length.
    for (name, values, stationary, circular) in [
        ("returns", &returns[..], 1.4599622207656988, 1.671239547700287),
        ("squares", &squares[..], 2.50298670588378, 2.865204531146811),
        ("200 returns", &returns[..200], 1.4946635833749913, 1.710962691715152),
        ("250 sizes", &sizes[..], 2.301562223345314, 2.634631057186094),
    ] {
        let got = optimal_block_length(values).unwrap();
        println!("{name}: {got:?}, want {stationary} and {circular}");
        assert!((got.stationary / stationary - 1.0).abs() < 1e-9);
        assert!((got.circular / circular - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_bootstrap_of_real_returns_straddles_what_happened() {
    let returns = returns();
    let plan = Plan::new(6240.0, Key::named(1, "real"));
    let report = RatioBootstrap::new(&returns, plan).unwrap().run(500).unwrap();
    let sharpe = report.sharpe.unwrap();
    assert!(sharpe.p5 < 2.35 && 2.35 < sharpe.p95);
    let total = of::total_return(&returns).unwrap();
    let spread = report.total_return.unwrap();
    assert!(spread.p5 < total && total < spread.p95);
    assert!(report.probability_of_profit.value > 0.9);
}
