//! The candlestick patterns. What a pattern says is 100 for rising, -100 for falling, 0 where it is not there.

/// Sorted by name.
pub(super) const FORMULAS: &[(&str, &str)] = &[
    (
        "CDL2CROWS",
        "-100 where [2] is white and long, [1] black with bottom[1] > top[2], [0] black with c[1] < o < o[1] and o[2] < c < c[2]",
    ),
    (
        "CDL3BLACKCROWS",
        "-100 where [3] is white, [2] [1] [0] black with bare lower shadows and falling closes, each opening within the body before, and c[2] < h[3]",
    ),
    (
        "CDL3INSIDE",
        "-100 color[2] where [2] is long, the body of [1] not long and inside that of [2], [0] of the other color with its close beyond o[2]",
    ),
    (
        "CDL3LINESTRIKE",
        "100 color[1] where [3] [2] [1] share a color with closes going its way, each opening within the body before or near it, and [0] of the other color opens beyond c[1] and closes beyond o[3]",
    ),
    (
        "CDL3OUTSIDE",
        "100 color[1] where the body of [1] engulfs that of [2] of the other color and c lies beyond c[1] on its way",
    ),
    (
        "CDL3STARSINSOUTH",
        "100 where all three are black: [2] long with lower > body, [1] of a smaller body opening within c[2] .. h[2], l[2] <= l[1] < c[2], its lower not bare, [0] short without shadows within the range of [1]",
    ),
    (
        "CDL3WHITESOLDIERS",
        "100 where all three are white with bare upper shadows and rising closes, each opening above the open before and not beyond near its close, no body far smaller than the one before, [0] not short",
    ),
    (
        "CDLABANDONEDBABY",
        "100 color where [2] is long, [1] a doji with a gap to both ranges, [0] of the other color, not short, closing more than penetration of body[2] into it",
    ),
    (
        "CDLADVANCEBLOCK",
        "-100 where all three are white with rising closes and opens within or near the body before, [2] long with a short upper shadow, and the bodies shrink or the upper shadows grow: far smaller, or smaller with an upper shadow that is not short",
    ),
    ("CDLBELTHOLD", "100 color where the candle is long and has a bare shadow at its open"),
    (
        "CDLBREAKAWAY",
        "100 color where [4] is long, the body of [3] of its color gaps on, [2] and [1] go on by high and low, [1] of its color, and [0] of the other closes inside the gap",
    ),
    ("CDLCLOSINGMARUBOZU", "100 color where the candle is long and has a bare shadow at its close"),
    (
        "CDLCONCEALBABYSWALL",
        "100 where all four are black: [3] [2] without shadows, [1] with bodies gapping down but h[1] > c[2], its upper not bare, [0] with h > h[1] and l < l[1]",
    ),
    ("CDLCOUNTERATTACK", "100 color where [1] and [0] are long, of two colors, and |c - c[1]| <= equal[1]"),
    (
        "CDLDARKCLOUDCOVER",
        "-100 where [1] is white and long, [0] black with o > h[1] and o[1] < c < c[1] - penetration body[1]",
    ),
    ("CDLDOJI", "100 where body <= 0.1 of the mean range of the ten candles before"),
    ("CDLDOJISTAR", "-100 color[1] where [1] is long and [0] a doji whose body gaps on its way"),
    (
        "CDLDRAGONFLYDOJI",
        "100 where the candle is a doji, its upper bare, its lower > 0.1 of the mean range of the ten candles before it",
    ),
    (
        "CDLENGULFING",
        "100 color where the body engulfs that of [1] of the other color; 80 color where one end is shared",
    ),
    (
        "CDLEVENINGDOJISTAR",
        "-100 where [2] is white and long, [1] a doji whose body gaps up, [0] black, not short, c < c[2] - penetration body[2]",
    ),
    (
        "CDLEVENINGSTAR",
        "-100 where [2] is white and long, [1] not longer than the mean with its body gapping up, [0] black, not short, c < c[2] - penetration body[2]",
    ),
    (
        "CDLGAPSIDESIDEWHITE",
        "100 or -100 where [1] and [0] are white, both bodies gap up or down from that of [2], |body - body[1]| <= near[1], |o - o[1]| <= equal[1]",
    ),
    (
        "CDLGRAVESTONEDOJI",
        "100 where the candle is a doji, its lower bare, its upper > 0.1 of the mean range of the ten candles before it",
    ),
    ("CDLHAMMER", "100 where the candle is short, lower > body, upper bare, bottom <= l[1] + near[1]"),
    ("CDLHANGINGMAN", "-100 where the candle is short, lower > body, upper bare, bottom >= h[1] - near[1]"),
    (
        "CDLHARAMI",
        "-100 color[1] where [1] is long and the body of [0], not longer than the mean, lies inside that of [1]; 80 where one end or both are shared",
    ),
    (
        "CDLHARAMICROSS",
        "-100 color[1] where [1] is long and [0] a doji whose body lies inside that of [1]; 80 where one end or both are shared",
    ),
    ("CDLHIGHWAVE", "100 color where the candle is short, upper > 2 body, lower > 2 body"),
    (
        "CDLHIKKAKE",
        "100 where [1] lies inside [2] and both h < h[1], l < l[1]; -100 where both are above; 200 or -200 where one of the three bars after it closes beyond the high or low of [1]",
    ),
    (
        "CDLHIKKAKEMOD",
        "as CDLHIKKAKE after two inside bars, [2] in [3] and [1] in [2], where c[2] is near l[2] for 100, near h[2] for -100; 200 or -200 where it is confirmed within three bars",
    ),
    (
        "CDLHOMINGPIGEON",
        "100 where [1] is black and long, [0] black, not longer than the mean, its body inside that of [1]",
    ),
    (
        "CDLIDENTICAL3CROWS",
        "-100 where all three are black with bare lower shadows and falling closes, |o - c[1]| <= equal[1] and |o[1] - c[2]| <= equal[2]",
    ),
    (
        "CDLINNECK",
        "-100 where [1] is black and long, [0] white with o < l[1] and c[1] <= c <= c[1] + equal[1]",
    ),
    (
        "CDLINVERTEDHAMMER",
        "100 where the candle is short, upper > body, lower bare, its body below that of [1]",
    ),
    (
        "CDLKICKING",
        "100 color where [1] and [0] are long without shadows, of two colors, with a gap between their ranges on the way of [0]",
    ),
    ("CDLKICKINGBYLENGTH", "as CDLKICKING, with the color of the longer of the two"),
    (
        "CDLLADDERBOTTOM",
        "100 where [4] [3] [2] [1] are black, the first three with falling opens and closes, the upper of [1] not bare, [0] white with o > o[1] and c > h[1]",
    ),
    ("CDLLONGLEGGEDDOJI", "100 where the candle is a doji with lower > body or upper > body"),
    (
        "CDLLONGLINE",
        "100 color where the candle is long and each shadow below half the mean of both shadows of the ten candles before",
    ),
    ("CDLMARUBOZU", "100 color where the candle is long and both shadows are bare"),
    ("CDLMATCHINGLOW", "100 where [1] and [0] are black and |c - c[1]| <= equal[1]"),
    (
        "CDLMATHOLD",
        "100 where [4] is white and long, [3] black with its body gapping up, [3] [2] [1] short, the bodies of [2] [1] above c[4] - penetration body[4] and below c[4], with falling tops, [0] white with o > c[1] and c above the three highs",
    ),
    (
        "CDLMORNINGDOJISTAR",
        "100 where [2] is black and long, [1] a doji whose body gaps down, [0] white, not short, c > c[2] + penetration body[2]",
    ),
    (
        "CDLMORNINGSTAR",
        "100 where [2] is black and long, [1] not longer than the mean with its body gapping down, [0] white, not short, c > c[2] + penetration body[2]",
    ),
    ("CDLONNECK", "-100 where [1] is black and long, [0] white with o < l[1] and |c - l[1]| <= equal[1]"),
    (
        "CDLPIERCING",
        "100 where [1] is black and long, [0] white and long with o < l[1] and c[1] + body[1] / 2 < c < o[1]",
    ),
    (
        "CDLRICKSHAWMAN",
        "100 where the candle is a doji with lower > body, upper > body, and its body at the middle of its range or near it",
    ),
    (
        "CDLRISEFALL3METHODS",
        "100 color[4] where [4] and [0] are long and of one color, [3] [2] [1] short, of the other, within the range of [4], their closes going back, o beyond c[1] and c beyond c[4]",
    ),
    (
        "CDLSEPARATINGLINES",
        "100 color where [1] has the other color, |o - o[1]| <= equal[1], [0] is long and has a bare shadow at its open",
    ),
    (
        "CDLSHOOTINGSTAR",
        "-100 where the candle is short, upper > body, lower bare, its body above that of [1]",
    ),
    (
        "CDLSHORTLINE",
        "100 color where the candle is short and each shadow below half the mean of both shadows of the ten candles before",
    ),
    ("CDLSPINNINGTOP", "100 color where the candle is short, upper > body, lower > body"),
    (
        "CDLSTALLEDPATTERN",
        "-100 where all three are white with rising closes, [2] and [1] long, the upper of [1] bare, o[2] < o[1] <= c[2] + near[2], [0] short with o >= c[1] - body - near[1]",
    ),
    (
        "CDLSTICKSANDWICH",
        "100 where [2] is black, [1] white with l[1] > c[2], [0] black with |c - c[2]| <= equal[2]",
    ),
    ("CDLTAKURI", "100 where the candle is a doji, its upper bare, lower > 2 body"),
    (
        "CDLTASUKIGAP",
        "100 color[1] where the body of [1] gaps from that of [2] on its way, [0] of the other color opens within the body of [1] and closes inside the gap, |body - body[1]| < near[1]",
    ),
    (
        "CDLTHRUSTING",
        "-100 where [1] is black and long, [0] white with o < l[1] and c[1] + equal[1] < c <= c[1] + body[1] / 2",
    ),
    (
        "CDLTRISTAR",
        "-100 where all three bodies are <= 0.1 of the mean range of the ten candles before [2], the body of [1] gaps up and top < top[1]; 100 where it gaps down and bottom > bottom[1]",
    ),
    (
        "CDLUNIQUE3RIVER",
        "100 where [2] is black and long, [1] black with c[1] > c[2], o[1] <= o[2], l[1] < l[2], [0] white and short with o > l[1]",
    ),
    (
        "CDLUPSIDEGAP2CROWS",
        "-100 where [2] is white and long, [1] black, not longer than the mean, with its body gapping up, [0] black with o > o[1] and c[2] < c < c[1]",
    ),
    (
        "CDLXSIDEGAP3METHODS",
        "100 color[2] where [2] and [1] share a color and their bodies gap its way, [0] of the other color opens within the body of [1] and closes within that of [2]",
    ),
];
