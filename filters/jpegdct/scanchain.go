package jpegdct

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// decodeScans decodes scans into planes, several scans at a time. Scans that change the same
// coefficients are a chain, in the order of the file: those of DC coefficients, and for
// each component with a plane those of AC coefficients. A scan reads an MCU row of AC
// coefficients when the scan before it in the chain has ended that row. The breach and the
// error are those of the first scan that has one.
func (r *Reader) decodeScans(scans []codedScan, planes []coefPlane) (breach, err error) {
	breaches, errs := make([]error, len(scans)), make([]error, len(scans))
	before := make([]chan struct{}, 1+len(planes)) // by chain: see chainSink
	for i := range before {
		before[i] = make(chan struct{})
		close(before[i])
	}
	// A scan waits only for scans that have begun before it. So the first of those that have
	// begun never waits.
	slots := make(chan struct{}, scansAtOnce())
	var refinable atomic.Int64 // see maxRefined
	refinable.Store(maxRefined)
	for i := range scans {
		refinable.Add(int64(maxRefinedOfByte * len(scans[i].data)))
	}
	var failed atomic.Bool
	var decoding sync.WaitGroup
	for i := range scans {
		sc, chain := &scans[i], 0
		if sc.ss > 0 {
			index := sc.comps[0].index
			if planes[index].blocks == nil {
				continue
			}
			chain = 1 + index
		}
		slots <- struct{}{}
		if failed.Load() {
			break
		}
		link := &chainSink{before: before[chain], ended: make(chan struct{}, sc.mcusY)}
		before[chain] = link.ended
		if !r.frame.arithmetic {
			link.sink = sc.coefSink(planes) // here, because it makes tables that scans share
		}
		decoding.Go(func() {
			breaches[i], errs[i] = sc.decodeInto(planes, link, &refinable)
			if errs[i] != nil {
				failed.Store(true)
			}
			link.waitForEnd() // the next scan waits for this one alone
			close(link.ended)
			<-slots
		})
	}
	decoding.Wait()
	return firstError(breaches), firstError(errs)
}

// scansAtOnce returns the number of scans that are decoded at a time. Some of them wait for
// rows of others.
func scansAtOnce() int {
	if n := runtime.GOMAXPROCS(0); n > 1 {
		return min(2*n, 8)
	}
	return 1
}

// decodeInto decodes the scan into planes; one that is arithmetic-coded has no sink, and
// refines so many coefficients at most. It also returns what broke the standard beside the
// coefficients, or nil.
func (sc *codedScan) decodeInto(planes []coefPlane, link *chainSink, refinable *atomic.Int64) (breach, err error) {
	if sc.ss == 0 || link.sink == nil {
		link.waitForEnd()
	}
	if link.sink == nil {
		return nil, sc.decodeArithmetic(planes, refinable)
	}
	e := sc.entropyReader()
	err = sc.decode(e, link)
	return e.breach, err
}

// A chainSink is the sink of a scan in a chain.
type chainSink struct {
	sink
	// before has a value for each row that the scan before has ended, and is closed at its
	// end. ended is the same for this scan.
	before <-chan struct{}
	ended  chan struct{}
}

// waitForEnd waits until the scan before has ended.
func (s *chainSink) waitForEnd() {
	for range s.before {
	}
}

func (s *chainSink) readMCUs(e *entropyReader, x, y, n int) error {
	if x == 0 {
		<-s.before
	}
	return s.sink.readMCUs(e, x, y, n)
}

func (s *chainSink) endRow(e *entropyReader, y int) error {
	s.ended <- struct{}{}
	return s.sink.endRow(e, y)
}

// firstError returns the first error that is not nil, or nil.
func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
