//! The crate `kand` 0.2. Its incremental functions keep nothing: the caller holds the last answers and the values that leave
//! the window, as here. They check no input.
//!
//! No pairs, as they compute something else (`otherwise.rs` prints what): `max`, `midpoint`, `midprice`, `willr`, `aroon` and
//! `aroonosc` do not look at the window, so they forget an extreme at a wrong row or never, and `min` fails when the least value
//! leaves; the candlesticks go by rules of their own, in per cents and against an exponential average of the bodies where there
//! is one, so that they name other bars than TA-Lib does. And as the catalogue has none of them: `ecl` (levels for the next day
//! out of one bar) and `cdl_long_shadow`.

use kand::ohlcv::{
    ad, adosc, adr, adx, adxr, atr, bbands, bop, cci, dema, dx, ema, ha, macd, medprice, minus_di, minus_dm,
    mom, natr, obv, plus_di, plus_dm, rma, roc, rocp, rocr, rocr100, rsi, sar, sma, supertrend, t3, tema,
    trange, trima, trix, typprice, vegas, vwap, wclprice, wma,
};
use kand::stats::{stddev, sum, var};

use crate::ours::VEGAS;
use crate::{Contest, Row, pass};

/// The values of the last `n` bars.
pub(crate) struct Past {
    pub(crate) values: Vec<f64>,
    pub(crate) place: usize,
}

impl Past {
    pub(crate) fn new(n: usize) -> Past {
        Past { values: vec![100.0; n], place: 0 }
    }

    /// Takes a value in and gives the one that leaves.
    pub(crate) fn put(&mut self, x: f64) -> f64 {
        let old = std::mem::replace(&mut self.values[self.place], x);
        self.place = if self.place + 1 == self.values.len() { 0 } else { self.place + 1 };
        old
    }
}

/// A contest whose state holds what the caller must hold: the answers are unwrapped, so that errors are seen.
fn contest<S: 'static>(
    ours: &'static str,
    note: &'static str,
    state: S,
    step: impl Fn(&mut S, &[f64; 5]) -> f64 + 'static,
) -> Contest {
    Contest { ours, peer: "kand", note, theirs: pass(state, move |state, row: &Row| step(state, &row.0)) }
}

pub(crate) const OK: &str = "valid parameters";

fn of_closes() -> Vec<Contest> {
    vec![
        contest("SMA(14)", "", (Past::new(14), 100.0), |(past, s), row| {
            *s = sma::sma_inc(*s, row[3], past.put(row[3]), 14).expect(OK);
            *s
        }),
        contest("EMA(14)", "", 100.0, |e, row| {
            *e = ema::ema_inc(row[3], *e, 14, None).expect(OK);
            *e
        }),
        contest(VEGAS, "`vegas`", [100.0; 4], |s, row| {
            let &mut [a, b, c, d] = s;
            let (a, b, c, d) = vegas::vegas_inc(row[3], a, b, c, d).expect(OK);
            *s = [a, b, c, d];
            a + b + c + d
        }),
        contest("RMA(14)", "", 100.0, |e, row| {
            *e = rma::rma_inc(row[3], *e, 14).expect(OK);
            *e
        }),
        contest("WMA(14)", "the caller shifts its window", vec![100.0; 14], |window, row| {
            window.rotate_right(1);
            window[0] = row[3];
            wma::wma_inc(window, 14).expect(OK)
        }),
        contest("DEMA(14)", "", (100.0, 100.0), |s, row| {
            let (out, a, b) = dema::dema_inc(row[3], s.0, s.1, 14).expect(OK);
            *s = (a, b);
            out
        }),
        contest("TEMA(14)", "", (100.0, 100.0, 100.0), |s, row| {
            let (out, a, b, c) = tema::tema_inc(row[3], s.0, s.1, s.2, 14).expect(OK);
            *s = (a, b, c);
            out
        }),
        contest("T3(14,0.7)", "", [100.0; 6], |s, row| {
            let &mut [a, b, c, d, e, f] = s;
            let (out, a, b, c, d, e, f) = t3::t3_inc(row[3], a, b, c, d, e, f, 14, 0.7).expect(OK);
            *s = [a, b, c, d, e, f];
            out
        }),
        contest("TRIMA(14)", "", (Past::new(7), Past::new(8), 100.0, 100.0), |s, row| {
            let old = s.0.put(row[3]);
            let (a, b) = trima::trima_inc(s.2, s.3, row[3], old, s.1.values[s.1.place], 14).expect(OK);
            s.1.put(a);
            (s.2, s.3) = (a, b);
            b
        }),
        contest("TRIX(14)", "", (100.0, 100.0, 100.0), |s, row| {
            let (out, a, b, c) = trix::trix_inc(row[3], s.0, s.1, s.2, 14).expect(OK);
            *s = (a, b, c);
            out
        }),
        contest("MACD(12,26,9)", "without the averages' next states", (100.0, 100.0, 0.0), |s, row| {
            let (line, signal, histogram) = macd::macd_inc(row[3], s.0, s.1, s.2, 12, 26, 9).expect(OK);
            // The averages are not handed back, so a caller computes them again.
            s.0 = ema::ema_inc(row[3], s.0, 12, None).expect(OK);
            s.1 = ema::ema_inc(row[3], s.1, 26, None).expect(OK);
            s.2 = signal;
            line + histogram
        }),
        contest("BBANDS(20,2,2,0)", "", (Past::new(20), 100.0, 2000.0, 200_000.0), |s, row| {
            let (upper, _, lower, mean, sum, squares) =
                bbands::bbands_inc(row[3], s.1, s.2, s.3, s.0.put(row[3]), 20, 2.0, 2.0).expect(OK);
            (s.1, s.2, s.3) = (mean, sum, squares);
            upper + lower
        }),
        contest("STDDEV(14,1)", "", (Past::new(14), 1400.0, 140_000.0), |s, row| {
            let (out, sum, squares) = stddev::stddev_inc(row[3], s.1, s.2, s.0.put(row[3]), 14).expect(OK);
            (s.1, s.2) = (sum, squares);
            out
        }),
        contest("VAR(14,1)", "", (Past::new(14), 1400.0, 140_000.0), |s, row| {
            let (out, sum, squares) = var::var_inc(row[3], s.1, s.2, s.0.put(row[3]), 14).expect(OK);
            (s.1, s.2) = (sum, squares);
            out
        }),
        contest("SUM(14)", "", (Past::new(14), 1400.0), |(past, s), row| {
            *s = sum::sum_inc(row[3], past.put(row[3]), *s).expect(OK);
            *s
        }),
        contest("MOM(10)", "", Past::new(10), |past, row| mom::mom_inc(row[3], past.put(row[3])).expect(OK)),
        contest("ROC(10)", "", Past::new(10), |past, row| roc::roc_inc(row[3], past.put(row[3])).expect(OK)),
        contest("ROCP(10)", "", Past::new(10), |past, row| {
            rocp::rocp_inc(row[3], past.put(row[3])).expect(OK)
        }),
        contest("ROCR(10)", "", Past::new(10), |past, row| {
            rocr::rocr_inc(row[3], past.put(row[3])).expect(OK)
        }),
        contest("ROCR100(10)", "", Past::new(10), |past, row| {
            rocr100::rocr100_inc(row[3], past.put(row[3])).expect(OK)
        }),
        contest("RSI(14)", "", (100.0, 0.1, 0.1), |s, row| {
            let (out, gain, loss) = rsi::rsi_inc(row[3], s.0, s.1, s.2, 14).expect(OK);
            *s = (row[3], gain, loss);
            out
        }),
        contest("OBV", "", (100.0, 0.0), |s, row| {
            *s = (row[3], obv::obv_inc(row[3], s.0, row[4], s.1).expect(OK));
            s.1
        }),
    ]
}

fn of_ranges() -> Vec<Contest> {
    vec![
        contest("TRANGE", "", 100.0, |close, row| {
            let out = trange::trange_inc(row[1], row[2], *close).expect(OK);
            *close = row[3];
            out
        }),
        contest("ATR(14)", "", (100.0, 1.0), |s, row| {
            *s = (row[3], atr::atr_inc(row[1], row[2], s.0, s.1, 14).expect(OK));
            s.1
        }),
        contest("NATR(14)", "does not hand its average back", (100.0, 1.0), |s, row| {
            let out = natr::natr_inc(row[1], row[2], row[3], s.0, s.1, 14).expect(OK);
            *s = (row[3], out / 100.0 * row[3]);
            out
        }),
        contest("ADR(14)", "", (Past::new(14), Past::new(14), 1.0), |s, row| {
            let (high, low) = (s.0.put(row[1]), s.1.put(row[2]));
            s.2 = adr::adr_inc(s.2, row[1], row[2], high, low, 14).expect(OK);
            s.2
        }),
        contest("PLUS_DM(14)", "", (100.0, 100.0, 1.0), |s, row| {
            let out = plus_dm::plus_dm_inc(row[1], s.0, row[2], s.1, s.2, 14).expect(OK);
            *s = (row[1], row[2], out);
            out
        }),
        contest("MINUS_DM(14)", "", (100.0, 100.0, 1.0), |s, row| {
            let out = minus_dm::minus_dm_inc(row[1], s.0, row[2], s.1, s.2, 14).expect(OK);
            *s = (row[1], row[2], out);
            out
        }),
        contest("PLUS_DI(14)", "", [100.0, 100.0, 100.0, 1.0, 1.0], |s, row| {
            let (out, dm, tr) =
                plus_di::plus_di_inc(row[1], row[2], s[0], s[1], s[2], s[3], s[4], 14).expect(OK);
            *s = [row[1], row[2], row[3], dm, tr];
            out
        }),
        contest("MINUS_DI(14)", "", [100.0, 100.0, 100.0, 1.0, 1.0], |s, row| {
            let (out, dm, tr) =
                minus_di::minus_di_inc(row[1], row[2], s[0], s[1], s[2], s[3], s[4], 14).expect(OK);
            *s = [row[1], row[2], row[3], dm, tr];
            out
        }),
        contest("DX(14)", "", [100.0, 100.0, 100.0, 1.0, 1.0, 1.0], |s, row| {
            let (out, plus, minus, tr) =
                dx::dx_inc(row[1], row[2], s[0], s[1], s[2], s[3], s[4], s[5], 14).expect(OK);
            *s = [row[1], row[2], row[3], plus, minus, tr];
            out
        }),
        contest("ADX(14)", "", [100.0, 100.0, 100.0, 20.0, 1.0, 1.0, 1.0], |s, row| {
            let (out, plus, minus, tr) =
                adx::adx_inc(row[1], row[2], s[0], s[1], s[2], s[3], s[4], s[5], s[6], 14).expect(OK);
            *s = [row[1], row[2], row[3], out, plus, minus, tr];
            out
        }),
        contest(
            "ADXR(14)",
            "",
            ([100.0, 100.0, 100.0, 20.0, 1.0, 1.0, 1.0], Past::new(13)),
            |(s, past), row| {
                let before = past.values[past.place];
                let (out, adx, plus, minus, tr) =
                    adxr::adxr_inc(row[1], row[2], s[0], s[1], s[2], s[3], before, s[4], s[5], s[6], 14)
                        .expect(OK);
                past.put(adx);
                *s = [row[1], row[2], row[3], adx, plus, minus, tr];
                out
            },
        ),
        contest("SUPERTREND(10,3)", "", (100.0, 1.0, 1, 103.0, 97.0), |s, row| {
            let (trend, out, atr, upper, lower) =
                supertrend::supertrend_inc(row[1], row[2], row[3], s.0, s.1, s.2, s.3, s.4, 10, 3.0)
                    .expect(OK);
            *s = (row[3], atr, trend, upper, lower);
            out
        }),
        contest("SAR(0.02,0.2)", "", (100.0, 100.0, 99.0, true, 0.02, 101.0), |s, row| {
            let (out, long, step, point) =
                sar::sar_inc(row[1], row[2], s.0, s.1, s.2, s.3, s.4, s.5, 0.02, 0.2).expect(OK);
            *s = (row[1], row[2], out, long, step, point);
            out
        }),
    ]
}

fn of_bars() -> Vec<Contest> {
    vec![
        contest(
            "CCI(20)",
            "",
            (Past::new(20), Past::new(20), Past::new(20), Vec::with_capacity(21), 100.0),
            |s, row| {
                let old = (s.0.put(row[1]), s.1.put(row[2]), s.2.put(row[3]));
                let out =
                    cci::cci_inc(s.4, row[1], row[2], row[3], old.0, old.1, old.2, 20, &mut s.3).expect(OK);
                // The mean is not handed back, so a caller computes it again.
                s.4 += ((row[1] + row[2] + row[3]) / 3.0 - (old.0 + old.1 + old.2) / 3.0) / 20.0;
                out
            },
        ),
        contest("AD", "", 0.0, |s, row| {
            *s = ad::ad_inc(row[1], row[2], row[3], row[4], *s).expect(OK);
            *s
        }),
        contest("ADOSC(3,10)", "", (0.0, 0.0, 0.0), |s, row| {
            let (out, ad, fast, slow) =
                adosc::adosc_inc(row[1], row[2], row[3], row[4], s.0, s.1, s.2, 3, 10).expect(OK);
            *s = (ad, fast, slow);
            out
        }),
        contest("BOP", "", (), |(), row| bop::bop_inc(row[0], row[1], row[2], row[3]).expect(OK)),
        contest("MEDPRICE", "", (), |(), row| medprice::medprice_inc(row[1], row[2]).expect(OK)),
        contest("TYPPRICE", "", (), |(), row| typprice::typprice_inc(row[1], row[2], row[3]).expect(OK)),
        contest("WCLPRICE", "", (), |(), row| wclprice::wclprice_inc(row[1], row[2], row[3]).expect(OK)),
        contest("HA", "", (100.0, 100.0), |s, row| {
            let (open, high, low, close) = ha::ha_inc(row[0], row[1], row[2], row[3], s.0, s.1).expect(OK);
            *s = (open, close);
            high + low
        }),
        contest("VWAP", "", (0.0, 0.0), |s, row| {
            let (money, volume, out) = vwap::vwap_inc(row[1], row[2], row[3], row[4], s.0, s.1).expect(OK);
            *s = (money, volume);
            out
        }),
    ]
}

pub(crate) fn contests() -> Vec<Contest> {
    of_closes().into_iter().chain(of_ranges()).chain(of_bars()).collect()
}
