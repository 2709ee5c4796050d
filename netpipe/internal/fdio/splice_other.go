//go:build !linux

package fdio

import (
	"errors"
	"os"
)

// CanSplice reports whether this system has AwaitBytes, TrySplice and Splice.
const CanSplice = false

// AwaitBytes returns an error.
func AwaitBytes(Socket) (n int, err error) { return 0, errors.ErrUnsupported }

// TrySplice returns an error.
func TrySplice(*os.File, Socket, int) (moved int, err error) { return 0, errors.ErrUnsupported }

// Splice returns an error.
func Splice(*os.File, Socket, int) (moved int, err error) { return 0, errors.ErrUnsupported }
