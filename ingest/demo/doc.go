// Package demo writes the files of the synthetic 示范区 (demonstration district), so that a site can see
// the product work before it has loaded anything of its own, and so that every stage of the line of data
// is tried on ledgers as untidy as real ones.
//
// Input: a seed and the day the data end before. Output: plain files in a directory and a Manifest that
// says, in loading order, which ordinary verb (units load, grids load, ingest) takes which file, how many
// rows each holds and which rows are flawed on purpose. The package opens no warehouse and prints
// nothing; the verb demo of cmd/gridstar calls it and runs the verbs of the manifest.
//
// The same Seed and Until give the same bytes: there is no clock, no map iteration decides an order, and
// each part draws from a generator of its own (see stream), so that a change in one part leaves the others
// as they were.
//
// # The model
//
// Nothing here describes a real place, person or organisation. The district lies in open sea; names are
// ordinary words; phone numbers are 19900000000 + n with n < 100,000, identity numbers begin with the
// unassigned code 999001, e-mail addresses end in example.com.
//
//	geography     1 district, 6 streets (3 to 5 communities each), 24 communities, 302 grids of about
//	              0.17 km². Borders are straight on a lattice that is then warped (see lattice): neighbours
//	              share every vertex. Every layer is in GCJ-02, longitude first.
//	households    120 to 700 a grid, about 103,000 in all; 2.2 to 2.9 persons each. Every unit above is the
//	              sum of its grids; so is the area.
//	party tree    6 committees, 24 branches, 88 estate branches, 212 cells, 241 party households. A branch
//	              covers its community, an estate branch the grids of its estate; about one grid in seven
//	              has no estate and is reached only through its community.
//	matters       about 2,750 a month from the first day of the month two years before Until: Poisson per
//	              community and day, in proportion to households × street × community × weekday × season.
//	              Heating rises from November to March, sanitation and drainage from June to August; a few
//	              storm days and cold snaps a year double or triple what they cause. February and the
//	              October holiday are quiet.
//	channels      hotline, grid workers and windows keep office hours and rest at weekends; the residents'
//	              chat groups peak in the evening. The share of grid workers differs by street.
//	handling      log-normal hours around a median of 6 (grid), 20 (community), 60 (street), 110 (district
//	              department) and 200 (city), times the pace of the street and of the community. 83 % have a
//	              deadline of 2, 3, 7, 10 or 20 days by that level: about 94 % are closed in time.
//	visits        about two closed matters in three are visited, about nine visits in ten are valid; of
//	              those about 97 % were contacted, 86 % resolved, 88 points of satisfaction (basically
//	              satisfied counts 0.9). The ledgers carry the optional columns 回访时间, 是否联系, 解决层级
//	              and 退回次数, without which these cannot be told.
//	stories       Slipping (光复社区) grows slow over the last six months, and its residents less content;
//	              Improving (和平社区) starts as the slowest and ends among the fastest.
//	wishes        3 to 5 a community and month; two thirds are claimed within 15 days and realised within 30.
//	whistles      about 130 a month, passed on to ten offices; signed after 16 minutes (median; 3 % take over an
//	              hour), closed after two days: nine in ten within three working days (five for 攻坚). Of those of
//	              the last three days some lie unsigned. Every whistle of the district has a number of its own.
//	patrols       of the last 13 months and the running one: every grid every day, but for 2 % of the days
//	              (more at weekends, and of late in Slipping) and a few neglected grids that miss one in three:
//	              about 96 % of grids and days. Three patrols in a hundred find a hazard; 95 % are mended in time.
//	activities    of nine types: a safety lecture a month, a drill every other month and what people like to
//	              come to; three slack communities let a third of the planned ones fall through.
//	meetings      a joint meeting a quarter and round tables; none in NoJointMeeting in the last whole quarter.
//	              The branches and their cells hold 三会一课, the theme day on the 15th.
//	errands, disputes, motions: about 140, 42 and 32 a month, most closed in two days, three days, three weeks.
//	standing      how well a community does what the stars ask for (see standing), the same for every seed: six
//	              models light all five, most others three or four, five fall short of 支部过硬星 and three of
//	              most. What people judge (XF6, YY5, ZB6) is never judged, so 支部过硬星 reaches 80 at best.
//	co-building   five to seven agreements a community, each with three or so items a year; 62 needs a month.
//	reports       by month, the one under way as it stands: 双报到 of three units a community, 党员积分 of each
//	              branch but that of NoPointsReport, 物业费 of each estate with a company (60 to 97 % paid),
//	              stations and canteens.
//	registers     of this year: estates and buildings with the party organisation in charge; old courtyards
//	              without one where a community lags behind.
//	merchants     about 24 a community, each visited in 77 to 100 % of the quarters; 46 listings a month.
//	care          four in a thousand inhabitants are on the register, each visited about once a quarter; the
//	              register of NoCareRegister is missing. People are numbers, never names.
//	letters, jobs one or two 信访 a month in the whole district, so most communities have none; 34 who seek work.
//	figures       one row per community in 社区基本情况; the published figures of a public case in 公布数据.
//	points        the ledgers of one street carry 经度 and 纬度 for what grid workers report: 97 in 100 lie
//	              in the grid that the row names, the others in another grid of the community.
//	flaws         about three rows in a thousand of 居民诉求台账 (see FlawKind), six in ten thousand of the ledgers
//	              kept in books (dates that are missing or cannot be read); each named in the manifest by file and row.
//
// The ledgers come as such files come: in GB18030, in UTF-8 with and without a byte order mark; with a
// title above the header, with two rows above it, or with none; the community named in the title, in the
// file name, in the grid column or only by the flag --org; dates in five spellings, one of them without the
// year; 序号 beginning again with every file or month. A title names the period that its file holds, to the
// day where it ends within a month.
package demo
