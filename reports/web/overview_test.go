package web_test

// seen is what stands on an overview.
type seen struct {
	Heading string
	Lead    string
	Cards   []seenCard
	Tables  map[string][][]string // by the name of the chart; the head first
	Drawn   map[string][][]string // the words that the chart shows of each of its marks, by lines
	Duties  [][2]string
}

type seenCard struct {
	Title, Unit, Value string
	Changes            []string // 环比 ▲6.2%
	Notes              []string // the base, what stands beside, a reservation
}

// readOverview reads the page as it stands in the browser, the charts from what they were drawn from.
const readOverview = `(() => {
	const text = (e) => e ? e.textContent.trim().replace(/\s+/g, " ") : "";
	const page = { Heading: text(document.querySelector("h1")), Lead: text(document.querySelector(".lead")), Tables: {}, Drawn: {} };
	page.Cards = [...document.querySelectorAll(".kpi:not([data-fragment])")].map((card) => ({
		Title: card.querySelector("h2").firstChild.textContent.trim(),
		Unit: text(card.querySelector(".value small")),
		Value: text(card.querySelector(".value a")),
		Changes: [...card.querySelectorAll(".change")].map(text),
		Notes: [...card.querySelectorAll("p.base")].map(text),
	}));
	for (const t of document.querySelectorAll(".datatable")) {
		page.Tables[t.id.slice("table-".length)] = [...t.querySelectorAll("tr")].map((row) => [...row.cells].map(text));
	}
	for (const e of document.querySelectorAll("[data-chart]:not(.spark)")) {
		page.Drawn[e.dataset.chart] = echarts.getInstanceByDom(e).getModel().getSeries().flatMap((series) => {
			const marks = [series.getData(), series.getEdgeData?.()].filter((d) => d);
			return marks.flatMap((data) => [...Array(data.count()).keys()].map((i) => data.getRawDataItem(i)?.tooltip?.formatter))
				.filter((words) => words).map((words) => words.split("\n"));
		});
	}
	page.Duties = [...document.querySelectorAll(".duties li")].map((li) => [li.querySelector("a").firstChild.textContent, text(li.querySelector("b"))]);
	return page;
})()`
