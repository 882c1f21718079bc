package ingest

import "sync"

// part is what became of the rows of one batch. A converter makes it, the collector takes it in file order.
type part struct {
	tally
	sheets []*sheet // of the ledger's layouts
	facts  []stated // row by row, within a row in the order of the profile
	taken  []taken  // the rows that state them, in file order

	totalled []totalled // its rows of totals
	summed   sums       // of the rows behind the last of them
}

// taken is a row that states facts.
type taken struct {
	row   int64
	facts int // how many of part.facts are its own
}

// stated is one fact of a row. Its id and its flags are final only when the collector has seen the rows before it.
type stated struct {
	emit  int   // number of its emitter
	at    int32 // row of its sheet
	key   key   // what tells it from others, but for the ordinal among equal ones: its id where the source has numbers
	flags flags
	twins twins
	homed bool // place_id is the place that the same row states

	inexact []inexact
}

func (l *ledger) newPart() *part {
	p := l.spare.get()
	if p == nil {
		p = &part{}
		for _, x := range l.layouts {
			p.sheets = append(p.sheets, x.sheet())
		}
	}
	p.tally = newTally()
	p.totalled, p.summed = nil, sums{}
	return p
}

// spareParts are parts whose memory serves again.
type spareParts struct {
	mu   sync.Mutex
	list []*part
}

func (s *spareParts) get() *part {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.list)
	if n == 0 {
		return nil
	}
	p := s.list[n-1]
	s.list = s.list[:n-1]
	return p
}

func (s *spareParts) put(p *part) {
	for _, sh := range p.sheets {
		sh.reset()
	}
	p.facts, p.taken = p.facts[:0], p.taken[:0]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, p)
}
