//! The crate `ta` 0.5. It checks no input, and answers from the first bar on with what it has.
//!
//! No pair, as it takes the deviation of closes from a mean of typical prices: `CommodityChannelIndex`.

use ta::indicators::{
    AverageTrueRange, BollingerBands, ChandelierExit, EfficiencyRatio, ExponentialMovingAverage,
    FastStochastic, KeltnerChannel, Maximum, MeanAbsoluteDeviation, Minimum, MoneyFlowIndex,
    MovingAverageConvergenceDivergence, OnBalanceVolume, PercentagePriceOscillator, RateOfChange,
    RelativeStrengthIndex, SimpleMovingAverage, SlowStochastic, StandardDeviation, TrueRange,
};
use ta::{Close, High, Low, Next, Open, Volume};

use crate::{Contest, Row, pass};

macro_rules! columns {
    ($($of:ident $method:ident $place:literal)*) => {
        $(impl $of for Row {
            #[inline]
            fn $method(&self) -> f64 {
                self.0[$place]
            }
        })*
    };
}
columns! { Open open 0 High high 1 Low low 2 Close close 3 Volume volume 4 }

fn of_value<T: Next<f64> + 'static>(ours: &'static str, state: T, note: &'static str) -> Contest {
    Contest { ours, peer: "ta", note, theirs: pass(state, |it, row: &Row| it.next(row.0[3])) }
}

fn of_bar<T: for<'a> Next<&'a Row, Output = A> + 'static, A>(
    ours: &'static str,
    state: T,
    note: &'static str,
) -> Contest {
    Contest { ours, peer: "ta", note, theirs: pass(state, |it, row: &Row| it.next(row)) }
}

pub(crate) fn contests() -> Vec<Contest> {
    let valid = "valid periods";
    vec![
        of_value("SMA(14)", SimpleMovingAverage::new(14).expect(valid), ""),
        of_value("EMA(14)", ExponentialMovingAverage::new(14).expect(valid), "seeds by the first value"),
        of_value("STDDEV(14,1)", StandardDeviation::new(14).expect(valid), ""),
        of_value("AVGDEV(14)", MeanAbsoluteDeviation::new(14).expect(valid), ""),
        of_value("MAX(14)", Maximum::new(14).expect(valid), ""),
        of_value("MIN(14)", Minimum::new(14).expect(valid), ""),
        of_value("ROC(10)", RateOfChange::new(10).expect(valid), ""),
        of_value("ER(14)", EfficiencyRatio::new(14).expect(valid), ""),
        of_value("RSI(14)", RelativeStrengthIndex::new(14).expect(valid), "smooths by an EMA, not Wilder's"),
        of_value("MACD(12,26,9)", MovingAverageConvergenceDivergence::new(12, 26, 9).expect(valid), ""),
        of_value(
            "PPO(12,26,1)",
            PercentagePriceOscillator::new(12, 26, 9).expect(valid),
            "with a signal line",
        ),
        of_value("BBANDS(20,2,2,0)", BollingerBands::new(20, 2.0).expect(valid), ""),
        of_bar("STOCHF(14,1,0)", FastStochastic::new(14).expect(valid), ""),
        of_bar("STOCH(14,1,0,3,1)", SlowStochastic::new(14, 3).expect(valid), "one line of the two"),
        of_bar("MFI(14)", MoneyFlowIndex::new(14).expect(valid), ""),
        of_bar("OBV", OnBalanceVolume::new(), ""),
        of_bar("TRANGE", TrueRange::new(), ""),
        of_bar("ATR(14)", AverageTrueRange::new(14).expect(valid), "smooths by an EMA, not Wilder's"),
        of_bar("KELTNER_EMA(20,2)", KeltnerChannel::new(20, 2.0).expect(valid), ""),
        of_bar("CHANDELIER(22,3)", ChandelierExit::new(22, 3.0).expect(valid), ""),
    ]
}
