package breach

import (
	"errors"
	"testing"
)

func TestHandle(t *testing.T) {
	told := errors.New("no end mark")
	if err := Handler(nil).Handle(told); err != nil {
		t.Errorf("without a handler: %v", err)
	}
	refuse := Handler(func(breach error) error { return breach })
	if err := refuse.Handle(told); err != told {
		t.Errorf("error %v, want that of the handler", err)
	}
}
