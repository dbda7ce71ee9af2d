//! Made-up runs that look like real ones, for the example pages and the tests. Everything follows from the seed.

use scalp_report::candles::{CandlePage, Curve, Figure as Pattern, FigureLine, Form, Mark, Pane, Stroke};
use scalp_report::data::*;

const MINUTE: i64 = 60_000_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// 2024-02-05T00:00:00Z.
const START: i64 = 1_707_091_200_000_000_000;

/// A small random stream (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// What to make.
pub struct Shape {
    pub seed: u64,
    pub days: i64,
    /// Length of a bar, ns.
    pub bar: i64,
    /// Bars between two trades, about.
    pub pace: f64,
    /// Mean profit of a trade as a fraction of its notional.
    pub edge: f64,
}

/// Bars, trades, orders and fills of one made-up instrument.
struct Tape {
    bars: PriceBars,
    trades: Vec<TradeRow>,
    orders: Vec<OrderRow>,
    fills: Vec<FillRow>,
}

fn tape(shape: &Shape, dice: &mut Dice) -> Tape {
    let n = (shape.days * DAY / shape.bar).max(2);
    let mut bars = PriceBars { instrument: "BTCUSDT".into(), decimals: 1, ..Default::default() };
    let (mut price, mut volatility) = (43_000.0, 0.6 * (shape.bar as f64 / (365.0 * DAY as f64)).sqrt());
    let calm = volatility;
    for i in 0..n {
        volatility = (volatility * (0.1 * dice.normal()).exp()).clamp(calm * 0.4, calm * 4.0);
        volatility += (calm - volatility) * 0.02;
        let open = price;
        price *= 1.0 + volatility * dice.normal() + 0.25 * calm * calm;
        let (high, low) = (
            open.max(price) * (1.0 + 0.4 * volatility * dice.uniform()),
            open.min(price) * (1.0 - 0.4 * volatility * dice.uniform()),
        );
        bars.at_ns.push(START + i * shape.bar);
        for (column, value) in
            [(&mut bars.open, open), (&mut bars.high, high), (&mut bars.low, low), (&mut bars.close, price)]
        {
            column.push((value * 10.0).round() / 10.0);
        }
    }
    let (mut trades, mut orders, mut fills) = (vec![], vec![], vec![]);
    let mut at = 3;
    while at + 4 < n as usize {
        let hold = (1.0 - dice.uniform()).ln().abs() * shape.pace * 0.6 + 1.0;
        let out = (at + hold as usize).min(n as usize - 1);
        let long = dice.uniform() < 0.55;
        let qty = (0.002 + 0.04 * dice.uniform() * dice.uniform()) * 10_f64.powi(3) / 1e3;
        let qty = (qty * 1e3).round() / 1e3;
        let entry = bars.open[at];
        let exit =
            (bars.open[out] * (1.0 + shape.edge * if long { 1.0 } else { -1.0 }) * 10.0).round() / 10.0;
        let sign = if long { 1.0 } else { -1.0 };
        let fees = (entry + exit) * qty * 0.0004;
        let span = &bars.low[at..=out];
        let low = span.iter().copied().fold(f64::INFINITY, f64::min);
        let high = bars.high[at..=out].iter().copied().fold(0.0, f64::max);
        let (against, with) = if long { (low, high) } else { (high, low) };
        for (leg, (bar, buy, price)) in [(at, long, entry), (out, !long, exit)].into_iter().enumerate() {
            let when = START + bar as i64 * shape.bar + (dice.uniform() * shape.bar as f64 * 0.4) as i64;
            let rested = (dice.uniform() * 0.5 * shape.bar as f64) as i64;
            let maker = dice.uniform() < 0.7;
            orders.push(OrderRow {
                id: format!("{:06}", orders.len() + 1),
                instrument: "BTCUSDT".into(),
                buy,
                sent_ns: when,
                ended_ns: when + rested,
                kind: if maker { "limit, post only" } else { "market" }.into(),
                price: maker.then_some(price),
                qty,
                filled: qty,
                status: "filled".into(),
                reason: if leg == 0 { "fast above slow" } else { "fast below slow" }.into(),
            });
            fills.push(FillRow {
                instrument: "BTCUSDT".into(),
                buy,
                at_ns: when + rested,
                price,
                qty,
                fee: price * qty * if maker { 0.0002 } else { 0.0005 },
                maker,
            });
        }
        trades.push(TradeRow {
            instrument: "BTCUSDT".into(),
            long,
            opened_ns: fills[fills.len() - 2].at_ns,
            closed_ns: fills[fills.len() - 1].at_ns,
            qty,
            entry,
            exit,
            profit: sign * (exit - entry) * qty - fees,
            fees,
            mae: Some((sign * (entry - against) / entry).max(0.0)),
            mfe: Some((sign * (with - entry) / entry).max(0.0)),
            reason: ["signal", "stop", "take profit"][(dice.uniform() * 3.0) as usize].into(),
        });
        at = out + 1 + (dice.uniform() * shape.pace) as usize;
    }
    Tape { bars, trades, orders, fills }
}

/// Equity at every bar: realised profits plus the open one.
fn equity(tape: &Tape, start: f64) -> (Series, Usage) {
    let (mut series, mut usage) = (Series::default(), Usage::default());
    let (mut cash, mut next) = (start, 0);
    for (at, close) in tape.bars.at_ns.iter().zip(&tape.bars.close) {
        while next < tape.trades.len() && tape.trades[next].closed_ns <= *at {
            cash += tape.trades[next].profit;
            next += 1;
        }
        let open = tape.trades.get(next).filter(|t| t.opened_ns <= *at);
        let sign = open.map_or(0.0, |t| if t.long { 1.0 } else { -1.0 });
        let value = cash + open.map_or(0.0, |t| sign * (close - t.entry) * t.qty);
        let notional = open.map_or(0.0, |t| sign * close * t.qty);
        series.at_ns.push(*at);
        series.value.push(value);
        usage.at_ns.push(*at);
        usage.exposure.push(notional / value);
        usage.leverage.push((notional / value).abs());
        usage.margin.push((notional / value).abs() / 5.0);
    }
    (series, usage)
}

fn figure(
    name: &str,
    value: f64,
    unit: Unit,
    interval: Option<[f64; 2]>,
    better: Better,
    note: &str,
) -> Figure {
    Figure {
        name: name.into(),
        value: value.into(),
        unit,
        interval: interval.map(|[low, high]| Interval { low, high, level: 0.9 }),
        better,
        note: note.into(),
    }
}

/// A whole made-up run.
pub fn report(shape: &Shape) -> ReportData {
    let mut dice = Dice(shape.seed);
    let tape = tape(shape, &mut dice);
    let start = 10_000.0;
    let (equity, usage) = equity(&tape, start);
    let end_ns = tape.bars.at_ns[tape.bars.at_ns.len() - 1];
    let last = equity.value[equity.value.len() - 1];
    let first_price = tape.bars.close[0];
    let hold = Series {
        at_ns: tape.bars.at_ns.clone(),
        value: tape.bars.close.iter().map(|c| start * (1.0 + 0.4 * (c / first_price - 1.0))).collect(),
    };
    let grid = (tape.bars.at_ns.len() / 300).max(1);
    let times: Vec<i64> = tape.bars.at_ns.iter().copied().step_by(grid).chain([end_ns]).collect();
    let runs = (0..100)
        .map(|_| {
            let mut value = start;
            let per = (last - start).abs().max(300.0) / (times.len() as f64).sqrt();
            let mut run = vec![value];
            run.extend((1..times.len()).map(|_| {
                value += per * dice.normal() * 0.8 - per * 0.03;
                value
            }));
            run
        })
        .collect();
    let step =
        if shape.days > 60 { (DAY / shape.bar).max(1) as usize } else { (HOUR / shape.bar).max(1) as usize };
    let sampled: Vec<f64> = equity.value.iter().copied().step_by(step).collect();
    let returns: Vec<f64> = sampled.windows(2).map(|w| w[1] / w[0] - 1.0).collect();
    let mut sorted = returns.clone();
    sorted.sort_by(f64::total_cmp);
    let tail = |level: f64| {
        let k = ((1.0 - level) * sorted.len() as f64).ceil().max(1.0) as usize;
        let enough = sorted.len() as f64 >= 1.0 / (1.0 - level);
        let reason = || {
            Value::Missing(format!(
                "not enough data for value at risk: returns (needs {:.0}, got {})",
                1.0 / (1.0 - level),
                sorted.len()
            ))
        };
        Tail {
            level,
            value_at_risk: if enough { (-sorted[k - 1]).into() } else { reason() },
            expected_shortfall: if enough {
                (-sorted[..k].iter().sum::<f64>() / k as f64).into()
            } else {
                reason()
            },
        }
    };
    let fees: f64 = tape.trades.iter().map(|t| t.fees).sum();
    let net = last - start;
    let (spread, slippage, impact, funding) = (fees * 0.35, fees * 0.22, fees * 0.04, -fees * 0.08);
    let wins = tape.trades.iter().filter(|t| t.profit > 0.0).count() as f64;
    let count = tape.trades.len() as f64;
    let gain = last / start - 1.0;
    ReportData {
        run: Run {
            name: "Moving-average cross, BTCUSDT perpetual".into(),
            id: "2024-07-31T09-12-44-7f3a".into(),
            strategy: "ma_cross".into(),
            parameters: vec![Fact::new("fast", "10 bars"), Fact::new("slow", "30 bars"), Fact::new("bar", "1 hour"), Fact::new("size", "2 % of equity at risk")],
            data: vec![
                Fact::new("venue", "Binance USD-M futures"),
                Fact::new("instruments", "BTCUSDT"),
                Fact::new("events", "aggTrades 214,882,119; bookTicker 1,204,553,020"),
                Fact::new("gaps", "2 (longest 41 s), marked, not mended"),
            ],
            costs: vec![Fact::new("maker fee", "2 bp"), Fact::new("taker fee", "5 bp"), Fact::new("impact", "square root, Y = 0.7"), Fact::new("funding", "recorded rates, every 8 h")],
            latency: vec![Fact::new("feed", "log-normal, median 4 ms"), Fact::new("orders", "log-normal, median 9 ms, 99 % 41 ms"), Fact::new("queue", "power probability, n = 3")],
            start_ns: START,
            end_ns,
            seed: shape.seed,
            state_hash: "b41fd0c9a2e84f5bb7a7c9d2f6150e3c".into(),
            trials: 24,
            version: "scalp 0.1.0".into(),
            currency: "USDT".into(),
            decimals: 2,
            start_equity: start,
            synthetic: true,
            command: Some("scalp backtest config/ma_cross.toml --seed 7".into()),
            config: "[strategy]\nname = \"ma_cross\"\nfast = 10\nslow = 30\n\n[account]\nequity = \"10000 USDT\"\n".into(),
        },
        figures: vec![
            figure("Total return", gain, Unit::Percent, Some([gain - 0.11, gain + 0.12]), Better::Higher, "After all modelled costs"),
            figure("Sharpe ratio", gain * 4.0, Unit::Ratio, Some([gain * 4.0 - 1.9, gain * 4.0 + 1.7]), Better::Higher, "Daily returns, 365 days, zero rate"),
            figure("Maximum drawdown", 0.0841, Unit::Share, Some([0.052, 0.171]), Better::Lower, "From the highest equity so far"),
            figure("Profit factor", 1.0 + gain, Unit::Ratio, Some([0.93, 1.31]), Better::Higher, "Closed trades after costs"),
            figure("Closed trades", count, Unit::Count, None, Better::Neutral, ""),
            figure("Win rate", if count > 0.0 { wins / count } else { 0.0 }, Unit::Share, None, Better::Higher, ""),
            figure("Expectancy", if count > 0.0 { net / count } else { 0.0 }, Unit::Money, Some([-1.2, 2.9]), Better::Higher, "USDT for each closed trade"),
            figure("Deflated Sharpe ratio", 0.613, Unit::Share, None, Better::Higher, "Chance of skill beyond the best of 24 trials by luck"),
        ],
        risk: vec![
            figure("Annual return", gain * 2.0, Unit::Percent, None, Better::Higher, "Compounded, 365 days"),
            figure("Annual volatility", 0.182, Unit::Share, None, Better::Lower, "Daily returns times the root of 365"),
            figure("Sharpe ratio", gain * 4.0, Unit::Ratio, Some([gain * 4.0 - 1.9, gain * 4.0 + 1.7]), Better::Higher, "Mean over deviation"),
            figure("Sortino ratio", gain * 6.0, Unit::Ratio, Some([gain * 6.0 - 2.4, gain * 6.0 + 2.8]), Better::Higher, "Mean over downside deviation"),
            Figure { name: "Calmar ratio".into(), value: Value::Missing("not enough data for the annual return: days (needs 30, got 12)".into()), ..Default::default() },
            figure("Probabilistic Sharpe ratio", 0.871, Unit::Share, None, Better::Higher, "Chance that the true ratio is above zero (Bailey and Lopez de Prado 2012)"),
            figure("Deflated Sharpe ratio", 0.613, Unit::Share, None, Better::Higher, "The same against the best of 24 trials without skill (2014)"),
            figure("Minimum track record", 411.0, Unit::Count, None, Better::Neutral, "Daily returns for 95 % confidence in a ratio above zero"),
            figure("Longest time under water", 41.0 * 86_400.0, Unit::Seconds, None, Better::Lower, ""),
            figure("Turnover", 61.4, Unit::Ratio, None, Better::Neutral, "Traded notional over mean equity, for a year"),
        ],
        equity,
        buy_and_hold: hold,
        hold_note: String::new(),
        controls: Controls { at_ns: times, runs, how: "Random entries with the same number, sizes and holding times, same costs.".into() },
        costs: Some(Costs { gross: net + fees + spread + slippage + impact + funding, fees, spread, slippage, impact, funding, liquidation: 0.0, taken_over: 0.0, net }),
        fill_quality: Some(FillQuality {
            orders: tape.orders.len() as u64 + 91,
            filled: tape.orders.len() as u64,
            partly: 17,
            unfilled: 66,
            rejected: 8,
            refused: 3,
            fill_ratio: 0.912.into(),
            maker_share: 0.701.into(),
            timings: [
                ("Queue time of maker fills", Unit::Seconds, [4.2, 61.0, 410.0, 1803.0]),
                ("Latency of orders", Unit::Seconds, [0.0092, 0.021, 0.041, 0.212]),
                ("Latency of the feed", Unit::Seconds, [0.0041, 0.0088, 0.019, 0.142]),
                ("Slippage against arrival", Unit::BasisPoints, [0.4, 1.9, 7.2, 31.0]),
            ]
            .into_iter()
            .map(|(name, unit, [p50, p90, p99, max])| Timing { name: name.into(), unit, quantiles: Some(Quantiles { p50, p90, p99, max, count: 900 }) })
            .collect(),
            rejects: vec![("post only would take".into(), 7), ("rate limit".into(), 1), ("gate: price collar".into(), 3)],
            faults: vec![("a fill that was known already".into(), 2)],
            wrong_prints: vec![("BTCUSDT".into(), 1)],
        }),
        usage,
        returns: ReturnDistribution { horizon: if shape.days > 60 { "1 day" } else { "1 hour" }.into(), why: "As fine as suits the length of the run.".into(), returns, tails: vec![tail(0.95), tail(0.99)] },
        bootstrap: Some(Bootstrap {
            how: "10,000 resamples of the daily returns in blocks of mean length 6, each as long as the run; seed 7.".into(),
            rows: vec![
                BootstrapRow { name: "Total return".into(), unit: Unit::Percent, percentiles: Some([gain - 0.11, gain - 0.04, gain, gain + 0.05, gain + 0.12]), ..BootstrapRow::default() },
                BootstrapRow { name: "Maximum drawdown".into(), unit: Unit::Share, percentiles: Some([0.052, 0.071, 0.091, 0.117, 0.171]), ..BootstrapRow::default() },
                BootstrapRow { name: "Sharpe ratio".into(), unit: Unit::Ratio, percentiles: Some([gain * 4.0 - 1.9, gain * 4.0 - 0.8, gain * 4.0, gain * 4.0 + 0.8, gain * 4.0 + 1.7]), ..BootstrapRow::default() },
                BootstrapRow { name: "Sortino ratio".into(), unit: Unit::Ratio, percentiles: None, ..BootstrapRow::default() },
            ],
            probabilities: vec![Fact::new("Probability of a return above zero", "71.4 %"), Fact::new("Probability of a drawdown worse than 10 %", "38.2 %")],
        }),
        trades: tape.trades,
        orders: tape.orders,
        fills: tape.fills,
        prices: vec![tape.bars],
        files: vec![Fact::new("trades", "trades.csv, trades.parquet"), Fact::new("orders", "orders.csv, orders.parquet"), Fact::new("fills", "fills.csv, fills.parquet")],
        features: Vec::new(),
        warnings: vec![],
        limits: vec![],
    }
}

/// Half a year of hours, a moderate number of trades.
pub fn usual() -> ReportData {
    report(&Shape { seed: 7, days: 182, bar: HOUR, pace: 16.0, edge: 0.0021 })
}

/// The same, losing.
pub fn negative() -> ReportData {
    report(&Shape { seed: 11, days: 182, bar: HOUR, pace: 12.0, edge: -0.004 })
}

/// A year of minutes with more than ten thousand fills.
pub fn large() -> ReportData {
    report(&Shape { seed: 3, days: 365, bar: MINUTE, pace: 55.0, edge: 0.0009 })
}

/// Forty minutes of seconds.
pub fn short() -> ReportData {
    let mut data = report(&Shape { seed: 5, days: 1, bar: 60_000_000_000 / 6, pace: 60.0, edge: 0.0006 });
    data.run.synthetic = false;
    data
}

/// An item whose name is longer than a narrow screen is wide; those of a list of them begin alike.
pub fn long_name(number: usize) -> String {
    format!(
        "ROLLZ(RATIO(DELTA(close,VWAP_ROLLING(20,volume=volume)),ROLLSTD(LOGRETURN(close,1),60)),{number})"
    )
}

/// Draws curves over the price and below it, marks of candlestick patterns and one chart pattern.
fn draw(bars: &mut PriceBars, names: &[&str], every: usize) {
    let closes = &bars.close;
    let mean = |length: usize| {
        let mean = |end: usize| closes[end - length..end].iter().sum::<f64>() / length as f64;
        (1..=closes.len()).map(|end| (end >= length).then(|| mean(end))).collect::<Vec<_>>()
    };
    let drawn = &mut bars.drawn;
    drawn.volume = closes.iter().map(|close| close % 97.0).collect();
    drawn.overlays =
        vec![Curve { name: format!("{}, 20", long_name(20)), form: Form::Line, values: mean(20) }];
    let phase = closes.iter().map(|close| Some((close / 200.0).sin())).collect();
    let silent = vec![None; closes.len()];
    for (name, values) in [(long_name(200), phase), ("A column without a value".to_owned(), silent)] {
        let curves = vec![Curve { name: name.clone(), form: Form::Line, values }];
        drawn.panes.push(Pane { name, curves, levels: vec![0.0] });
    }
    let marked = (0..closes.len()).filter(|row| row % every < names.len());
    let mark = |row: usize| Mark {
        row,
        name: names[row % every].to_owned(),
        direction: if (row / every).is_multiple_of(2) { 1 } else { -1 },
    };
    drawn.marks = marked.map(mark).collect();
    if let Some(last) = closes.len().checked_sub(30) {
        let points = [0, 8, 14, 22].map(|it| (last + it, closes[last + it])).to_vec();
        let lines = vec![FigureLine { stroke: Stroke::Outline, points }];
        let name = "Double top".to_owned();
        drawn.figures = vec![Pattern { name, direction: -1, known: last + 25, lines }];
    }
}

/// A month of bars of five minutes with fills, and with hammers among them.
pub fn patterns() -> ReportData {
    let mut data = report(&Shape { seed: 13, days: 30, bar: 5 * MINUTE, pace: 90.0, edge: 0.001 });
    draw(&mut data.prices[0], &["Hammer"], 37);
    data
}

/// A run that never traded.
pub fn no_fills() -> ReportData {
    let mut data = one_trade();
    data.trades.clear();
    data.orders.clear();
    data.fills.clear();
    data
}

/// So many candles with what is drawn on them: items of long names, an empty column, many candlestick patterns.
pub fn candles(count: usize) -> CandlePage {
    let mut bars = report(&Shape { seed: 17, days: 30, bar: HOUR, pace: 90.0, edge: 0.0 }).prices.remove(0);
    for column in [&mut bars.open, &mut bars.high, &mut bars.low, &mut bars.close] {
        column.truncate(count);
    }
    bars.at_ns.truncate(count);
    let kinds = ["Hammer", "Engulfing", "Harami cross", "Separating lines", "Three inside up or down"];
    draw(&mut bars, &kinds, 9);
    // Several at one candle.
    let more: Vec<Mark> = bars.drawn.marks.iter().filter(|it| it.row % 9 == 1).cloned().collect();
    bars.drawn.marks.extend(more.into_iter().map(|it| Mark { name: "Doji star".into(), ..it }));
    bars.drawn.marks.sort_by(|a, b| (a.row, &a.name).cmp(&(b.row, &b.name)));
    let last = (0..3).map(|it| Fact::new(long_name(it), "0.123456")).collect();
    CandlePage { title: "bars.csv".into(), source: format!("{} \u{b7} bars.csv", long_name(200)), bars, last }
}

/// One trade.
pub fn one_trade() -> ReportData {
    let mut data = report(&Shape { seed: 7, days: 5, bar: HOUR, pace: 30.0, edge: 0.01 });
    data.trades.truncate(1);
    data.orders.truncate(2);
    data.fills.truncate(2);
    data.controls = Controls::default();
    data.bootstrap = None;
    data
}

/// Two runs.
pub fn pair() -> CompareData {
    let summary = |data: ReportData, name: &str, slow: u32| {
        let mut run = data.run.clone();
        run.name = name.into();
        run.id = name.into();
        run.config = run.config.replace("slow = 30", &format!("slow = {slow}"));
        run.parameters[1].value = format!("{slow} bars");
        RunSummary {
            run,
            figures: data.figures.into_iter().chain(data.risk.into_iter().skip(2)).collect(),
            equity: data.equity,
            horizon: data.returns.horizon,
        }
    };
    CompareData { a: summary(usual(), "Cross 10/30", 30), b: summary(negative(), "Cross 10/45", 45) }
}

/// A sweep over three parameters.
pub fn grid() -> SweepData {
    let mut dice = Dice(9);
    let mut rows = vec![];
    for fast in [5, 8, 10, 12, 15, 20] {
        for slow in [20, 30, 45, 60, 90, 120, 180] {
            for stop in ["1 %", "2 %"] {
                let peak =
                    1.4 - ((fast as f64 / 10.0).ln().powi(2) + (slow as f64 / 60.0).ln().powi(2)) * 1.2;
                let sharpe = peak + 0.3 * dice.normal();
                let deflated = 1.0 / (1.0 + (-2.2 * (sharpe - 1.1)).exp());
                let missing = Value::Missing("no trade".into());
                let values = if slow <= fast {
                    vec![missing; 5]
                } else {
                    vec![
                        deflated.into(),
                        sharpe.into(),
                        (sharpe * 0.13).into(),
                        (0.2 - 0.05 * sharpe).into(),
                        (9000.0 / slow as f64).round().into(),
                    ]
                };
                rows.push(SweepRow {
                    job: rows.len() as u64,
                    parameters: vec![fast.to_string(), slow.to_string(), stop.into()],
                    values,
                });
            }
        }
    }
    rows.sort_by(|a, b| {
        b.values[0]
            .get()
            .unwrap_or(-1.0)
            .total_cmp(&a.values[0].get().unwrap_or(-1.0))
            .then(a.job.cmp(&b.job))
    });
    let column = |name: &str, unit, better| SweepFigure { name: name.into(), unit, better };
    let mut run = usual().run;
    run.trials = rows.len() as u64;
    SweepData {
        run,
        parameters: vec!["fast".into(), "slow".into(), "stop".into()],
        figures: vec![
            column("Deflated Sharpe", Unit::Share, Better::Higher),
            column("Sharpe", Unit::Ratio, Better::Higher),
            column("Total return", Unit::Percent, Better::Higher),
            column("Max drawdown", Unit::Share, Better::Lower),
            column("Trades", Unit::Count, Better::Neutral),
        ],
        rank_by: 0,
        rows,
        notes: vec!["Variance of the trials: 0.21 (annual Sharpe ratios).".into()],
        warnings: Vec::new(),
    }
}
