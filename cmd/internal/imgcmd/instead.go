package imgcmd

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"imgpipe/cmd/internal/batch"
	"imgpipe/filters/codec"
)

// instead returns what to type for an option that other programs have, as app.Program
// defines it. The filter's own function comes first; it may be nil.
func instead(own func(name, value string) string, name, value string) string {
	if own != nil {
		if meant := own(name, value); meant != "" {
			return meant
		}
	}
	switch name {
	case "q", "Q", "quality-factor":
		return "-quality " + cmp.Or(value, "N")
	case "output", "out", "outfile", "output-file":
		return "-o FILE"
	case "output-dir", "outdir", "out-dir", "path", "d", "dir", "directory":
		return "-o DIR"
	case "j", "threads", "concurrency", "workers", "parallel":
		return "-jobs N"
	case "auto-orient", "autorotate", "auto-rotate", "autoorient", "rotate":
		return "-upright"
	case "i", "input", "in":
		return "the name of the file without an option"
	case "r", "R", "recursive", "recurse":
		return "-o DIR FOLDER, which walks folders"
	case "f", "type", "output-format":
		return "-format FORMAT"
	case "strip-metadata", "no-metadata", "strip-all":
		return "-strip"
	}
	return ""
}

// checkOperands returns an error for an operand that is empty, as that of a shell variable
// that is not set; and for one that is no file, but what another program takes there: a size,
// or the name of the result. The function own is the filter's, as for instead.
func (o *options) checkOperands(operands []string, own func(name, value string) string) error {
	for i, operand := range operands {
		if operand == "" {
			return batch.ErrEmptyOperand
		}
		if exists(operand) {
			continue
		}
		meant := ""
		if own != nil {
			meant = own("", operand)
		}
		if meant == "" && len(operands) == 2 && i == 1 && exists(operands[0]) && o.output == "" && codec.HasExtension(operand) {
			meant = "-o " + operand
		}
		if meant != "" {
			return fmt.Errorf("%s: no such file; did you mean %s?", operand, meant)
		}
	}
	return nil
}

func exists(operand string) bool {
	_, err := os.Lstat(operand)
	return operand == "-" || !errors.Is(err, fs.ErrNotExist)
}
