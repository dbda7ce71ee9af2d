//! The crate `yata` 0.7. It checks no input and is warm at once: the first value fills all windows. Its indicators give
//! signals beside the values.
//!
//! No pairs, as the catalogue has none of them: `MedianAbsDev`, `LinearVolatility` (the path of the price, without a ratio),
//! `Envelopes`, `MomentumIndex`, `WoodiesCCI`, `PriceChannelStrategy` and `PivotReversalStrategy`, which are rules for trading,
//! and Renko bars; nor, as it is of the close alone, `CCI`. `HullMovingAverage` and `CommodityChannelIndex` are `HMA` and `CCI` with signals.

use yata::core::{IndicatorConfig, IndicatorInstance, Method, OHLCV};
use yata::helpers::MA;
use yata::indicators::{
    Aroon, AverageDirectionalIndex, AwesomeOscillator, BollingerBands, ChaikinMoneyFlow, ChaikinOscillator,
    ChandeKrollStop, ChandeMomentumOscillator, CoppockCurve, DetrendedPriceOscillator, DonchianChannel,
    EaseOfMovement, EldersForceIndex, FisherTransform, IchimokuCloud, Kaufman, KeltnerChannel,
    KlingerVolumeOscillator, KnowSureThing, MACD, MoneyFlowIndex, ParabolicSAR, RelativeStrengthIndex,
    RelativeVigorIndex, StochasticOscillator, TrendStrengthIndex, Trix, TrueStrengthIndex,
};
use yata::methods::{
    ADI, DEMA, EMA, HMA, HeikinAshi, Highest, HighestIndex, Integral, LinReg, Lowest, LowestIndex,
    MeanAbsDev, Momentum, RMA, RateOfChange, SMA, SMM, SWMA, StDev, TEMA, TR, TRIMA, TSI, VWMA, Vidya, WMA,
    WSMA,
};

use crate::{Contest, Row, pass};

impl OHLCV for Row {
    #[inline]
    fn open(&self) -> f64 {
        self.0[0]
    }
    #[inline]
    fn high(&self) -> f64 {
        self.0[1]
    }
    #[inline]
    fn low(&self) -> f64 {
        self.0[2]
    }
    #[inline]
    fn close(&self) -> f64 {
        self.0[3]
    }
    #[inline]
    fn volume(&self) -> f64 {
        self.0[4]
    }
}

const FIRST: Row = Row([100.0, 100.5, 99.5, 100.0, 1000.0]);

fn of_value<M>(ours: &'static str, parameters: M::Params, note: &'static str) -> Contest
where
    M: Method<Input = f64> + 'static,
{
    let state = M::new(parameters, &100.0).expect("valid periods");
    Contest { ours, peer: "yata", note, theirs: pass(state, |it, row: &Row| it.next(&row.0[3])) }
}

fn of_bar<M>(ours: &'static str, parameters: M::Params, note: &'static str) -> Contest
where
    M: Method<Input = dyn OHLCV> + 'static,
{
    let state = M::new(parameters, &FIRST).expect("valid periods");
    Contest { ours, peer: "yata", note, theirs: pass(state, |it, row: &Row| it.next(row)) }
}

fn whole<C: IndicatorConfig + 'static>(ours: &'static str, config: C, note: &'static str) -> Contest
where
    C::Instance: 'static,
{
    let state = config.init(&FIRST).expect("valid settings");
    Contest { ours, peer: "yata", note, theirs: pass(state, |it, row: &Row| it.next(row)) }
}

pub(crate) fn contests() -> Vec<Contest> {
    let volumes = VWMA::new(14, &(100.0, 1000.0)).expect("valid periods");
    let stochastic = StochasticOscillator {
        period: 14,
        ma: MA::SMA(3),
        signal: MA::SMA(3),
        ..StochasticOscillator::default()
    };
    vec![
        of_value::<SMA>("SMA(14)", 14, ""),
        of_value::<EMA>("EMA(14)", 14, ""),
        of_value::<WMA>("WMA(14)", 14, ""),
        of_value::<RMA>("RMA(14)", 14, ""),
        of_value::<WSMA>("RMA(14)", 14, "the same under another name"),
        of_value::<Integral>("SUM(14)", 14, ""),
        of_value::<DEMA>("DEMA(14)", 14, ""),
        of_value::<TEMA>("TEMA(14)", 14, ""),
        of_value::<HMA>("HMA(14)", 14, ""),
        of_value::<TRIMA>("TRIMA(14)", 14, ""),
        of_value::<SWMA>("SWMA(14)", 14, ""),
        of_value::<SMM>("MEDIAN(14)", 14, ""),
        of_value::<Vidya>("VIDYA(14,14)", 14, ""),
        of_value::<LinReg>("LINEARREG(14)", 14, ""),
        of_value::<StDev>("STDDEV(14,1)", 14, "divides by n - 1"),
        of_value::<MeanAbsDev>("AVGDEV(14)", 14, ""),
        of_value::<Momentum>("MOM(10)", 10, ""),
        of_value::<RateOfChange>("ROC(10)", 10, "no factor of 100"),
        of_value::<Highest>("MAX(14)", 14, ""),
        of_value::<Lowest>("MIN(14)", 14, ""),
        of_value::<HighestIndex>("MAXINDEX(14)", 14, "as a distance"),
        of_value::<LowestIndex>("MININDEX(14)", 14, "as a distance"),
        of_value::<TSI>("TSI(25,13)", (25, 13), ""),
        Contest {
            ours: "VWMA(14)",
            peer: "yata",
            note: "",
            theirs: pass(volumes, |it, row: &Row| it.next(&(row.0[3], row.0[4]))),
        },
        of_bar::<TR>("TRANGE", (), ""),
        of_bar::<ADI>("AD", 0, ""),
        of_bar::<HeikinAshi>("HA", (), ""),
        whole("AROON(14)", Aroon { period: 14, ..Aroon::default() }, ""),
        whole("ADX(14)", AverageDirectionalIndex::default(), "with both directions"),
        whole("AO(5,34)", AwesomeOscillator::default(), ""),
        whole("BBANDS(20,2,2,0)", BollingerBands::default(), ""),
        whole("CMF(20)", ChaikinMoneyFlow::default(), ""),
        whole("ADOSC(3,10)", ChaikinOscillator::default(), ""),
        whole("CKSP(10,1,9)", ChandeKrollStop::default(), "with two signals"),
        whole("CTI(14)", TrendStrengthIndex::default(), "with two signals"),
        whole("RVGI(10)", RelativeVigorIndex::default(), "with two signals"),
        whole("CMOU(9)", ChandeMomentumOscillator::default(), ""),
        whole("COPPOCK(10,11,14)", CoppockCurve::default(), "with a signal line"),
        whole("DPO(21)", DetrendedPriceOscillator::default(), ""),
        whole("DONCHIAN(20)", DonchianChannel::default(), ""),
        whole("EOM(13,1)", EaseOfMovement::default(), ""),
        whole("EFI(13)", EldersForceIndex::default(), ""),
        whole("FISHER(9)", FisherTransform::default(), ""),
        whole("ICHIMOKU(9,26,52)", IchimokuCloud::default(), ""),
        whole("KAMA(10)", Kaufman::default(), "with a filter"),
        whole("KC(20,20,2)", KeltnerChannel::default(), ""),
        whole(
            "KVO(34,55,13)",
            KlingerVolumeOscillator::default(),
            "of the signed volume alone, without the ranges",
        ),
        whole("KST(10,15,20,30,10,10,10,15,9)", KnowSureThing::default(), ""),
        whole("MACD(12,26,9)", MACD::default(), "no histogram"),
        whole("MFI(14)", MoneyFlowIndex::default(), ""),
        whole("SAR(0.02,0.2)", ParabolicSAR::default(), ""),
        whole("RSI(14)", RelativeStrengthIndex::default(), "smooths by an EMA, not Wilder's"),
        whole("STOCH(14,3,0,3,0)", stochastic, ""),
        whole("TRIX(18)", Trix::default(), "with a signal line"),
        whole("TSI_SIGNAL(13,25,13)", TrueStrengthIndex::default(), ""),
    ]
}
