package batch

import (
	"fmt"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters/codec"
)

// A result is what is written for one source. The file is made when the first bytes have
// come, because they tell the format, and the format tells the name.
type result struct {
	run    *run
	source *source
	head   []byte      // the first bytes, while there is no file
	file   *app.Output // nil before the first bytes have come
}

// Write writes a part of the result.
func (o *result) Write(b []byte) (int, error) {
	if o.file != nil {
		return o.file.Write(b)
	}
	if o.head = append(o.head, b...); len(o.head) >= codec.HeadSize {
		if err := o.create(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// create makes the file and writes the first bytes.
func (o *result) create() error {
	name, err := o.run.nameFor(o.source, codec.Recognise(o.head[:min(len(o.head), codec.HeadSize)]))
	if err != nil {
		return err
	}
	if o.file, err = o.run.dir.Create(name); err != nil {
		return err
	}
	if o.run.KeepTimes {
		o.file.SetTime(o.source.modTime)
	}
	_, err = o.file.Write(o.head)
	return err
}

// commit completes the result.
func (o *result) commit() error {
	if o.file == nil {
		if err := o.create(); err != nil {
			return err
		}
	}
	return o.file.Commit()
}

// close removes a result that was not committed.
func (o *result) close() {
	if o.file != nil {
		o.file.Close()
	}
}

// nameFor returns the name of the result of s, which has format f. If that is not the
// name that was planned, the new one must be free.
func (r *run) nameFor(s *source, f codec.Format) (string, error) {
	name := s.name
	if f != "" {
		name = f.Rename(s.name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if other := r.names[name]; other != nil && other != s {
		return "", fmt.Errorf("the result is a %s, and %s is the result of %s: filter one of them with another -o", f, r.path(name), other.path)
	}
	if other := r.sourceAt(r.path(name)); other != nil {
		return "", fmt.Errorf("the result is a %s, and would overwrite %s: say another -o", f, other.path)
	}
	r.names[name] = s
	return name, nil
}
