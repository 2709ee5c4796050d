// Package breach lets the caller of a decoder decide about breaches. A breach is a fault in
// a file that breaks the standard of its format, but leaves every pixel readable: other
// decoders only warn of it.
package breach

// A Handler is called with each breach, as an error that names the format and what is wrong.
// An error that the Handler returns ends the reading or writing, and is its error. A nil
// Handler tolerates every breach.
type Handler func(breach error) error

// Handle calls h. It returns nil if h is nil.
func (h Handler) Handle(breach error) error {
	if h == nil {
		return nil
	}
	return h(breach)
}
