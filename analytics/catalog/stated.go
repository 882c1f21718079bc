package catalog

// Stated writes a number with how exactly it was reported (ge, approx, near, lt; anything else is exact): 200+, 约570, 近50, 不足40.
func Stated(number, qualifier string) string {
	switch qualifier {
	case "ge":
		return number + "+"
	case "approx":
		return "约" + number
	case "near":
		return "近" + number
	case "lt":
		return "不足" + number
	}
	return number
}
