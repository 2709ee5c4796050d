package tlsconn

// Age has the next Config look at the files, as if checkPause were over.
func (s *Source) Age() { s.checked.Store(0) }

// Settle waits until files that are being looked at have been read.
func (s *Source) Settle() {
	s.loading.Lock()
	defer s.loading.Unlock()
}
