package stars

import (
	"math/big"
	"strconv"
	"strings"
)

// Half up to two decimals is the rounding of scores: 2.675 becomes 2.68, exactly, because no float64 is involved.
const scoreDecimals = 2

// roundHalfUp rounds to so many decimals, a half upwards: ⌊x·10ⁿ + ½⌋ ÷ 10ⁿ.
func roundHalfUp(x *big.Rat, decimals int) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	y := new(big.Rat).Mul(x, new(big.Rat).SetInt(scale))
	y.Add(y, big.NewRat(1, 2))
	floor := new(big.Int).Div(y.Num(), y.Denom()) // Euclidean: downwards for a positive denominator
	return new(big.Rat).SetFrac(floor, scale)
}

// Text writes a score with two decimals: 79.50. Nil is —.
func Text(x *big.Rat) string {
	if x == nil {
		return "—"
	}
	return fixed(x, scoreDecimals)
}

// fixed writes a number rounded half up to exactly so many decimals.
func fixed(x *big.Rat, decimals int) string { return roundHalfUp(x, decimals).FloatString(decimals) }

// plainText writes a number with at most so many decimals, without zeros at the end: 20, 0.5.
func plainText(x *big.Rat, decimals int) string {
	text := fixed(x, decimals)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// counted turns what a query counted into a fraction. Counts are whole, a satisfied count has one decimal (0.9 of
// 基本满意), money two; four are kept, so that a sum such as 0.1 + 0.2 is what it was in the ledger.
func counted(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'f', 4, 64)) // a finite number always parses
	return r
}

// exact is a number of the catalogue as it was written: 0.1 is 1/10.
func exact(x float64) *big.Rat {
	r, _ := new(big.Rat).SetString(strconv.FormatFloat(x, 'f', -1, 64))
	return r
}
