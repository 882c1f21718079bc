package access

import "slices"

// endView ends 以其身份查看. It takes place also where it cannot be written down.
func (s *Store) endView(x *session) {
	if err := s.o.Log.Write(Actor{Account: x.Account, Address: x.Address}, ViewedAs, "结束 "+x.As, Done); err != nil {
		s.warn("the end of a view could not be written down", err)
	}
	x.As = ""
}

// ViewAs lets an administrator look with an account's eyes (以其身份查看): numbers and rows, nothing else. The session
// gets a new token.
func (s *Store) ViewAs(c *Caller, name string) (SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to, x := s.accounts[fold(name)], s.sessionOf(c)
	switch {
	case to == nil:
		return SignedIn{}, errUnknown
	case x == nil || !c.May(Manage) || c.ViewedBy != "":
		return SignedIn{}, refusal{ErrGrant, "只有管理员本人登录时才能以他人身份查看"}
	case to.Disabled:
		return SignedIn{}, refusal{ErrGrant, "账号已停用，不能以其身份查看"}
	case fold(to.Name) == fold(c.Account):
		return SignedIn{}, refusal{ErrGrant, "这是您自己的账号"}
	case slices.ContainsFunc(to.Grants, func(g Grant) bool { return g.Role == Administrator || g.Role == Auditor }):
		return SignedIn{}, refusal{ErrGrant, "不能以管理员或审计员的身份查看"}
	}
	if err := s.o.Log.Write(c.Actor(), ViewedAs, "开始 "+to.Name, Done); err != nil {
		return SignedIn{}, err
	}
	x.As = to.Name
	return s.again(x, c.Address), nil
}

// StopViewing ends that. The session gets a new token.
func (s *Store) StopViewing(c *Caller) (SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.sessionOf(c)
	if x == nil || x.As == "" {
		return SignedIn{}, refusal{ErrSession, "现在没有以他人身份查看"}
	}
	s.endView(x)
	return s.again(x, c.Address), nil
}

func (s *Store) again(x *session, address string) SignedIn {
	token := s.renew(x)
	if err := s.saveSessions(); err != nil {
		s.warn("sessions could not be kept", err)
	}
	return SignedIn{Token: token, Caller: s.caller(x, address)}
}
