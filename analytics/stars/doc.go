// Package stars scores units by the five stars: what a branch (社区党组织) has earned in a cycle, indicator by indicator,
// and why, in words and numbers that an evaluator can follow with a pencil.
//
// Inputs: a snapshot of the warehouse, the catalogue with its rulebook, a cycle, and now. Output: a Result: every unit
// of the scored level with its total, stars, indicators, and the peers' medians. Nothing is stored.
//
// The way of a score: the numbers are asked of package analytics (counted.go), which counts in SQL; all that follows is
// exact arithmetic on fractions (rule.go), knows no SQL, and is what the cases in testdata check. Rounding happens once
// per indicator and once per star, half up, to two decimals, and thresholds compare the rounded number, so that what
// people see explains what was decided.
//
// Three kinds of missing are kept apart. 不适用 and 样本不足 (the ledger is there, but holds nothing or too little to
// count) leave the base of the star, which is scaled to the rest. 缺数据 (the unit owes the ledger) and 待评 (people have
// not judged yet) stay in the base and earn nothing, so leaving out a ledger never raises a star. A star of which
// too little is rated is 待补数据: neither lit nor refused.
//
// A kind of matter that nobody at the site has ever delivered is owed by nobody, as for every metric (m_covered).
//
// Callers: cmd (score), reports and its pages.
package stars
