// Package breach says what becomes of a file that breaks the standard of its format
// beside the pixels: of what other decoders only warn of.
package breach

// A Handler is told of a breach as an error, which names the format and what is wrong. An
// error that the Handler returns ends the reading or writing. A nil Handler tolerates
// every breach.
type Handler func(breach error) error

// Handle calls h. It returns nil if h is nil.
func (h Handler) Handle(breach error) error {
	if h == nil {
		return nil
	}
	return h(breach)
}
