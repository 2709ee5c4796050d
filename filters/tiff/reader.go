package tiff

import (
	"image"

	xtiff "golang.org/x/image/tiff"

	"imgpipe/filters/meta"
)

// A Reader reads the pages of a TIFF: while More, Next.
type Reader struct {
	data     meta.TIFF
	fields   *meta.FieldReader
	next     int          // the next page's IFD; 0: there is none
	seen     map[int]bool // IFDs
	entries  int          // of all IFDs
	flipped  map[int]bool // offsets of the strips whose bits have been reversed
	reversed int          // bytes of these strips
}

// NewReader returns a Reader of a whole file. The Reader keeps data, and may
// change it.
func NewReader(data []byte) (*Reader, error) {
	t := meta.TIFF(data)
	if t.Order() == nil {
		return nil, ErrTruncated
	}
	r := &Reader{data: t, fields: meta.NewFieldReader(t), next: t.FirstIFD(), seen: map[int]bool{}, flipped: map[int]bool{}}
	if r.next == 0 {
		return nil, corrupt("no page")
	}
	return r, nil
}

// More tells whether there is another page.
func (r *Reader) More() bool { return r.next != 0 }

// Next reads the header of the next page.
func (r *Reader) Next() (*Page, error) {
	ifd := r.next
	if r.seen[ifd] {
		return nil, corrupt("its pages are linked in a circle")
	}
	r.seen[ifd] = true
	for range r.data.Entries(ifd) {
		r.entries++
	}
	const entrySize = 12
	if entrySize*r.entries > len(r.data) {
		return nil, corrupt("its pages share directories")
	}
	r.next = 0
	if link, ok := r.data.NextIFD(ifd); ok { // a file without its last link has all its pages
		r.next = int(r.data.Order().Uint32(r.data[link:]))
	}
	p := &Page{r: r, ifd: ifd, storage: storageOf(r.data, ifd), BytesPerPixel: 8}
	p.Subfile = p.storage.subfile
	if err := r.normalise(ifd, p.storage); err != nil {
		return nil, err
	}
	p.gray = hideAlpha(r.data, ifd)
	source := newView(r.data, ifd)
	if p.storage.foreign() {
		if err := p.storage.check(); err != nil {
			return nil, err
		}
		source, p.BytesPerPixel = p.storage.view(r.data, ifd, 0), 16
	}
	c, err := xtiff.DecodeConfig(source)
	if err != nil {
		return nil, explain(err, source)
	}
	p.Width, p.Height = c.Width, c.Height
	if p.gray != nil {
		p.Width, p.BytesPerPixel = c.Width/2, 4
	}
	return p, nil
}

// A Page is a page whose header has been read.
type Page struct {
	Width, Height int // in pixels
	BytesPerPixel int // that Decode takes at most
	Subfile       int // NewSubfileType: whether the page is a reduced image, a mask, …; 0 where it says nothing

	r       *Reader
	ifd     int
	storage storage
	gray    *hiddenAlpha // nil unless the page is gray with alpha
}

// Decode decodes the page's pixels to an image of any type.
func (p *Page) Decode() (image.Image, error) {
	if p.storage.foreign() {
		return p.storage.decode(p.r.data, p.ifd)
	}
	source := newView(p.r.data, p.ifd)
	m, err := xtiff.Decode(source)
	if err != nil {
		err = explain(err, source)
		if p.storage.compression == compressionGroup3 && !source.ranOut {
			err = unsupported("this kind of Group 3 fax: %w", err)
		}
		return nil, err
	}
	if p.gray != nil {
		m = p.gray.restore(m)
	}
	if p.storage.isFax() && p.storage.photometric == photometricGray {
		invert(m)
	}
	clampToAlpha(m)
	return m, nil
}

// Metadata reads the page's metadata.
func (p *Page) Metadata() meta.Metadata { return p.r.fields.Metadata(p.ifd) }
