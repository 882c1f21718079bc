package ingest

import "math/bits"

// hashSet keeps 64-bit hashes with how often each came, in half of the memory and time of a map: open addressing, at
// most three quarters full.
type hashSet struct {
	slots []uint64 // 0 is empty
	times []uint8  // by slot; 255 stands for more
	n     int
}

// at gives the slot of a hash, or the one it would get.
func (s *hashSet) at(h uint64) (slot int, there bool) {
	mask := len(s.slots) - 1
	for i := int(h * 0x9E3779B97F4A7C15 >> (64 - bits.Len(uint(mask)))); ; i = (i + 1) & mask {
		switch s.slots[i] {
		case h:
			return i, true
		case 0:
			return i, false
		}
	}
}

// add counts a hash and says how often it came before, up to 255. A new one is not kept where room is the number of
// those there are; room 0 is no bound.
func (s *hashSet) add(h uint64, room int) (before int) {
	h = max(h, 1)
	if 4*s.n >= 3*len(s.slots) {
		s.grow()
	}
	i, there := s.at(h)
	if !there && room > 0 && s.n >= room {
		return 0
	}
	if !there {
		s.slots[i] = h
		s.n++
	}
	n := s.times[i]
	s.times[i] = n + min(1, 255-n)
	return int(n)
}

func (s *hashSet) grow() {
	old := *s
	size := max(1024, 2*len(old.slots))
	s.slots, s.times = make([]uint64, size), make([]uint8, size)
	for k, h := range old.slots {
		if h != 0 {
			i, _ := s.at(h)
			s.slots[i], s.times[i] = h, old.times[k]
		}
	}
}
