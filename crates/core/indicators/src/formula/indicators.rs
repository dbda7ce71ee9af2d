//! All entries but the candlestick patterns.

/// Sorted by name.
pub(super) const FORMULAS: &[(&str, &str)] = &[
    (
        "ABERRATION",
        "middleband = SMA(tp, n); atr = RMA(TR, atrperiod); upperband, lowerband = middleband +- atr",
    ),
    ("AC", "ao - SMA(ao, signalperiod), ao = SMA(mid, fastperiod) - SMA(mid, slowperiod)"),
    (
        "ACCBANDS",
        "w = 4 (h - l) / (h + l), 0 where h + l = 0; upperband = SMA(h (1 + w), n), middleband = SMA(c, n), lowerband = SMA(l (1 - w), n)",
    ),
    ("ACOS", "arccos x, in radians"),
    ("AD", "y = y[1] + v ((c - l) - (h - c)) / (h - l), nothing added where h = l; starts at 0"),
    ("ADD", "x0 + x1"),
    (
        "ADOSC",
        "e(fastperiod) - e(slowperiod), e(k) = e[1] + 2 / (k + 1) * (ad - e[1]) over the line AD, both seeded by its first value",
    ),
    ("ADR", "SMA(h - l, n)"),
    ("ADX", "y = (y[1] (n - 1) + DX) / n, the first y the mean of the first n values of DX(n)"),
    ("ADXR", "(ADX(n) + ADX(n)[n - 1]) / 2"),
    (
        "ALMA",
        "sum over j = 0 .. n - 1, the oldest first, of w_j x / sum w_j; w_j = exp(-(j - m)^2 / (2 s^2)), m = floor(offset (n - 1)), s = n / sigma",
    ),
    (
        "ALPHATREND",
        "y = max(y[1], l - factor r) where MFI(n) >= threshold (or below it by rounding, 1e-9), else min(y[1], h + factor r); r = SMA(TR, n); in the first row, without a y[1], y = l - factor r or h + factor r by the same question",
    ),
    ("AO", "SMA(mid, fastperiod) - SMA(mid, slowperiod)"),
    ("APO", "MA(x, fastperiod) - MA(x, slowperiod) of the kind matype"),
    (
        "AROON",
        "aroonup = 100 (n - rows since the highest of the last n + 1 highs) / n; aroondown the same of the lowest low; the later of equals",
    ),
    ("AROONOSC", "aroonup - aroondown of AROON(n)"),
    ("ASI", "y = y[1] + SI(limitmove), 0 at the first row"),
    ("ASIN", "arcsin x, in radians"),
    ("ATAN", "arctan x, in radians"),
    ("ATR", "y = y[1] + (TR - y[1]) / n, the first y the mean of the first n values of TR"),
    ("AVGDEV", "sum(|x - SMA(x, n)|, n) / n, the mean being that of this row; the window function of TA-Lib"),
    ("AVGPRICE", "(o + h + l + c) / 4"),
    (
        "BBANDS",
        "middleband = MA(x, n) of the kind matype; upperband = middleband + nbdevup sd(x, n), lowerband = middleband - nbdevdn sd(x, n)",
    ),
    (
        "BBW",
        "100 (upperband - lowerband) / middleband of BBANDS(n, nbdevup, nbdevdn, matype); 0 where middleband is 0",
    ),
    (
        "BETA",
        "cov(a, b) / var(a) over the last n rows, a = x0 / x0[1] - 1, b = x1 / x1[1] - 1; 0 where var(a) is 0",
    ),
    ("BIAS", "x / SMA(x, n) - 1; silent where the mean is 0"),
    ("BOP", "(c - o) / (h - l); 0 where h = l"),
    (
        "BRAR",
        "ar = 100 sum(h - o, n) / sum(o - l, n); br = 100 sum(max(h - c[1], 0), n) / sum(max(c[1] - l, 0), n); silent where a denominator is 0",
    ),
    (
        "CCI",
        "(tp - SMA(tp, n)) / (0.015 d), d the mean of |tp - SMA(tp, n)| over the last n rows; 0 where either is 0",
    ),
    ("CEIL", "the smallest whole number not below x"),
    (
        "CFO",
        "100 (x - f) / x, f the line of least squares through the last n values, one row ahead; silent where x = 0",
    ),
    ("CG", "-sum over k = 0 .. n - 1 of (k + 1) x[k] / sum(x, n); k = 0 is this row"),
    (
        "CHAIKIN_VOLATILITY",
        "100 (e / e[n] - 1), e = e[1] + 2 / (n + 1) * (h - l - e[1]), seeded by the first h - l; silent where e[n] = 0; where one price has stood for some 350 n rows e is too small to shrink, and this says nothing",
    ),
    ("CHANDELIER", "long = max(h, n) - factor ATR(n); short = min(l, n) + factor ATR(n)"),
    ("CHOP", "100 log10(sum(TR, n) / (max(h, n) - min(l, n))) / log10 n; 100 where the box has no height"),
    (
        "CHOPTR",
        "100 log10(sum(TR, n) / (max(max(h, c[1]), n) - min(min(l, c[1]), n))) / log10 n; 100 where the box has no height",
    ),
    (
        "CKSP",
        "highstop = max(max(h, n) - multiplier ATR(n), stopperiod); lowstop = min(min(l, n) + multiplier ATR(n), stopperiod)",
    ),
    ("CLOSE_VOLATILITY", "sd1(ln(x / x[1]), n); per row, not annualised"),
    (
        "CMF",
        "sum(v ((c - l) - (h - c)) / (h - l), n) / sum(v, n), a bar with h = l counting 0; 0 without volume",
    ),
    (
        "CMO",
        "100 (g - d) / (g + d), g = RMA(max(x - x[1], 0), n), d = RMA(max(x[1] - x, 0), n); 0 where both are 0",
    ),
    (
        "CMOU",
        "100 (g - d) / (g + d), g = sum(max(x - x[1], 0), n), d = sum(max(x[1] - x, 0), n); 0 where both are 0",
    ),
    ("COPPOCK", "WMA(100 (x / x[roc1period] - 1) + 100 (x / x[roc2period] - 1), wmaperiod)"),
    ("CORREL", "cov(x0, x1) / (sd(x0) sd(x1)) over the last n rows; 0 where a deviation is 0"),
    ("COS", "cos x, x in radians"),
    ("COSH", "(exp x + exp -x) / 2"),
    (
        "CRSI",
        "(RSI(x, n) + RSI(s, streakperiod) + r) / 3; s the signed length of the run of rises or falls, r the PERCENTRANK of x / x[1] - 1 among the rankperiod before; what never moved has an RSI of 50 here",
    ),
    ("CTI", "the correlation of the last n values with 1, 2, .. n; 0 where all are equal"),
    ("CUMSUM", "y = y[1] + x, from the first row on"),
    ("CVI", "100 (e - e[rocperiod]) / e[rocperiod], e = EMA(h - l, n); 0 where e[rocperiod] = 0"),
    ("DEMA", "2 e - EMA(e, n), e = EMA(x, n)"),
    ("DIV", "x0 / x1; silent where x1 = 0"),
    ("DONCHIAN", "upperband = max(h, n), lowerband = min(l, n), middleband = (upperband + lowerband) / 2"),
    (
        "DONCHIAN_PREV",
        "upperband = max(h[1], n), lowerband = min(l[1], n), middleband = (upperband + lowerband) / 2: the n bars before this one",
    ),
    (
        "DOSC",
        "d - SMA(d, signalperiod), d = EMA(EMA(RSI(x, n), firstperiod), secondperiod); a price that never moved has an RSI of 50 here",
    ),
    ("DPO", "x[floor(n / 2) + 1] - SMA(x, n)"),
    (
        "DRAWDOWN",
        "drawdown = m - x, part = 1 - x / m, m the highest x so far; the part is silent where m = 0",
    ),
    ("DX", "100 |p - m| / (p + m), p = PLUS_DI(n), m = MINUS_DI(n); where both are 0 as before"),
    (
        "EBSW",
        "(f + f[1] + f[2]) / 3 / sqrt((f^2 + f[1]^2 + f[2]^2) / 3), 0 where all are 0; f the smoother of REFLEX, of period smoothperiod, of p; p = (1 + q) / 2 (x - x[1]) + q p[1], q = (1 - sin u) / cos u, u = 2 pi / n; p and f start at 0; of a price that stands still for long it is of numbers too small to shrink, and at last 0",
    ),
    ("EFI", "EMA((c - c[1]) v, n)"),
    ("EMA", "y = y[1] + 2 / (n + 1) * (x - y[1]), the first y the mean of the first n values"),
    ("EMV", "SMA((mid - mid[1]) (h - l) / (v / volumedivisor), n), a bar without range or volume counting 0"),
    ("ENTROPY", "-sum over the last n rows of p log2 p, p = x / sum(x, n); values of one sign"),
    ("EOM", "raw = (mid - mid[1]) (h - l) divisor / v, 0 without volume; mean = SMA(raw, n)"),
    ("ER", "|x - x[n]| / sum(|x - x[1]|, n); 1 where x did not move or only rose"),
    ("ERI", "bullpower = h - EMA(c, n); bearpower = l - EMA(c, n)"),
    ("EXP", "e to the power of x"),
    (
        "FISHER",
        "fisher = 0.5 ln((1 + s) / (1 - s)) + 0.5 fisher[1], s = 0.66 (r - 0.5) + 0.67 s[1], beyond 0.99 set to 0.999; r = (mid - min(mid, n)) / (max(mid, n) - min(mid, n)), 0.5 without a range; trigger = fisher[1]; seeds 0",
    ),
    (
        "FISHER_MIDPOINT",
        "y = 0.5 (ln((1 + s) / (1 - s)) + y[1]), s = 0.66 (r - 0.5) + 0.67 s[1], beyond 0.99 set to 0.999; r = (mid - min(mid, n)) / max(max(mid, n) - min(mid, n), rangemin), rangemin in units of the price; the first y is 0",
    ),
    ("FLOOR", "the largest whole number not above x"),
    ("FORCE", "(c - c[1]) v"),
    (
        "FOSC",
        "100 (x - f) / x, f the line of least squares through the n values before this one, one row ahead; 0 where x = 0",
    ),
    (
        "FRACDIFF",
        "sum over k of w_k x[k], w_0 = 1, w_k = -w_(k-1) (order - k + 1) / k, as far as |w_k| >= threshold; of ln x where logarithm is 1",
    ),
    (
        "FRACTAL",
        "swinghigh = 100 where h[rightbars] exceeds the highs of the leftbars before and the rightbars after it, else 0; swinglow the mirror on lows; told at the bar that completes it",
    ),
    (
        "FRAMA",
        "y = y[1] + a (mid - y[1]), a = exp(-4.6 log2((r1 + r2) / r)); r1, r2 the ranges of the newer and older half of the last n rows, r of both; y = mid where r1 + r2 <= r; seeded by mid",
    ),
    (
        "FWMA",
        "weights the numbers of Fibonacci 1 1 2 3 5 .., the newest of n rows the largest, over their sum",
    ),
    (
        "GARMAN_KLASS",
        "sqrt(mean over n rows of 0.5 ln(h / l)^2 - (2 ln 2 - 1) ln(c / o)^2); per row, not annualised",
    ),
    (
        "HA",
        "haclose = (o + h + l + c) / 4; haopen = (haopen[1] + haclose[1]) / 2, the first (o + c) / 2; hahigh = max(h, haopen, haclose); halow = min(l, haopen, haclose)",
    ),
    (
        "HILO",
        "SMA(l, lowperiod) where c > SMA(h, highperiod)[1]; SMA(h, highperiod) where c < SMA(l, lowperiod)[1]; else the value of the row before; at first the side of SMA(l, lowperiod) on which c lies; what differs by rounding (1e-12 of both) is equal",
    ),
    ("HMA", "WMA(2 WMA(x, floor(n / 2)) - WMA(x, n), floor(sqrt n))"),
    (
        "HT_DCPERIOD",
        "p = 0.33 q + 0.67 p[1], q = 0.2 clamp(2 pi / arctan(Im / Re), 0.67 q[1], 1.5 q[1], then 6, 50) + 0.8 q[1]; Re, Im the turn of the phasor I2, Q2 since the row before, each smoothed by 0.2; seeds 0",
    ),
    (
        "HT_DCPHASE",
        "90 + arctan(sum s_i sin(2 pi i / p) / sum s_i cos(2 pi i / p)) + 360 / HT_DCPERIOD, in degrees from -45 to 315; p the period in whole bars, s_i the price smoothed by WMA 4, i bars ago",
    ),
    (
        "HT_PHASOR",
        "quadrature = H(d), inphase = d[3], d = H(WMA(x, 4)); H(y) = (0.0962 y + 0.5769 y[2] - 0.5769 y[4] - 0.0962 y[6]) (0.075 p[1] + 0.54), p the dominant period before its last smoothing",
    ),
    ("HT_SINE", "sine = sin(a), leadsine = sin(a + 45 degrees), a = HT_DCPHASE"),
    (
        "HT_TRENDLINE",
        "(4 m + 3 m[1] + 2 m[2] + m[3]) / 10, m = SMA(x, p), p = HT_DCPERIOD rounded, 50 at most",
    ),
    (
        "HT_TRENDMODE",
        "1, but 0 where sine and leadsine of HT_SINE crossed within half a period, or the phase turned by 0.67 to 1.5 times 360 / HT_DCPERIOD; 1 anyhow where WMA(x, 4) is 1.5 % or more off HT_TRENDLINE",
    ),
    (
        "HURST",
        "the slope of ln(mean R / S) on ln m, m = 8, 16, 32, .. up to largest, over blocks of the last n log returns; R the range of the sums of deviations, S the deviation of a block",
    ),
    ("HVOL", "100 sd1(ln(x / x[1]), n) sqrt(bars)"),
    (
        "HWC",
        "middleband = HWMA(na, nb, nc); upperband, lowerband = middleband +- factor s[1], s^2 = (1 - nd) s[1]^2 + nd (x[1] - middleband[1])^2, s starts at 0; weights as of HWMA",
    ),
    (
        "HWMA",
        "f + s + a / 2; f = (1 - na) (f[1] + s[1] + a[1] / 2) + na x, s = (1 - nb) (s[1] + a[1]) + nb (f - f[1]), a = (1 - nc) a[1] + nc (s - s[1]); seeds x, 0, 0; of weights with nc (1 - na) (1 - nb (1 + nc) / 2) < na, as with others it grows without end",
    ),
    ("IBS", "(c - l) / (h - l); 0.5 where h = l"),
    (
        "ICHIMOKU",
        "m(k) = (max(h, k) + min(l, k)) / 2; tenkansen = m(tenkanperiod), kijunsen = m(kijunperiod), senkouspana = (tenkansen + kijunsen) / 2, senkouspanb = m(senkoubperiod), none shifted",
    ),
    (
        "ICHIMOKU_CLOUD",
        "m(k) = (max(h, k) + min(l, k)) / 2; tenkan = m(tenkanperiod), kijun = m(kijunperiod), spana = (tenkan + kijun) / 2, spanb = m(senkoubperiod); clouda = spana[kijunperiod], cloudb = spanb[kijunperiod]",
    ),
    ("IMI", "100 u / (u + d), u = sum(max(c - o, 0), n), d = sum(max(o - c, 0), n); 50 where both are 0"),
    (
        "KAMA",
        "y = y[1] + (e (2 / 3 - 2 / 31) + 2 / 31)^2 (x - y[1]), e = ER(n); seeded by the value before the first; x where n = 1",
    ),
    (
        "KC",
        "middleband = EMA(tp, n); upperband, lowerband = middleband +- nbdev r, r = RMA(TR, atrperiod); the average that needs fewer rows begins later, seeded by the last rows so that both speak first in one row",
    ),
    (
        "KDJ",
        "k = MA(f, slowk_period), d = MA(k, slowd_period), j = 3 k - 2 d; f = 100 (c - min(l, fastk_period)) / (max(h, fastk_period) - min(l, fastk_period)), 0 without a range; averages of the kinds slowk_matype, slowd_matype",
    ),
    ("KELTNER_EMA", "middleband = EMA(c, n); upperband, lowerband = middleband +- factor EMA(TR, n)"),
    (
        "KST",
        "kst = a1 + 2 a2 + 3 a3 + 4 a4, a1 = SMA(ROC(roc1period), sma1period), a2 = SMA(ROC(roc2period), sma2period), a3 = SMA(ROC(roc3period), sma3period), a4 = SMA(ROC(roc4period), sma4period); kstsignal = SMA(kst, signalperiod)",
    ),
    (
        "KSTEXT",
        "kst = a1 + 2 a2 + 3 a3 + 4 a4, a1 = MA(ROC(roc1period), ma1period), a2 = MA(ROC(roc2period), ma2period), a3 = MA(ROC(roc3period), ma3period), a4 = MA(ROC(roc4period), ma4period); kstsignal = MA(kst, signalperiod); kinds rocmatype, signalmatype",
    ),
    (
        "KURT",
        "(n - 1) / ((n - 2) (n - 3)) ((n + 1) m4 / m2^2 - 3 (n - 1)), m2, m4 the mean powers of x - SMA(x, n); silent where all are equal",
    ),
    (
        "KURTOSIS",
        "n (n + 1) / ((n - 1) (n - 2) (n - 3)) sum((x - SMA(x, n))^4, n) / s^4 - 3 (n - 1)^2 / ((n - 2) (n - 3)), s = sd1(x, n); silent where all are equal",
    ),
    (
        "KVO",
        "kvo = EMA(f, fastperiod) - EMA(f, slowperiod), kvosignal = EMA(kvo, signalperiod), all seeded by the first f; f = 100 v |2 d / m - 1| t, d = h - l, t = 1 or -1 as tp rose or fell by more than rounding (1e-14 of both), else t[1], at first 1, m = m[1] + d, or d[1] + d where t turned; f = 0 where m = 0",
    ),
    ("LINEARREG", "the line of least squares through the last n values, at this row"),
    ("LINEARREG_ANGLE", "the slope of that line as an angle: arctan(LINEARREG_SLOPE(n)) in degrees"),
    ("LINEARREG_INTERCEPT", "the line of least squares through the last n values, at the oldest of them"),
    ("LINEARREG_SLOPE", "the slope of the line of least squares through the last n values, per row"),
    ("LN", "ln x; silent where x <= 0"),
    ("LOG10", "log10 x; silent where x <= 0"),
    ("LOG_RETURN", "ln(x / x[n])"),
    (
        "LRSI",
        "100 u / (u + d), u, d the rises and falls from p3 to p2 to p1 to p0; p0 = (1 - gamma) x + gamma p0[1], p_k = -gamma p_(k-1) + p_(k-1)[1] + gamma p_k[1], all seeded by x; 0 where both are 0",
    ),
    (
        "MA",
        "MA(x, n) of the kind matype: SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA, MAMA, T3, HMA, ZLEMA, RMA, VIDYA (cmoperiod = floor((3 n + 2) / 4)) or ALMA, their other parameters as usual, but T3 with vfactor 0.7 and MAMA with 0.5 and 0.05, whatever n is; DISABLED gives x, DEFAULT the SMA; x where n = 1",
    ),
    (
        "MACD",
        "macd = EMA(x, fastperiod) - EMA(x, slowperiod), the fast average seeded so that both begin at one row; macdsignal = EMA(macd, signalperiod); macdhist = macd - macdsignal",
    ),
    (
        "MACDEXT",
        "macd = MA(x, fastperiod) - MA(x, slowperiod) of the kinds fastmatype, slowmatype; macdsignal = MA(macd, signalperiod) of the kind signalmatype; macdhist = macd - macdsignal",
    ),
    (
        "MACDFIX",
        "macd = e(0.15) - e(0.075), e(k) = e[1] + k (x - e[1]), seeded as EMA of 12 and 26; macdsignal = EMA(macd, signalperiod); macdhist = macd - macdsignal",
    ),
    ("MAD", "sum(|x - SMA(x, n)|, n) / n; the measure of pandas-ta"),
    (
        "MAMA",
        "mama = a x + (1 - a) mama[1], fama = 0.5 a mama + (1 - 0.5 a) fama[1]; a = max(fastlimit / d, slowlimit), d = max(p[1] - p, 1) the fall of the phase p = arctan(quadrature / inphase) in degrees, a = fastlimit where d = 1",
    ),
    ("MARKETFI", "(h - l) / v; 0 without volume"),
    (
        "MASSI",
        "sum(EMA(h - l, fastperiod) / EMA(EMA(h - l, fastperiod), fastperiod), slowperiod); the ratio counts 1 where its denominator is 0",
    ),
    ("MAVP", "MA(x, p) of the kind matype, p = periods held between minperiod and maxperiod"),
    ("MAX", "max(x, n)"),
    (
        "MAXINDEX",
        "the row of max(x, n), counted from 0 at the first row, rows with an empty cell too (over what has a clock of its own, as books beside trades, that of its messages); the later of equals",
    ),
    ("MCGD", "y = y[1] + (x - y[1]) / (n (x / y[1])^4), seeded by the first x"),
    ("MEDIAN", "the middle of the last n values in order, the mean of the two middle ones where n is even"),
    ("MEDPRICE", "(h + l) / 2"),
    (
        "MFI",
        "100 u / (u + d), u, d the sums over n rows of tp v where tp rose and where it fell; 0 where both are 0",
    ),
    ("MIDPOINT", "(max(x, n) + min(x, n)) / 2"),
    ("MIDPRICE", "(max(h, n) + min(l, n)) / 2"),
    ("MIN", "min(x, n)"),
    (
        "MININDEX",
        "the row of min(x, n), counted from 0 at the first row, rows with an empty cell too (over what has a clock of its own, as books beside trades, that of its messages); the later of equals",
    ),
    ("MINMAX", "min = min(x, n), max = max(x, n)"),
    (
        "MINMAXINDEX",
        "minidx, maxidx: the rows of min(x, n) and max(x, n), counted from 0 at the first row, rows with an empty cell too (over what has a clock of its own, as books beside trades, that of its messages); the later of equals",
    ),
    (
        "MINUS_DI",
        "100 MINUS_DM(n) / s, s = s[1] - s[1] / n + TR, seeded by the sum of the first n - 1 values; 0 where s is 0; where n = 1 the part itself, MINUS_DM(1) / TR",
    ),
    (
        "MINUS_DM",
        "y = y[1] - y[1] / n + m, seeded by the sum of the first n - 1 values; m = l[1] - l where that is above 0 and above h - h[1], else 0",
    ),
    ("MOM", "x - x[n]"),
    ("MULT", "x0 * x1"),
    ("NATR", "100 ATR(n) / c; 0 where c = 0; TR where n = 1"),
    ("NVI", "y = y[1] + y[1] (c / c[1] - 1) where v < v[1], else y[1]; starts at 1000"),
    ("OBV", "y = y[1] + v where x > x[1], y[1] - v where x < x[1], else y[1]; starts at the first v"),
    ("PARKINSON", "sqrt(mean over n rows of ln(h / l)^2 / (4 ln 2)); per row, not annualised"),
    (
        "PERCENTB",
        "(x - lowerband) / (upperband - lowerband) of BBANDS(n, nbdevup, nbdevdn, matype); 0.5 where they meet",
    ),
    (
        "PERCENTILE",
        "of the last n values in rising order the one at place ceil(percentile n / 100), the first being 1",
    ),
    ("PERCENTRANK", "100 * (how many of the n values before are below x) / n"),
    ("PERCENT_RETURN", "x / x[n] - 1; silent where x[n] = 0"),
    ("PGO", "(c - SMA(c, n)) / EMA(ATR(n), n); 0 without a range"),
    (
        "PLUS_DI",
        "100 PLUS_DM(n) / s, s = s[1] - s[1] / n + TR, seeded by the sum of the first n - 1 values; 0 where s is 0; where n = 1 the part itself, PLUS_DM(1) / TR",
    ),
    (
        "PLUS_DM",
        "y = y[1] - y[1] / n + p, seeded by the sum of the first n - 1 values; p = h - h[1] where that is above 0 and above l[1] - l, else 0",
    ),
    (
        "PPO",
        "100 (MA(x, fastperiod) - MA(x, slowperiod)) / MA(x, slowperiod) of the kind matype; 0 where the slow one is 0",
    ),
    ("PRICE_DISTANCE", "2 (h - l) + |o - c[1]| - |c - o|"),
    (
        "PROJECTION",
        "100 (x - f) / f, f the line of least squares through the last n values, at this row; silent where f = 0",
    ),
    ("PSL", "100 * (how many of the last n rows have x > x[1]) / n; the first row has none"),
    (
        "PSO",
        "tanh(s / 2), s = EMA(EMA(0.1 (f - 50), emaperiod), emaperiod), f = 100 (c - min(l, fastk_period)) / (max(h, fastk_period) - min(l, fastk_period)), 50 without a range",
    ),
    ("PVI", "y = y[1] + y[1] (c / c[1] - 1) where v > v[1], else y[1]; starts at 1000"),
    (
        "PVO",
        "100 (MA(v, fastperiod) - MA(v, slowperiod)) / MA(v, slowperiod) of the kind matype; 0 where the slow one is 0",
    ),
    ("PVOL", "c * v"),
    (
        "PVR",
        "1 where c >= c[1] and v >= v[1], 2 where c >= c[1] alone, 3 where v >= v[1] alone, else 4; 1 at the first row",
    ),
    ("PVT", "y = y[1] + v (c - c[1]) / c[1], nothing added where c[1] = 0"),
    ("PWMA", "weights C(n - 1, k) of Pascal's triangle, over their sum"),
    (
        "QQE",
        "basis = EMA(RSI(n), smoothperiod), w = factor EMA(EMA(|basis - basis[1]|, 2 n - 1), 2 n - 1); long = basis - w, but not below long[1] while basis and basis[1] are above it; short = basis + w, but not above short[1] while both are below it; direction = 1 at first and where basis crosses short[1], else -1 where it crosses long[1], else as before (where they differ by rounding alone, 1e-9, basis is on the side on which it was); qqe = long where direction = 1, else short",
    ),
    ("QSTICK", "SMA(c - o, n)"),
    (
        "QUANTILE",
        "the last n values in rising order at place share (n - 1), the first being 0, on the line between its neighbours",
    ),
    (
        "REFLEX",
        "s / r, 0 where r = 0; s the mean over k = 1 to n of f + k (f[n] - f) / n - f[k], r^2 = 0.96 r[1]^2 + 0.04 s^2, r starts at 0; f = (1 - b + a^2) (x + x[1]) / 2 + b f[1] - a^2 f[2], a = exp(-t), b = 2 a cos t, t = sqrt(2) pi / (n / 2), all before the first row as the first x",
    ),
    ("RMA", "y = y[1] + (x - y[1]) / n, the first y the mean of the first n values"),
    ("ROC", "100 (x / x[n] - 1); 0 where x[n] = 0"),
    ("ROCP", "(x - x[n]) / x[n]; 0 where x[n] = 0"),
    ("ROCR", "x / x[n]; 0 where x[n] = 0"),
    ("ROCR100", "100 x / x[n]; 0 where x[n] = 0"),
    (
        "ROGERSSATCHELL",
        "sqrt(annualization) sqrt(mean over n rows of ln(h / c) ln(h / o) + ln(l / c) ln(l / o)); 0 where the mean is not above 0",
    ),
    (
        "RSI",
        "100 g / (g + d), g = RMA(max(x - x[1], 0), n), d = RMA(max(x[1] - x, 0), n); 0 where both are 0",
    ),
    (
        "RVGI",
        "rvgi = sum(w(c - o), n) / sum(w(h - l), n), w(y) = (y + 2 y[1] + 2 y[2] + y[3]) / 6, 0 without a range; signal = w(rvgi)",
    ),
    (
        "RVI",
        "100 u / (u + d), u = RMA(s where x > x[1] else 0, n), d = RMA(s where x < x[1] else 0, n), s = sd(x, stddevperiod); 50 where both are 0",
    ),
    ("RVIR", "(RVI of h + RVI of l) / 2, each with n and stddevperiod"),
    ("RVOL", "v / (sum(v[1], n) / n): this bar against the n before; silent where these have no volume"),
    (
        "RWI",
        "high = the largest over k = shortest to n of (h - l[k - 1]) / (sqrt k (sum(TR[1], k) / k)), low the same of (h[k - 1] - l); a k whose ranges are all 0 counts 0",
    ),
    (
        "SAR",
        "s = s[1] + a (e - s[1]), not beyond the two bars before; e the extreme since the turn, a grows by acceleration with each new e up to maximum; a price through s turns the side, s = e; the first side by the first move of highs and lows",
    ),
    (
        "SAREXT",
        "SAR with its own accelerations: accelerationinitlong, accelerationlong, accelerationmaxlong, accelerationinitshort, accelerationshort, accelerationmaxshort; startvalue sets the first side by its sign; s shifts by offsetonreverse at a turn; negative while short",
    ),
    (
        "SI",
        "50 k (c - c[1] + (c - o) / 2 + (c[1] - o[1]) / 4) / (r limitmove), k = max(u, d), u = |h - c[1]|, d = |l - c[1]|, r = max(u - d / 2, d - u / 2, h - l) + |c[1] - o[1]| / 4; 0 where r = 0",
    ),
    (
        "SIGN_ENTROPY",
        "-sum of p log2 p over the 8 words of three rises or falls in a row (what does not move counts as a fall) in the last n values; p how often each occurs",
    ),
    ("SIN", "sin x, x in radians"),
    ("SINH", "(exp x - exp -x) / 2"),
    ("SINWMA", "weights sin(k pi / (n + 1)), k = 1 .. n, over their sum"),
    (
        "SKEW",
        "sqrt(n (n - 1)) / (n - 2) m3 / m2^1.5, m2, m3 the mean powers of x - SMA(x, n); silent where all are equal",
    ),
    ("SMA", "sum(x, n) / n"),
    (
        "SMI",
        "smi = 100 E(c - (max(h, n) + min(l, n)) / 2) / (0.5 E(max(h, n) - min(l, n))), E(y) = EMA(EMA(y, slowperiod), fastperiod); smisignal = EMA(smi, signalperiod); 0 without a range",
    ),
    ("SQRT", "the square root of x; silent where x < 0"),
    (
        "SQUEEZE",
        "on = 1 where SMA(c, n) +- deviations sd(c, n) lies inside SMA(c, n) +- factor SMA(TR, n), else 0",
    ),
    (
        "SQZMOM",
        "momentum = LINEARREG of c - (MIDPRICE(k) + SMA(c, k)) / 2 over k = kcperiod rows; squeeze = 3, 2, 1 where SMA(c, bbperiod) +- nbdev sd(c, bbperiod) lies inside SMA(c, k) +- f SMA(TR, k) with f = factornarrow, factornormal, factorwide, -1 where it reaches over factorwide on both sides, else 0",
    ),
    (
        "SSF",
        "y = (1 - b + a^2) x + b y[1] - a^2 y[2], a = exp(-s), b = 2 a cos s, s = sqrt(2) pi / n; the first two are x",
    ),
    (
        "SSF3",
        "y = (1 - b + c b - c^2) x + (b + c) y[1] - c (1 + b) y[2] + c^2 y[3], a = exp(-pi / n), b = 2 a cos(sqrt(3) pi / n), c = a^2; the first three are x",
    ),
    (
        "STC",
        "y = y[1] + 0.5 (S(p) - y[1]), p = p[1] + 0.5 (S(m) - p[1]), S(z) = 100 (z - min(z, cycleperiod)) / (max(z, cycleperiod) - min(z, cycleperiod)), as before without a range; m the line of MACD(fastperiod, slowperiod); seeded by the first S",
    ),
    ("STDDEV", "nbdev sd(x, n)"),
    ("STDERR", "sd1(x, n) / sqrt n"),
    (
        "STOCH",
        "slowk = MA(f, slowk_period), slowd = MA(slowk, slowd_period), of the kinds slowk_matype, slowd_matype; f = 100 (c - min(l, fastk_period)) / (max(h, fastk_period) - min(l, fastk_period)), 0 without a range",
    ),
    (
        "STOCHF",
        "fastk = 100 (c - min(l, fastk_period)) / (max(h, fastk_period) - min(l, fastk_period)), 0 without a range; fastd = MA(fastk, fastd_period) of the kind fastd_matype",
    ),
    (
        "STOCHRSI",
        "fastk = 100 (r - min(r, fastk_period)) / (max(r, fastk_period) - min(r, fastk_period)), r = RSI(x, n), 0 without a range; fastd = MA(fastk, fastd_period) of the kind fastd_matype",
    ),
    ("SUB", "x0 - x1"),
    ("SUM", "sum(x, n)"),
    (
        "SUPERTREND",
        "supertrend = lower while up, else upper; upper = mid + multiplier ATR(n) where that is lower or c[1] was above it, else as before, lower the mirror; trend turns to -1 where c < lower, to 1 where c > upper, and starts at 1",
    ),
    (
        "SUPERTREND_RMA",
        "bands mid +- factor ATR(n); direction = 1 where c is above the upper band of the row before, -1 where it is below the lower, else as before, and then the band on its side does not loosen; supertrend is that band; starts at 1",
    ),
    (
        "SWAK_2PHP",
        "y = (1 - a / 2)^2 (x - 2 x[1] + x[2]) + 2 (1 - a) y[1] - (1 - a)^2 y[2], a = -b + sqrt(b^2 + 2 b), b = 2.415 (1 - cos(2 pi / n)); seeds 0, x before the first row being the first x",
    ),
    (
        "SWAK_BP",
        "y = (1 - g) / 2 (x - x[2]) + cos(2 pi / n) (1 + g) y[1] - g y[2], g = (1 - sin t) / cos t, t = 4 pi delta / n; seeds 0, x before the first row being the first x",
    ),
    (
        "SWAK_BUTTER",
        "y = a^2 / 4 (x + 2 x[1] + x[2]) + 2 (1 - a) y[1] - (1 - a)^2 y[2], a = -b + sqrt(b^2 + 2 b), b = 2.415 (1 - cos(2 pi / n)); seeded by the first x",
    ),
    (
        "SWAK_GAUSS",
        "y = a^2 x + 2 (1 - a) y[1] - (1 - a)^2 y[2], a = -b + sqrt(b^2 + 2 b), b = 2.415 (1 - cos(2 pi / n)); seeded by the first x",
    ),
    (
        "SWAK_HP",
        "y = (1 - a / 2) (x - x[1]) + (1 - a) y[1], a = (cos w + sin w - 1) / cos w, w = 2 pi / n; seed 0",
    ),
    ("SWMA", "weights 1 2 .. 2 1, a symmetric triangle over n rows, over their sum"),
    (
        "T3",
        "-v^3 e6 + 3 (v^2 + v^3) e5 - 3 (2 v^2 + v + v^3) e4 + (1 + 3 v + v^3 + 3 v^2) e3, e1 = EMA(x, n), e_k = EMA(e_(k-1), n), v = vfactor",
    ),
    ("TAN", "tan x, x in radians"),
    ("TANH", "(exp x - exp -x) / (exp x + exp -x)"),
    ("TD_SEQUENCE", "up = up[1] + 1 where x > x[4], else 0; down = down[1] + 1 where x < x[4], else 0"),
    ("TEMA", "3 e1 - 3 e2 + e3, e1 = EMA(x, n), e2 = EMA(e1, n), e3 = EMA(e2, n)"),
    ("THERMOMETER", "heat = max(|h - h[1]|, |l - l[1]|); average = EMA(heat, n)"),
    (
        "TMO",
        "tmo = EMA(EMA(s, calcperiod), smoothperiod), signal = EMA(tmo, smoothperiod); s = how many of the last n opens lie below c, less how many lie above it",
    ),
    ("TRANGE", "max(h - l, |h - c[1]|, |l - c[1]|)"),
    (
        "TRENDFLEX",
        "s / r, 0 where r = 0; s the mean over k = 1 to n of f - f[k], with r and f of s and n as in REFLEX",
    ),
    (
        "TRIMA",
        "SMA(SMA(x, k), k), k = (n + 1) / 2 where n is odd; SMA(SMA(x, n / 2), n / 2 + 1) where it is even",
    ),
    ("TRIX", "100 (e / e[1] - 1), e = EMA(EMA(EMA(x, n), n), n)"),
    ("TSF", "the line of least squares through the last n values, one row ahead"),
    (
        "TSI",
        "100 E(x - x[1]) / E(|x - x[1]|), E(y) = EMA(EMA(y, firstperiod), secondperiod); 0 for a price that never moved",
    ),
    (
        "TSI_SIGNAL",
        "tsi = 100 E(x - x[1]) / E(|x - x[1]|), E(y) = EMA(EMA(y, slowperiod), fastperiod), 0 for a price that never moved; signal = EMA(tsi, signalperiod)",
    ),
    ("TYPPRICE", "(h + l + c) / 3"),
    ("ULCER", "sqrt(SMA(d^2, n)), d = 100 (x - max(x, n)) / max(x, n); silent where the maximum is 0"),
    (
        "ULTOSC",
        "100 (4 q(timeperiod1) + 2 q(timeperiod2) + q(timeperiod3)) / 7, q(k) = sum(c - min(l, c[1]), k) / sum(TR, k), the periods in rising order; a q without range counts 0",
    ),
    ("VAR", "var(x, n); nbdev plays no part, as in TA-Lib"),
    (
        "VFI",
        "EMA(sum(f, n) / a, 3), a = SMA(v, n)[1], f = min(v, vcoef a) where tp - tp[1] > cut, - min(v, vcoef a) where tp - tp[1] < - cut, else 0, cut = coef sd(ln(tp / tp[1]), 30) c; 0 without volume",
    ),
    ("VHF", "(max(x, n) - min(x, n)) / sum(|x - x[1]|, n); 0 where x did not move"),
    (
        "VIDYA",
        "y = y[1] + 2 / (n + 1) |CMOU(cmoperiod)| / 100 (x - y[1]), x at the first row; before there are cmoperiod changes CMOU is that of those there are; x where n = 1",
    ),
    (
        "VOLUME_PROFILE",
        "the volume of each of the last n bars spread evenly over l .. h into bins of (max(h, n) - min(l, n)) / bins; poc the middle of the fullest, valuelow .. valuehigh the bins around it, the fuller neighbour first, until they hold share of the volume",
    ),
    (
        "VORTEX",
        "plusvi = sum(|h - l[1]|, n) / sum(TR, n), minusvi = sum(|l - h[1]|, n) / sum(TR, n); 0 without a range",
    ),
    ("VOSC", "100 (SMA(v, fastperiod) - SMA(v, slowperiod)) / SMA(v, slowperiod); silent without volume"),
    ("VWAP", "sum of tp v / sum of v over all rows since the first"),
    (
        "VWAP_ANCHORED",
        "sum of tp v / sum of v over all rows with time >= anchor; silent before it and without volume",
    ),
    ("VWAP_ROLLING", "sum(tp v, n) / sum(v, n); silent without volume"),
    (
        "VWAP_SESSION",
        "sum of tp v / sum of v over the rows of this session, floor((time - offset) / session); silent without volume",
    ),
    ("VWMA", "sum(x v, n) / sum(v, n), x where n = 1; silent without volume"),
    (
        "WAD",
        "y = y[1] + c - min(c[1], l) where c > c[1], y[1] + c - max(c[1], h) where c < c[1], else y[1]; starts at 0",
    ),
    (
        "WAVETREND",
        "wt1 = EMA((tp - e) / (0.015 d), averageperiod), e = EMA(tp, channelperiod), d = EMA(|tp - e|, channelperiod), 0 where d = 0; wt2 = SMA(wt1, signalperiod)",
    ),
    ("WCLPRICE", "(h + l + 2 c) / 4"),
    ("WILLR", "-100 (max(h, n) - c) / (max(h, n) - min(l, n)); 0 without a range"),
    ("WMA", "sum over k = 0 .. n - 1 of (n - k) x[k] / (n (n + 1) / 2)"),
    (
        "YANG_ZHANG",
        "sqrt(a + k b + (1 - k) r), a = sd1(ln(o / c[1]), n)^2, b = sd1(ln(c / o), n)^2, r the mean over n rows of ln(h / o) ln(h / c) + ln(l / o) ln(l / c), k = 0.34 / (1.34 + (n + 1) / (n - 1)); per row",
    ),
    (
        "ZIGZAG",
        "zigzag: the extreme of the leg, pivotidx its row, counted from 0 at the first row, rows with an empty cell too (over what has a clock of its own, as books beside trades, that of its messages), trend 1 or -1; a leg up ends where l <= zigzag (1 - sensitivity / 100), one down where h >= zigzag (1 + sensitivity / 100), mintrendlength rows after its extreme at the earliest; a turn is looked for before a new extreme, the later of equals; begins down, from the first low",
    ),
    ("ZLEMA", "EMA(2 x - x[floor((n - 1) / 2)], n)"),
    ("ZSCORE", "(x - SMA(x, n)) / sd(x, n); silent where all are equal"),
];
