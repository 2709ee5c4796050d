package tiff

import (
	"imgpipe/filters/breach"
	"imgpipe/filters/meta"
)

// ReaderOptions say how a Reader reads. The zero value reads what libtiff reads with
// a warning beside the pixels.
type ReaderOptions struct {
	Tolerate breach.Handler // the errors that it is told wrap ErrCorrupt
}

// A Reader reads the pages of a TIFF: while More returns true, Next returns a page.
type Reader struct {
	data    meta.TIFF
	fields  *meta.FieldReader
	options ReaderOptions
	next    int          // the next page's IFD; 0: there is none
	seen    map[int]bool // IFDs
	entries int          // bytes of the entries of all IFDs
	work    work
	palette *palette // the last one that was read

	libraries libraries
}

// NewReader returns a Reader of a whole file, which has at least one page. It reads the
// file's header alone. The Reader keeps data. The errors wrap ErrCorrupt or ErrTruncated.
func NewReader(data []byte, o ReaderOptions) (*Reader, error) {
	t := meta.TIFF(data)
	if t.Order() == nil {
		return nil, ErrTruncated
	}
	r := &Reader{data: t, fields: meta.NewFieldReader(t), options: o, next: t.FirstIFD(), seen: map[int]bool{}}
	r.work = newWork(len(data))
	if r.next == 0 {
		return nil, corrupt("no page")
	}
	return r, nil
}

// tolerate tells Tolerate of a breach of the standard.
func (r *Reader) tolerate(format string, args ...any) error {
	return r.options.Tolerate.Handle(corrupt(format, args...))
}

// More tells whether there is another page.
func (r *Reader) More() bool { return r.next != 0 }

// Next reads the IFD of the next page, and allocates nothing in proportion to the size that
// it says: a caller with a limit checks the Page's size and Memory before Decode. The errors
// wrap ErrCorrupt, ErrTruncated or ErrUnsupported.
func (r *Reader) Next() (*Page, error) {
	ifd := r.next
	if r.seen[ifd] {
		return nil, corrupt("its pages are linked in a circle")
	}
	r.seen[ifd] = true
	d, err := r.directory(ifd)
	if err != nil {
		return nil, err
	}
	if r.entries += d.bytes; r.entries > len(r.data) {
		return nil, corrupt("its pages share directories")
	}
	whole := false
	if r.next, whole = r.data.NextIFD(ifd); !whole { // a file without its last link has all its pages
		return nil, truncated("the file ends among the tags of a page")
	}
	return r.page(d)
}

// work bounds what the pages of a file cost together: pages may share strips and
// palettes, and a strip may hold more than its page shows.
type work struct {
	strips   int // bytes of the file that may still be decompressed
	palettes int // bytes of the file that may still be read as palettes
	hidden   int // bytes that no page shows and that may still be decompressed
}

// newWork returns the bounds for a file of n bytes.
func newWork(n int) work {
	return work{strips: 4*n + 1<<20, palettes: 4*n + 1<<20, hidden: 16*n + 1<<30}
}

// decompress counts n bytes of the file, which are about to be decompressed.
func (w *work) decompress(n int) error {
	const segment = 16 // bytes that a strip costs besides
	if w.strips -= n + segment; w.strips < 0 {
		return corrupt("its pages share strips: more than four times its length would be decompressed")
	}
	return nil
}

// palette counts n bytes of the file, which are about to be read as a palette.
func (w *work) palette(n int) error {
	if w.palettes -= n; w.palettes < 0 {
		return corrupt("its pages share palettes: more than four times its length would be read")
	}
	return nil
}

// hide counts n decompressed bytes that no page shows.
func (w *work) hide(n int) error {
	if w.hidden -= n; w.hidden < 0 {
		return unsupported("more than 1 GiB of samples that no page shows")
	}
	return nil
}
